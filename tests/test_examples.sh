#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The example programs do what their first lines say: one trains on a small file, one scores the file's rows with
# the model, to the same numbers as the command, one on an array, one cleans frames in memory as the command does images, one finds
# anomalies in a table, one says of its rows what is unusual as they come, and one of the steps of a signal.
. tests/lib.sh
examples=$(dirname "$HOURGLASS")/examples
for file in examples/*.c; do
    if [ ! -x "$examples/$(basename "$file" .c)" ]; then
        skip "the examples are not built"
        finish
    fi
done
# All of them are here, each below 60 lines; those that are named are there.
for file in examples/*.c; do
    name=$(basename "$file" .c)
    expect "$file is run by this test" grep -q "\"\$examples/$name\"" tests/test_examples.sh
    expect "$file has less than 60 lines, not $(wc -l <"$file")" [ "$(wc -l <"$file")" -lt 60 ]
    expect "docs/LIBRARY.md tells of $file" grep -q "examples/$name.c" docs/LIBRARY.md
done
for name in $(grep -oE '[$]examples/[a-z_]+' tests/test_examples.sh | sort -u); do
    expect "examples/${name#*/}.c is there" [ -f "examples/${name#*/}.c" ]
done
export HG_PROGRESS=none

# Noisy waves: 400 rows of 12 numbers.
awk 'BEGIN { srand(1); for (r = 0; r < 400; r++) { p = rand() * 6.28
    for (i = 0; i < 12; i++) printf "%s%.4f", i ? "," : "", 0.5 + 0.4 * sin(p + i / 2) + 0.02 * rand()
    print "" } }' >"$work/rows.csv"

"$examples/train_model" "$work/rows.csv" "model=dense 4 tanh | dense input" epochs=4 lr=0.02 threads=1 \
    project="$work" name=run >"$work/out" 2>"$work/err"
status=$?
expect "train_model: exit $status: $(cat "$work/err")" [ $status = 0 ]
expect "train_model tells every epoch" [ "$(grep -c '^epoch' "$work/out")" = 4 ]
model=$work/run/weights/best.safetensors
expect "train_model names the model file" grep -q "^$model: mean squared error 0\." "$work/out"

"$examples/score_rows" "$model" <"$work/rows.csv" >"$work/scores" 2>"$work/err"
status=$?
expect "score_rows: exit $status: $(cat "$work/err")" [ $status = 0 ]
"$HOURGLASS" predict -q model="$model" data="$work/rows.csv" out="$work/scores.csv" || bad "predict"
expect "400 scores" [ "$(wc -l <"$work/scores")" = 400 ]
expect "the example and the command give the same scores" \
    cmp -s "$work/scores" <(tail -n +2 "$work/scores.csv" | cut -d, -f 2)

"$examples/score_rows" "$work/none.safetensors" </dev/null 2>"$work/err"
expect "a model that is not there ends with 1" [ $? = 1 ]
expect "and a sentence" grep -q "none.safetensors: cannot open" "$work/err"
"$examples/train_model" "$work/rows.csv" epoch=4 2>"$work/err"
expect "a wrong option ends with 1" [ $? = 1 ]
expect "and the nearest name" grep -q "epochs" "$work/err"

(cd "$work" && mkdir empty && cd empty && "$examples/fit_array" epochs=300 lr=0.02 threads=1 >"$work/out" 2>"$work/err")
status=$?
expect "fit_array: exit $status: $(cat "$work/err")" [ $status = 0 ]
expect "fit_array ends early: $(cat "$work/out")" grep -q "^callback after [0-9]* epochs; the last batch's loss 0\.0000" "$work/out"
expect "and writes nothing" [ -z "$(ls -A "$work/empty")" ]
"$examples/fit_array" data=x.csv 2>"$work/err"
expect "an array beside data= ends with 1" [ $? = 1 ]
expect "and a sentence" grep -q "^data: expected none of it beside an array" "$work/err"

# Noisy ramps of 20 x 24 pixels, in colour, of bytes that are letters; the second is half as wide.
ramp() { # ramp WIDTH SEED
    awk -v w="$1" -v seed="$2" 'BEGIN { srand(seed); printf "P6\n%d 24\n255\n", w
        for (i = 0; i < 72 * w; i++) printf "%c", int(40 + i / w + 15 * rand()) }'
}
ramp 20 2 >"$work/noisy.ppm"
ramp 10 3 >"$work/narrow.ppm"
shipped=models/denoise.safetensors
for name in noisy narrow; do
    "$HOURGLASS" denoise -q model=$shipped source="$work/$name.ppm" out="$work/$name-clean.ppm" || bad "denoise"
