#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Allocations and I/O fail one by one while a model of packets is trained and used: see faults.sh.
draw=${HOURGLASS:-$PWD/build/hourglass}
draw=$(cd "${draw%/*}" && pwd)/draw_traffic
[ -x "$draw" ] || draw=$PWD/build/gcc/draw_traffic
. tests/lib.sh
[ -x "$draw" ] || { skip "no $draw"; finish; }
. tests/faults.sh

"$draw" industrial in/all.pcap labels=in/all.csv seed=2 seconds=10 attacks=fake-command || bad "not drawn"
head -c 20000 in/all.pcap >in/p.pcap # ends inside a packet
packets="steps=2 max_mem=64MB threads=2"
"$plain" train -q data=in/p.pcap $packets project=in name=packets 2>err || { bad "a model of packets to test with: $(cat err)"; finish; }
packets_model=in/packets/weights/best.safetensors
judge="-q model=$packets_model data=in/p.pcap max_mem=64MB"
"$plain" predict $judge out=in/scores.csv 2>err || bad "scores to compare with: $(cat err)"
rows=$(($(wc -l <in/scores.csv) - 1))
{ echo "row,label"; for ((i = 0; i < rows; i++)); do echo "$i,$((i % 50 == 0))"; done; } >in/packets.csv
kept=$(cat $packets_model in/p.pcap | sha256sum)

ENOUGH=4 IO_STEP=7
is_sanitized && ENOUGH=4 IO_STEP=23
STEP=$((17 * STEP)) STEP_EVER=$((11 * STEP_EVER)) tortured "train on packets" - train -q data=in/p.pcap $packets project=tree name=run
IO_STEP=1
WANT=in/scores.csv STEP=$((5 * STEP)) STEP_EVER=$((3 * STEP_EVER)) tortured "judge packets" o.csv predict $judge out=tree/o.csv
FEED=in/p.pcap WANT=in/scores.csv STEP=$((7 * STEP)) STEP_EVER=$((5 * STEP_EVER)) tortured "judge packets that come through a pipe" o.csv predict -q model=$packets_model data=- max_mem=64MB out=tree/o.csv
STEP=$((7 * STEP)) STEP_EVER=$((5 * STEP_EVER)) tortured "val of packets" - val --json model=$packets_model data=in/p.pcap labels=in/packets.csv max_mem=64MB resamples=5
page="-q model=$packets_model data=in/p.pcap labels=in/packets.csv max_mem=64MB resamples=0"
"$plain" val $page page=in/page.html >/dev/null 2>err || bad "a page to compare with: $(cat err)"
WANT=in/page.html STEP=$((7 * STEP)) STEP_EVER=$((5 * STEP_EVER)) tortured "a page of packets" p.html val $page page=tree/p.html
FEED=in/p.pcap STEP=$((3 * STEP)) STEP_EVER=$((3 * STEP_EVER)) IO_STEP=11 tortured "train on packets of a pipe" - train -q data=- $packets project=tree name=run
# What fails while a period is learned is said and no failure, so success does not end the search.
"$draw" industrial in/day.pcap seconds=30 seed=2 attacks=none || bad "not drawn"
learn="watch model=$packets_model source=in/day.pcap learn=0.002 fpr=0.05 state=tree max_mem=64MB"
"$HOURGLASS" $learn >/dev/null 2>err
expect "a period is learned: $(cat err)" [ -s tree/model.safetensors ]
is_sanitized && few=53 || few=13
for fault in $(seq -f HG_FAIL_ALLOC=%g 1 $few 1300) $(seq -f HG_FAIL_IO=%g 1 $((few / 4)) 90); do
    one "${fault%=*}" "${fault#*=}" - $learn
    [ $? != 2 ] || bad "learn while watching, $fault: $why"
    grep -q "note: not kept" stderr && told=1
done
expect "what cannot be kept is said" [ "${told-}" = 1 ]
export HG_FAIL_ALLOC=40+
"$HOURGLASS" predict $judge out=tree/o.csv >stdout 2>stderr
status=$?
unset HG_FAIL_ALLOC
expect "no memory: exit status 1, not $status" [ $status = 1 ]
expect "... and a sentence that says so: $(cat stderr)" grep -q "memory" stderr
expect "what judges packets leaves the model and the capture alone" [ "$kept" = "$(cat $packets_model in/p.pcap | sha256sum)" ]
end_of_faults
