#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The level of noise as an input and an output: training, what is kept in files, what is refused.
. tests/lib.sh
root=$PWD
python=${PYTHON:-python3}
command -v "$python" >/dev/null || { skip "no python3 to make pictures with"; finish; }
cd "$work" || exit 1
mkdir good learn
"$python" "$root/tests/make_pictures.py" good good || bad "could not make pictures"
cp good/photo.png good/grey.png learn

spec='keep 1, unshuffle 2, conv 8 k3 p1 relu | conv 16 k3 p1, shuffle 2, add 1'
train() { # train NAME args...
    "$HOURGLASS" train -q data=learn colour=colour crop=24 crops=3 batch=4 val=0 samples=2 pca=false noise="gaussian 0-55" project=. name="$@"
}
said() { # said WORDS command...: it fails, with these words
    local words=$1 out
    shift
    out=$("$@" 2>&1) && { echo "no failure: $*"; return 1; }
    case $out in *"$words"*) ;; *) echo "$out"; return 1 ;; esac
}
last=weights/best.safetensors

expect "a model with a level is trained" train one model="$spec" grey=0.5 level=0.5 epochs=2 threads=1
expect "the same with three threads" train three model="$spec" grey=0.5 level=0.5 epochs=2 threads=3
expect "its bits do not depend on threads" [ "$(hash_of one/$last)" = "$(hash_of three/$last)" ]
expect "half of it is trained" train half model="$spec" grey=0.5 level=0.5 epochs=1
expect "and the rest" "$HOURGLASS" train -q resume=half epochs=2
expect "which makes no difference" [ "$(hash_of one/$last)" = "$(hash_of half/$last)" ]
expect "pairs teach it too" train pairs model="$spec" target=learn level=1 epochs=1
expect "info says that there is a level" sh -c '"$0" info model=one/weights/best.safetensors | grep -q "^level       of noise"' "$HOURGLASS"
expect "samples are of the picture" sh -c 'head -c 120 one/samples.npy | grep -aq "(3, 2, 1728)"'
expect "what goes on from it keeps it" train more pretrained=one/$last level=0.5 epochs=1
expect "info says so" sh -c '"$0" info model=more/weights/best.safetensors | grep -q "^level"' "$HOURGLASS"
expect "a level is not lost on the way" said "expected a share above 0 for pretrained= with a level of noise" train no pretrained=one/$last epochs=1
expect "a model without one is trained" train plain model='keep 1, conv 8 k3 p1 relu | conv input k3 p1, add 1' epochs=1
expect "nor found on the way" said "expected 0 for pretrained= without a level of noise" train no pretrained=plain/$last level=1 epochs=1
expect "noise=blind has no level" said "got noise=blind" "$HOURGLASS" train data=learn noise=blind crop=24 level=0.5 project=. name=no
expect "nor have clean images" said "of noise= or target=, got" "$HOURGLASS" train data=learn crop=24 level=0.5 project=. name=no
expect "outputs that cannot be any number are refused" said "got one that ends in sigmoid" train no model='conv 8 p1 relu | conv input p1 sigmoid' level=0.5 epochs=1

# ---- denoise: told, estimated, mixed -------------------------------------------------------------------------------------------

denoise() { "$HOURGLASS" denoise -q source=good/photo.png model=one/$last "$@"; }
alike() { # alike FILE FILE: the same bytes
    cmp -s "$1" "$2"
}
for way in strength=1 strength=1.7 strength=0.8 strength=0.3 sigma=20 "sigma=20 strength=0.3 detail=0.5" detail=1; do
    denoise $way out=whole.png threads=3 || bad "$way fails"
    denoise $way out=windows.png threads=1 max_mem=49M || bad "$way fails in windows"
    expect "windows leave no trace with $way" alike whole.png windows.png
    cp whole.png "$(echo "$way" | tr ' =' '__').png"
