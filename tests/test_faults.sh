#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Every n-th allocation and every n-th call of open, read, write, fsync and rename fails, once (n) and from
# then on (n+), under every command: an error and its exit status, no crash, no leak (with SAN=address), files that
# were there untouched, no half-written file left. Stops at the 16th success in a row. FAULT_STEP=1 tries every n in
# both ways, otherwise n+ goes in larger steps, and so does everything under a sanitizer.
. tests/lib.sh
STEP=${FAULT_STEP:-1} STEP_EVER=${FAULT_STEP:-5}
is_sanitized && STEP=${FAULT_STEP:-13} STEP_EVER=${FAULT_STEP:-41}
LIMIT=${FAULT_LIMIT:-4000}
# Thousands of runs that sync their files: in memory where there is room, and with the command as it is now.
if [ -d /dev/shm ] && [ -w /dev/shm ]; then rm -rf "$work" && work=$(mktemp -d /dev/shm/hourglass-XXXXXX); fi
cp "$HOURGLASS" "$work/hourglass"
HOURGLASS=$work/hourglass
cd "$work" || exit 1
mkdir -p in tree
echo "old" >old

{
    echo "a,b,c,d,e"
    awk 'BEGIN { for (i = 0; i < 24; i++) printf "%.4f,%.4f,%.4f,%.4f,%.4f\n", sin(i) / 2 + 0.5, cos(i) / 2 + 0.5, i / 24, sin(3 * i) / 3 + 0.4, 0.5 }'
} >in/x.csv
gzip -c in/x.csv >in/x.csv.gz
awk 'NR == 1 { print $0 ",y" } NR > 1 { print $0 "," (NR % 6 == 0) }' in/x.csv >in/labels.csv
small="epochs=1 batch=16 model=ae latent=2 threads=2"
"$HOURGLASS" train -q data=in/x.csv $small project=in name=run 2>err || { bad "the model to test with: $(cat err)"; finish; }
model=in/run/weights/best.safetensors
"$HOURGLASS" encode -q model=$model data=in/x.csv out=in/z.npy 2>err || bad "codes to test with: $(cat err)"
"$HOURGLASS" reconstruct -q model=$model data=in/x.csv out=in/y.npy 2>err || bad "rows to test with: $(cat err)"
mkdir in/pictures
for name in a b; do { printf 'P6\n20 16\n255\n'; tail -c 9000 "$HOURGLASS" | head -c 960; } >in/pictures/$name.ppm; done
{ printf 'YUV4MPEG2 W20 H16 F25:1\nFRAME\n'; tail -c 9000 "$HOURGLASS" | head -c 480; } >in/x.y4m
"$HOURGLASS" train -q data=in/pictures model="keep 1, conv 4 relu | conv input, add 1" noise="gaussian 25" crop=16 epochs=1 val=0 \
    samples=0 pca=false project=in name=clean 2>err || bad "a model of pictures to test with: $(cat err)"
