#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Captures as they come in practice: clocks that jump back, 64 bytes of each packet, fragments that overlap. Trained on, judged, watched.
. tests/lib.sh
draw=${HOURGLASS%/*}/draw_traffic
python=${PYTHON:-python3}
[ -x "$draw" ] || { skip "no $draw"; finish; }
"$python" -c 1 2>/dev/null || { skip "no python3 to change captures with"; finish; }
draw=$(realpath "$draw")
cd "$work" || exit 1
seconds=30
is_sanitized && seconds=10
"$draw" industrial day.pcap labels=day.csv seed=3 seconds=$seconds attacks=none || bad "not drawn"
rows() { echo $(($(wc -l <"$1") - 1)); }
packets=$(rows day.csv)
cat >change.py <<'END'
import struct, sys
data = open('day.pcap', 'rb').read()
nano = struct.unpack('<I', data[:4])[0] == 0xa1b23c4d
unit = 10**9 if nano else 10**6
records, at = [], 24
while at < len(data):
    s, part, size, length = struct.unpack('<IIII', data[at:at + 16])
    records.append([s * unit + part, length, data[at + 16:at + 16 + size]])
    at += 16 + size
def put(name, records, snap=65535):
    with open(name, 'wb') as f:
        f.write(data[:16] + struct.pack('<I', snap) + data[20:24])
        for time, length, b in records:
            f.write(struct.pack('<IIII', time // unit, time % unit, min(len(b), snap), length) + b[:snap])
put('snap.pcap', records, 64)
half = len(records) // 2
put('back.pcap', [[t - (3600 * unit if i >= half else 0), n, b] for i, (t, n, b) in enumerate(records)])
put('swing.pcap', [[t - i % 7 * 50 * unit // 1000, n, b] for i, (t, n, b) in enumerate(records)])
put('wrong.pcap', [[0 if i % 97 == 5 else (2**32 - 1) * unit if i % 89 == 3 else t, n, b] for i, (t, n, b) in enumerate(records)])
# A datagram in pieces that overlap: the second begins within the first, the third is the first once more with other ports, the fourth
# ends before it begins, the last says that it is longer than a packet can be.
start, mac = records[-1][0], data[24 + 16:24 + 16 + 12]
def piece(offset, more, payload):
    head = struct.pack('>BBHHHBBH4s4s', 0x45, 0, 20 + len(payload), 7, more << 13 | offset, 64, 17, 0, b'\x0a\0\0\x01', b'\x0a\0\0\x02')
    b = mac + b'\x08\0' + head + payload
    return b + bytes(max(0, 60 - len(b)))
udp = struct.pack('>HHHH', 4000, 53, 48, 0) + bytes(24)
other = struct.pack('>HHHH', 4000, 9999, 48, 0) + bytes(24)
pieces = [piece(0, 1, udp), piece(2, 1, bytes(24)), piece(0, 1, other), piece(1, 0, bytes(1)), piece(8191, 0, bytes(1400))]
put('pieces.pcap', [[start + i, len(b), b] for i, b in enumerate(pieces * 10)])
END
"$python" change.py || bad "captures were not changed"

run() { "$HOURGLASS" "$@" >out 2>err; }
must() { run "$@" || bad "$*: $(tail -1 err)"; }
fast="steps=20 samples=0 progress=none project=runs"
run train data=day.pcap name=day $fast
case $(cat err) in *libpcap0.8*) skip "no libpcap"; finish ;; esac
must predict -q model=runs/day data=day.pcap out=day-scores.csv
fine() { # fine FILE ROWS: a row a packet, and a score and a p-value each
    expect "$1: $2 rows, not $(rows "$1")" [ "$(rows "$1")" = "$2" ]
    expect "$1: scores and p-values are numbers" eval "! awk -F, 'NR > 1 && !(\$3 >= 0 && \$3 < 1e6 && \$4 > 0 && \$4 <= 1)' $1 | grep -q ."
}
for name in snap back swing wrong; do
    must train data=$name.pcap name=$name $fast
    must train data=$name.pcap name=$name-again threads=3 $fast
    expect "$name: the same model twice" [ "$(hash_of runs/$name/weights/best.safetensors)" = "$(hash_of runs/$name-again/weights/best.safetensors)" ]
    for model in day $name; do
        must predict -q model=runs/$model data=$name.pcap out=$name.csv page=$name.html
        fine $name.csv "$packets"
    done
    must watch -q model=runs/day source=$name.pcap out=$name.json
    expect "$name: who sent what is as it was" cmp <(cut -d, -f 6-9 day-scores.csv) <(cut -d, -f 6-9 $name.csv)
    must train data=$name.pcap model=kitnet name=$name-kitnet project=runs progress=none
    must predict -q model=runs/$name-kitnet data=day.pcap out=kitnet.csv
    fine kitnet.csv "$packets"
done
expect "times that jump back are told as they are" [ "$(awk -F, 'NR > 2 && $2 < last { n++ } NR > 1 { last = $2 } END { print n }' back.csv)" = 1 ]
expect "a few wrong clocks do not stretch a page's axis" grep -q "^<p class=\"faint\">From 2023-.* to 2023-.* UTC\. Not in these" wrong.html
must predict -q model=runs/day data=pieces.pcap out=pieces.csv page=pieces.html
fine pieces.csv 50
ports=$(cut -d, -f 9 pieces.csv | sed -n 2,6p | tr "\n" " ")
expect "a first fragment has ports, the others have none: $ports" [ "$ports" = "53  9999   " ]
expect "fragments behind the first are counted" grep -q "a fragment of IP behind the first</td><td class=\"number\">30<" pieces.html
finish
