#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# page=: what predict, val and watch show of a capture is one well-formed file that fetches nothing, the same of the same packets.
. tests/lib.sh
draw=${HOURGLASS%/*}/draw_traffic
[ -x "$draw" ] || { skip "no $draw"; finish; }
draw=$(realpath "$draw")
python=${PYTHON:-python3}
cd "$work" || exit 1
seconds=60
is_sanitized && seconds=20
"$draw" industrial normal.pcap labels=normal.csv seed=3 seconds=$seconds attacks=none || bad "not drawn"
"$draw" industrial scan.pcap labels=scan.csv seed=3 seconds=$seconds start=1700118000 attacks=modbus-scan || bad "not drawn"
said=$("$HOURGLASS" train -q data=normal.pcap steps=100 samples=0 project=runs name=m 2>&1)
case $said in *libpcap0.8*) skip "no libpcap"; finish ;; esac
model=runs/m/weights/best.safetensors
run() { "$HOURGLASS" "$@" -q >out 2>err; }
must() { run "$@" || bad "$*: $(cat err)"; }
refuse() { # refuse STATUS WORDS ARGUMENTS...
    want=$1 words=$2
    shift 2
    run "$@"
    status=$?
    expect "$*: exit status $want, not $status" [ $status = "$want" ]
    expect "$*: '$words', not '$(cat err)'" grep -qF -- "$words" err
}

must predict model=$model data=scan.pcap out=scores.csv page=page.html
must predict model=$model data=scan.pcap out=plain.csv
expect "page= leaves the scores as they are" cmp scores.csv plain.csv
must predict model=$model data=scan.pcap out=scores.csv page=again.html threads=3
expect "the same packets have the same page" cmp page.html again.html
must watch model=$model source=scan.pcap page=watch.html fpr=0.01
expect "the page of watch is that of predict" cmp page.html watch.html
bash -c 'echo $$' >dead
echo left >"watch.html.$(cat dead).tmp" # by one that was killed
must watch model=$model source=scan.pcap page=watch.html fpr=0.01
expect "watch takes away what a killed one left" [ ! -e "watch.html.$(cat dead).tmp" ]
expect "alerts are those of watch" [ "$(grep -c 'data-name="source"' page.html)" = "$(grep -c '"event":"alert"' out)" ]
must val model=$model data=scan.pcap labels=scan.csv page=val.html resamples=0
for words in "labelled as an attack" AUROC "packets a second of a pair" "new pair or service"; do
    expect "val's page has '$words'" grep -qF "$words" val.html
done
must val model=$model data=normal.pcap labels=normal.csv page=none.html resamples=0
expect "without attacks there is no AUROC" eval '! grep -q AUROC none.html'
head -c 16 scan.pcap >key
must predict model=$model data=scan.pcap out=scores.csv page=other.html anonymise=key
expect "anonymise= names nobody of the capture" eval '! grep -q "192\.168\.166\." other.html && grep -q "not those that were seen" other.html'
head -c 24 scan.pcap >empty.pcap
must predict model=$model data=empty.pcap out=scores.csv page=empty.html
expect "a page of no packet says so" grep -q "There was no packet" empty.html
hostile="<img src=x onerror=alert(1)>\"'&.pcap"
cp scan.pcap "$hostile"
must predict model=$model data="$hostile" out=scores.csv page=hostile.html
expect "a hostile name is only shown" eval '! grep -q "<img" hostile.html'
"$HOURGLASS" train -q data=normal.pcap model=kitnet project=runs name=kitnet >out 2>err || bad "kitnet: $(cat err)"
must predict model=runs/kitnet data=scan.pcap out=scores.csv page=kitnet.html
expect "KitNET's alerts have no column of reasons" eval '! grep -q ">reasons<" kitnet.html && grep -q "data-name=\"source\"" kitnet.html'

# ---- well formed, and nothing is fetched ----
cat >look.py <<'END'
import re, sys, xml.etree.ElementTree as tree
for name in sys.argv[1:]:
    text = open(name, encoding='utf-8').read()
    root = tree.fromstring(text.replace('<!DOCTYPE html>', '', 1))
    tags = {e.tag for e in root.iter()}
    wrong = tags & {'script', 'img', 'link', 'iframe', 'object', 'a', 'image', 'use', 'foreignObject'}
    attributes = {k for e in root.iter() for k in e.attrib}
    outside = re.findall(r'https?:|//|url\(|@import|data:', text)
    for e in root.iter('path'):  # the numbers of a picture lie within it
        numbers = [int(n) for n in re.findall(r'-?\d+', e.get('d'))]
        assert all(0 <= n <= 10000 for n in numbers), (name, e.get('d')[:80])
    places = [float(x) for x in re.findall(r'(?:top|left):([-\d.]+)%', text)]
    assert all(0 <= x <= 100 for x in places), name
    assert not wrong and not outside and not {a for a in attributes if a.startswith('on')}, (name, wrong, outside, attributes)
    assert not re.search(r'>-?(nan|inf)', text), name
    assert all(e.get('aria-label') or e.get('aria-hidden') for e in root.iter('svg')), name
print('good')
END
if "$python" -c 1 2>/dev/null; then
    look=$("$python" look.py page.html val.html none.html other.html empty.html hostile.html kitnet.html 2>&1)
    expect "pages are well formed and whole in themselves: $look" [ "$look" = good ]
else
    skip "no python3 to read XML"
fi

# ---- refused ----
refuse 2 "page: expected another file than those that are read" predict model=$model data=scan.pcap out=scores.csv page=scan.pcap
refuse 2 "page: expected another file than those that are read" predict model=$model data=normal.pcap,scan.pcap out=scores.csv page=scan.pcap
refuse 2 "page: expected another file than out=" predict model=$model data=scan.pcap out=x.csv page=x.csv
refuse 2 "page: expected another file than out=" predict model=$model data=scan.pcap out=./x.csv page=x.csv
touch x.csv && ln -sf x.csv link.csv && mkdir kept
refuse 2 "page: expected another file than out=" predict model=$model data=scan.pcap out=x.csv page=link.csv
refuse 2 "page: expected another file than out=" watch model=$model source=scan.pcap page=p.json out="$PWD/p.json"
refuse 2 "page: expected another file than out=" watch model=$model source=scan.pcap page=/dev/stdout
refuse 2 "page: expected another file than out=" watch model=$model source=scan.pcap page=-
refuse 2 "page: expected another file than those of the watcher's own" watch model=$model source=scan.pcap state=kept page=./kept/alerts.json
refuse 2 "out: expected another file than those of the watcher's own" watch model=$model source=scan.pcap state=kept out=kept/alerts.json
refuse 2 "state" watch model=$model source=scan.pcap state=http://example.org/x
expect "an address is no folder" [ ! -e http: ]
refuse 2 "fpr: expected either fpr= or alarms=" watch model=$model source=scan.pcap fpr=0.01 alarms=2/day
refuse 2 "fpr: expected either fpr= or alarms=" predict model=$model data=scan.pcap out=scores.csv fpr=0.01 alarms=2/day
refuse 2 "watch: expected source=" watch model=$model
refuse 1 "none" predict model=$model data=scan.pcap out=scores.csv page=none/page.html
refuse 4 "expected a capture" predict model=$model data=scan.csv out=scores.csv page=no.html
expect "what failed left no page" [ ! -e no.html ]
{ echo a,b; seq 1 60 | awk '{ print ($1 * 37 % 23) / 7 "," ($1 * 11 % 19) / 3 }'; } >table.csv
must train data=table.csv steps=5 project=runs name=table
refuse 2 "page: expected a model of packets" val model=runs/table data=table.csv page=x.html
finish
