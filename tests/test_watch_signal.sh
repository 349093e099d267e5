#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# `hourglass watch` of a model of a signal: the events of predict, of a pipe, a file that grows, a broker; killed at any time, nothing is lost or doubled.
. tests/lib.sh
python=${PYTHON:-python3}
cat >"$work/draw.py" <<'END_OF_DRAWING'
import math, random, sys
rows, seed, faults = int(sys.argv[1]), int(sys.argv[2]), len(sys.argv) > 3
random.seed(seed)
print('timestamp,a,b,c')
for i in range(rows):
    v = [math.sin(2 * math.pi * (i / 40 + k / 3)) + random.gauss(0, 0.05) for k in range(3)]
    if faults and i % 1000 > 940: v[1] += 1.5
    print('2026-01-%02d %02d:%02d:%02d,' % (1 + i // 86400, i // 3600 % 24, i // 60 % 60, i % 60) + ','.join('%.4f' % x for x in v))
END_OF_DRAWING
"$python" "$work/draw.py" 6000 1 >"$work/normal.csv" || bad "nothing drawn"
"$python" "$work/draw.py" 6000 2 faults >"$work/new.csv" || bad "nothing drawn"
"$plain" train data="$work/normal.csv" window=auto steps=150 samples=0 project="$work" name=m progress=none -q || { bad "no model"; finish; }
model=$work/m
watch() { "$HOURGLASS" watch model="$model" threads=1 "$@"; }
starts() { grep -s '"event":"alert"' "$1" | sed 's/.*"row":\([0-9]*\).*/\1/'; }
ends() { grep '"event":"end"' "$1" | sed 's/.*"row":\([0-9]*\).*/\1/'; }

# ---- a pipe and a file ----
watch data="$work/new.csv" -q >"$work/file.json" 2>"$work/file.err"
expect "a watched file is no failure: $(cat "$work/file.err")" [ $? = 0 ]
expect "there are events" [ "$(starts "$work/file.json" | wc -l)" -ge 5 ]
"$HOURGLASS" predict model="$model" data="$work/new.csv" out="$work/scores.csv" threads=1 -q
cat >"$work/events.py" <<'END_OF_EVENTS'
import csv, sys
events = {}
for row in csv.DictReader(open(sys.argv[1])):
    if row['event']: events.setdefault(row['event'], []).append(row['row'])
for rows in events.values(): print(rows[0], rows[-1], len(rows))
END_OF_EVENTS
"$python" "$work/events.py" "$work/scores.csv" >"$work/wanted"
grep '"event":"end"' "$work/file.json" | sed 's/.*"first":\([0-9]*\),"row":\([0-9]*\),"steps":\([0-9]*\).*/\1 \2 \3/' >"$work/got"
expect "the events are those of predict" cmp "$work/wanted" "$work/got"
expect "every event begins where it does there" [ "$(starts "$work/file.json")" = "$(cut -d' ' -f1 "$work/wanted")" ]
expect "the channel that is odd is named first" [ "$(grep -c '"reasons":\[{"column":"b"' "$work/file.json")" -ge 5 ]
watch data=- -q <"$work/new.csv" >"$work/input.json"
expect "standard input has the same" cmp "$work/file.json" "$work/input.json"
{ while IFS= read -r line; do echo "$line"; done; } <"$work/new.csv" | watch data=- -q >"$work/slow.json"
expect "and so has a pipe of one line after the other" cmp "$work/file.json" "$work/slow.json"
"$python" -c 'import csv, json, sys
for row in csv.DictReader(sys.stdin): print(json.dumps({k: v if k == "timestamp" else float(v) for k, v in row.items()}))' <"$work/new.csv" >"$work/new.jsonl"
watch data="$work/new.jsonl" -q >"$work/objects.json"
expect "and so have objects of JSON" cmp "$work/file.json" "$work/objects.json"
watch data="$work/new.csv" fail_on_anomaly=true -q >"$work/fail.json"
expect "fail_on_anomaly=true is exit status 3" [ $? = 3 ]

# ---- rows that are late, twice, bad; a clock that is set back ----
awk 'NR > 1 && NR % 50 == 0 { print } NR % 70 == 3 { print before } { print; before = $0 }' "$work/new.csv" >"$work/twice.csv"
strip() { sed 's/"\(row\|first\|steps\)":[0-9]*,//g' "$1"; }
watch data="$work/twice.csv" -q >"$work/twice.json"
expect "rows that come twice or late change nothing" cmp <(strip "$work/file.json") <(strip "$work/twice.json")
awk '{ print } NR % 500 == 0 { print "x,y" }' "$work/new.csv" >"$work/bad.csv"
said=$(watch data="$work/bad.csv" -q 2>&1 >"$work/bad.json")
expect "a bad line ends it: $said" [ $? = 4 ]
expect "what came before it is judged" [ "$(head -n 1 "$work/bad.json" | cut -c1-20)" != "" -o ! -s "$work/bad.json" ]
watch data="$work/bad.csv" on_bad=skip -q >"$work/skipped.json"
expect "on_bad=skip passes over it" cmp <(strip "$work/file.json") <(strip "$work/skipped.json")
{ cat "$work/new.csv" && tail -n +2 "$work/new.csv"; } | watch data=- -q >"$work/back.json"
expect "a clock that is set back begins anew" [ "$(starts "$work/back.json" | wc -l)" -ge 9 ]

# ---- killed at any time ----
watch data="$work/new.csv" out="$work/whole.json" state="$work/whole" -q || bad "with a state"
kills=30
[ -z "${HG_LONG-}" ] || kills=200
RANDOM=7
size=$(stat -c %s "$work/new.csv")
: >"$work/grows.csv"
written=0
for ((k = 1; k <= kills; k++)); do # it grows within and between lines
    "$HOURGLASS" watch model="$model" threads=1 data="$work/grows.csv" follow=true out="$work/killed.json" state="$work/killed" -q 2>"$work/killed.err" &
    job=$!
    for part in 1 2 3; do
        next=$((k == kills && part == 3 ? size : written + RANDOM * 2 * size / kills / 3 / 32768))
        [ $next -le "$size" ] || next=$size
        tail -c +$((written + 1)) "$work/new.csv" | head -c $((next - written)) >>"$work/grows.csv"
        written=$next
        sleep 0.0$((RANDOM % 9))
    done
    [ $((k % 5)) != 0 ] || sleep 1.2 # until a state was kept in passing
    kill -9 $job 2>/dev/null
    wait $job 2>/dev/null
done
watch data="$work/grows.csv" out="$work/killed.json" state="$work/killed" -q 2>"$work/killed.err"
expect "killed $kills times, it ends well: $(cat "$work/killed.err")" [ $? = 0 ]
expect "killed $kills times, it says the same" cmp "$work/whole.json" "$work/killed.json"
watch data="$work/grows.csv" out="$work/killed.json" state="$work/killed" -q
expect "read to its end, nothing is said again" cmp "$work/whole.json" "$work/killed.json"

for signal in INT TERM; do
    : >"$work/$signal.csv"
    env --default-signal=INT "$HOURGLASS" watch model="$model" threads=1 data="$work/$signal.csv" follow=true out="$work/$signal.json" state="$work/$signal" -q 2>/dev/null & # bash has jobs ignore it
    job=$!
    head -c $((size / 2)) "$work/new.csv" >>"$work/$signal.csv"
    wait_for 20 [ -s "$work/$signal.json" ] || bad "nothing said before SIG$signal"
    kill -$signal $job
    wait $job
    status=$?
    expect "SIG$signal ends it with its state: $status" [ $status = $([ $signal = INT ] && echo 130 || echo 143) ]
    tail -c +$((size / 2 + 1)) "$work/new.csv" >>"$work/$signal.csv"
    watch data="$work/$signal.csv" out="$work/$signal.json" state="$work/$signal" -q
    expect "behind SIG$signal it goes on where it was" cmp "$work/whole.json" "$work/$signal.json"
done
printf 'x' | dd of="$work/whole/signal.state" bs=1 seek=100 conv=notrunc 2>/dev/null
said=$(watch data="$work/new.csv" out="$work/whole.json" state="$work/whole" -q 2>&1)
expect "a state that was damaged is refused: $said" [ $? = 4 ]

# ---- no memory ----
head -n 2000 "$work/new.csv" >"$work/short.csv"
for n in $(seq 20 29 400); do
    rm -rf "$work/poor" "$work/poor.json"
    HG_FAIL_ALLOC=$n watch data="$work/short.csv" out="$work/poor.json" state="$work/poor" -q >/dev/null 2>"$work/poor.err"
    status=$?
    expect "allocation $n fails: $status, $(cat "$work/poor.err")" [ $status -le 6 ]
done

# ---- counters ----
metrics=$((20000 + RANDOM % 20000))
: >"$work/counted.csv"
"$HOURGLASS" watch model="$model" threads=1 data="$work/counted.csv" follow=true metrics=$metrics -q >"$work/counted.json" 2>/dev/null &
job=$!
cat "$work/new.csv" >>"$work/counted.csv"
page() { exec 3<>/dev/tcp/127.0.0.1/$metrics && printf 'GET /metrics HTTP/1.0\r\n\r\n' >&3 && cat <&3 && exec 3>&-; }
is_counted() { page 2>/dev/null | grep -q "^hourglass_steps_total $1\$"; }
expect "metrics= counts steps" wait_for 20 is_counted 6000
page >"$work/page"
expect "and events" grep -q "^hourglass_events_total $(starts "$work/file.json" | wc -l)\$" "$work/page"
expect "and says how far it has drifted" grep -q '^hourglass_drift [0-9.]*$' "$work/page"
kill $job
wait $job

# ---- memory ----
mkfifo "$work/rows"
"$HOURGLASS" watch model="$model" threads=1 data="$work/rows" follow=true timestamp=none metrics=$metrics -q >/dev/null 2>&1 &
job=$!
tail -n +2 "$work/new.csv" | cut -d, -f2- >"$work/untimed.csv"
most() { awk '/VmHWM/ { print $2 }' /proc/$job/status; }
for ((k = 0; k < 4; k++)); do cat "$work/untimed.csv"; done >"$work/rows"
expect "rows of a pipe" wait_for 20 is_counted 24000
before=$(most)
for ((k = 0; k < 36; k++)); do cat "$work/untimed.csv"; done >"$work/rows"
expect "ten times as many" wait_for 60 is_counted 240000
after=$(most)
expect "memory does not grow: $before KiB, then $after" [ "${after:-999999999}" -le $((before + 1024)) ]
kill $job
wait $job

# ---- another model, and what is given up ----
cp -r "$model" "$work/changes"
best=$work/changes/weights/best.safetensors
[ -f "$best" ] || best=$(find "$work/changes" -name '*.safetensors' | head -n 1)
: >"$work/reloaded.csv"
"$HOURGLASS" watch model="$best" threads=1 data="$work/reloaded.csv" follow=true metrics=$metrics out="$work/reloaded.json" state="$work/reloaded" 2>"$work/reloaded.err" &
job=$!
head -n 3201 "$work/new.csv" >>"$work/reloaded.csv"
expect "before another model" wait_for 20 is_counted 3200
case $(grep -s Seccomp: /proc/$job/status) in
*2) ok ;;
*) if is_sanitized || grep -q "no filter" "$work/reloaded.err"; then skip "system calls are not filtered here"; else bad "not filtered: $(cat "$work/reloaded.err")"; fi ;;
esac
is_reloaded() { grep -q "$1" "$work/reloaded.err"; }
cp "$best" "$work/kept.safetensors"
echo nonsense >"$best"
kill -HUP $job
expect "a model that cannot be read changes nothing" wait_for 20 is_reloaded "the model at work goes on"
"$plain" train data="$work/normal.csv" ignore=c window=auto steps=20 samples=0 project="$work" name=other progress=none -q || bad "no model"
cp "$(find "$work/other" -name 'best.safetensors' | head -n 1)" "$best"
kill -HUP $job
expect "nor does one of other channels" wait_for 20 is_reloaded "of the same channels, steps and frames"
expect "and nothing is said of either" [ "$(grep -c '"event":"model"' "$work/reloaded.json")" = 0 ]
cp "$work/kept.safetensors" "$best"
kill -HUP $job
expect "one that can is at work" wait_for 20 is_reloaded "is at work; .*; what comes next has no past"
tail -n +3202 "$work/new.csv" >>"$work/reloaded.csv"
expect "behind another model" wait_for 20 is_counted 6000
kill $job
wait $job
expect "a line says so" [ "$(grep '"event":"model"' "$work/reloaded.json" | cut -c1-30)" = '{"event":"model","steps":3200,' ]
expect "what came before it is as with one model" cmp <(sed '/"event":"model"/,$d' "$work/reloaded.json") <(head -n "$(sed '/"event":"model"/,$d' "$work/reloaded.json" | wc -l)" "$work/file.json")
expect "and there are events behind it" [ "$(sed '1,/"event":"model"/d' "$work/reloaded.json" | grep -c '"event":"alert"')" -ge 2 ]
watch data="$work/new.csv" drop=false -q >"$work/undropped.json"
expect "drop=false changes nothing that is said" cmp "$work/file.json" "$work/undropped.json"