done
expect "these are windows" sh -c '"$0" denoise source=good/photo.png model=one/weights/best.safetensors out=x.png -v strength=1.7 threads=1 max_mem=49M 2>&1 | grep -v " 1 x 1 windows" | grep -q "windows of"' "$HOURGLASS"
expect "strength changes the picture" sh -c '! cmp -s strength_1.png strength_1.7.png && ! cmp -s strength_1.png strength_0.3.png'
denoise out=plain.png
expect "1 is what happens without it" alike plain.png strength_1.png
denoise strength=0 out=nothing.png
denoise sigma=200 strength=0 out=nothing2.png
expect "0 leaves the picture" alike nothing.png nothing2.png
expect "and what was nothing is the picture" "$python" - <<'PY'
import struct, sys, zlib
def lines(path):
    data, at, idat = open(path, "rb").read(), 8, b""
    while at < len(data):
        size, name = struct.unpack(">I4s", data[at:at + 8])
        if name == b"IHDR": head = struct.unpack(">IIBB", data[at + 8:at + 18])
        if name == b"IDAT": idat += data[at + 8:at + 8 + size]
        at += size + 12
    raw, step = zlib.decompress(idat), {0: 1, 2: 3, 4: 2, 6: 4}[head[3]] * head[2] // 8
    width, last, all = head[0] * step, bytearray(head[0] * step), b""
    for y in range(head[1]):
        kind, now = raw[y * (width + 1)], bytearray(raw[y * (width + 1) + 1:(y + 1) * (width + 1)])
        for i in range(width):
            a, b, c = now[i - step] if i >= step else 0, last[i], last[i - step] if i >= step else 0
            p = a + b - c
            paeth = min((abs(p - a), 0, a), (abs(p - b), 1, b), (abs(p - c), 2, c))[2]
            now[i] = (now[i] + (0, a, b, (a + b) // 2, paeth)[kind]) & 255
        last, all = now, all + bytes(now)
    return all
sys.exit(lines("nothing.png") != lines("good/photo.png"))
PY
expect "the level is said" sh -c '"$0" denoise source=good/photo.png model=one/weights/best.safetensors out=x.png -v 2>&1 | grep -q "noise of [0-9.]* grey levels"' "$HOURGLASS"
expect "in JSON too" sh -c '"$0" denoise source=good/photo.png model=one/weights/best.safetensors out=x.png -q --json strength=0.6 | grep -q "\"level\":[0-9]"' "$HOURGLASS"
expect "a model without one says none" sh -c '! "$0" denoise source=good/photo.png model=plain/weights/best.safetensors out=x.png -q --json | grep -q level' "$HOURGLASS"
expect "video is cleaned so as well" sh -c '{ printf "YUV4MPEG2 W16 H16 F25:1 C420jpeg\n"; for i in 1 2 3; do printf "FRAME\n"; head -c 384 good/photo.png; done; } | "$0" denoise -q model=one/weights/best.safetensors source=- out=- strength=1.5 detail=0.2 | wc -c | grep -qx "$((33 + 3 * 390))"' "$HOURGLASS"

expect "a preview is drawn" denoise out=x.png preview=sheet.png
expect "it is a picture, and the picture is cleaned as without it" sh -c 'cmp x.png plain.png && "$0" denoise -q source=sheet.png model=one/weights/best.safetensors out=y.png' "$HOURGLASS"
expect "a preview is a PNG" said "preview: expected a name that ends in .png, got sheet.jpg" denoise out=x.png preview=sheet.jpg
expect "and of one picture" said "preview: expected an image in a file, got several" "$HOURGLASS" denoise source=learn out=many model=one/$last preview=s.png

plain() { "$HOURGLASS" denoise -q source=good/photo.png model=plain/$last out=x.png "$@"; }
expect "other models are mixed" plain strength=0.5 detail=0.3
expect "but no more than they do" said "strength: expected 0 to 1 for a model without a level of noise" plain strength=1.2
expect "nor told" said "sigma: expected a model that can be told the level of noise" plain sigma=20
expect "nor by ISO" said "sigma: expected a model that can be told the level of noise" plain sigma=iso
expect "a level of 0 is refused" said "sigma: expected a number above 0, up to 255 grey levels, or iso, got '0'" denoise sigma=0 out=x.png
expect "words are refused" said "got 'much'" denoise sigma=much out=x.png
expect "a file without ISO has none" said "expected an ISO in its EXIF for sigma=iso, got none" denoise sigma=iso out=x.png
expect "val measures such a model" sh -c '"$0" val data=learn model=one/weights/best.safetensors noise="gaussian 25" baselines=false | grep -q "^mean of 2"' "$HOURGLASS"

# ---- models by name ------------------------------------------------------------------------------------------------------------

mkdir ship && cp one/$last ship/denoise-fast.safetensors && cp plain/$last ship/denoise.safetensors
named() { HG_MODELS=$PWD/ship "$HOURGLASS" denoise -q source=good/photo.png "$@"; }
expect "fast is there" named model=fast out=fast.png
expect "and the file of that name" alike fast.png plain.png
expect "default is there" named model=default out=default.png
named out=unset.png
expect "and what is taken where nothing is said" alike default.png unset.png
expect "best is not" said "expected denoise-best.safetensors in " env HG_MODELS="$PWD/ship" "$HOURGLASS" denoise source=good/photo.png model=best out=x.png
cp plain/$last fast
expect "a file called fast is ./fast" named model=./fast out=own.png
expect "and no other" alike own.png default.png
mkdir -p best/weights && cp one/$last best/weights/best.safetensors
expect "a folder called best is ./best" named model=./best out=own.png
expect "val takes the names too" sh -c 'HG_MODELS=$PWD/ship "$0" val data=learn model=fast noise="gaussian 25" baselines=false | grep -q "^mean of 2"' "$HOURGLASS"

finish
