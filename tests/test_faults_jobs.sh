#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Allocations and I/O fail one by one under all other jobs: see faults.sh.
. tests/lib.sh
. tests/faults.sh

tortured pca - train -q data=in/x.csv model=pca latent=2 project=tree name=run
STEP=$((7 * STEP)) STEP_EVER=$((5 * STEP_EVER)) tortured "pca by random directions" - train -q data=in/x.csv model=pca latent=2 solver=randomized project=tree name=run
STEP=$((7 * STEP)) STEP_EVER=$((5 * STEP_EVER)) tortured "pca in one pass" - train -q data=in/x.csv model=pca latent=2 solver=incremental project=tree name=run
STEP=$((7 * STEP)) STEP_EVER=$((5 * STEP_EVER)) tortured "train on a table" - train -q data=in/t.csv label=state steps=4 batch=16 threads=2 project=tree name=run
{ cat in/x.csv && tail -n +2 in/x.csv; } >in/twice.csv
awk 'BEGIN { print "kind"; for (i = 0; i < 48; i++) print i % 3 }' >in/kinds.csv
HG_REPORT=true STEP=$((5 * STEP)) STEP_EVER=$((5 * STEP_EVER)) tortured "train with a page" - train -q data=in/twice.csv \
    model="dense 4 relu, sample 2 | dense input sigmoid" loss=bce epochs=1 batch=16 samples=2 pca=false classes=in/kinds.csv threads=2 project=tree name=run