# ---- refused ----
refuses() { # refuses STATUS "part of the sentence" options...
    local status=$1 part=$2
    shift 2
    said=$(watch "$@" 2>&1)
    expect "exit $status for $*: $said" [ $? = "$status" ]
    expect "which says '$part': $said" grep -q "$part" <<<"$said"
}
refuses 2 "learn=" data=- learn=1
refuses 2 "page=" data=- page="$work/p.html"
mkdir "$work/s"
refuses 2 "watcher's own" data=- state="$work/s" out="$work/s/signal.state"
refuses 1 "No such file" data="$work/none.csv"

# ---- a broker that goes away ----
broker=$(command -v mosquitto || ls /usr/sbin/mosquitto 2>/dev/null)
if [ -z "$broker" ] || ! command -v mosquitto_pub >/dev/null; then skip "no mosquitto"; finish; fi
port=$((metrics + 1))
printf 'listener %d 127.0.0.1\nallow_anonymous true\nmax_queued_messages 0\n' $port >"$work/broker.conf"
is_subscribed() { grep -q 'rig/a (QoS 1)' "$work/broker.log"; }
begin_broker() {
    "$broker" -v -c "$work/broker.conf" >"$work/broker.log" 2>&1 &
    broker_job=$!
    wait_for 10 eval "exec 3<>/dev/tcp/127.0.0.1/$port" 2>/dev/null
}
publish() { mosquitto_pub -p $port -q 1 -t rig/a -l; }
is_said() { grep -q "$1" "$work/mqtt.err"; }
begin_broker
"$HOURGLASS" watch model="$model" threads=1 data="mqtt://127.0.0.1:$port/rig/a?qos=1&client=hourglass-test" out="$work/mqtt.json" metrics=$metrics 2>"$work/mqtt.err" &
job=$!
wait_for 10 is_said watching || bad "MQTT: $(cat "$work/mqtt.err")"
wait_for 10 is_subscribed || bad "MQTT: no subscription"
head -n 3000 "$work/new.csv" | publish
expect "rows of a broker" wait_for 20 is_counted 2999
kill $broker_job
wait $broker_job 2>/dev/null
expect "a broker that has gone is told of" wait_for 10 is_said "broker has gone"
begin_broker
expect "and that it is back" wait_for 40 is_said "broker is back"
wait_for 10 is_subscribed || bad "MQTT: no subscription again" # this broker has forgotten everybody
tail -n +3001 "$work/new.csv" | publish
expect "then all rows are there" wait_for 20 is_counted 6000
kill $job
wait $job
expect "they are those of the file: $(diff "$work/file.json" "$work/mqtt.json" | head -n 6) $(cat "$work/mqtt.err")" cmp -s "$work/file.json" "$work/mqtt.json"
kill $broker_job
wait $broker_job 2>/dev/null
finish
