#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Pictures of parts that max_mem= has no room for at once: judged piece by piece, the same bits, within that memory.
. tests/lib.sh
python=/usr/bin/python3
command -v "$python" >/dev/null || { skip "no $python"; finish; }

# draw WIDTH HEIGHT SEED FILE: a grey surface with grain, as PGM.
draw() {
    "$python" - "$@" <<'END'
import random, sys
width, height, seed = int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
random.seed(seed)
with open(sys.argv[4], "wb") as f:
    f.write(b"P5\n%d %d\n255\n" % (width, height))
    for y in range(height):
        noise = random.randbytes(width)
        f.write(bytes(100 + (x // 40 + y // 40) % 2 * 30 + (noise[x] & 15) for x in range(width)))
END
}

# peak ARGUMENTS...: the command's largest resident size, MiB
peak() {
    "$python" - "$HOURGLASS" "$@" <<'END'
import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024)
END
}

mkdir -p "$work/small/good" "$work/line" "$work/wide"
# Trained on; judged at once and piece by piece, for which max_mem= has no room at once; the same in a region.
small="200 160" large="600 500" some=20M width=330 height=270 little=6M
is_sanitized && small="96 80" large="240 200" some=3M width=200 height=168 little=2M
for i in 1 2 3 4; do draw $small $i "$work/small/good/$i.pgm"; done
draw $large 5 "$work/line/one.pgm"
draw 1200 1000 6 "$work/wide/one.pgm"
"$plain" train -q data="$work/small" imgsz=0 align=false steps=2 batch=2 crop=64 project="$work/runs" name=small ||
    bad "small pictures cannot be learned from"
judge() { "$HOURGLASS" predict -q model="$work/runs/small" data="$work/line" maps="$work/$1" maps_as=npy out="$work/$1.csv" max_mem="$1"; }
judge 1G && judge $some || bad "large pictures cannot be judged"
expect "the same scores at once and piece by piece" cmp "$work/1G.csv" "$work/$some.csv"
expect "the same map at once and piece by piece" cmp "$work/1G/one_map.npy" "$work/$some/one_map.npy"
# Where not even the picture has room as numbers it lies in a file, in 16 bits.
judge 1M || bad "a picture that is kept in a file cannot be judged"
score_of() { awk -F, 'NR == 2 { print $2 }' "$work/$1.csv"; }
expect "as good as the same score from a file, $(score_of 1M) and $(score_of 1G)" \
    awk -v a="$(score_of 1M)" -v b="$(score_of 1G)" 'BEGIN { d = (a - b) / b; exit !(d < 1e-3 && d > -1e-3) }'
expect "a sheet of what was judged piece by piece" [ -s "$work/$some/sheet.png" ]

# Of a region: what lies outside of it counts for nothing, in pieces as in the whole.
mkdir -p "$work/region/good" "$work/part"
for i in 7 8; do draw $width $height $i "$work/region/good/$i.pgm"; done
draw $width $height 9 "$work/part/one.pgm"
"$python" - "$work/roi.pgm" $width $height <<'END'
import sys
w, h = map(int, sys.argv[2:])
with open(sys.argv[1], "wb") as f:
    f.write(b"P5\n%d %d\n255\n" % (w, h) + bytes(255 * (40 < x < w - 39 and (y < 95 or x > 133)) for y in range(h) for x in range(w)))
END
"$plain" train -q data="$work/region" roi="$work/roi.pgm" imgsz=0 align=false steps=1 batch=1 crop=64 val=0 \
    project="$work/runs" name=region || bad "a region cannot be learned in"
look() { "$HOURGLASS" predict -q model="$work/runs/region" data="$work/part" maps="$work/$1" maps_as=npy out="$work/$1.csv" max_mem="${1#in}"; }
look in1G && look in$little || bad "large pictures cannot be judged in a region"
expect "the same scores in a region" cmp "$work/in1G.csv" "$work/in$little.csv"
expect "the same map in a region" cmp "$work/in1G/one_map.npy" "$work/in$little/one_map.npy"

is_sanitized && finish
most=$(peak predict -q model="$work/runs/small" data="$work/wide" maps="$work/maps" maps_as=map out="$work/own.csv" max_mem=96M)
expect "judged within 96 MiB, not $most" [ "$most" -lt 96 ]

# What info says beforehand, MiB.
told() { echo $(($("$HOURGLASS" info --json model="$work/runs/small" | "$python" -c "import json, sys; print(json.load(sys.stdin)['$1'])") >> 20)); }
most=$(peak predict -q model="$work/runs/small" data="$work/small" maps="$work/maps" out="$work/own.csv")
expect "info says $(told peak_judging) MiB for judging, which takes $most" [ "$most" -le "$(told peak_judging)" ]
most=$(peak train -q data="$work/small" imgsz=0 align=false steps=2 project="$work/runs" name=again)
expect "info says $(told peak_training) MiB for training, which takes $most" [ "$most" -le "$(told peak_training)" ]
finish
