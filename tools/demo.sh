#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Trains 784-64-784 on Fashion-MNIST, fits PCA with as many components beside it, and shows both on the test
# images. Usage: demo.sh build/hourglass
set -eu
command=$1
run=runs/demo
number() { printf '%s' "$2" | tr -d ' \n' | sed -n "s/.*\"$1\":\([-+.0-9eE]*\).*/\1/p"; } # number KEY JSON
test_mse() { number mse "$("$command" val --json -q model="$run/weights/$1.safetensors" data=fashion-test)"; }

"$command" train data=fashion model=ae epochs=60 schedule=cosine warmup=500 seed=0 name=demo exist_ok=true
time=$(tail -n 1 "$run/results.csv" | cut -d , -f 2)
rows=$(number rows "$(cat "$run/run.json")")
epochs=$(($(wc -l <"$run/results.csv") - 1))
pca_time=$(number seconds "$(sed -n '/"pca"/,/}/p' "$run/metrics.json")")
ae=$(test_mse best)
pca=$(test_mse pca)

echo
awk -v ae="$ae" -v pca="$pca" -v t="$time" -v p="$pca_time" -v rows="$rows" -v epochs="$epochs" 'BEGIN {
    line = "%-34s %6s %12s %9s %12s\n"
    printf line, "Fashion-MNIST, 10000 test images", "code", "MSE a pixel", "seconds", "samples/s"
    printf line, "PCA", 64, sprintf("%.5f", pca), sprintf("%.1f", p), ""
    printf line, "autoencoder 784-64-784, " epochs " epochs", 64, sprintf("%.5f", ae), sprintf("%.1f", t), sprintf("%.0f", rows * epochs / t)
    printf "\nThe autoencoder is %s by %.0f %%.\n", ae < pca ? "better" : "worse", 100 * (ae < pca ? 1 - ae / pca : ae / pca - 1)
}'
cat <<END

pictures    $run/samples.png (input above, reconstruction below)
model       $run/weights/best.safetensors
PCA         $run/weights/pca.safetensors
losses      $run/results.csv
next        $command predict model=$run/weights/best.safetensors data=fashion-test out=scores.csv
END
