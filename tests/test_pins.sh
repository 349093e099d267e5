#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What results must stay: hashes of weights, reconstructions, scores, codes and pixels of small runs of every kind, with 1 and
# 3 threads, straight and resumed. A change that is meant to give others writes them anew: PINS=write bash tests/test_pins.sh
# prints the table. (test_same_bits.sh holds that all machines agree; this holds that all versions do.)
. tests/lib.sh
threads_list="1 3"
is_sanitized && threads_list=3
here=$PWD/tests
cd "$work" || exit 1
short() { sha256sum | cut -c 1-16; }
pin() { # pin WHAT HASH: it is the one written down for it
    if [ "${PINS-}" = write ]; then echo "$1 $2"; return; fi
    want=$(awk -v what="$1" '$1 == what { print $2 }' "$here/pins.txt")
    expect "$1: $2, not ${want:-written down}" [ "$2" = "$want" ]
}

# ---- data, by arithmetic of whole numbers ---------------------------------------------------------
bytes() { LC_ALL=C awk -v n="$1" -v by="$2" 'BEGIN { x = 7; for (i = 0; i < n; i++) { x = (x * 1103 + i * by + 12345) % 65536; printf "%c", 1 + (int(x / 700) + i % by * 3) % 120 } }'; }
{ printf '\0\0\010\003\0\0\0\140\0\0\0\014\0\0\0\020'; bytes 18432 16; } >images.idx  # 96 of 12 x 16
{ printf '\0\0\010\002\0\0\0\140\0\0\0\050'; bytes 3840 40; } >rows.idx               # 96 of 40
mkdir photos
for i in 1 2 3; do { printf 'P6\n40 36\n255\n'; bytes 4320 $((i * 3 + 18)); } >photos/$i.ppm; done
awk 'BEGIN { print "id,speed,load,mode,heat"; for (i = 0; i < 400; i++) { x = (x * 421 + 1663) % 7875; y = (y * 171 + 11) % 5301
    printf "%d,%d.%d,%d,%s,%d\n", i + 1, 100 + x % 50, y % 10, x % 50 * 3 + y % 7, x % 3 ? "run" : "idle", 40 + (x % 50) / 2 + y % 5 } }' >table.csv

# ---- runs -----------------------------------------------------------------------------------------
try() { "$HOURGLASS" "$@" -q 2>err || bad "$*: $(cat err)"; }
# pins NAME DATA MODEL [key=value ...]: trains with 1 and 3 threads, and stopped after the first of two epochs; what the model makes.
pins() {
    name=$1 data=$2 model=$3
    shift 3
    common="epochs=2 seed=11 samples=0 project=. exist_ok=true"
    # shellcheck disable=SC2086
    for threads in $threads_list; do
        try train data="$data" model="$model" $common threads=$threads name="$name" "$@"
        pin "$name.weights" "$(hash_of "$name/weights/last.safetensors")"
        pin "$name.losses" "$(cut -d, -f 1,3- "$name/results.csv" | short)"
    done
    # shellcheck disable=SC2086
    try train data="$data" model="$model" $common epochs=1 name=half "$@"
    try train resume=half epochs=2
    pin "$name.weights" "$(hash_of half/weights/last.safetensors)"
    rm -rf half
    best=$name/weights/best.safetensors
}
# Rows' scores without the columns beside them, which newer versions add to.
scores() { awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == "score") c = i } { print $c }'; }
outputs() { # outputs DATA JOB...: what $best makes of the data
    data=$1
    shift
    for job; do
        for threads in $threads_list; do
            try "$job" model="$best" data="$data" out=out.csv threads=$threads
            case $job in predict) scores <out.csv >values ;; *) mv out.csv values ;; esac
            pin "$name.$job" "$(short <values)"
        done
    done
}
clean() { # the pixels of a photo
    for threads in $threads_list; do
        try denoise model="$best" source=photos/2.ppm out=clean.ppm threads=$threads
        pin "$name.pixels" "$(short <clean.ppm)"
    done
}