clean=in/clean/weights/best.safetensors
{
    echo "size,kind,state"
    awk 'BEGIN { for (i = 0; i < 60; i++) printf "%.3f,%s,%s\n", i % 10 == 5 ? 9 : sin(i), i % 3 ? "a" : "b", i % 10 == 5 ? "bad" : "normal" }'
} >in/t.csv
"$HOURGLASS" train -q data=in/t.csv label=state steps=20 batch=16 project=in name=table 2>err || bad "a model of a table to test with: $(cat err)"
table=in/table/weights/best.safetensors
before=$(cat in/x.csv in/z.npy in/y.npy $model in/run/*.* in/pictures/* | sha256sum)

# One run with one fault. 0: all is well and it failed; 1: all is well and it succeeded; 2: something is wrong.
one() { # one VARIABLE VALUE OUT command...
    variable=$1 value=$2 out=$3
    shift 3
    [ "$out" = - ] && rm -rf tree && mkdir tree
    [ "$out" = - ] || cp "${OLD:-old}" "tree/$out"
    env "$variable=$value" timeout 120 "$HOURGLASS" "$@" >stdout 2>stderr < <(cat "${FEED:-/dev/null}")
    status=$?
    why=
    if [ $status -ge 124 ] || grep -qE 'AddressSanitizer|LeakSanitizer|UndefinedBehavior|runtime error' stderr; then
        why="exit $status: $(grep -vE '^ *$' stderr | head -30)"
    elif [ $status != 0 ] && ! [ -s stderr ]; then
        why="exit $status without a sentence"
    elif [ $status != 0 ] && [ "$out" != - ] && ! cmp -s "tree/$out" "${OLD:-old}"; then
        why="exit $status, and $out is not the old one any more"
    fi
    for file in tree/*.tmp* tree/*/*.tmp* tree/*/*/*.tmp*; do
        [ -e "$file" ] && why="exit $status, and left $file"
    done
    for file in tree/*.safetensors tree/*/weights/*.safetensors; do
        [ -e "$file" ] && ! cmp -s "$file" old || continue
        "$HOURGLASS" verify model="$file" >verify 2>&1 || why="exit $status, and $file is broken: $(cat verify)"
    done
    [ -z "$why" ] || return 2
    [ $status = 0 ]
}

tortured() { # tortured NAME OUT command...
    name=$1 out=$2
    shift 2
    rm -rf tree
    mkdir tree
    for variable in HG_FAIL_ALLOC HG_FAIL_IO; do
        for ever in "" +; do
            n=1 successes=0 failures=0 broken=0 step=${ever:+$STEP_EVER}
            step=${step:-$STEP}
            [ $variable = HG_FAIL_IO ] && step=1
            while [ $successes -lt 16 ] && [ $n -le "$LIMIT" ] && [ $broken -lt 3 ]; do
                one $variable "$n$ever" "$out" "$@"
                case $? in
                0) successes=$((successes + 1)) ;;
                1) failures=$((failures + 1)) successes=0 ;;
                *) broken=$((broken + 1)) successes=0; bad "$name, $variable=$n$ever: $why" ;;
                esac
                if [ $successes -gt 0 ]; then n=$((n + 1)); else n=$((n + step)); fi
            done
            [ $failures -gt 0 ] || [ $broken -gt 0 ] || bad "$name: $variable changed nothing"
            if [ $successes -ge 16 ]; then ok; elif [ $broken = 0 ]; then bad "$name: $variable=$n$ever still fails"; fi
            echo "$name, $variable=n$ever: $failures failed as they should"
        done
    done
}

tortured train - train -q data=in/x.csv $small project=tree name=run
tortured "train on a gzipped file, all options" - train -q data=in/x.csv.gz val=in/x.csv $small epochs=2 clip=1 optimizer=adamw save_period=1 project=tree name=run
tortured "train, pretrained" - train -q data=in/y.npy $small pretrained=$model samples=0 pca=false val=0 project=tree name=run
tortured pca - train -q data=in/x.csv model=pca latent=2 project=tree name=run
tortured reconstruct o.npy reconstruct -q model=$model data=in/x.csv out=tree/o.npy
tortured "reconstruct to CSV" o.csv reconstruct -q model=$model data=in/x.csv out=tree/o.csv
tortured encode o.npy encode -q model=$model data=in/y.npy out=tree/o.npy
tortured decode o.npy decode -q model=$model data=in/z.npy out=tree/o.npy
tortured predict o.csv predict -q model=$model data=in/x.csv out=tree/o.csv
tortured val - val --json model=$model data=in/x.csv
tortured "val on images" - val --json model=$clean data=in/pictures noise="gaussian 25" threads=2 out=tree/pictures
tortured "val on spoilt rows" - val --json model=$model data=in/x.csv noise="gaussian 25"
STEP=$((23 * STEP)) STEP_EVER=$((9 * STEP_EVER)) tortured compare o.csv compare -q data=in/labels.csv label=y seeds=1 steps=2 threads=2 out=tree/o.csv
tortured import o.safetensors import -q source=$model model="dense 2 relu | dense input sigmoid" input=5 out=tree/o.safetensors
tortured "denoise a picture" o.ppm denoise -q model=$clean source=in/pictures/a.ppm out=tree/o.ppm threads=2
tortured "denoise a folder" - denoise -q model=$clean source=in/pictures out=tree/new threads=2
tortured "denoise video" o.y4m denoise -q model=$clean source=in/x.y4m out=tree/o.y4m threads=2
STEP=$((7 * STEP)) STEP_EVER=$((5 * STEP_EVER)) tortured "train on a table" - train -q data=in/t.csv label=state steps=4 batch=16 threads=2 project=tree name=run
STEP=$((7 * STEP)) STEP_EVER=$((5 * STEP_EVER)) FEED=in/t.csv tortured "predict a table that comes through a pipe" o.csv predict -q model=$table data=- out=tree/o.csv threads=2
STEP=$((7 * STEP)) STEP_EVER=$((5 * STEP_EVER)) tortured "val of labels" - val --json model=$table data=in/t.csv label=state resamples=20
OLD=$table STEP=$((7 * STEP)) STEP_EVER=$((5 * STEP_EVER)) tortured calibrate o.safetensors calibrate -q model=tree/o.safetensors data=in/t.csv label=state fpr=0.2
STEP=$((7 * STEP)) STEP_EVER=$((5 * STEP_EVER)) tortured "reconstruct a table" o.csv reconstruct -q model=$table data=in/t.csv out=tree/o.csv
tortured info - info --json model=$model
tortured verify - verify model=$model
expect "what is read is never written" [ "$before" = "$(cat in/x.csv in/z.npy in/y.npy $model in/run/*.* in/pictures/* | sha256sum)" ]
finish
