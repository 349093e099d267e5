#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# `hourglass denoise` on images: any size, windows that leave no trace, the same kind of file, folders, bad files.
. tests/lib.sh
root=$PWD
python=${PYTHON:-python3}
command -v "$python" >/dev/null || { skip "no python3 to make pictures with"; finish; }
cd "$work" || exit 1
mkdir good bad
"$python" "$root/tests/make_pictures.py" good good || bad "could not make pictures"
"$python" "$root/tests/make_pictures.py" bad bad || bad "could not make bad pictures"

mkdir learn && cp good/photo.png good/grey.png learn

# Small convolutional models with a shortcut, trained for a moment: on grey and on colour.
spec='keep 1, conv 8 k3 p1 relu, conv 6 k3 p2 d2 relu | conv input k3 p1, add 1'
for colour in grey colour; do
    expect "a $colour model is trained" "$HOURGLASS" train -q data=learn model="$spec" colour=$colour crop=12 batch=4 \
        crops=2 epochs=1 val=0 samples=0 pca=false noise="gaussian 25" project=. name=$colour
done

# Noisy images alone: pairs of halves, the same for any number of threads; rows of numbers have none.
blind() { # blind NAME args...
    "$HOURGLASS" train -q data=learn model="$spec" crop=12 batch=4 crops=3 epochs=2 val=0.5 samples=2 pca=false noise=blind \
        project=. name="$@"
}
expect "noisy images alone teach" blind one threads=1
expect "noisy images alone teach with three threads" blind three threads=3
expect "what they teach does not depend on threads" [ "$(hash_of one/weights/best.safetensors)" = "$(hash_of three/weights/best.safetensors)" ]
printf '1,2\n3,4\n5,6\n' >rows.csv
expect "noise=blind for rows of numbers is refused" sh -c '"$1" train -q data=rows.csv model="dense 1 | dense input" noise=blind project=. 2>&1 \
    | grep -q "noise: blind: expected images from a folder, got rows of 1 x 2 x 1"' - "$HOURGLASS"
expect "noise=blind needs images twice as large as the crop" sh -c '"$1" train -q data=learn noise=blind crop=64 project=. 2>&1 \
    | grep -q "grey.png: expected at least 128 x 128 pixels (twice crop, as noise=blind halves images), got 97 x 75"' - "$HOURGLASS"

grey=grey/weights/best.safetensors colour=colour/weights/best.safetensors
denoise() { "$HOURGLASS" denoise "$@"; }

