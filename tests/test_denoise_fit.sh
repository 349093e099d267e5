#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# `hourglass denoise fit=`: a model that learns from the noisy images themselves, the same for any number of threads.
. tests/lib.sh
root=$PWD
python=${PYTHON:-python3}
command -v "$python" >/dev/null || { skip "no python3 to make pictures with"; finish; }
cd "$work" || exit 1
mkdir good clean noisy
"$python" "$root/tests/make_pictures.py" good good || bad "could not make pictures"
for i in 1 2; do
    awk -v seed=$i -f "$root/tools/scene.awk" >clean/$i.pgm
    awk -v seed=$i -v noise=25 -f "$root/tools/scene.awk" >noisy/$i.pgm
done
spec='keep 1, conv 16 relu, conv 16 relu | conv input, add 1'
expect "a model is trained" "$plain" train -q data=clean model="$spec" colour=colour crop=32 batch=4 steps=20 val=0 samples=0 pca=false \
    noise="gaussian 5" project=. name=start
model=start/weights/best.safetensors
denoise() { "$HOURGLASS" denoise model=$model "$@"; }

denoise source=noisy/1.pgm out=one.pgm fit=12 threads=1 save=own.safetensors >out 2>&1
expect "a model learns from one image" [ -s one.pgm ]
expect "the noise is told" grep -q "fit: noise of .* grey levels in black, .* in white" out
expect "the steps are told" grep -q "fit: 12 steps on 1 image (fit=12 gives the same bits again)" out
expect "again with three threads" denoise -q source=noisy/1.pgm out=three.pgm fit=12 threads=3
expect "what it learns does not depend on threads" cmp one.pgm three.pgm
expect "what was saved cleans" "$HOURGLASS" denoise -q model=own.safetensors source=noisy/1.pgm out=saved.pgm
expect "as the run did that saved it" cmp one.pgm saved.pgm
expect "without fit= it cleans otherwise" denoise -q source=noisy/1.pgm out=before.pgm
expect "so it did learn" sh -c '! cmp -s one.pgm before.pgm'

# Mean squared differences of grey images, in grey levels.
distance() {
    "$python" -c '
import sys
def pixels(path):
    data = open(path, "rb").read()
    parts = data.split(None, 4)
    return list(map(int, data.split()[4:])) if parts[0] == b"P2" else data[-int(parts[1]) * int(parts[2]):]
a, b = map(pixels, sys.argv[1:])
print(round(sum((x - y) ** 2 for x, y in zip(a, b)) / len(a)))' "$1" "$2"
}
if is_sanitized; then
    skip "a longer fit: the plain build has it"
else
    expect "a longer fit" denoise -q source=noisy/1.pgm out=long.pgm fit=150
    was=$(distance noisy/1.pgm clean/1.pgm) now=$(distance long.pgm clean/1.pgm)
    expect "what it cleans is nearer the clean image: $now, was $was" [ "$now" -lt $((was / 2)) ]
fi

denoise source=noisy out=both fit=2 >out 2>&1
expect "images of a folder share one network" grep -q "fit: 2 steps on 2 images, which share one network" out
expect "and all are cleaned" [ -s both/1.pgm -a -s both/2.pgm ]
denoise source=noisy/1.pgm out=timed.pgm fit=1s >out 2>&1
steps=$(sed -n 's/.*fit: \([0-9]*\) step.*/\1/p' out)
expect "a time becomes steps" [ "${steps:-0}" -ge 1 ]
expect "as many steps" denoise -q source=noisy/1.pgm out=again.pgm fit="$steps"
expect "give what the time gave" cmp timed.pgm again.pgm
for kind in grey rgba grey16; do
    [ -f good/$kind.png ] || continue
    expect "$kind is fitted to" denoise -q source=good/$kind.png out=$kind.png fit=1
done

