#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The command on captures, from a plant's normal packets to alarms: train, predict and val; the same bytes on any number of threads and
# any instruction set; captures that are cut, gzipped, empty, in a folder or in a pipe, and what is none.
. tests/lib.sh
draw=${HOURGLASS%/*}/draw_traffic
[ -x "$draw" ] || { skip "no $draw"; finish; }
draw=$(realpath "$draw")
cd "$work" || exit 1
seconds=60 steps=100
is_sanitized && seconds=30 steps=20

run() { "$HOURGLASS" "$@" >out 2>err; }
must() { run "$@" || bad "$*: $(tail -1 err)"; }
rows() { echo $(($(wc -l <"$1") - 1)); }
# refuse STATUS WORDS ARGUMENTS...: one sentence with these words
refuse() {
    local want=$1 words=$2
    shift 2
    run "$@"
    status=$?
    expect "$*: exit status $want, not $status" [ "$status" = "$want" ]
    expect "$*: '$words', not '$(cat err)'" grep -qF -- "$words" err
    expect "$*: one sentence, not $(grep -vc note: err)" [ "$(grep -vc ' note: ' err)" = 1 ]
}

"$draw" industrial normal.pcap labels=normal.csv seed=3 seconds=$seconds attacks=none || bad "not drawn"
"$draw" industrial scan.pcap labels=scan.csv seed=3 seconds=$seconds start=1700118000 attacks=modbus-scan || bad "not drawn"
packets=$(rows normal.csv) later=$(rows scan.csv)
fast="steps=$steps progress=none project=runs"
model=runs/plant/weights/best.safetensors

# ---- train, predict, val ----
must train data=normal.pcap name=plant threads=1 $fast
expect "it is told how many packets there are" grep -q "note: $packets packets: " err
expect "it is told where the threshold lies" grep -q "note: threshold .* of normal packets" err
must info model=$model
must verify model=$model
must predict model=$model data=scan.pcap out=scores.csv progress=none
expect "columns are there: $(head -1 scores.csv)" [ "$(head -1 scores.csv | cut -d, -f 1-5)" = row,time,score,p_value,alarm ]
expect "a row a packet: $(rows scores.csv) of $later" [ "$(rows scores.csv)" = "$later" ]
expect "rows are numbered from 0" [ "$(sed -n 2p scores.csv | cut -d, -f1),$(tail -1 scores.csv | cut -d, -f1)" = "0,$((later - 1))" ]
expect "times are the packets' own" eval 'sed -n 2p scores.csv | cut -d, -f2 | grep -qE "^17001180[0-9]{2}\.[0-9]{9}$"'
expect "p-values are in (0, 1]" eval '! awk -F, "NR > 1 && !(\$4 > 0 && \$4 <= 1)" scores.csv | grep -q .'
expect "packets are counted as packets: $(tail -1 err)" grep -q "^$later packets, [0-9]* alarms" err
alarms=$(awk -F, 'NR > 1 && $5 == 1' scores.csv | wc -l)
expect "$alarms alarms are told" grep -q "$alarms of $later packets raised an alarm" err
expect "an alarm has reasons, another packet none" eval \
    'awk -F, "NR > 1 && \$5 == 1" scores.csv | head -1 | grep -q "[a-z]\"*$" && awk -F, "NR > 1 && \$5 == 0" scores.csv | head -1 | grep -q ",\"\"$"'
must predict model=$model data=normal.pcap out=own.csv progress=none
own=$(awk -F, 'NR > 1 && $5 == 1' own.csv | wc -l)
expect "what was trained on raises few alarms, not $own of $packets" [ $((own * 100)) -le "$packets" ]

must val model=$model data=scan.pcap labels=scan.csv progress=none resamples=50
auroc=$(awk '/^AUROC/ { print $2 }' out)
expect "AUROC of a scan is 0.9 or more, not $auroc" awk "BEGIN { exit !($auroc >= 0.9) }"
for name in "packets a second " "packets a second of a pair" "new pair or service"; do
    expect "val has counting by $name" grep -qE "^  $name  *0?\.?[0-9]" out
done
must val --json model=$model data=scan.pcap labels=scan.csv progress=none resamples=50
expect "val has counting in JSON" grep -qE '"counting_auroc":\{"rate":[0-9.]+,"pair_rate":[0-9.]+,"novelty":[0-9.]+\}' out
must val model=$model data=normal.pcap labels=normal.csv progress=none
expect "without attacks there is a false-alarm rate, and no AUROC" eval 'grep -q "^false-alarm rate" out && ! grep -q AUROC out'

# ---- labels that do not fit ----
refuse 2 "labels: expected a CSV file" val model=$model data=scan.pcap
head -n -1 scan.csv >labels.csv
refuse 4 "expected a label for each of the packets" val model=$model data=scan.pcap labels=labels.csv
{ cat scan.csv; echo "$later,0,,"; } >labels.csv
refuse 4 "expected a label for each of the packets" val model=$model data=scan.pcap labels=labels.csv
sed 5d scan.csv >labels.csv
refuse 4 "expected the label of packet 3" val model=$model data=scan.pcap labels=labels.csv
echo "row,attack" >labels.csv
refuse 4 "expected a column 'label'" val model=$model data=scan.pcap labels=labels.csv

# ---- the same bytes ----
sum=$(sha256sum <scores.csv)
weights=$(hash_of $model)
for isa in ref avx2; do
    [ $isa = ref ] || grep -q " avx2 " /proc/cpuinfo || { skip "no $isa"; continue; }
    export HG_ISA=$isa
    must train data=normal.pcap name=$isa threads=3 $fast
    expect "$isa on 3 threads: the same model" [ "$(hash_of runs/$isa/weights/best.safetensors)" = "$weights" ]
    must predict model=$model data=scan.pcap out=other.csv threads=3 progress=none
    expect "$isa on 3 threads: the same scores" [ "$(sha256sum <other.csv)" = "$sum" ]
    unset HG_ISA
done

# ---- stopped, and gone on with ----
long="data=normal.pcap steps=$((20 * steps)) progress=none project=runs"
must train $long name=straight
"$HOURGLASS" train -q $long name=stopped 2>err &
victim=$!
for _ in $(seq 1000); do [ -s runs/stopped/weights/last.safetensors ] && break || sleep 0.01; done
signal_job INT
wait $victim
status=$?
expect "stopped: exit status 130, not $status" [ $status = 130 ] # 0: it was quicker
must train resume=runs/stopped progress=none
expect "what was stopped ends as what was not" [ "$(hash_of runs/stopped/weights/best.safetensors)" = "$(hash_of runs/straight/weights/best.safetensors)" ]

# ---- filters ----
must predict model=$model data=scan.pcap out=some.csv filter="tcp port 502" progress=none
some=$(rows some.csv)
expect "a filter takes some packets: $some of $later" eval '[ $some -gt 0 ] && [ $some -lt $later ]'
expect "... of that port alone" eval '! tail -n +2 some.csv | grep -qv ",TCP,502,"'
must train data=normal.pcap name=some filter="tcp port 502" $fast
refuse 2 "expected a filter as tcpdump has it" predict model=$model data=scan.pcap filter="tcp prt 502" out=no.csv
refuse 2 "expected a filter as tcpdump has it" train data=normal.pcap filter="tcp prt 502" name=no $fast

# ---- captures of all kinds ----
must predict model=$model data=normal.pcap out=whole.csv progress=none
same() { expect "$1: the same scores" cmp -s whole.csv other.csv; }
gzip -c normal.pcap >normal.pcap.gz
must predict model=$model data=normal.pcap.gz out=other.csv progress=none
same "gzipped"
"$HOURGLASS" predict -q model=$model data=- out=other.csv <normal.pcap || bad "standard input"
same "standard input"
cat normal.pcap | "$HOURGLASS" predict -q model=$model data=- out=other.csv || bad "a pipe"
same "a pipe"
must train data=normal.pcap.gz name=gz $fast
expect "of a gzipped capture the same weights" [ "$(hash_of runs/gz/weights/best.safetensors)" = "$weights" ]
mkdir folder
cp normal.pcap folder/1.pcap
cp scan.pcap folder/2.pcap
must predict model=$model data=folder out=other.csv progress=none
expect "a folder: all packets of both" [ "$(rows other.csv)" = $((packets + later)) ]
must train data=folder name=folder $fast

number() { printf '\\x%02x\\x%02x\\x%02x\\x%02x' $(($1 & 255)) $(($1 >> 8 & 255)) $(($1 >> 16 & 255)) $(($1 >> 24)); }
record() { # record SECONDS BYTES-FILE
    size=$(wc -c <"$2")
    printf '%b' "$(number "$1")$(number 0)$(number "$size")$(number "$size")"
    cat "$2"
}
head -c 24 normal.pcap >empty.pcap
{
    cat empty.pcap
    for i in $(seq 0 120); do
        tail -c +$((50 + 61 * i)) scan.pcap | head -c "$i" >piece # from anywhere, of any length, nothing too
        record $((1700000000 + i % 7)) piece
    done
} >odd.pcap
must predict model=$model data=odd.pcap out=other.csv progress=none
expect "packets of garbage: a row each, not $(rows other.csv)" [ "$(rows other.csv)" = 121 ]
must train data=odd.pcap name=odd $fast
must predict model=runs/odd/weights/best.safetensors data=odd.pcap out=other.csv progress=none
head -c 20000 normal.pcap >cut.pcap
must predict model=$model data=cut.pcap out=other.csv progress=none
whole=$(sed -n 's/.*ends inside packet [0-9]*; \([0-9]*\) were read.*/\1/p' err)
expect "a capture that is cut has its whole packets, $whole and $(rows other.csv)" [ "$(rows other.csv)" = "$whole" ]
must predict model=$model data=empty.pcap out=other.csv progress=none
expect "an empty capture has no rows" [ "$(rows other.csv)" = 0 ]
refuse 4 "expected 20 packets or more" train data=empty.pcap name=no $fast
{ cat empty.pcap; head -c 60 "$draw" >piece; record 1700000000 piece; } >one.pcap
must predict model=$model data=one.pcap out=other.csv progress=none
expect "one packet has one row" [ "$(rows other.csv)" = 1 ]
expect "... and is told as one" grep -q "^1 packet, " err
refuse 4 "expected 20 packets or more" train data=one.pcap name=no $fast

# ---- what is no capture, or no model of packets ----
echo "no capture at all" >text.pcap
: >nothing.pcap
refuse 4 "expected a capture" predict model=$model data=text.pcap out=no.csv
refuse 4 "expected a capture" predict model=$model data=nothing.pcap out=no.csv
refuse 4 "expected a capture" val model=$model data=text.pcap labels=scan.csv
refuse 1 "No such file" predict model=$model data=none.pcap out=no.csv
expect "what was refused wrote nothing" [ ! -e no.csv ]
refuse 2 "val: expected a share" train data=normal.pcap name=no val=some $fast
finish