tortured reconstruct o.npy reconstruct -q model=$model data=in/x.csv out=tree/o.npy
tortured "reconstruct to CSV" o.csv reconstruct -q model=$model data=in/x.csv out=tree/o.csv
tortured encode o.npy encode -q model=$model data=in/y.npy out=tree/o.npy
tortured "encode to Parquet" o.parquet encode -q model=$model data=in/y.npy out=tree/o.parquet
tortured embed o.npy encode -q model=$model data=in/y.npy embed=2 out=tree/o.npy
tortured decode o.npy decode -q model=$model data=in/z.npy out=tree/o.npy
tortured predict o.csv predict -q model=$model data=in/x.csv out=tree/o.csv
tortured val - val --json model=$model data=in/x.csv
tortured "val with classes" - val --json model=$model data=in/labels.csv label=y threads=2
tortured "val on images" - val --json model=$clean data=in/pictures noise="gaussian 25" threads=2 out=tree/pictures
tortured "val on corrupted rows" - val --json model=$model data=in/x.csv noise="gaussian 25"
STEP=$((23 * STEP)) STEP_EVER=$((9 * STEP_EVER)) tortured compare o.csv compare -q data=in/labels.csv label=y seeds=1 steps=2 threads=2 out=tree/o.csv
ENOUGH=28 STEP=$((23 * STEP)) STEP_EVER=$((9 * STEP_EVER)) tortured "compare models" o.csv compare -q data=in/x.csv models="dense 2 | dense input" seeds=1 epochs=1 threads=2 out=tree/o.csv
tortured import o.safetensors import -q source=$model model="dense 2 relu | dense input sigmoid" input=5 out=tree/o.safetensors
tortured "denoise a picture" o.ppm denoise -q model=$clean source=in/pictures/a.ppm out=tree/o.ppm threads=2
tortured "denoise a folder" - denoise -q model=$clean source=in/pictures out=tree/new threads=2
STEP=$((7 * STEP)) STEP_EVER=$((5 * STEP_EVER)) tortured "denoise with a page" p.html denoise -q model=$clean source=in/pictures/a.ppm out=tree/new.ppm page=tree/p.html threads=2
"$plain" train -q data=in/pictures model="keep 1, conv 3 p1 relu | conv input p1, add 1" crop=8 noise="gaussian 25" level=0.5 steps=1 samples=0 project=in name=level
told=in/level/weights/best.safetensors
STEP=$((7 * STEP)) STEP_EVER=$((5 * STEP_EVER)) tortured "train with a level" - train -q data=in/pictures model="keep 1, conv 3 p1 relu | conv input p1, add 1" crop=8 noise="gaussian 25" level=0.5 steps=2 samples=2 threads=2 project=tree name=run
tortured "denoise by strength" o.ppm denoise -q model=$told source=in/pictures/a.ppm out=tree/o.ppm strength=1.5 detail=0.3 threads=2
STEP=$((7 * STEP)) STEP_EVER=$((5 * STEP_EVER)) tortured "denoise with a preview" - denoise -q model=$told source=in/pictures/a.ppm out=tree/new.ppm preview=tree/s.png threads=2
tortured "val of levels" - val --json model=$told data=in/pictures noise="gaussian 25" baselines=false threads=2
tortured "denoise video" o.y4m denoise -q model=$clean source=in/x.y4m out=tree/o.y4m threads=2
STEP=$((7 * STEP)) STEP_EVER=$((5 * STEP_EVER)) FEED=in/t.csv tortured "predict a table that comes through a pipe" o.csv predict -q model=$table data=- out=tree/o.csv threads=2
STEP=$((7 * STEP)) STEP_EVER=$((5 * STEP_EVER)) tortured "val of labels" - val --json model=$table data=in/t.csv label=state resamples=20
OLD=$table STEP=$((7 * STEP)) STEP_EVER=$((5 * STEP_EVER)) tortured calibrate o.safetensors calibrate -q model=tree/o.safetensors data=in/t.csv label=state fpr=0.2
STEP=$((7 * STEP)) STEP_EVER=$((5 * STEP_EVER)) tortured "reconstruct a table" o.csv reconstruct -q model=$table data=in/t.csv out=tree/o.csv
awk 'BEGIN { print "a,b"; for (i = 0; i < 160; i++) print sin(i / 3) + i * 7 % 5 / 9 "," cos(i / 4) + i * 5 % 7 / 9 }' >in/signal.csv
STEP=$((23 * STEP)) STEP_EVER=$((9 * STEP_EVER)) tortured "train on a recording" - train -q data=in/signal.csv window=8 steps=2 threads=2 project=tree name=run
"$plain" train -q data=in/signal.csv window=8 steps=2 project=in name=signal 2>err || bad "a model of a recording to test with: $(cat err)"
signal=in/signal/weights/best.safetensors
STEP=$((7 * STEP)) STEP_EVER=$((5 * STEP_EVER)) tortured "predict a recording" o.csv predict -q model=$signal data=in/signal.csv out=tree/o.csv threads=2
STEP=$((7 * STEP)) STEP_EVER=$((5 * STEP_EVER)) tortured "watch a recording" - watch -q model=$signal data=in/signal.csv state=tree/kept threads=1
awk 'BEGIN { print "a"; for (i = 0; i < 3000; i++) print sin(i / 3) + i * 7 % 11 / 9 }' >in/vibration.csv
"$plain" train -q data=in/vibration.csv window=5 frames="spectrum bands=4 fft=256 hop=64" steps=2 project=in name=vibration 2>err || bad "a model of frames to test with: $(cat err)"
STEP=$((7 * STEP)) STEP_EVER=$((5 * STEP_EVER)) tortured "watch frames" - watch -q model=in/vibration/weights/best.safetensors data=in/vibration.csv state=tree/kept threads=1
awk -F, -v OFS=, '{ print $0, NR == 1 ? "m" : NR % 3 }' in/signal.csv >in/mixed.csv
STEP=$((7 * STEP)) STEP_EVER=$((5 * STEP_EVER)) tortured "predict recordings that are mixed" o.csv predict -q model=$signal data=in/mixed.csv groupby=m out=tree/o.csv threads=2
tortured info - info --json model=$model
tortured verify - verify model=$model
"$plain" train -q data=in/x.csv model="dense 4 relu, sample 2 | dense input sigmoid" loss=bce epochs=1 val=0 samples=0 pca=false project=in name=vae 2>err || bad "a model with a prior to test with: $(cat err)"
vae=in/vae/weights/best.safetensors
STEP=$((7 * STEP)) STEP_EVER=$((5 * STEP_EVER)) tortured generate o.csv generate -q model=$vae n=5 out=tree/o.csv
STEP=$((7 * STEP)) STEP_EVER=$((5 * STEP_EVER)) tortured interpolate o.npy interpolate -q model=$vae data=in/x.csv from=1 to=9 steps=4 out=tree/o.npy
STEP=$((7 * STEP)) STEP_EVER=$((5 * STEP_EVER)) tortured "val of likelihood" - val --json model=$vae data=in/x.csv draws=3
end_of_faults