refused() { # refused SENTENCE args...
    local sentence=$1
    shift
    expect "refused: $sentence" sh -c 'sentence=$1; shift; "$@" 2>&1 | grep -qF "$sentence"' - "$sentence" "$HOURGLASS" denoise model=$model "$@"
}
refused "fit: expected a time as 60s or 2m, or a number of steps up to 1000000, got soon" source=noisy/1.pgm out=x.pgm fit=soon
refused "got -3s" source=noisy/1.pgm out=x.pgm fit=-3s
refused "got 0" source=noisy/1.pgm out=x.pgm fit=0
refused "save: expected fit= beside it, got save=a.safetensors alone" source=noisy/1.pgm out=x.pgm save=a.safetensors
refused "fit: expected images in files, got -" source=- out=- fit=1
head -c 3000 /dev/zero | sed 's/\x00/\x80/g' >bytes
{ printf 'P5\n20 20\n255\n'; head -c 400 bytes; } >small.pgm
refused "small.pgm: expected at least 32 x 32 pixels (crop), got 20 x 20" source=small.pgm out=x.pgm fit=1
{ printf 'P5\n33 33\n255\n'; head -c 1089 bytes; } >few.pgm
refused "noise: expected at least 32 blocks of 16 x 16 pixels" source=few.pgm out=x.pgm fit=1
expect "nothing is written where it is refused" [ ! -e x.pgm ]

# model=auto: judged on the image itself.
auto() { "$HOURGLASS" denoise model=auto "$@"; }
auto source=noisy/1.pgm out=auto.pgm threads=1 >out 2>&1
expect "independent noise is judged by hidden pixels" grep -q "auto: .*as judged by hidden pixels: the model that ships [0-9.]*; Gaussian, sigma" out
expect "again with three threads" auto -q source=noisy/1.pgm out=auto3.pgm threads=3
expect "the choice does not depend on threads" cmp auto.pgm auto3.pgm
"$python" - <<'PY'
import random, struct, zlib
# Correlated noise on squares: what the model that ships has not learnt.
random.seed(3)
side = 192
w = [[random.gauss(0, 1) for _ in range(side + 4)] for _ in range(side + 4)]
tap = [0.3, 0.8, 1, 0.8, 0.3]
rows = [[sum(tap[k] * r[j + k] for k in range(5)) for j in range(side)] for r in w]
rgba, clean, noisy = bytearray(), bytearray(), bytearray()
for y in range(side):
    rgba.append(0)
    for x in range(side):
        n = sum(tap[k] * rows[y + k][x] for k in range(5)) * 20 / 2.46
        c = 60 + 90 * ((x // 48 + y // 48) % 2)
        v = min(max(round(c + n), 0), 255)
        clean.append(c)
        noisy.append(v)
        rgba += bytes((v, v, v, (x + y) % 256))
open("flat.pgm", "wb").write(b"P5\n%d %d\n255\n" % (side, side) + clean)
open("clumps.pgm", "wb").write(b"P5\n%d %d\n255\n" % (side, side) + noisy)
chunk = lambda name, data: struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
open("rgba.png", "wb").write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 6, 0, 0, 0)) +
                             chunk(b"IDAT", zlib.compress(bytes(rgba))) + chunk(b"IEND", b""))
PY
auto source=clumps.pgm out=filtered.pgm >out 2>&1
expect "correlated noise is judged by pairs" grep -q "as judged by pairs, as the noise is correlated" out
expect "what has not learnt it is not chosen" sh -c '! grep -q "auto: the model" out'
was=$(distance clumps.pgm flat.pgm) now=$(distance filtered.pgm flat.pgm)
expect "a filter cleans it: $now, was $was" [ "$now" -lt $((was / 3)) ]
expect "colour with alpha too" auto -q source=rgba.png out=filtered.png
expect "the choice is among the fitted model, too" sh -c '"$1" denoise model=auto source=clumps.pgm out=f.pgm fit=2 2>&1 |
    grep -q "the model fitted to it [0-9.]*; the model that ships [0-9.]*; Gaussian"' - "$HOURGLASS"
"$HOURGLASS" denoise model=auto source=- out=- </dev/null >out 2>&1
expect "video has none" grep -q "model=auto: expected images in files, got -" out

# Every allocation fails once.
n=1
while [ $n -lt 2000 ]; do
    HG_FAIL_ALLOC=$n "$HOURGLASS" denoise -q model=$model source=noisy/1.pgm out=failed.pgm fit=1 threads=1 >out 2>&1
    status=$?
    [ $status = 0 ] && break
    [ $status -lt 126 ] || bad "allocation $n fails: exit $status: $(head -1 out)"
    n=$((n + 1 + n / 8))
done
expect "a fit takes some memory" [ $n -gt 10 ]
finish
