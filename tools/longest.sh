#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The longest functions and files of the given sources, and whether a limit of docs/HOUSE.md is passed (functions
# of 80 lines, files of 800). A function begins at a line in the first column that ends in "{" and ends at "}".
awk '
    FNR == 1 { file = FILENAME; start = 0 }
    { lines[FILENAME]++ }
    /^[A-Za-z_].*[)] *$|^[A-Za-z_].*,$|^[A-Za-z_].*[(].*[{]$/ && !start { head = $0; if ($0 !~ /;$/) first = FNR }
    /^[{]$|^[A-Za-z ].*[)] *[{]$/ && !start { start = first ? first : FNR }
    /^[}]$/ && start {
        name = head; sub(/[(].*/, "", name); sub(/.*[ *]/, "", name)
        printf "%5d  %s  %s:%d\n", FNR - start + 1, name, file, start
        if (FNR - start + 1 > 80) over++
        start = 0; first = 0
    }
    END {
        for (f in lines) { printf "%5d  file  %s\n", lines[f], f; if (lines[f] > 800) over++ }
        printf "%5d  over the limits\n", over + 0 > "/dev/stderr"
    }' "$@" | sort -rn | awk '$2 == "file" ? files++ < 10 : functions++ < 20'
