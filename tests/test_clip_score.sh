#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A clip of sound to its published score: samples, log-mel frames, windows of five, MLPerf Tiny's autoencoder by `import` and `predict`.
. tests/lib.sh
data=${HG_DATA:-../shared/data}/mlperf-tiny-ad01
[ -d "$data" ] || { skip "$data is not here"; finish; }
run=${HOURGLASS%/*}/tests/frames_run
[ -x "$run" ] || run=build/gcc/tests/frames_run
[ -x "$run" ] || { skip "no $run"; finish; }

plain='dense 128 relu' normed='dense 128, batchnorm eps=1e-3, relu'
of_plain="$plain, $plain, $plain, $plain, dense 8 relu | $plain, $plain, $plain, $plain, dense input"
of_normed="$normed, $normed, $normed, $normed, dense 8, batchnorm eps=1e-3, relu | $normed, $normed, $normed, $normed, dense input"
"$HOURGLASS" import source="$data/ad01_fp32_folded.safetensors" model="$of_plain" input=640 out="$work/folded" 2>"$work/err" || bad "$(cat "$work/err")"
"$HOURGLASS" import source="$data/ad01.safetensors" model="$of_normed" input=640 out="$work/keras" 2>"$work/err" || bad "$(cat "$work/err")"

scores() { # scores MODEL DATA KNOWN: the mean over windows is the known score of the clip, to 1e-4
    "$HOURGLASS" predict model="$work/$1" data="$2" score=error out="$work/scores.csv" 2>"$work/err" || return 1
    awk -F, -v known="$3" 'NR > 1 { sum += $2 } END { d = sum / (NR - 1) - known; print NR - 1, sum / (NR - 1); exit !(NR == 197 && d < 1e-4 && d > -1e-4) }' "$work/scores.csv" >"$work/mean" ||
        { cat "$work/mean"; return 1; }
}
expect "the published features, folded weights" scores folded "$data/normal_id_01_00000000.npy" 9.70710781
expect "the published features, Keras's weights" scores keras "$data/normal_id_01_00000000.npy" 9.49129042
for clip in normal anomaly; do
    "$run" "$data/${clip}_id_01_00000000.wav" 50 200 >"$work/$clip.npy" || bad "$clip: no windows"
done
expect "a normal clip, folded weights" scores folded "$work/normal.npy" 9.70710781
expect "a normal clip, Keras's weights" scores keras "$work/normal.npy" 9.49129042
expect "an abnormal clip, folded weights" scores folded "$work/anomaly.npy" 10.40940976
expect "an abnormal clip, Keras's weights" scores keras "$work/anomaly.npy" 9.88808619
finish
