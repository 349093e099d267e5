#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Trains models/denoise.safetensors, the model that `hourglass denoise` uses without model=. Takes about half an hour
# of two cores; the same file comes out every time. Usage: tools/train_denoise.sh HOURGLASS [folder of test data]
# The images, all free to use: see models/README.md.
set -eu
hourglass=$1
data=${2:-${HG_DATA:-../shared/data}}
folder=build/denoise-train
rm -rf "$folder"
mkdir -p "$folder" models
cp "$data"/denoise-testsets/Kodak24/kodim*.png "$folder"
for name in astronaut.png brick.png camera.png cell.png chelsea.png coffee.png grass.png gravel.png \
    hubble_deep_field.jpg motorcycle_left.png motorcycle_right.png retina.jpg rocket.jpg; do
    cp "$data/skimage/$name" "$folder"
done
"$hourglass" train data="$folder" model=unet colour=colour grey=0.5 val=0 seed=0 \
    noise="gaussian 0-55 @ 0.7 + jpeg 5-95 @ 0.35 + clip @ 0.7" \
    steps=30000 batch=16 crop=64 lr=1e-3 warmup=200 schedule=cosine \
    fast=false project=build/denoise-run name=train exist_ok=true pca=false samples=16 progress=lines
cp build/denoise-run/train/weights/best.safetensors models/denoise.safetensors
