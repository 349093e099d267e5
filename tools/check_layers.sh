#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Fails if a file under src/ includes a room that is not below its own. Usage: check_layers.sh [src]
src=${1:-src}
grep -rnE '^ *# *include +"[a-z]+/' "$src" --include='*.[ch]' --include='*.cu' --include='*.inc' |
awk -v order="$src/LAYERS" -v src="$src/" '
BEGIN { while ((getline line < order) > 0) if (line !~ /^#/ && NF_(line)) { r++; n = split(line, a, " "); for (i = 1; i <= n; i++) rank[a[i]] = r } }
function NF_(s) { return split(s, t_, " ") }
{
    file = $0; sub(/:.*/, "", file); room = substr(file, length(src) + 1); sub(/\/.*/, "", room)
    inc = $0; sub(/.*"/, "", inc); split($0, q, "\""); inc = q[2]; sub(/\/.*/, "", inc)
    if (!(room in rank)) { print file ": room \"" room "\" is not in LAYERS"; bad = 1 }
    else if (!(inc in rank)) { print file ": includes unknown room \"" inc "\""; bad = 1 }
    else if (inc != room && rank[inc] >= rank[room]) { print file ": " room " must not include " inc; bad = 1 }
}
END { exit bad }'
