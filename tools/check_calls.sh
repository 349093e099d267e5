#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Fails if an object calls into a room that its own room's line of src/LAYERS does not name: what a header of another
# room lets through is a call all the same. Usage: check_calls.sh BUILD_FOLDER (built with objects in BUILD_FOLDER/src)
build=$1
for source in src/*/*.c; do echo "$build/${source%.c}.o"; done | xargs nm -A 2>/dev/null |
awk -v order=src/LAYERS -v build="$build/src/" '
function room_of(object) { sub(/:.*/, "", object); object = substr(object, length(build) + 1); sub(/\/.*/, "", object); return object }
BEGIN {
    while ((getline line < order) > 0) {
        n = split(line, a, "[: ]+")
        for (i = 2; i <= n && line !~ /^#/; i++) sees[a[1], a[i]] = 1
    }
}
$NF !~ /^hg_/ { next }
$(NF - 1) ~ /^[TDRB]$/ { home[$NF] = room_of($1); next }
$(NF - 1) == "U" { calls[++count] = $NF; from[count] = $1; sub(/:.*/, "", from[count]); caller[count] = room_of($1) }
END {
    for (i = 1; i <= count; i++) {
        there = home[calls[i]]
        if (there == "" || there == caller[i] || (caller[i], there) in sees) continue
        print from[i] ": " caller[i] " must not call " there ": " calls[i]
        bad = 1
    }
    if (!count) { print build ": expected objects, found none"; bad = 1 }
    exit bad
}'
