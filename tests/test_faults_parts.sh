#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Allocations and I/O fail one by one while a model of parts is trained and used: see faults.sh.
draw=${HOURGLASS:-$PWD/build/hourglass}
draw=$(cd "${draw%/*}" && pwd)/draw_parts
[ -x "$draw" ] || draw=$PWD/build/gcc/draw_parts
. tests/lib.sh
[ -x "$draw" ] || { skip "no $draw"; finish; }
. tests/faults.sh

"$draw" kind=tile n=4 good=1 broken=1 size=32 seed=2 out=in/tile >stdout || bad "tile: not drawn"
"$draw" kind=bracket n=4 good=1 broken=1 size=40 seed=2 out=in/bracket >stdout || bad "bracket: not drawn"
parts="steps=1 batch=1 crop=16 val=0.4 threads=2"
"$plain" train -q data=in/tile $parts project=in name=parts 2>err || { bad "a model of parts to test with: $(cat err)"; finish; }
parts_model=in/parts/weights/best.safetensors
judge="-q model=$parts_model data=in/tile threads=2"
"$plain" predict $judge out=in/scores.csv 2>err || bad "scores to compare with: $(cat err)"
{ printf 'YUV4MPEG2 W32 H32 F25:1 C444\nFRAME\n'; tail -c 9000 "$HOURGLASS" | head -c 3072; } >in/parts.y4m
kept=$(cat $parts_model in/tile/*/*/* | sha256sum)

# So many allocations that all of them take minutes: steps are primes, for no loop to be met at the same place each time.
ENOUGH=4 IO_STEP=17
is_sanitized && ENOUGH=4 IO_STEP=53
STEP=$((211 * STEP)) STEP_EVER=$((113 * STEP_EVER)) LIMIT=20000 tortured "train on parts" - train -q data=in/tile $parts project=tree name=run
STEP=$((431 * STEP)) STEP_EVER=$((211 * STEP_EVER)) LIMIT=40000 tortured "train on parts that are brought into their place" - train -q data=in/bracket $parts project=tree name=run
WANT=in/scores.csv STEP=$((37 * STEP)) STEP_EVER=$((17 * STEP_EVER)) tortured "judge parts" o.csv predict $judge out=tree/o.csv
STEP=$((41 * STEP)) STEP_EVER=$((17 * STEP_EVER)) tortured "maps, regions and pages" - predict $judge out=tree/o.csv regions=tree/o.json maps=tree/maps
STEP=$((43 * STEP)) STEP_EVER=$((17 * STEP_EVER)) tortured "frames of video" o.jsonl predict -q model=$parts_model data=in/parts.y4m threads=2 out=tree/o.jsonl
STEP=$((53 * STEP)) STEP_EVER=$((17 * STEP_EVER)) LIMIT=6000 tortured "val of parts" o.csv val --json model=$parts_model data=in/tile threads=2 resamples=5 out=tree/o.csv
OLD=$parts_model STEP=$((43 * STEP)) STEP_EVER=$((17 * STEP_EVER)) tortured "calibrate parts" o.safetensors calibrate -q model=tree/o.safetensors data=in/tile/train threads=2 fpr=0.2
STEP=$((43 * STEP)) STEP_EVER=$((17 * STEP_EVER)) tortured "info on parts" - info --json model=$parts_model
expect "what is read of parts is never written" [ "$kept" = "$(cat $parts_model in/tile/*/*/* | sha256sum)" ]
end_of_faults
