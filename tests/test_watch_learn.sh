#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# `hourglass watch learn=` becomes a model of what it watches, but not of attacks, and goes on where kill -9 ended it.
. tests/lib.sh
draw=${HOURGLASS%/*}/draw_traffic
[ -x "$draw" ] || { skip "no $draw"; finish; }
scanner=192.168.44.30
"$draw" industrial "$work/normal.pcap" seconds=150 seed=1 attacks=none || bad "nothing drawn"
"$draw" industrial "$work/other.pcap" seconds=240 seed=1 attacks=none start=1700100000 || bad "nothing drawn"
"$draw" industrial "$work/scan.pcap" labels="$work/scan.csv" seconds=120 seed=1 attacks=modbus-scan || bad "nothing drawn"
said=$("$plain" train data="$work/normal.pcap" project="$work" name=m samples=0 progress=none -q 2>&1)
status=$?
case $said in *libpcap0.8*) skip "no libpcap"; finish ;; esac
[ $status = 0 ] || { bad "no model: $said"; finish; }
model=$work/m/weights/best.safetensors
cp "$model" "$work/trained"
watch() { "$HOURGLASS" watch model="$work/m" "$@"; }
# The same once more, or what another test holds: without a sanitizer, which makes of it minutes.
again() { "$plain" watch model="$work/m" "$@"; }
minute=0.0166667

# ---- a period is learned, of a file ----
watch source="$work/other.pcap" learn=$minute state="$work/one" >"$work/one.json" 2>"$work/one.err"
expect "watching and learning is no failure: $(cat "$work/one.err")" [ $? = 0 ]
expect "periods are learned: $(cat "$work/one.err")" [ "$(grep -c 'note: learned [1-9]' "$work/one.err")" -ge 3 ]
expect "the trained model stays as it is" cmp "$model" "$work/trained"
again source="$work/other.pcap" learn=$minute state="$work/two" >"$work/two.json" 2>/dev/null
expect "the same packets have the same alerts" cmp "$work/one.json" "$work/two.json"
expect "and become the same model" cmp "$work/one/model.safetensors" "$work/two/model.safetensors"
"$plain" verify model="$work/one/model.safetensors" >/dev/null
expect "which is a whole model file" [ $? = 0 ]
mean() { # mean MODEL: of the scores of another day
    "$plain" predict model="$1" data="$work/other.pcap" out="$work/scores.csv" progress=none -q &&
        awk -F, 'NR > 1 {sum += $3; n++} END {print int(100 * sum / n)}' "$work/scores.csv"
}
before=$(mean "$work/m") after=$(mean "$work/one/model.safetensors")
expect "what was learned is less unusual, $after after $before" [ "$after" -lt "$before" ]
watch source="$work/other.pcap" learn=$minute state="$work/one" >/dev/null 2>"$work/one.err"
expect "the next process goes on behind it: $(cat "$work/one.err")" grep -q "note: goes on learning behind [1-9]" "$work/one.err"
again source="$work/other.pcap" learn=$minute >/dev/null 2>&1
expect "without state= it lies beside the model" [ -s "$work/m/weights/best.watch/model.safetensors" ]
watch source="$work/other.pcap" >"$work/frozen.json" 2>/dev/null
again source="$work/other.pcap" state="$work/three" >"$work/frozen2.json" 2>/dev/null
expect "learn=0 learns nothing" eval 'cmp "$work/frozen.json" "$work/frozen2.json" && [ ! -e "$work/three/model.safetensors" ]'

# ---- processes that each live shorter than a period ----
for i in 1 2 3; do
    $([ $i = 2 ] && echo watch || echo again) source="$work/normal.pcap" learn=0.1 state="$work/shorter" >/dev/null 2>"$work/shorter$i.err"
done
expect "150 s are no period of 360 s" eval '! grep -q "note: learned" "$work/shorter1.err" "$work/shorter2.err"'
expect "three times 150 s are one: $(cat "$work/shorter3.err")" [ "$(grep -c "note: learned [1-9]" "$work/shorter3.err")" = 1 ]

# ---- an attack is not learned ----
watch source="$work/scan.pcap" learn=$minute state="$work/attacked" >"$work/attacked.json" 2>"$work/attacked.err"
expect "an attack is found all the same" grep -q "\"event\":\"alert\".*\"source\":\"$scanner\"" "$work/attacked.json"
count() { # count MODEL: alarms of the scanner
    "$plain" predict model="$1" data="$work/scan.pcap" out="$work/scores.csv" progress=none -q && grep -c ",1,$scanner," "$work/scores.csv"
}
before=$(count "$work/m")
[ -s "$work/attacked/model.safetensors" ] || cp "$work/trained" "$work/attacked/model.safetensors"
after=$(count "$work/attacked/model.safetensors")
expect "and again the next time, $after alarms after $before" [ "$after" -ge $((before * 9 / 10)) ]

# ---- another model by SIGHUP ----
"$plain" train data="$work/normal.pcap" project="$work" name=n seed=5 samples=0 progress=none -q 2>"$work/said" || bad "no other model: $(cat "$work/said")"
"$plain" train data="$work/normal.pcap" model=kitnet project="$work" name=k progress=none -q 2>"$work/said" || bad "no KitNET: $(cat "$work/said")"
later() { # later DAY: another day's packets; of those of before time would not pass
    "$draw" industrial "$work/later.pcap" seconds=240 seed=1 attacks=none start=170"$1"200000 || bad "nothing drawn"
    tail -c +25 "$work/later.pcap" >&7
}
put() { cp "$1" "$work/model.new" && mv "$work/model.new" "$work/model.safetensors"; }
put "$model"
mkfifo "$work/fifo"
"$HOURGLASS" watch model="$work/model.safetensors" source="$work/fifo" learn=$minute state="$work/reloaded" >/dev/null 2>"$work/reloaded.err" &
watcher=$!
exec 7<>"$work/fifo"
says() { [ "$(grep -c "$1" "$work/reloaded.err")" -ge "$2" ]; }
cat "$work/other.pcap" >&7
expect "periods are learned of what comes in time: $(cat "$work/reloaded.err")" wait_for 60 says "note: learned [1-9]" 3
kill -HUP $watcher
expect "SIGHUP and the same model: what it became goes on: $(cat "$work/reloaded.err")" wait_for 60 says "reloaded/model.safetensors is at work" 1
before=$(grep -c "note: learned [1-9]" "$work/reloaded.err")
later 1
expect "and learns: $(cat "$work/reloaded.err")" wait_for 60 says "note: learned [1-9]" $((before + 2))
expect "nothing is put aside" [ ! -e "$work/reloaded/model.before.safetensors" ]
put "$work/n/weights/best.safetensors"
kill -HUP $watcher
expect "SIGHUP has another model at work: $(cat "$work/reloaded.err")" wait_for 60 says "$work/model.safetensors is at work" 1
before=$(grep -c "note: learned [1-9]" "$work/reloaded.err")
later 2
expect "which learns: $(cat "$work/reloaded.err")" wait_for 60 says "note: learned [1-9]" $((before + 2))
expect "what the one of before became is put aside" eval '"$HOURGLASS" verify model="$work/reloaded/model.before.safetensors" >/dev/null'
expect "no trouble is said: $(cat "$work/reloaded.err")" eval '! grep -q "not kept\|nothing is learned\|anew: " "$work/reloaded.err"'
put "$work/k/weights/best.safetensors"
kill -HUP $watcher
wait_for 60 says "$work/model.safetensors is at work" 2
later 3
expect "of KitNET nothing is learned: $(cat "$work/reloaded.err")" wait_for 60 says "nothing is learned from here on: .*KitNET" 1
expect "and nothing is lost" [ -s "$work/reloaded/model.safetensors" ]
put "$work/n/weights/best.safetensors"
kill -HUP $watcher
wait_for 60 says "reloaded/model.safetensors is at work" 2
before=$(grep -c "note: learned [1-9]" "$work/reloaded.err")
later 4
expect "then it learns on: $(cat "$work/reloaded.err")" wait_for 60 says "note: learned [1-9]" $((before + 2))
kill -TERM $watcher
wait $watcher
exec 7>&-
rm "$work/fifo"
again source="$work/other.pcap" learn=$minute state="$work/reloaded" >/dev/null 2>"$work/former.err"
expect "what is kept is no longer of the model of before: $(cat "$work/former.err")" grep -q "not of this model" "$work/former.err"

# ---- a model that was trained anew ----
"$plain" train data="$work/other.pcap" pretrained="$work/m" project="$work" name=p samples=0 progress=none -q 2>"$work/said" || bad "nothing added: $(cat "$work/said")"
learned=$(hash_of "$work/two/model.safetensors")
"$plain" watch model="$work/p" source="$work/scan.pcap" state="$work/two" >/dev/null 2>"$work/anew.err"
expect "one of the same hashes is another all the same: $(cat "$work/anew.err")" grep -q "not of this model, .*: it is of another" "$work/anew.err"
expect "without learn= the folder stays that of the other" [ "$(hash_of "$work/two/model.safetensors")" = "$learned" ]
"$HOURGLASS" watch model="$work/p" source="$work/scan.pcap" learn=1 state="$work/two" >/dev/null 2>"$work/anew.err"
expect "with learn= that is put aside: $(cat "$work/anew.err")" [ "$(hash_of "$work/two/model.before.safetensors")" = "$learned" ]
expect "and what is learned is of this one" eval '"$plain" watch model="$work/p" source="$work/scan.pcap" learn=1 state="$work/two" 2>&1 >/dev/null | grep -q "goes on learning behind"'

# ---- kill -9 ----
first=$(awk -F, '$2 == 1 {n++; if (n == 60) {print $1; exit}}' "$work/scan.csv")
"${PYTHON:-python3}" - "$work/scan.pcap" "$work/head.pcap" "$work/tail.pcap" "$first" <<'END' || { skip "no python3 to cut a capture"; finish; }
import struct, sys
data = open(sys.argv[1], 'rb').read()
at, number = 24, 0
while number <= int(sys.argv[4]):
    at += 16 + struct.unpack('<I', data[at + 8:at + 12])[0]
    number += 1
open(sys.argv[2], 'wb').write(data[:at])
open(sys.argv[3], 'wb').write(data[:24] + data[at:])
END
mkfifo "$work/fifo"
"$HOURGLASS" watch model="$work/m" source="$work/fifo" learn=$minute state="$work/killed" >"$work/killed.json" 2>"$work/killed.err" &
watcher=$!
exec 7<>"$work/fifo"
cat "$work/head.pcap" >&7
expect "an alert is kept while it is open" wait_for 60 grep -qs '"open":\[$' "$work/killed/alerts.json"
said=$(watch source="$work/scan.pcap" state="$work/killed" 2>&1 >/dev/null)
expect "nobody else may use the folder meanwhile: $said" eval '[[ $said == *"process $watcher"* ]]'
kill -9 $watcher
wait $watcher 2>/dev/null
exec 7>&-
number=$(sed -n "s/.*\"event\":\"alert\",\"alert\":\([0-9]*\),\"source\":\"$scanner\".*/\1/p" "$work/killed.json")
watch source="$work/tail.pcap" learn=$minute state="$work/killed" >"$work/after.json" 2>"$work/after.err"
expect "after kill -9 it goes on: $(cat "$work/after.err")" [ $? = 0 ]
expect "an attack that goes on opens no second alert" eval "! grep '\"event\":\"alert\"' $work/after.json | grep -q '\"source\":\"$scanner\"'"
expect "the alert of before, $number, ends" grep -q "\"event\":\"end\",\"alert\":$number,\"source\":\"$scanner\"" "$work/after.json"
numbers() { grep -h '"event":"alert"' "$@" | sed 's/.*"alert":\([0-9]*\),.*/\1/'; }
expect "no number is given twice: $(numbers "$work/killed.json" "$work/after.json" | tr '\n' ' ')" \
    [ -z "$(numbers "$work/killed.json" "$work/after.json" | sort | uniq -d)" ]
alarms_of() { sed -n 's/.*"alerts":\([0-9]*\).*/\1/p' "$work/killed/alerts.json" | head -1; }
expect "alerts of before are counted on: $(alarms_of)" [ "$(alarms_of)" -gt 0 ]
again source="$work/scan.pcap" state="$work/killed" fail_on_anomaly=true >/dev/null 2>&1
expect "fail_on_anomaly=true fails by new alerts" [ $? = 3 ]
"$draw" industrial "$work/short.pcap" seconds=10 seed=1 attacks=none || bad "nothing drawn"
again source="$work/short.pcap" state="$work/killed" fail_on_anomaly=true >"$work/after.json" 2>/dev/null
status=$?
expect "not by those of before, $(alarms_of): $(cat "$work/after.json")" [ $status = 0 ]

# ---- what is wrong ----
echo nonsense >"$work/killed/alerts.json"
head -c 3000 "$work/trained" >"$work/killed/period.safetensors"
head -c 5000 "$work/trained" >"$work/killed/model.safetensors"
watch source="$work/scan.pcap" learn=$minute state="$work/killed" >"$work/after.json" 2>"$work/after.err"
expect "a state that is damaged is no failure: $(cat "$work/after.err")" [ $? = 0 ]
expect "but is said" [ "$(grep -c 'note: alerts begin anew\|note: a period begins anew\|which is as it was trained' "$work/after.err")" = 3 ]
echo >"$work/file"
said=$(watch source="$work/scan.pcap" state="$work/file/x" 2>&1 >/dev/null)
expect "a folder that cannot be made is a failure: $said" [ $? != 0 ]
finish
