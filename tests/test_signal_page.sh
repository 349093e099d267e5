#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# page= of a model of a signal: scores, channels and events over time, one file that fetches nothing, the same of the same steps; as a
# browser and axe like it (tests/page/look.sh).
. tests/lib.sh
. tests/page/look.sh
export PYTHONWARNINGS=ignore PYTHONNOUSERSITE=1
command=$(realpath "$HOURGLASS")
cd "$work" || exit 1
# Two tanks that fill and empty; in new.csv the second stands still for a while, some rows are not there, and then it begins anew.
draw='
import math, random, sys
random.seed(int(sys.argv[1])); odd = len(sys.argv) > 2
print("time,<b>flow</b>,level,label")
for i in range(1200):
    if odd and (300 <= i < 305 or 800 <= i < 900): continue
    still = odd and 500 <= i < 560
    a, b = math.sin(i / 7) + random.gauss(0, .05), 0 if still else math.cos(i / 7) + random.gauss(0, .05)
    print("2024-05-%02d %02d:%02d:00,%.4f,%.4f,%d" % (1 + i // 1440, i // 60 % 24, i % 60, a, b, still))
'
python3 -c "$draw" 1 >normal.csv && python3 -c "$draw" 2 odd >new.csv || bad "not drawn"
run() { "$command" "$@" -q >out 2>err; }
must() { run "$@" || bad "$*: $(cat err)"; }
must train data=normal.csv window=32 ignore=label epochs=3 project=runs name=m report=false
model=runs/m/weights/best.safetensors
must predict model=$model data=new.csv out=scores.csv page=page.html threads=1
must predict model=$model data=new.csv out=plain.csv
expect "page= leaves the scores as they are" cmp scores.csv plain.csv
must predict model=$model data=new.csv out=scores.csv page=again.html threads=2
again() { sed -E 's/(threads|page)=[^ <]*//g' "$1"; }
expect "with two threads the same page" cmp -s <(again page.html) <(again again.html)
for words in 'Missing steps</dt><dd>5<' 'Stretches</dt><dd>2<' 'Channels</dt><dd>2<' '&lt;b&gt;flow&lt;/b&gt;' 'Events from near' ', expected '; do
    expect "the page has '$words'" grep -qF -- "$words" page.html
done
expect "no name is more than text" eval '! grep -q "<b>" page.html'
expect "nothing is asked for" bash -c "! grep -oE '(src|href)=\"[^\"]{6}|url\(.{5}' page.html | grep -vqE '=\"data:|=\"#|\(data:'"
must val model=$model data=new.csv label=label page=val.html threads=1
for words in 'Beside the labels' 'Anomalous steps</dt><dd>60<' 'labelled as an anomaly' 'the model and each of its detectors' 'PCA on windows' 'affiliation precision' 'Events from near'; do
    expect "the page of val has '$words'" grep -qiF -- "$words" val.html
done
must val model=$model data=normal.csv ignore=label page=bare.html
expect "without labels it has none" eval '! grep -q "the labels" bare.html && grep -q "Over time" bare.html'
run val model=$model data=new.csv label=label page=new.csv
expect "a page is not the recording: $(cat err)" grep -qF "page: expected another file than those that are read" err
run predict model=$model data=new.csv out=x.csv page=x.csv
expect "the page is not the scores: $(cat err)" grep -qF "page: expected another file than out=" err
run predict model=$model data=new.csv out=x.csv page=new.csv
expect "nor the recording: $(cat err)" grep -qF "page: expected another file than those that are read" err
# The overview alone, as a picture.
must predict model=$model data=new.csv out=scores.csv page=one.svg threads=1
must predict model=$model data=new.csv out=scores.csv page=two.svg threads=2
expect "with two threads the same picture" cmp -s one.svg two.svg
expect "page=x.svg leaves the scores as they are" cmp scores.csv plain.csv
must val model=$model data=new.csv label=label page=val.svg
for file in one.svg val.svg; do
    expect "$file is well-formed" python3 -c 'import sys, xml.etree.ElementTree as e; e.parse(sys.argv[1])' "$file"
    for kind in now limit seen made event gap; do
        expect "$file draws '$kind'" grep -qE "<path class=\"[a-z ]*$kind\" d=\"M[0-9]" "$file"
    done
    expect "$file names channels and time" grep -qE '>(&lt;b&gt;flow&lt;/b&gt;|time)</text>' "$file"
    expect "$file asks for nothing" bash -c "! grep -E 'href|url\(|@import|<script' $file"
done
expect "labels are drawn" grep -q ">labelled<" val.svg
run compare data=new.csv window=32 label=label page=x.svg
expect "compare draws none: $(cat err)" grep -qF "page: expected a name that ends in .html, got x.svg" err
must train data=normal.csv ignore=label,time epochs=1 project=runs name=table report=false
run predict model=runs/table data=new.csv out=x.csv page=x.svg
expect "nor does predict with a table: $(cat err)" grep -qF "page: expected a name that ends in .html, got x.svg: only" err
expect "and nothing is written" test ! -e x.svg
# Windows whose steps are means of several, and a recording that ends before one does.
must train data=normal.csv window=600 ignore=label epochs=1 project=runs name=long report=false
must predict model=runs/long data=new.csv out=x.csv page=long.html
expect "long windows have a page" grep -q "Over time" long.html
is_sanitized && finish
look_at "$work/page.html" "$work/val.html"
finish
