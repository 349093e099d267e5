#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Fails if a file under src/ includes a room that its line of LAYERS does not name, or a line names a room that stands below it:
# so there are no circles. Usage: check_layers.sh [src]
src=${1:-src}
grep -rnE '^ *# *include +"[a-z]+/' "$src" --include='*.[ch]' --include='*.cu' --include='*.inc' |
awk -v order="$src/LAYERS" -v src="$src/" '
BEGIN {
    while ((getline line < order) > 0) {
        n = split(line, a, "[: ]+")
        if (line ~ /^#/ || n == 0) continue
        known[a[1]] = 1
        for (i = 2; i <= n; i++) if (a[i] != "") {
            sees[a[1], a[i]] = 1
            if (!(a[i] in known)) { print order ": " a[1] " names " a[i] ", which is not above it"; bad = 1 }
        }
    }
}
{
    file = $0; sub(/:.*/, "", file); room = substr(file, length(src) + 1); sub(/\/.*/, "", room)
    split($0, q, "\""); inc = q[2]; sub(/\/.*/, "", inc)
    if (!(room in known)) { print file ": room \"" room "\" is not in LAYERS"; bad = 1 }
    else if (inc != room && !((room, inc) in sees)) { print file ": " room " must not include " inc; bad = 1 }
}
END { exit bad }'
