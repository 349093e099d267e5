#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# probabilistic.sh - variational autoencoders of MNIST, as docs/FAMILY.md has them:
#
#   HG_DATA=FOLDER bench/family/probabilistic.sh FOLDER [dense|conv]
#
# makes the data (mnist.py), trains and measures in FOLDER, and prints a line a model: processor seconds of training, and nats a row.
#   dense   784-400-20, Bernoulli, batch 128, Adam 1e-3, grey levels as probabilities: after 10 epochs, and after 30
#   conv    residual blocks, a code of 24; both sets of pictures statically binarised, 5 % of the training pictures held out for the
#           choice of the epoch; EPOCHS=72 of them take half an hour on two cores
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
hourglass=${HOURGLASS:-$root/build/hourglass}
folder=$1 which=${2:-all}
mkdir -p "$folder"
[ -e "$folder/test.idx" ] || "${PYTHON:-python3}" "$root/bench/family/mnist.py" "$folder"
cd "$folder"

# measure NAME WEIGHTS DATA SECONDS
measure() {
    "$hourglass" val -q --json model="$2" data="$3" draws="${DRAWS:-200}" |
        sed "s/.*\"neg_elbo\":\([0-9.]*\),\"neg_log_likelihood\":\([0-9.]*\).*/$1, $4 s: -ELBO \1, -log p(x) \2 nats/"
}

# train OPTIONS: sets `seconds` of processor time
train() {
    local TIMEFORMAT=%U+%S
    seconds=$({ time "$hourglass" train -q pca=false samples=0 project=runs exist_ok=true "$@" >&2; } 2>&1 | tail -n 1)
    seconds=$(awk "BEGIN { printf \"%.0f\", $seconds }")
}

if [ "$which" != conv ]; then
    for epochs in 10 30; do
        train data=train.idx model=vae epochs=$epochs val=0 name=dense$epochs
        measure "dense, $epochs epochs" runs/dense$epochs/weights/last.safetensors test.idx "$seconds"
    done
fi
if [ "$which" != dense ]; then
    encoder="conv 32 k3 s2 silu, keep 1, conv 32 k3 silu, conv 32 k3, add 1, conv 64 k3 s2 silu, dropout 0.2, dense 256 silu, dropout 0.2, sample 24 warmup=2000"
    decoder="dense 256 silu, dense 3136 silu, unflatten 64 7 7, keep 2, conv 64 k3 silu, conv 64 k3, add 2, deconv 32 k4 s2 silu, keep 3, conv 32 k3 silu, conv 32 k3, add 3, silu, deconv input k4 s2 sigmoid"
    train data=binary-train.idx model="$encoder | $decoder" loss=bce epochs="${EPOCHS:-72}" schedule=cosine warmup=500 batch=128 val=0.05 seed=1 name=conv
    measure "conv, ${EPOCHS:-72} epochs" runs/conv/weights/best.safetensors binary-test.idx "$seconds"
fi
