#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# tools/traffic draws what it says: the same bytes everywhere, a label a packet, packets that add up, in the order of their times.
. tests/lib.sh
draw=${HOURGLASS%/*}/draw_traffic
[ -x "$draw" ] || { skip "no $draw"; finish; }
python=${PYTHON:-python3}
seconds=200
is_sanitized && seconds=60
sum() { sha256sum | cut -c 1-16; }

# ---- the same bytes everywhere ----
while read -r scene expected; do
    "$draw" "$scene" "$work/$scene.pcap" labels="$work/$scene.csv" seed=7 seconds=60 || bad "$scene: not drawn"
    got=$(cat "$work/$scene.pcap" "$work/$scene.csv" | sum)
    expect "$scene: the bytes of every machine, not $got" [ "$got" = "$expected" ]
done <<'END'
industrial 0acabf182070d418
s7 93d934704d666217
office f09497a1ebc4edc1
iot f1463417403cd09d
END
"$draw" iot "$work/other.pcap" seed=8 seconds=60
expect "another seed is another network" eval '! cmp -s "$work/other.pcap" "$work/iot.pcap"'
"$draw" iot "$work/other.pcap" seed=7 seconds=60 start=1700118000
expect "another day is other traffic" eval '! cmp -s "$work/other.pcap" "$work/iot.pcap"'
"$draw" industrial "$work/ns.pcap" seed=7 seconds=60 precision=ns
expect "nanoseconds are said in the file's first bytes" [ "$(od -An -tx4 -N4 "$work/ns.pcap" | tr -d ' ')" = a1b23c4d ]

# ---- what is in a capture ----
# Prints packets, those that do not add up, those before their time, segments that answer what was never said.
cat >"$work/look.py" <<'END'
import struct, sys
def total(b):
    b += b'\0' * (len(b) % 2)
    s = sum(struct.unpack('>%dH' % (len(b) // 2), b))
    while s >> 16: s = (s & 65535) + (s >> 16)
    return s
data, at, n, wrong, early, unsaid, last, said = open(sys.argv[1], 'rb').read(), 24, 0, 0, 0, 0, (0, 0), {}
first = struct.unpack('<I', data[24:28])[0]
while at < len(data):
    s, us, size, whole = struct.unpack('<IIII', data[at:at + 16])
    f, at, n = data[at + 16:at + 16 + size], at + 16 + size, n + 1
    early += (s, us) < last
    wrong += size != whole or size < 60 or size > 1514
    last = (s, us)
    if f[12:14] != b'\x08\0': continue
    ip = f[14:]
    length = struct.unpack('>H', ip[2:4])[0]
    body, pseudo = ip[20:length], ip[12:20] + struct.pack('>HH', ip[9], length - 20)
    wrong += length > size - 14 or total(ip[:20]) != 65535 or total(body if ip[9] == 1 else pseudo + body) != 65535
    if ip[9] != 6: continue
    source, to, seq, ack = struct.unpack('>HHII', body[:12])
    flags, payload = body[13], len(body) - (body[12] >> 4) * 4
    here, there = (ip[12:16], source, ip[16:20], to), (ip[16:20], to, ip[12:16], source)
    if flags & 2 and not flags & 16: said.pop(there, None), said.pop(here, None)
    end = seq + payload + (flags & 1) + (flags >> 1 & 1) & 0xFFFFFFFF
    if (end - said.get(here, seq) & 0xFFFFFFFF) < 1 << 31: said[here] = end
    unsaid += flags & 20 == 16 and there in said and 0 < (ack - said[there] & 0xFFFFFFFF) < 1 << 31
print(n, wrong, early, unsaid)
END
can=$("$python" -c 'print(1)' 2>/dev/null)
for scene in industrial s7 office iot; do
    "$draw" $scene "$work/a.pcap" labels="$work/a.csv" seconds=$seconds seed=3 || bad "$scene: not drawn"
    rows=$(($(wc -l <"$work/a.csv") - 1))
    for name in $("$draw" list | sed -n "/^$scene:/{n;p;}"); do
        expect "$scene: $name has packets" grep -q -m 1 ",1,$name,[0-9]" "$work/a.csv"
    done
    expect "$scene: most packets are nobody's attack" [ "$(grep -c ',0,,$' "$work/a.csv")" -gt $((rows / 4)) ]
    "$draw" $scene "$work/b.pcap" labels="$work/b.csv" seconds=$seconds seed=3 attacks=none
    expect "$scene: without attacks nothing is labelled" [ "$(grep -vc ',0,,$' "$work/b.csv")" = 1 ]
    [ "$can" ] || { skip "no python3 to look into captures"; continue; }
    read -r packets wrong early unsaid <<<"$("$python" "$work/look.py" "$work/a.pcap")"
    expect "$scene: a label a packet, $rows for $packets" [ "$rows" = "$packets" ]
    expect "$scene: every packet's lengths and sums are right, not $wrong wrong" [ "$wrong" = 0 ]
    expect "$scene: packets come in their order, not $early early" [ "$early" = 0 ]
    expect "$scene: nothing is acknowledged that was not said, not $unsaid" [ "$unsaid" = 0 ]
done
"$draw" industrial "$work/a.pcap" labels="$work/a.csv" attacks=fake-command,exfil seconds=60
expect "attacks are chosen by name" [ "$(cut -d, -f3 "$work/a.csv" | sort -u | tr '\n' ' ')" = " attack exfil fake-command " ]
expect "a forged command is a handful of packets" [ "$(grep -c ',fake-command,' "$work/a.csv")" -le 30 ]

refuse() { # refuse SENTENCE ARGUMENTS...
    sentence=$1
    shift
    said=$("$draw" "$@" 2>&1) && bad "$* is taken"
    expect "$*: $sentence, not $said" [ "$said" = "draw_traffic: $sentence" ]
}
refuse "no such scene: home" home "$work/x"
refuse "this scene has no such attack: worm" industrial "$work/x" attacks=exfil,worm
refuse "seconds are 10 to 864000, not 5" iot "$work/x" seconds=5
refuse "not a seed: one" iot "$work/x" seed=one
refuse "no such argument: colour=red" iot "$work/x" colour=red
refuse "cannot write $work/no/x" iot "$work/no/x" seconds=10
finish