pins dense rows.idx 'dense 24 relu, dense 6 | dense 24 relu, dense input sigmoid' batch=32
outputs rows.idx predict encode reconstruct
pins kinds rows.idx 'dense 24, layernorm gelu dropout 0.2, dense 6 tanh | dense 24 elu, dense 24 silu, dense input softplus' batch=17 \
    optimizer=adamw weight_decay=0.01 clip=0.5 schedule=step step_every=1 loss=huber init=torch
outputs rows.idx predict encode
pins sgd rows.idx ae latent=7 optimizer=sgd momentum=0.9 nesterov=true loss=bce init=torch
pins signal rows.idx 'conv1d 6 k5 s2 leaky_relu, conv1d 8 k3 s2 | deconv1d 6 relu, deconv1d 1' loss=mae optimizer=rmsprop
outputs rows.idx predict encode
pins conv images.idx conv latent=5 batch=16 pca=false
outputs images.idx predict encode reconstruct
pins norm images.idx 'conv 6 s2 bias=0, batchnorm relu, dense 8 | dense like, batchnorm relu, deconv input k4 s2 sigmoid' batch=16 pca=false
outputs images.idx predict encode
pins skip images.idx 'keep 1, conv 8 bias=0, batchnorm relu, keep 2, maxpool 2, conv 16 bias=0 g2, batchnorm relu, up 2, concat 2, conv 8, groupnorm 4 silu, conv input, add 1' \
    batch=16 pca=false
outputs images.idx predict reconstruct
pins pooled images.idx 'reflect 1, conv 8 p0 relu, avgpool 2, unshuffle 2, conv 8 k1 | shuffle 2, up 2 bilinear=1, conv input' batch=16 pca=false
outputs images.idx encode
pins unet photos unet noise='gaussian 0-55 + jpeg 30-90' batch=4 crop=32 crops=2 val=0 pca=false fast=false
clean
pins folded photos 'keep 1, conv 12 bias=0, batchnorm relu, conv 12 bias=0, batchnorm relu, conv input, add 1' noise='gaussian 25' batch=4 crop=16 val=0 pca=false fast=false
clean
pins blind photos dncnn noise=blind batch=4 crop=16 crops=1 val=0 pca=false fast=false
clean
pins fast photos unet noise='gaussian 0-55 + jpeg 30-90' batch=4 crop=32 crops=2 val=0 pca=false
clean
pins columns table.csv table batch=64 steps=12
outputs table.csv predict encode reconstruct
pins drawn rows.idx 'dense 24 relu, dense 12, sample beta=2 warmup=4 | dense 24 tanh, l1 0.001, dense input sigmoid' batch=32 loss=bce
outputs rows.idx predict encode
pins structure images.idx 'conv 6 s2 relu, keep 1, conv 6 relu, add 1, add 1 | deconv input k4 s2 sigmoid' batch=16 pca=false loss='0.84 ms_ssim + 0.16 mae'
outputs images.idx predict
pins edges images.idx 'keep 1, conv 6 silu, conv input, add 1' batch=16 pca=false noise='gaussian 40' loss='ssim + 4 gradient'
outputs images.idx reconstruct
pins pca rows.idx pca latent=4
outputs rows.idx predict encode reconstruct

# ---- files of released versions -------------------------------------------------------------------
for folder in "$here"/released/*/; do
    version=$(basename "$folder")
    released() { # released NAME DATA JOB...
        best=$folder$1.safetensors name=$version.$1
        shift
        outputs "$@"
    }
    for file in dense signal pca; do released $file rows.idx predict encode reconstruct; done
    for file in norm skip pooled; do released $file images.idx predict reconstruct; done
    for file in table groups; do released $file table.csv predict reconstruct; done
    for file in noise blind; do
        best=$folder$file.safetensors name=$version.$file
        clean
    done
    cp -r "${folder}run" again
    try train resume=again epochs=4
    pin "$version.resumed" "$(hash_of again/weights/last.safetensors)"
    rm -rf again
done
[ "${PINS-}" = write ] || finish
