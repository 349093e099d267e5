#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# model=feature: a model of parts on a backbone of random weights, from the command: trained (nothing is), asked, judged, calibrated;
# the same on any number of threads; and what is refused before anything is made.
. tests/lib.sh
built=${HOURGLASS%/*}
[ -x "$built/draw_parts" ] || built=$PWD/build/gcc
[ -x "$built/draw_parts" ] && [ -x "$built/tests/backbone_write" ] || { skip "no $built/draw_parts, tests/backbone_write"; finish; }
case $HOURGLASS in /*) ;; *) HOURGLASS=$PWD/$HOURGLASS ;; esac
size=64 n=8 tested=4 threads=1
is_sanitized && size=32 n=5 tested=1 threads=3
"$built/draw_parts" kind=cell n=$n good=$tested broken=$tested size=$size seed=2 out="$work/parts" || bad "not drawn"
"$built/tests/backbone_write" "$work/vgg.safetensors" || bad "no backbone"
cd "$work" || exit 1
of="model=feature backbone=vgg.safetensors stages=block2,block3"
train() { "${by:-$HOURGLASS}" train data=parts progress=none project=runs "$@" >out 2>err; }
refuse() { # refuse SENTENCE ARGUMENTS...
    sentence=$1
    shift
    train "$@" name=refused && bad "$* is taken"
    expect "$*: $sentence, not $(cat err)" grep -qF "$sentence" err
    expect "$*: no results folder is left" [ ! -e runs/refused ]
}

# ---- each way, to the figures
for features in memory gaussian error; do
    train $of features=$features val=0.4 threads=$threads name=$features || bad "$features: $(cat err)"
    model=runs/$features/weights/best.safetensors
    expect "$features: what it takes is told" grep -q "features of a vgg16, block2,block3, by $features: .* takes about [0-9]* MB" err
    expect "$features: a threshold" grep -q "threshold" err
    expect "$features: no weights that are not fitted" [ "$(ls runs/$features/weights)" = best.safetensors ]
    "$HOURGLASS" info model=$model >info 2>&1 || bad "$features: info: $(cat info)"
    expect "$features: info says whose features" grep -q "features of a vgg16, block2,block3, by $features" info
    expect "$features: info says that nothing is trained" grep -q "nothing of it is trained" info
    "$HOURGLASS" predict model=$model data=parts out=$features.csv progress=none >out 2>&1 || bad "$features: $(cat out)"
    expect "$features: a row for each picture" [ "$(tail -n +2 $features.csv | wc -l)" = $((2 * tested)) ]
    "$HOURGLASS" val model=$model data=parts baselines=false resamples=0 progress=none --json >val.json 2>err || bad "$features: $(cat err)"
    expect "$features: val has figures" grep -q '"image_auroc":{"value":[01]' val.json
done
expect "ways differ" eval '! cmp -s memory.csv error.csv && ! cmp -s memory.csv gaussian.csv'

# ---- the same bits; under a sanitizer three threads have made it already
if is_sanitized; then cp -r runs/memory runs/three; else train $of val=0.4 threads=3 name=three || bad "three threads: $(cat err)"; fi
expect "three threads make the same model" [ "$(hash_of runs/three/weights/best.safetensors)" = "$(hash_of runs/memory/weights/best.safetensors)" ]
"$HOURGLASS" predict model=runs/three data=parts out=three.csv maps=maps threads=3 progress=none >out 2>&1 || bad "$(cat out)"
expect "and say the same" cmp -s three.csv memory.csv
expect "with maps of each and a page" [ "$(find maps/test -name "*_map.png" | wc -l)" = $((2 * tested)) -a -s maps/index.html ]
by=$plain train resume=runs/three || bad "resume: $(cat err)"
expect "made once more it is the same" [ "$(hash_of runs/three/weights/best.safetensors)" = "$(hash_of runs/memory/weights/best.safetensors)" ]
"$HOURGLASS" calibrate model=runs/three data=parts/test/good fpr=0.2 progress=none >out 2>&1 || bad "calibrate: $(cat out)"

# ---- what is refused
echo "no weights" >notes.txt
refuse "backbone: expected a file of weights (.safetensors or .onnx) for model=feature, got none" model=feature
refuse "none.safetensors: " model=feature backbone=none.safetensors
refuse "notes.txt: expected" model=feature backbone=notes.txt
refuse "expected stages of a vgg16" $of stages=layer9
refuse "features: expected memory|gaussian|error, got" $of features=nearest
refuse "expected at most the " $of max_mem=1M
refuse "features: expected memory or error where parts do not lie in their place, got gaussian" $of features=gaussian align=false
refuse "backbone: expected model=feature with it, got none" backbone=vgg.safetensors
refuse "features: expected model=feature with it, got model=repair" model=repair features=error
refuse "pretrained: model=feature takes its weights from backbone=" $of pretrained=vgg.safetensors
refuse "target: expected model=repair, which judges beside templates" $of target=parts
refuse "model=feature: expected pictures of good parts in data=, and no noise=" $of noise='gaussian 25'
printf 'a,b\n1,2\n2,3\n3,4\n' >table.csv
refuse "model=feature: expected pictures of good parts in data=" $of data=table.csv
finish
