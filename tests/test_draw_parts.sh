#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# tools/draw draws what it says: every kind, MVTec's layout, the same bytes everywhere, masks that lie on the defects.
. tests/lib.sh
draw=${HOURGLASS%/*}/draw_parts
[ -x "$draw" ] || { skip "no $draw"; finish; }
count() { find "$1" -name "$2" | wc -l; }

# all KIND: the sum of every file's name and bytes
all() { (cd "$work/$1" && find . -type f | LC_ALL=C sort | while read -r f; do echo "$f" && cat "$f"; done | cksum | cut -d ' ' -f 1); }
while read -r kind expected; do
    "$draw" kind="$kind" n=2 good=1 broken=12 size=64 seed=7 out="$work/$kind" || bad "$kind: not drawn"
    expect "$kind: two to learn from" [ "$(count "$work/$kind/train/good" '00[01].p?m')" = 2 ]
    expect "$kind: twelve masks, as many broken parts and a good one" \
        [ "$(count "$work/$kind/ground_truth" '*_mask.pgm') $(count "$work/$kind/test" '*.p?m')" = "12 13" ]
    expect "$kind: the bytes of every machine, not $(all "$kind")" [ "$(all "$kind")" = "$expected" ]
done <<'END'
bracket 3950442335
screw 4239734797
tile 3094721341
cell 2107370199
fabric 2229770739
film 3148963593
lens 2875101209
END
"$draw" kind=film n=1 good=0 broken=0 size=64 seed=8 out="$work/other"
expect "another seed is another picture" eval '! cmp -s "$work/other/train/good/000.pgm" "$work/film/train/good/000.pgm"'

# What gives no current is dark, and the mask says where.
"$draw" kind=film n=0 good=0 broken=4 only=inactive size=64 seed=1 out="$work/dark"
for k in 000 001 002 003; do
    levels() { od -An -v -tu1 -w64 -j13 "$1"; }
    expect "piece $k is darker than what is around it" eval 'paste -d " " <(levels "$work/dark/test/inactive/$k.pgm") <(levels "$work/dark/ground_truth/inactive/${k}_mask.pgm") |
        awk "{ for (i = 1; i <= 64; i++) { sum[\$(i + 64)] += \$i; n[\$(i + 64)]++ } }
             END { exit !(n[255] > 0 && sum[255] / n[255] < sum[0] / n[0] - 8) }"'
done

refuse() { # refuse SENTENCE ARGUMENTS...
    sentence=$1
    shift
    said=$("$draw" "$@" 2>&1) && bad "$* is taken"
    expect "$*: $sentence, not $said" [ "$said" = "draw_parts: $sentence" ]
}
refuse "kind= and out= are needed" kind=film
refuse "kind is one of bracket, screw, tile, cell, fabric, film, lens, not nut" kind=nut out="$work/x"
refuse "not a number in range: 12" kind=film size=12 out="$work/x"
refuse "no such defect: rot" kind=film only=rot out="$work/x"
refuse "this kind has no place for a missing_hole" kind=film only=missing_hole n=0 good=0 size=32 out="$work/x"
refuse "cannot make $draw/x" kind=film n=1 out="$draw/x"
expect "nothing is left of what was refused" [ ! -e "$work/x" ]
finish
