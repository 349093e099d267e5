#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Realised false-alarm rates of trained models: false_alarms.sh SETS [splits=40] [key=value of train ...]
#
# SETS is a folder with sets.py's sets.txt. On each set a model is trained, the test split's good pictures are judged once, and random
# halves of them are calibrated on and counted (tests/false_alarms_parts.c). Behind each rate: how many standard deviations the alarms
# over all halves are off what theory says, and whether that is within its 99 % interval. Needs build/gcc/tests/false_alarms_parts.
set -e
here=$(cd "$(dirname "$0")" && pwd)
command=${HOURGLASS:-$here/../../build/hourglass}
run=$here/../../build/gcc/tests/false_alarms_parts
sets=$1 splits=40
shift
case ${1-} in splits=*) splits=${1#splits=} && shift ;; esac
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
while IFS=$'\t' read -r name folder _; do
    "$command" train -q data="$folder" project="$work/runs" name="$name" "$@" >&2
    "$command" val model="$work/runs/$name/weights/best.safetensors" data="$folder" baselines=false resamples=0 \
        out="$work/$name.csv" progress=none >/dev/null
    "$run" "$name" "$work/$name.csv" "$splits" 0.05 0.1 0.2 || echo "$name: too few good pictures" >&2
done <"$sets/sets.txt" | awk '
    BEGIN { print "| set | of | asked | calibrated on | counted | alarms | expected | deviations | within 99 % |\n|---|---|---|---|---|---|---|---|---|" }
    {
        z = ($6 - $7) / sqrt($8)
        printf "| %s | %s | %s | %s | %s | %s | %.0f | %+.2f | %s |\n", $1, $2 == "peak" ? "pixels" : "pictures", $3, $4, $5, $6, $7, z, z * z < 2.58 * 2.58 ? "yes" : "no"
    }'
