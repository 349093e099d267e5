#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# model=conv where data= says which pictures are good parts, and model=bottleneck of any folder: a bottleneck autoencoder as a model of parts,
# trained, gone on with, judged; conv of pictures and nothing else codes images as ever.
. tests/lib.sh
draw=${HOURGLASS%/*}/draw_parts
[ -x "$draw" ] || draw=$PWD/build/gcc/draw_parts
[ -x "$draw" ] || { skip "no $draw"; finish; }
case $HOURGLASS in /*) ;; *) HOURGLASS=$PWD/$HOURGLASS ;; esac
size=64
is_sanitized && size=40
"$draw" kind=cell n=8 good=4 broken=4 size=$size seed=5 out="$work/parts" || bad "not drawn"
cd "$work" || exit 1
train() { "$HOURGLASS" train progress=none project=runs batch=2 val=0.4 "$@" >out 2>err; }
weights() { echo runs/$1/weights/best.safetensors; }
is_of_parts() { "$HOURGLASS" info model="$(weights "$1")" 2>&1 | grep -q "kind conv"; }

# ---- laid out as parts
train data=parts model=conv steps=4 threads=1 name=conv || { bad "conv: $(cat err)"; finish; }
expect "what is learned is said" grep -q "narrow neck.* model=conv codes images" err
expect "conv of parts is the bottleneck" grep -q '^model: "bottleneck"' runs/conv/args.yaml
expect "info knows its kind" is_of_parts conv
"$HOURGLASS" predict model=runs/conv data=parts out=one.csv maps=maps threads=1 progress=none >out 2>&1 || bad "$(cat out)"
expect "a row for each of eight pictures" [ "$(tail -n +2 one.csv | wc -l)" = 8 ]
expect "an overlay of each" [ "$(find maps/test -name '*_overlay.jpg' | wc -l)" = 8 ]
"$HOURGLASS" val model=runs/conv data=parts baselines=false resamples=0 progress=none --json >val.json 2>err || bad "val: $(cat err)"
expect "val has figures" grep -q '"image_auroc":{"value":[01]' val.json
"$HOURGLASS" calibrate model=runs/conv data=parts/test/good fpr=0.2 progress=none >out 2>&1 || bad "calibrate: $(cat out)"

# ---- the same bits
train data=parts model=bottleneck steps=4 threads=3 name=three || bad "three threads: $(cat err)"
"$HOURGLASS" predict model=runs/three data=parts out=three.csv threads=3 progress=none >out 2>&1 || bad "$(cat out)"
expect "three threads say the same" eval 'cmp -s <(cut -d, -f1,2 one.csv) <(cut -d, -f1,2 three.csv)'
train data=parts model=conv steps=2 name=half || bad "half: $(cat err)"
train resume=runs/half steps=4 || bad "resume: $(cat err)"
expect "gone on with, it is still of parts" is_of_parts half

# ---- what is said of pictures
mkdir -p plain set/normal set/abnormal
cp parts/train/good/* plain/
cp parts/train/good/* set/normal/
cp "$(find parts/test -path '*good*' -prune -o -type f -print | sort | head -1)" set/abnormal/
train data=set model=conv steps=1 name=normal || bad "normal: $(cat err)"
expect "normal/ and abnormal/ say which are good" is_of_parts normal
train data=plain model=conv crop=0 steps=2 pca=false samples=0 name=plain || bad "plain: $(cat err)"
expect "conv of pictures and nothing else codes them" eval '! is_of_parts plain'
expect "and says so" grep -q "images are coded; model=bottleneck looks for defects" err
expect "the old preset" eval '"$HOURGLASS" info model=runs/plain | grep -q "^model .*dense"'
train data=plain model=bottleneck loss=mse steps=1 name=said || bad "said: $(cat err)"
expect "bottleneck says that they are parts" is_of_parts said
find "$PWD/plain" -type f >list.txt
train data=list.txt model=conv crop=0 steps=2 pca=false samples=0 name=list || bad "list: $(cat err)"
expect "a list of paths alone does not say it" eval '! is_of_parts list'
sed 's/$/,good/' list.txt >labels.csv
train data=labels.csv model=conv steps=1 name=labels || bad "labels: $(cat err)"
expect "one with labels does" is_of_parts labels
finish