done
cat "$work"/{noisy,noisy,narrow,noisy}.ppm | "$examples/denoise_frame" $shipped >"$work/frames" 2>"$work/err"
status=$?
expect "denoise_frame: exit $status: $(cat "$work/err")" [ $status = 0 ]
expect "the example and the command give the same pixels" \
    cmp -s "$work/frames" <(cat "$work"/{noisy,noisy,narrow,noisy}-clean.ppm)
HG_MODELS=models "$examples/denoise_frame" <"$work/noisy.ppm" >"$work/frames" 2>"$work/err"
expect "without a model's name it takes the one that ships: $(cat "$work/err")" cmp -s "$work/frames" "$work/noisy-clean.ppm"
"$examples/denoise_frame" "$work/none.safetensors" <"$work/noisy.ppm" 2>"$work/err"
expect "a model that is not there ends with 1" [ $? = 1 ]
expect "and a sentence about it" grep -q "none.safetensors: cannot open" "$work/err"

# Readings of pumps: 600 as they are, then 20 of which every fifth has the temperature of another load.
readings() { # readings ROWS SEED ODD
    awk -v n="$1" -v seed="$2" -v odd="$3" 'BEGIN { srand(seed); print "pump,load,temperature"
        for (i = 0; i < n; i++) { load = rand(); t = 40 + 30 * load + rand()
            if (odd && i % 5 == 4) t = load < 0.5 ? 68 : 42
            printf "p%d,%.3f,%.2f\n", i % 3, load, t } }'
}
readings 600 3 0 >"$work/normal.csv"
readings 20 4 1 >"$work/new.csv"
"$examples/find_anomalies" "$work/normal.csv" "$work/new.csv" "$work/found.csv" fpr=0.02 project="$work" name=pumps >"$work/out" 2>"$work/err"
status=$?
expect "find_anomalies: exit $status: $(cat "$work/err")" [ $status = 0 ]
expect "find_anomalies says what the columns are" grep -q "^pump  category, 3 levels" "$work/out"
expect "and what it found" grep -q "20 rows, 4 alarms, 0 cells" "$work/out"
expect "every fifth row is an alarm" [ "$(awk -F, '$5 == 1 { printf "%s ", $1 }' "$work/found.csv")" = "4 9 14 19 " ]
"$HOURGLASS" predict -q model="$work/pumps/weights/best.safetensors" data="$work/new.csv" out="$work/same.csv" || bad "predict"
expect "the example and the command give the same scores and reasons" cmp -s "$work/found.csv" "$work/same.csv"
"$examples/watch_rows" "$work/pumps/weights/best.safetensors" <"$work/new.csv" >"$work/watched" 2>"$work/err"
expect "watch_rows: exit $?: $(cat "$work/err")" [ "$(wc -l <"$work/watched")" = 20 ]
expect "row by row, the same scores and alarms" [ "$(cut -d, -f 1,2,4 "$work/watched")" = "$(tail -n +2 "$work/found.csv" | cut -d, -f 1,3,5)" ]
awk -F, '{ print "x," $3 "," $1 "," $2 }' "$work/new.csv" | "$examples/watch_rows" "$work/pumps/weights/best.safetensors" >"$work/moved"
expect "columns in any order, one too many: the same" cmp -s "$work/watched" "$work/moved"
cut -d, -f 1,2 "$work/new.csv" | "$examples/watch_rows" "$work/pumps/weights/best.safetensors" 2>"$work/err"
expect "a column less is missed by name" grep -q "^rows: expected a column 'temperature' as in training" "$work/err"
expect "of alarms what was seen and what was expected, as the command says it" \
    [ "$(awk -F, '$4 == 1 { print $5 "," $6 "," $7 }' "$work/watched")" = "$(awk -F, '$5 == 1 { print $6 "," $7 "," $8 }' "$work/found.csv")" ]
