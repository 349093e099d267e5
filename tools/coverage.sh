#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Line and branch coverage of src/ from the .gcda files of a coverage build: coverage.sh build/gcc-coverage
set -eu
find "$1/src" -name '*.gcda' | sort | xargs gcov -b -n 2>/dev/null | awk '
    /^File / { file = $2; gsub("\x27", "", file); keep = file ~ /^src\/.*\.c$/ }
    keep && /^Lines executed/ { sub("%", "", $2); split($2, a, ":"); line[file] = a[2] + 0; lines[file] = $NF; split($0, q, "of "); lines[file] = q[2] + 0 }
    keep && /^Taken at least once/ { split($0, q, ":"); taken[file] = q[2] + 0; split($0, r, "of "); branches[file] = r[2] + 0 }
    END {
        for (f in lines) {
            printf "%6.1f %% lines %6.1f %% branches  %s\n", line[f], taken[f], f
            n += lines[f]; hit += lines[f] * line[f] / 100; b += branches[f]; bhit += branches[f] * taken[f] / 100
        }
        if (n) printf "%6.1f %% lines %6.1f %% branches  all\n", 100 * hit / n, b ? 100 * bhit / b : 0 > "/dev/stderr"
    }' | sort -k 6
