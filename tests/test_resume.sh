#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A run killed again and again (KILLS=20; 200 for a long look) ends as the run nobody touched: same weights, same
# rows of results.csv, and at every moment every file is readable. Ctrl-C and SIGTERM leave a checkpoint.
. tests/lib.sh
KILLS=${KILLS:-20}
rows="fraction=0.1"
is_sanitized && KILLS=5 rows="fraction=0.03 val=0.03"
options="data=fashion model=ae epochs=8 $rows seed=3 pca=false samples=0 schedule=cosine threads=2 project=$work"
RANDOM=${SEED:=$$}
echo "SEED=$SEED"

losses() { cut -d, -f 1,3- "$1/results.csv"; } # without the time
readable() {
    for file in "$1"/weights/*.safetensors; do
        [ -e "$file" ] || continue
        "$HOURGLASS" verify model="$file" >"$work/verify" 2>&1 || { cat "$work/verify"; return 1; }
    done
}
began=$(milliseconds)
"$HOURGLASS" train -q $options name=straight || bad "the straight run"
took=$(($(milliseconds) - began))
want=$(hash_of "$work/straight/weights/best.safetensors")

kills=0 round=0
while [ $kills -lt "$KILLS" ] && [ $round -lt 1000 ]; do
    round=$((round + 1)) run=$work/round$round finished=
    until [ "$finished" ]; do
        if [ -s "$run/weights/last.safetensors" ]; then again="resume=$run"; else again="$options name=round$round exist_ok=true"; fi
        "$HOURGLASS" train -q $again 2>"$work/err" &
        victim=$!
        if [ $kills -lt "$KILLS" ]; then
            at=$((RANDOM % (took / 2 + 1)))
            sleep "$((at / 1000)).$(printf %03d $((at % 1000)))"
            signal_job 9
        fi
        wait $victim 2>/dev/null
        status=$?
        case $status in
        0) finished=yes ;;
        137) kills=$((kills + 1)); expect "readable after kill $kills" readable "$run" ;;
        *) bad "round $round: exit $status: $(cat "$work/err")"; finished=yes ;;
        esac
    done
    got=$(hash_of "$run/weights/best.safetensors")
    expect "round $round: weights $got, not $want" [ "$got" = "$want" ]
    expect "round $round: results.csv" [ "$(losses "$run")" = "$(losses "$work/straight")" ]
    rm -rf "$run"
done 2> >(grep -v Killed >&2)
echo "$kills kills"

# Asked to stop: a checkpoint, the shell's exit status, and it goes on from there.
for case in INT:130 TERM:143; do
    signal=${case%:*}
    run=$work/stopped$signal
    "$HOURGLASS" train -q $options name=stopped$signal epochs=100000 2>"$work/err" &
    victim=$!
    until [ -s "$run/weights/best.safetensors" ] || [ -z "$(jobs -pr)" ]; do sleep 0.1; done
    signal_job $signal
    wait $victim
    status=$?
    expect "SIG$signal: exit $status, not ${case#*:}" [ $status = ${case#*:} ]
    "$HOURGLASS" train -q resume="$run" epochs=1 2>"$work/err" || bad "resume after SIG$signal: $(cat "$work/err")"
    expect "readable after SIG$signal" readable "$run"
    expect "no temporary file after SIG$signal" [ -z "$(find "$run" -name '*.tmp')" ]
done

# Columns that an earlier version learned otherwise than this one does: the run goes on with its own.
awk -v seed=7 'BEGIN { srand(seed); print "x,y"; for (i = 0; i < 300; i++) printf "%.4f,%.4f\n", 1 + rand(), rand() }' >"$work/rows.csv"
"$HOURGLASS" train -q data="$work/rows.csv" columns='x number log' epochs=2 project=$work name=earlier || bad "the earlier run"
sed -i 's/^columns:.*/columns: ""/' "$work/earlier/args.yaml"
"$HOURGLASS" train -q resume="$work/earlier" epochs=3 2>"$work/err" || bad "other columns learned: $(cat "$work/err")"
"$HOURGLASS" info model="$work/earlier" >"$work/info"
expect "the run's own columns: $(cat "$work/info")" grep -q 'x  number.*log' "$work/info"

touch "$work/earlier/weights/best.safetensors.999999999.tmp" # of no process
"$HOURGLASS" calibrate -q model="$work/earlier" data="$work/rows.csv" >"$work/out" 2>&1 || bad "calibrate: $(cat "$work/out")"
expect "what a dead calibrate left is gone" [ -z "$(find "$work/earlier" -name '*.tmp')" ]

# Nor is a run begun from nothing.
cp "$work/earlier/args.yaml" "$work/args.yaml"
: >"$work/earlier/args.yaml"
"$HOURGLASS" train -q resume="$work/earlier" epochs=4 2>"$work/err"
expect "an empty args.yaml: $(cat "$work/err")" grep -q 'earlier/args.yaml: expected the options of a run, got no data=' "$work/err"
mv "$work/args.yaml" "$work/earlier/args.yaml"

# Weights without the state to go on from are not written over from the first epoch on.
rm "$work/earlier/weights/last.safetensors"
want=$(hash_of "$work/earlier/weights/best.safetensors")
"$HOURGLASS" train -q resume="$work/earlier" epochs=4 2>"$work/err"
expect "no last.safetensors: $? $(cat "$work/err")" grep -q 'got no such file; to begin with the best weights' "$work/err"
expect "the best weights are kept" [ "$(hash_of "$work/earlier/weights/best.safetensors")" = "$want" ]

# A file too large is a failed write, not a killed process.
(ulimit -f 2; "$HOURGLASS" predict -q model="$work/earlier" data="$work/rows.csv" out="$work/large.csv" 2>"$work/err"; echo $? >"$work/status")
expect "ulimit -f: $(cat "$work/status" "$work/err")" [ "$(cat "$work/status")" = 1 ]
expect "ulimit -f: $(cat "$work/err")" grep -q 'cannot write: File too large' "$work/err"
finish
