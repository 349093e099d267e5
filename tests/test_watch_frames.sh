#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# `hourglass watch` of models whose steps are made of rows: averages (resample=) and frames; rows that come late or twice, clocks that jump. All as predict has it.
. tests/lib.sh
python=${PYTHON:-python3}
cat >"$work/draw.py" <<'END_OF_DRAWING'
import math, random, sys
kind, rows, seed, faults = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), len(sys.argv) > 4
random.seed(seed)
print('timestamp,a,b')
for i in range(rows):
    if kind == 'rows': # 1 s apart
        v = [math.sin(2 * math.pi * (i / 400 + k / 3)) + random.gauss(0, 0.05) for k in range(2)]
        if faults and i % 6000 > 5000: v[1] += 1.5
        when = '2026-01-%02d %02d:%02d:%02d' % (1 + i // 86400, i // 3600 % 24, i // 60 % 60, i % 60)
    else: # 1 ms apart
        v = [math.sin(2 * math.pi * i * (0.05 + 0.1 * k)) + random.gauss(0, 0.1) for k in range(2)]
        if faults and i % 12000 > 9000: v[1] += math.sin(2 * math.pi * i * 0.31)
        when = '%.3f' % (1.7e9 + i / 1000)
    print(when + ',' + ','.join('%.4f' % x for x in v))
END_OF_DRAWING
cat >"$work/events.py" <<'END_OF_EVENTS'
import csv, sys
events = {}
for row in csv.DictReader(open(sys.argv[1])):
    if row['event']: events.setdefault(row['event'], []).append((row['row'], row['time']))
for rows in events.values(): print(rows[0][0], rows[-1][0], rows[0][1], rows[-1][1])
END_OF_EVENTS
cat >"$work/said.py" <<'END_OF_SAID'
import json, sys
began = {}
for line in open(sys.argv[1]):
    e = json.loads(line)
    if e['event'] == 'alert': began[e['alert']] = e
    if e['event'] == 'end': print(e['first'], e['row'], began[e['alert']]['time'], e['time'])
END_OF_SAID
watch() { "$HOURGLASS" watch model="$model" threads=1 "$@"; }
is_as_predicted() { # of data $1, as said in $2
    "$HOURGLASS" predict model="$model" data="$1" out="$work/scores.csv" threads=1 -q || return 1
    "$python" "$work/events.py" "$work/scores.csv" >"$work/wanted"
    "$python" "$work/said.py" "$2" >"$work/got"
    cmp "$work/wanted" "$work/got"
}

# ---- averages and frames: as predict, from a pipe, killed ----
"$python" "$work/draw.py" rows 60000 1 >"$work/rows.normal.csv"
"$python" "$work/draw.py" rows 40000 2 faults >"$work/rows.csv"
"$python" "$work/draw.py" samples 60000 3 >"$work/samples.normal.csv"
"$python" "$work/draw.py" samples 48000 4 faults >"$work/samples.csv"
"$plain" train data="$work/rows.normal.csv" window=auto resample=10s steps=100 samples=0 project="$work" name=rows progress=none -q || { bad "no model"; finish; }
"$plain" train data="$work/samples.normal.csv" window=auto frames="spectrum bands=16 fft=256" steps=100 samples=0 project="$work" name=samples progress=none -q || { bad "no model"; finish; }
for kind in rows samples; do
    model=$work/$kind
    new=$work/$kind.csv
    watch data="$new" -q >"$work/$kind.json" 2>"$work/err"
    expect "$kind: $(cat "$work/err")" [ $? = 0 ]
    expect "$kind: there are events" [ "$(grep -c '"event":"end"' "$work/$kind.json")" -ge 2 ]
    expect "$kind: the events are those of predict" is_as_predicted "$new" "$work/$kind.json"
    { for size in 1 997 30000 5 7000; do head -c "$size"; sleep 0.05; done; cat; } <"$new" | watch data=- -q >"$work/pipe.json"
    expect "$kind: a pipe has the same" cmp "$work/$kind.json" "$work/pipe.json"
    # With a state: an event that goes on at the end is not ended.
    watch data="$new" out="$work/$kind.whole" state="$work/$kind.kept" -q
    cp "$work/$kind.whole" "$work/$kind.first"
    watch data="$new" out="$work/$kind.whole" state="$work/$kind.kept" -q
    expect "$kind: what came at the end is said again, and once" cmp "$work/$kind.first" "$work/$kind.whole"
    size=$(stat -c %s "$new")
    : >"$work/grows.csv"
    written=0
    RANDOM=5
    for ((k = 1; k <= 10; k++)); do
        "$HOURGLASS" watch model="$model" threads=1 data="$work/grows.csv" follow=true out="$work/$kind.killed" state="$work/$kind.state" -q 2>"$work/killed.err" &
        job=$!
        next=$((k == 10 ? size : written + RANDOM * 2 * size / 10 / 32768))
        [ $next -le "$size" ] || next=$size
        tail -c +$((written + 1)) "$new" | head -c $((next - written)) >>"$work/grows.csv"
        written=$next
        sleep 0.$((RANDOM % 3))$((k % 3 == 0 ? 9 : 1))
        [ $((k % 4)) != 0 ] || sleep 1.2
        kill -9 $job 2>/dev/null
        wait $job 2>/dev/null
    done
    watch data="$work/grows.csv" out="$work/$kind.killed" state="$work/$kind.state" -q 2>"$work/killed.err"
    expect "$kind: killed, it goes on: $(cat "$work/killed.err")" [ $? = 0 ]
    expect "$kind: killed, it says the same" cmp "$work/$kind.first" "$work/$kind.killed"
    # Stopped where nothing was said yet of the last steps.
    : >"$work/stopped.csv"
    "$HOURGLASS" watch model="$model" threads=1 data="$work/stopped.csv" follow=true out="$work/$kind.stopped" state="$work/$kind.stop" -q 2>/dev/null &
    job=$!
    head -c $((size * 3 / 5)) "$new" >>"$work/stopped.csv"
    wait_for 20 [ -s "$work/$kind.stopped" ] || bad "nothing said"
    kill $job
    wait $job
    tail -c +$((size * 3 / 5 + 1)) "$new" >>"$work/stopped.csv"
    watch data="$work/stopped.csv" out="$work/$kind.stopped" state="$work/$kind.stop" -q
    expect "$kind: stopped, it goes on where it was" cmp "$work/$kind.first" "$work/$kind.stopped"
done

# ---- sound: samples as lines of text have the events of the file ----
cat >"$work/sound.py" <<'END_OF_SOUND'
import math, random, struct, sys, wave
seconds, seed, faults = int(sys.argv[2]), int(sys.argv[3]), len(sys.argv) > 4
random.seed(seed)
w = wave.open(sys.argv[1], 'wb')
w.setparams((1, 2, 8000, 0, 'NONE', ''))
for i in range(8000 * seconds):
    x = 0.2 * math.sin(2 * math.pi * i * 0.02) + random.gauss(0, 0.02)
    if faults and i // 8000 % 4 == 3: x += 0.1 * math.sin(2 * math.pi * i * 0.23)
    w.writeframesraw(struct.pack('<h', int(x * 32768)))
w.close()
END_OF_SOUND
"$python" "$work/sound.py" "$work/sound.normal.wav" 12 1
"$python" "$work/sound.py" "$work/sound.wav" 12 2 faults
if "$plain" train data="$work/sound.normal.wav" steps=50 samples=0 project="$work" name=sound progress=none -q 2>"$work/err"; then
    model=$work/sound
    "$HOURGLASS" predict model="$model" data="$work/sound.wav" out="$work/scores.csv" threads=1 -q
    "$python" "$work/events.py" "$work/scores.csv" | cut -d' ' -f1,2 >"$work/wanted"
    "$python" -c 'import sys, wave
w = wave.open(sys.argv[1])
sys.stdout.buffer.write(w.readframes(w.getnframes()))' "$work/sound.wav" >"$work/sound.raw"
    od -An -v -td2 -w2 <"$work/sound.raw" | awk '{ printf "%.9g\n", $1 / 32768 }' | watch data=- -q >"$work/sound.json"
    "$python" "$work/said.py" "$work/sound.json" | cut -d' ' -f1,2 >"$work/got"
    expect "sound: there are events" [ -s "$work/wanted" ]
    expect "sound: the events are those of predict" cmp "$work/wanted" "$work/got"
    said=$(watch data=- -q <"$work/sound.wav" 2>&1)
    expect "sound as a file has it is refused: $said" [ $? = 4 ]
    expect "which is said: $said" grep -q "expected samples as lines of text" <<<"$said"
else
    skip "no sound is read here: $(cat "$work/err")"
fi

# ---- rows that come late or twice, clocks that jump: watch has the steps of predict ----
head -n 4001 "$work/rows.normal.csv" >"$work/plain.normal.csv"
head -n 12001 "$work/rows.csv" >"$work/plain.csv"
"$plain" train data="$work/plain.normal.csv" window=32 steps=50 samples=0 project="$work" name=plain progress=none -q || { bad "no model"; finish; }
model=$work/plain
cat >"$work/damage.py" <<'END_OF_DAMAGE'
import datetime, sys
kind, seed = sys.argv[1], 0
lines = sys.stdin.read().splitlines()
rows = [line.split(',', 1) for line in lines[1:]]
def moved(when, seconds): return str(datetime.datetime.fromisoformat(when) + datetime.timedelta(seconds=seconds))
if kind == 'twice': rows = [r for i, r in enumerate(rows) for _ in range(2 if i % 50 == 7 else 1)]
if kind == 'resent': rows = rows[:5300] + rows[5290:] # the last ten once more, as a broker does
if kind == 'batch': rows = rows[:5300] + rows[4700:] # 600 rows once more
if kind == 'late':
    for i in range(60, len(rows), 100): rows[i - 1], rows[i] = rows[i], rows[i - 1]
if kind == 'hour': rows = [[moved(w, -3600) if i >= 5300 else w, v] for i, (w, v) in enumerate(rows)]
if kind == 'ntp': rows = [[moved(w, -4 if i >= 5300 else 0), v] for i, (w, v) in enumerate(rows)]
if kind == 'ahead': rows = [[moved(w, 5 if i >= 5300 else 0), v] for i, (w, v) in enumerate(rows)]
if kind == 'coarse': rows = [[w[:18] + str(i % 60 // 5 % 2 * 5), v] for i, (w, v) in enumerate(rows)]
if kind == 'irregular': rows = [[w + '.%d' % (i * 7 % 10), v] for i, (w, v) in enumerate(rows)]
if kind == 'gap': rows = rows[:5300] + rows[5900:]
print(lines[0])
for r in rows: print(','.join(r))
END_OF_DAMAGE
count() { echo "$(awk -v name="hourglass_$1_total" '$1 == name { print $2 }' "$work/page")"; }
page() { exec 3<>/dev/tcp/127.0.0.1/$metrics && printf 'GET /metrics HTTP/1.0\r\n\r\n' >&3 && cat <&3 && exec 3>&-; }
is_through() { page >"$work/page" 2>/dev/null && [ "$(count lines)" = "$(wc -l <"$work/damaged.csv")" ]; }
while read -r kind late twice bridged gaps; do
    "$python" "$work/damage.py" $kind <"$work/plain.csv" >"$work/damaged.csv" || bad "not damaged"
    watch data="$work/damaged.csv" -q >"$work/damaged.json" 2>"$work/err"
    expect "$kind: $(cat "$work/err")" [ $? = 0 ]
    expect "$kind: the events are those of predict" is_as_predicted "$work/damaged.csv" "$work/damaged.json"
    expect "$kind: there are events" [ -s "$work/wanted" ]
    expect "$kind: predict has every row" [ "$(wc -l <"$work/scores.csv")" = "$(wc -l <"$work/damaged.csv")" ]
    expect "$kind: those are left empty" [ "$(grep -cE '^[0-9]+,,,' "$work/scores.csv")" = $((late + twice)) ]
    metrics=$((20000 + RANDOM % 20000))
    "$HOURGLASS" watch model="$model" threads=1 data="$work/damaged.csv" follow=true metrics=$metrics -q >/dev/null 2>&1 &
    job=$!
    expect "$kind: all is read" wait_for 20 is_through
    kill $job
    wait $job
    expect "$kind: counted: $(count late) late, $(count duplicates) twice, $(count bridged) bridged, $(count gaps) gaps" \
        [ "$(count late) $(count duplicates) $(count bridged) $(count gaps)" = "$late $twice $bridged $gaps" ]
done <<'END_OF_KINDS'
twice 0 240 0 0
resent 9 1 0 0
batch 16 584 0 0
late 120 0 120 120
hour 0 0 0 0
ntp 3 1 0 0
ahead 0 0 5 1
gap 0 0 0 1
END_OF_KINDS

# Clocks of training's own kind.
for kind in coarse irregular; do
    "$python" "$work/damage.py" $kind <"$work/plain.normal.csv" >"$work/$kind.normal.csv"
    "$python" "$work/damage.py" $kind <"$work/plain.csv" >"$work/damaged.csv"
    "$plain" train data="$work/$kind.normal.csv" window=32 steps=50 samples=0 project="$work" name=$kind progress=none -q || { bad "no model"; finish; }
    model=$work/$kind
    watch data="$work/damaged.csv" -q >"$work/damaged.json"
    expect "$kind: the events are those of predict" is_as_predicted "$work/damaged.csv" "$work/damaged.json"
    expect "$kind: there are events" [ -s "$work/wanted" ]
    expect "$kind: predict has every row" [ "$(wc -l <"$work/scores.csv")" = "$(wc -l <"$work/damaged.csv")" ]
done

# ---- no memory ----
for kind in rows samples; do
    model=$work/$kind
    head -n 9000 "$work/$kind.csv" >"$work/short.csv"
    for n in $(seq 20 37 420); do
        rm -rf "$work/poor" "$work/poor.json"
        HG_FAIL_ALLOC=$n watch data="$work/short.csv" out="$work/poor.json" state="$work/poor" -q >/dev/null 2>"$work/poor.err"
        status=$?
        expect "$kind: allocation $n fails: $status, $(cat "$work/poor.err")" [ $status -le 6 ]
    done
done

# ---- refused ----
model=$work/rows
said=$(printf '1,2\n' | watch data=- 2>&1)
expect "averages take times: $said" [ $? = 2 ]
expect "which is said: $said" grep -q "expected rows with times, got none" <<<"$said"
finish