# The bytes of pixels as they are stored, the file's own kind and size before them.
pixels() {
    "$python" - "$1" <<'PY'
import struct, sys, zlib
data = open(sys.argv[1], "rb").read()
at, idat = 8, b""
while at < len(data):
    size, name = struct.unpack(">I4s", data[at : at + 8])
    if name == b"IHDR": head = struct.unpack(">IIBBBBB", data[at + 8 : at + 21])
    if name == b"IDAT": idat += data[at + 8 : at + 8 + size]
    at += size + 12
width, height, depth, colour = head[:4]
samples = {0: 1, 2: 3, 4: 2, 6: 4}[colour]
step, line = samples * depth // 8, width * samples * depth // 8
raw, last = zlib.decompress(idat), bytearray(line)
print(*head[:4])
for y in range(height):
    kind, now = raw[y * (line + 1)], bytearray(raw[y * (line + 1) + 1 : (y + 1) * (line + 1)])
    for i in range(line):
        a = now[i - step] if i >= step else 0
        b, c = last[i], last[i - step] if i >= step else 0
        p = a + b - c
        paeth = min((abs(p - a), 0, a), (abs(p - b), 1, b), (abs(p - c), 2, c))[2]
        now[i] = (now[i] + (0, a, b, (a + b) // 2, paeth)[kind]) & 255
    for x in range(width): print(*now[x * step : (x + 1) * step])
    last = now
PY
}
head_of() { pixels "$1" | sed -n 1p; }

# ---- windows --------------------------------------------------------------------------------------
for model in "$grey" "$colour"; do
    name=$(basename "$(dirname "$(dirname "$model")")")
    expect "$name: a photo is cleaned" denoise model="$model" source=good/photo.png out=whole.png max_mem=1G
    expect "$name: cleaning changes it" sh -c '! cmp -s whole.png good/photo.png'
    smallest=$(denoise model="$model" source=good/photo.png out=x.png max_mem=1M 2>&1 | sed -n 's/.*at least \([0-9]*\)M.*/\1/p')
    expect "$name: 1M is too little, and what is enough is said: $smallest" [ -n "$smallest" ]
    expect "$name: nothing is left of a refusal" [ ! -e x.png ]
    counted=$(denoise -v model="$model" source=good/photo.png out=small.png max_mem="${smallest}M" 2>&1 |
        sed -n 's/.*channels, \([0-9]*\) x \([0-9]*\) windows.*/\1 * \2/p')
    expect "$name: the smallest memory takes several windows: $counted" [ "$((counted))" -gt 1 ]
    expect "$name: windows leave no trace" cmp whole.png small.png
    expect "$name: nor do threads" denoise model="$model" source=good/photo.png out=threads.png threads=3 max_mem="${smallest}M"
    expect "$name: three threads give the same file" cmp whole.png threads.png
done

# ---- the same kind of file ------------------------------------------------------------------------
expect "a folder is cleaned" denoise -q model=$colour source=good out=clean
expect "every file of it" [ "$(ls good)" = "$(ls clean)" ]
expect "nothing else is left there" [ -z "$(find clean -name '*.tmp')" ]
for name in photo grey see_through deep one wide tall; do
    expect "$name.png keeps size, depth and colours" [ "$(head_of good/$name.png)" = "$(head_of clean/$name.png)" ]
done
alpha() { pixels "$1" | tail -n +2 | cut -d ' ' -f 4 | cksum; }
expect "alpha is as it was" [ "$(alpha good/see_through.png)" = "$(alpha clean/see_through.png)" ]
expect "a comment in a PGM stays" grep -q '# kept' clean/odd.pgm
expect "a PPM of 12 bits stays one" sh -c 'head -n 3 clean/twelve.ppm | tail -n 1 | grep -qx 4095'
# Samples far from black and white are scaled for the model, and back: what it makes of them stays near.
near() {
    "$python" - "$@" <<'PY'
import math, struct, sys
def read(path):
    data = open(path, "rb").read()
    if data[:2] == b"P5": return [[float(x) for x in struct.unpack(">1200H", data[-2400:])]]
    kind = "<" if data[:2] == b"II" else ">"
    at, pages = struct.unpack(kind + "I", data[4:8])[0], []
    while at:
        count, = struct.unpack(kind + "H", data[at : at + 2])
        tags = {}
        for i in range(count):
            tag, form, size = struct.unpack(kind + "HHI", data[at + 2 + 12 * i : at + 10 + 12 * i])
            spot = at + 10 + 12 * i
            wide = form != 3
            if size * (4 if wide else 2) > 4: spot = struct.unpack(kind + "I", data[spot : spot + 4])[0]
            tags[tag] = struct.unpack(kind + "%d%s" % (size, "I" if wide else "H"), data[spot : spot + size * (4 if wide else 2)]) if form in (3, 4) else ()
        raw = b"".join(data[a : a + n] for a, n in zip(tags[273], tags[279]))
        assert tags[258] == (32,) and tags[339] == (3,)
        pages.append(list(struct.unpack(kind + "%df" % (len(raw) // 4), raw)))
        at, = struct.unpack(kind + "I", data[at + 2 + 12 * count : at + 6 + 12 * count])
    return pages
was, now = read(sys.argv[1]), read(sys.argv[2])
assert len(was) == len(now) and was != now
for a, b in zip(was, now):
    assert [repr(x) for x in a if not math.isfinite(x)] == [repr(x) for x in b if not math.isfinite(x)]
    pairs = [(x, y) for x, y in zip(a, b) if math.isfinite(x)]
    span = max(x for x, _ in pairs) - min(x for x, _ in pairs)
    off = sum(abs(x - y) for x, y in pairs) / len(pairs) / span
    assert 0 < off < 0.5, off
PY
}
expect "16 bits that use few of them are cleaned in their range" near good/dim.pgm clean/dim.pgm
expect "pages of floats too, each in its own, and what is no number stays" near good/floats.tif clean/floats.tif
expect "a grey model takes colours" denoise -q model=$grey source=good/deep.png out=apart.png
expect "and keeps them" [ "$(head_of good/deep.png)" = "$(head_of apart.png)" ]
expect "another extension is another format" denoise -q model=$colour source=good/photo.png out=photo.ppm
expect "which it then is" sh -c 'head -c 2 photo.ppm | grep -q P6'
expect "out= without an image's extension is a folder" denoise -q model=$colour source=good/one.png out=new/folder
expect "and is made" [ -s new/folder/one.png ]
expect "with a note" sh -c '"$1" denoise model=$2 source=good/one.png out=new/other 2>&1 | grep -q "out=new/other has no image.s extension: the folder was made"' - "$HOURGLASS" $colour
cp good/photo.png odd.ima && cp good/photo.png IM0001
expect "an extension nobody knows is a file of the source's format" denoise -q model=$colour source=odd.ima out=odd_clean.ima
expect "which is a file" cmp odd_clean.ima clean/photo.png
expect "or the folder that it ends in a slash for" denoise -q model=$colour source=IM0001 out=slash.ed/
expect "as it is named" cmp slash.ed/IM0001 clean/photo.png
refuse 2 'expected a name that ends in .png, .jpg' model=$colour source=good/photo.png out=photo.bmp
expect "--json counts" sh -c '"$1" denoise -q --json model=$2 source=good/one.png out=one.png | grep -q "^{\"images\":1,\"failed\":0,"' - "$HOURGLASS" $colour

# ---- what 0 and 1 are -----------------------------------------------------------------------------
# A model of pictures that are not of 8 bits does what val promised.
deep() { "$python" "$root/tests/deep_pictures.py" "$@"; }
learn_deep() { # learn_deep KIND NAME args...
    "$HOURGLASS" train -q data=$1/noisy target=$1/clean model='keep 1, conv 8 k3 p1 relu, conv 8 k3 p1 relu | conv input k3 p1, add 1' \
        crop=24 batch=4 steps=120 lr=3e-3 val=0 samples=0 pca=false project=. name="$2" "${@:3}"
}
for kind in twelve high real hounsfield far; do
    deep make $kind $kind || bad "could not make $kind"
    expect "$kind: a model is trained" learn_deep $kind $kind-model threads=1
    expect "$kind: val measures it" sh -c '"$1" val --json model=$2-model/weights/best.safetensors data=$2/new target=$2/new_clean \
        baselines=false >$2.json' - "$HOURGLASS" $kind
    expect "$kind: denoise cleans" denoise -q model=$kind-model/weights/best.safetensors data=$kind/new out=$kind/out
    expect "$kind: and writes what val promised" deep same $kind.json $kind/out $kind/new_clean $kind
done
expect "with three threads" learn_deep twelve twelve-three threads=3
expect "the range does not depend on threads" [ "$(hash_of twelve-model/weights/best.safetensors)" = "$(hash_of twelve-three/weights/best.safetensors)" ]
expect "the model file tells of it" sh -c '"$1" info model=twelve-model/weights/best.safetensors | grep -q "^range  .*U16"' - "$HOURGLASS"
denoise model=twelve-model/weights/best.safetensors data=real/new/0.tif out=other.tif 2>err
expect "samples of another kind are taken by their own range, and that is said" grep -q 'note: real/new/0.tif: the model was trained on U16 samples' err
# What is no part of the picture stays, and does not ruin the rest.
deep odd odd || bad "could not make odd pages"
expect "pages with other samples in them are cleaned" sh -c '"$1" denoise -v data=odd out=odd_out 2>err' - "$HOURGLASS"
for name in minus least unsaid nan hot zero signed bytes; do
    expect "$name: what is none of the picture stays, the rest is as clean as without" deep left $name odd_out odd
done
expect "how much stays is said once, and of each file with -v" [ "$(grep -c 'note: .* left as they are' err) $(grep -c 'left as' err)" = "1 8" ]

# ---- folders --------------------------------------------------------------------------------------
mkdir -p album/summer/day album/empty
cp good/photo.png album/ && cp good/grey.png album/summer/ && cp good/one.png album/summer/day/ && cp bad/cut.png album/summer/
echo text >album/notes.txt
cp bad/text.png album/summer/day/
cp good/one.png album/summer/IM000001
mkdir -p mirror/summer && echo old >mirror/summer/cut.png && echo old >mirror/photo.png
denoise model=$colour source=album out=mirror >out 2>err
status=$?
expect "a folder with bad files: exit $status" [ $status = 4 ]
expect "which says how many" grep -qx 'hourglass denoise: 2 of 6 images could not be cleaned' err
expect "one note for each" [ "$(grep -c 'note: album/summer/.*: ' err)" = 2 ]
expect "and one for what is no image" grep -q 'note: album: 1 file that is no image' err
expect "nothing on standard output" [ ! -s out ]
expect "good ones are there" [ -s mirror/summer/grey.png ] && expect "at any depth" [ -s mirror/summer/day/one.png ] && expect "of any name" [ -s mirror/summer/IM000001 ]
expect "an older file is replaced" cmp mirror/photo.png clean/photo.png
expect "unless the new one failed" [ "$(cat mirror/summer/cut.png)" = old ]
expect "nothing half-written" [ ! -e mirror/summer/day/text.png ]
expect "no temporary files" [ -z "$(find mirror -name '*.tmp')" ]

refuse() { # refuse STATUS "sentence" args...: exit, one line, and the words in it
    want=$1 words=$2
    shift 2
    denoise "$@" >out 2>err
    status=$?
    expect "$*: exit $status, expected $want" [ $status = "$want" ]
    expect "$*: $(cat err)" [ "$(wc -l <err)" = 1 ]
    expect "$*: expected '$words', got $(cat err)" grep -q -- "$words" err
}
before=$(cat album/*.png album/*/*.png | cksum)
refuse 2 'outside album' model=$colour source=album out=album
refuse 2 'outside album' model=$colour source=album out=./album/../album/new
refuse 2 'outside album' model=$colour source=album/ out="$work/album/summer"
ln -s album link
refuse 2 'outside album' model=$colour source=album out=link/clean
refuse 2 'to be another file' model=$colour source=album/photo.png out=album/photo.png
refuse 2 'to be another file' model=$colour source=album/photo.png out=album
refuse 2 'expected a folder' model=$colour source=album out=good/one.png
refuse 2 'which is for video' model=$colour source=album/photo.png out=-
expect "nothing in the folder was touched" [ "$before" = "$(cat album/*.png album/*/*.png | cksum)" ]
expect "nor made" [ ! -e album/new ]
printf 'good/photo.png\nalbum/summer/grey.png\n' >list.txt
expect "a list of files" denoise -q model=$colour source=list.txt out=listed
expect "is mirrored too" cmp listed/good/photo.png clean/photo.png
printf '../escape.png\n' >list.txt
refuse 4 'could not be cleaned' -q model=$colour source=list.txt out=listed
refuse 4 'none' model=$colour source=album/empty out=x
refuse 1 'no/such.png' model=$colour source=no/such.png out=x.png

# ---- models ---------------------------------------------------------------------------------------
HG_MODELS=$work refuse 6 'denoise.safetensors' source=good/one.png out=x.png
mkdir models && cp $colour models/denoise.safetensors
HG_MODELS=$work/models expect "the model in HG_MODELS is taken" denoise source=good/photo.png out=shipped.png
expect "and is the same" cmp shipped.png clean/photo.png
seq -f '%g,1,2' 30 >rows.csv
"$HOURGLASS" train -q data=rows.csv model='dense 2 | dense input' epochs=1 project=. name=rows
denoise model=rows/weights/best.safetensors source=good/one.png out=x.png >out 2>err
status=$?
expect "a model of rows: exit $status: $(cat err)" [ $status = 4 -o $status = 5 ]
expect "in one sentence: $(cat err)" [ "$(wc -l <err)" = 1 ]
refuse 5 'bad/text.png' model=bad/text.png source=good/one.png out=x.png

# ---- bad files ------------------------------------------------------------------------------------
for file in bad/*; do
    refuse 4 "$file: " model=$colour source="$file" out="x.${file##*.}"
    expect "$file: nothing is written" [ -z "$(ls | grep '^x\.')" ]
done

# ---- memory and signals ---------------------------------------------------------------------------
if is_sanitized; then
    skip "memory and time mean nothing under a sanitizer"
elif [ "$(df -Pk "$work" | awk 'NR == 2 { print int($4 / 1024 / 1024) }')" -lt 3 ]; then
    skip "12000 x 12000 pixels: less than 3 GB of disk free"
else
    # A header, some lines of noise and a hole, which reads as black and takes no disk.
    { printf 'P6\n12000 12000\n255\n'; head -c 40000000 /dev/urandom; } >large.ppm
    truncate -s 432000019 large.ppm
    mb=$("$python" -c '
import resource, subprocess, sys
status = subprocess.call(sys.argv[1:], stdout=2)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024)
sys.exit(status)' "$HOURGLASS" denoise -v model=$colour source=large.ppm out=large_clean.ppm max_mem=512M)
    status=$?
    expect "12000 x 12000: exit $status" [ $status = 0 ]
    echo "12000 x 12000: $mb MB"
    expect "12000 x 12000 took $mb MB, more than 512" [ "${mb:-9999}" -le 512 ]
    expect "12000 x 12000: the size stays" [ "$(wc -c <large_clean.ppm)" = 432000019 ]
    rm -f large_clean.ppm
    mkdir two && mv large.ppm two/b.ppm && cp good/photo.png two/a.png
    "$HOURGLASS" denoise model=$colour source=two out=stopped 2>err &
    until [ -e stopped/a.png ] || [ -z "$(jobs -pr)" ]; do sleep 0.1; done # what is being written now has no name
    signal_job INT
    wait %1
    status=$?
    expect "stopped: exit $status" [ $status = 130 ]
    expect "stopped: what was done is whole" cmp stopped/a.png clean/photo.png
    expect "stopped: nothing else is left" [ "$(ls stopped)" = a.png ]
fi
finish
