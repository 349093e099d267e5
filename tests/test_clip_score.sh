#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A clip of sound to its published score: MLPerf Tiny's autoencoder by `import`, of features and with log-mel frames, and `predict`.
. tests/lib.sh
data=${HG_DATA:-../shared/data}/mlperf-tiny-ad01
[ -d "$data" ] || { skip "$data is not here"; finish; }
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

frames=(frames="logmel rate=16000 skip=50 most=200" window=5)
"$HOURGLASS" import source="$data/ad01_fp32_folded.safetensors" model="$of_plain" input=640 "${frames[@]}" out="$work/folded_sound" 2>"$work/err" || bad "$(cat "$work/err")"
"$HOURGLASS" import source="$data/ad01.safetensors" model="$of_normed" input=640 "${frames[@]}" out="$work/keras_sound" 2>"$work/err" || bad "$(cat "$work/err")"
clip() { # clip MODEL CLIP KNOWN: a row for the file, with its score to 1e-4
    "$HOURGLASS" predict model="$work/$1" data="$data/$2_id_01_00000000.wav" by=file out="$work/clip.csv" 2>"$work/err" || { cat "$work/err"; return 1; }
    awk -F, -v known="$3" 'NR == 2 { d = $3 - known } END { print d; exit !(NR == 2 && d < 1e-4 && d > -1e-4) }' "$work/clip.csv" >"$work/off" || { cat "$work/off"; return 1; }
}
"$HOURGLASS" predict model="$work/folded_sound" data="$data/normal_id_01_00000000.wav" out="$work/steps.csv" 2>"$work/err"
if grep -q libsndfile "$work/err"; then
    skip "$(cat "$work/err")"
    finish
fi
expect "200 frames" [ "$(wc -l <"$work/steps.csv")" = 201 ]
expect "a normal clip, folded weights" clip folded_sound normal 9.70710781
expect "a normal clip, Keras's weights" clip keras_sound normal 9.49129042
expect "an abnormal clip, folded weights" clip folded_sound anomaly 10.40940976
expect "an abnormal clip, Keras's weights" clip keras_sound anomaly 9.88808619
finish
