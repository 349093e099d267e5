#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Realised false-alarm rates of trained models: false_alarms.sh SETS [splits=40] [models=DIR] [only=NAME,...] [key=value of train ...]
#
# SETS is a folder with sets.py's sets.txt. On each set a model is trained once (models=: or taken from DIR/NAME, if there is one, and
# kept there), the test split's good pictures are judged once, and random halves of them are calibrated on and counted
# (tests/false_alarms_parts.c): a split is a seed, and costs nothing. Behind each rate: the realised one, the 99 % interval of
# what theory says, and how many standard deviations it is off. Needs build/gcc/tests/false_alarms_parts.
set -e
here=$(cd "$(dirname "$0")" && pwd)
command=${HOURGLASS:-$here/../../build/hourglass}
run=$here/../../build/gcc/tests/false_alarms_parts
sets=$1 splits=40 models='' only=''
shift
while :; do
    case ${1-} in
    splits=*) splits=${1#splits=} ;;
    models=*) models=${1#models=} ;;
    only=*) only=,${1#only=}, ;;
    *) break ;;
    esac
    shift
done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
while IFS=$'\t' read -r name folder _; do
    case $only in '' | *",$name,"*) ;; *) continue ;; esac
    model=${models:-$work/runs}/$name/weights/best.safetensors
    [ -s "$model" ] || "$command" train -q data="$folder" project="${models:-$work/runs}" name="$name" "$@" >&2
    good=$folder
    [ -d "$folder/test/good" ] && good=$folder/test/good
    "$command" val model="$model" data="$good" baselines=false resamples=0 \
        out="$work/$name.csv" progress=none >/dev/null
    "$run" "$name" "$work/$name.csv" "$splits" 0.05 0.1 0.2 || echo "$name: too few good pictures" >&2
done <"$sets/sets.txt" | awk -v splits="$splits" '
    BEGIN {
        print "| set | of | asked | in theory | calibrated on | counted | realised | 99 % interval | deviations | within |"
        print "|---|---|---|---|---|---|---|---|---|---|"
    }
    {
        counted = $5 * splits
        z = ($6 - $7) / sqrt($8)
        off = 2.576 * sqrt($8)
        low = $7 > off ? $7 - off : 0
        printf "| %s | %s | %s | %.4f | %s | %s | %.4f | %.4f .. %.4f | %+.2f | %s |\n", $1, $2 == "peak" ? "pixels" : "pictures",
            $3, $7 / counted, $4, $5, $6 / counted, low / counted, ($7 + off) / counted, z, z * z < 2.576 * 2.576 ? "yes" : "no"
    }'