"$examples/watch_rows" "$model" <"$work/new.csv" 2>"$work/err"
expect "columns that are too few for a model of rows of numbers are told of: $(cat "$work/err")" grep -q "^rows: expected 12 columns, as the model has, got 3" "$work/err"
(seq -s , 12 && cat "$work/rows.csv") | "$examples/watch_rows" "$model" >"$work/watched" 2>"$work/err"
expect "rows of numbers are watched, to the same scores: $(cat "$work/err")" cmp -s "$work/scores" <(cut -d, -f 2 "$work/watched")
n=1 status=1 silent=0
while [ $status = 1 ] && [ $n -lt 3000 ]; do
    HG_FAIL_ALLOC=$n "$examples/watch_rows" "$work/pumps/weights/best.safetensors" <"$work/new.csv" >"$work/out" 2>"$work/err"
    status=$? n=$((n + 1))
    [ $status = 0 ] || [ -s "$work/err" ] || silent=$((silent + 1))
done
expect "every allocation may fail: $((n - 2)) did, each with a sentence ($silent without; then exit $status)" [ $status$silent = 00 ]
head -n 101 "$work/normal.csv" >"$work/few.csv" # few held-out rows have an exponential tail
printf 'pump,load,temperature\np1,0.2,1000\n' >"$work/far.csv"
"$examples/find_anomalies" "$work/few.csv" "$work/far.csv" "$work/found.csv" project="$work" name=few >/dev/null || bad "find_anomalies"
expect "a p-value is never 0, however far the row" [ "$(tail -n 1 "$work/found.csv" | cut -d, -f 4 | grep -c 'e-[1-9]')" = 1 ]
"$examples/find_anomalies" "$work/normal.csv" "$work/noisy.ppm" "$work/other.csv" project="$work" 2>"$work/err" >/dev/null
expect "a table that does not fit ends with 1" [ $? = 1 ]
expect "and a sentence about it" grep -q "noisy.ppm" "$work/err"

# Waves of two channels, of which the second is far off for 40 steps.
waves() { # waves STEPS SEED FAULT
    awk -v n="$1" -v seed="$2" -v fault="$3" 'BEGIN { srand(seed); print "a,b"
        for (i = 0; i < n; i++) printf "%.3f,%.3f\n", sin(i / 4) + 0.1 * rand(), cos(i / 4) + 0.1 * rand() + (fault && i >= fault && i < fault + 40 ? 2 : 0) }'
}
waves 2000 5 0 >"$work/signal.csv"
waves 900 6 600 >"$work/fault.csv"
"$HOURGLASS" train -q data="$work/signal.csv" window=auto steps=60 project="$work" name=signal || bad "train on a signal"
"$HOURGLASS" predict -q model="$work/signal" data="$work/fault.csv" out="$work/found.csv" top=0 || bad "predict"
signal=$work/signal/weights/best.safetensors
"$examples/watch_signal" "$signal" <"$work/fault.csv" >"$work/watched" 2>"$work/err"
expect "watch_signal: exit $?: $(cat "$work/err")" [ "$(wc -l <"$work/watched")" = 900 ]
expect "step by step, the alarms and events of predict" cmp -s <(cut -d, -f 3,4 "$work/watched" | sed 's/,0$/,/') <(tail -n +2 "$work/found.csv" | cut -d, -f 4,5)
expect "the fault is found, and its channel named" [ "$(awk -F, 'NR > 600 && NR < 640 && $3 == 1 && $5 == "b"' "$work/watched" | wc -l)" -gt 20 ]
awk -F, '{ print $2 ",x," $1 }' "$work/fault.csv" | "$examples/watch_signal" "$signal" >"$work/moved"
expect "channels in any order, one too many: the same" cmp -s "$work/watched" "$work/moved"
cut -d, -f 1 "$work/fault.csv" | "$examples/watch_signal" "$signal" 2>"$work/err"
expect "a channel less is missed by name: $(cat "$work/err")" grep -q "^expected a channel 'b', got none" "$work/err"
"$examples/watch_signal" "$work/pumps/weights/best.safetensors" <"$work/new.csv" 2>"$work/err"
expect "a model of rows is refused: $(cat "$work/err")" grep -q "^monitor: expected a model of a signal" "$work/err"
"$examples/watch_rows" "$signal" <"$work/fault.csv" 2>"$work/err"
expect "and one of a signal by who watches rows: $(cat "$work/err")" grep -q "^detector: expected a model of rows, got one of a signal: hg_monitor_new() judges its steps" "$work/err"
finish
