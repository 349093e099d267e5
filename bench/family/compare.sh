#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Fashion-MNIST through a code of 32 numbers: PCA, dense, convolutional, sparse, denoising, variational and quantised, side by side.
# The table of docs/FAMILY.md; some 8 minutes on two cores.
# Usage: bench/family/compare.sh [OPTION=VALUE ...], from the project's folder, after `make`: epochs=1 fraction=0.02 seeds=1 is a quick look.
encoder='dense 512 silu, dense 256 silu'
decoder='dense 256 silu, dense 512 silu, dense input sigmoid'
exec "${HOURGLASS:-build/hourglass}" compare data=fashion val=fashion-test latent=32 seeds=2 epochs=15 schedule=cosine lr=3e-3 warmup=500 models="
    deep;
    conv: conv 32 k3 s2 silu, conv 64 k3 s2 silu, dense 32 | dense like silu, deconv 32 k4 s2 silu, deconv input k4 s2 sigmoid;
    sparse: $encoder, dense 32, l1 0.0003 | $decoder;
    denoising: deep with noise=gaussian 25;
    vae: $encoder, dense 64, sample | $decoder with loss=bce;
    vq: $encoder, dense 32, vq 512 2 | $decoder" "$@"
