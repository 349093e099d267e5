#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# `hourglass denoise` as a filter of video: YUV4MPEG2 in, the same out, frame by frame.
. tests/lib.sh
root=$PWD
python=${PYTHON:-python3}
command -v "$python" >/dev/null || { skip "no python3 to make pictures with"; finish; }
cd "$work" || exit 1
mkdir good
"$python" "$root/tests/make_pictures.py" good good || bad "could not make pictures"
mkdir learn && cp good/photo.png good/grey.png learn
train() { # train NAME SPEC options...
    name=$1 model=$2
    shift 2
    expect "$name is trained" "$HOURGLASS" train -q data=learn model="$model" crop=12 batch=4 crops=2 epochs=1 val=0 \
        samples=0 pca=false project=. name="$name" "$@"
}
train colour 'keep 1, conv 8 k3 p1 relu | conv input k3 p1, add 1' colour=colour noise="gaussian 25"
train grey 'keep 1, conv 8 k3 p1 relu | conv input k3 p1, add 1' colour=grey noise="gaussian 25"
# No step is taken, and no weight is there to take one: what goes in comes out.
train same 'linear | linear' colour=colour
train same_grey 'linear | linear' colour=grey
denoise() { "$HOURGLASS" denoise "$@"; }
model() { echo "model=$1/weights/best.safetensors"; }

# video LAYOUT WIDTH HEIGHT FRAMES: made-up frames
video() {
    "$python" - "$@" <<'PY'
import random, struct, sys
layout, width, height, frames = sys.argv[1], *map(int, sys.argv[2:])
across, down = {"420": (2, 2), "422": (2, 1), "444": (1, 1), "411": (4, 1), "mon": (0, 0)}[layout[:3]]
dice, out = random.Random(2), sys.stdout.buffer
out.write(b"YUV4MPEG2 W%d H%d F25:1 Ip A1:1 C%s XTEST=1\n" % (width, height, layout.encode()))
chroma = -(-width // across) * -(-height // down) if across else 0
deep = layout.endswith("10")
planes = [width * height, chroma, chroma] + [width * height] * layout.endswith("alpha")
for frame in range(frames):
    out.write(b"FRAME Ip\n")
    for plane in planes:
        values = [dice.randrange(0, 1024 if deep else 256) for _ in range(plane)]
        out.write(struct.pack("<%d%s" % (plane, "H" if deep else "B"), *values))
PY
}
for layout in 420jpeg 420mpeg2 420p10 422 422p10 444 444alpha 444p10 411 mono mono10; do
    video $layout 37 23 2 >in.y4m
    for name in same same_grey; do
        denoise "$(model $name)" source=- out=- <in.y4m >out.y4m 2>err
        status=$?
        expect "$layout through $name: exit $status: $(cat err)" [ $status = 0 ]
        expect "$layout: $name changes nothing" cmp in.y4m out.y4m
    done
    for name in colour grey; do
        expect "$layout through $name" denoise "$(model $name)" source=in.y4m out=out.y4m
        expect "$layout: as long as it was" [ "$(wc -c <in.y4m)" = "$(wc -c <out.y4m)" ]
        expect "$layout: $name changes something" sh -c '! cmp -s in.y4m out.y4m'
        expect "$layout: the header passes through" [ "$(head -n 1 in.y4m)" = "$(head -n 1 out.y4m)" ]
        denoise "$(model $name)" source=- out=- threads=3 <in.y4m | cmp - out.y4m
        expect "$layout: a pipe and three threads give the same" [ "${PIPESTATUS[*]}" = "0 0" ]
    done
done
video 420jpeg 1 1 3 >in.y4m
expect "frames of one pixel" denoise "$(model colour)" source=in.y4m out=out.y4m

# ---- what goes wrong --------------------------------------------------------------------------------
refuse() { # refuse STATUS "words": standard input is in.y4m
    denoise "$(model colour)" source=- out=- <in.y4m >out.y4m 2>err
    status=$?
    expect "$2: exit $status, expected $1" [ $status = "$1" ]
    expect "$2: one sentence: $(cat err)" [ "$(wc -l <err)" = 1 ]
    expect "expected '$2', got $(cat err)" grep -q -- "$2" err
}
video 420jpeg 37 23 3 >whole.y4m
frame=$((37 * 23 + 2 * 19 * 12 + 9)) head=$(head -n 1 whole.y4m | wc -c)
head -c $((head + frame + 100)) whole.y4m >in.y4m
refuse 4 'of frame 2'
expect "the frame before a cut is there" [ "$(wc -c <out.y4m)" = $((head + frame)) ]
head -c $((head + frame + 3)) whole.y4m >in.y4m && refuse 4 'the end within a line'
: >in.y4m && refuse 4 'got nothing'
cp good/photo.png in.y4m && refuse 4 'expected YUV4MPEG2 video, got a PNG image'
cp good/odd.pgm in.y4m && refuse 4 "got 'P5'"
echo 'YUV4MPEG2 W37 F25:1' >in.y4m && refuse 4 'expected W and H'
echo 'YUV4MPEG2 W0 H5' >in.y4m && refuse 4 "got 'W0'"
echo 'YUV4MPEG2 W5 H-5' >in.y4m && refuse 4 "got 'H-5'"
echo 'YUV4MPEG2 W5 H5 C420p99' >in.y4m && refuse 4 "got 'C420p99'"
echo 'YUV4MPEG2 W5 H5 Crgb' >in.y4m && refuse 4 "got 'Crgb'"
echo 'YUV4MPEG2 W1000000 H1000000' >in.y4m && refuse 4 'frames of at most'
echo 'YUV4MPEG2 W30000 H30000' >in.y4m && refuse 2 'expected max_mem of at least'
{ head -n 1 whole.y4m; echo NOFRAME; } >in.y4m && refuse 4 "got 'NOFRAME'"
{ printf 'YUV4MPEG2 '; head -c 5000 /dev/zero | tr '\0' 'Y'; } >in.y4m && refuse 4 'lines of at most'

# A file is whole or not at all; a folder takes the name.
head -c $((head + frame + 100)) whole.y4m >cut.y4m
rm -f out.y4m
denoise "$(model colour)" source=cut.y4m out=out.y4m 2>err
expect "a cut file leaves nothing" [ ! -e out.y4m ]
mkdir -p folder
expect "into a folder" denoise "$(model colour)" source=whole.y4m out=folder
expect "under its own name" [ -s folder/whole.y4m ]
denoise "$(model colour)" source=whole.y4m out=whole.y4m 2>err
expect "not onto itself" [ $? = 2 ]

# A reader that leaves; frames that do not wait for the next.
video 420jpeg 137 123 40 >long.y4m
{ denoise "$(model colour)" source=- out=- <long.y4m 2>err; echo $? >status; } | head -c 30000 >/dev/null
expect "a reader that left: exit $(cat status)" [ "$(cat status)" = 1 ]
expect "is said in one sentence: $(cat err)" grep -qx '.*standard output: cannot write: Broken pipe\|.*-: cannot write: Broken pipe' err
# The pipe is full long before the video's end: it is cut between two frames, and could pass for a shorter one.
video 420jpeg 160 120 16 >shrinks.y4m
denoise "$(model same)" source=shrinks.y4m out=- 2>err | { head -c 100 && truncate -s 50 shrinks.y4m && cat; } >/dev/null
expect "a video that shrinks while it is read: exit ${PIPESTATUS[0]}" [ "${PIPESTATUS[0]}" = 1 ]
expect "is said: $(cat err)" grep -q 'got the end of the file at byte .*: it was cut off while it was read' err
mkfifo to from
"$HOURGLASS" denoise "$(model colour)" source=- out=- <to >from 2>err &
exec 3>to 4<from
head -c $((head + frame)) whole.y4m >&3
timeout 300 head -c $((head + frame)) <&4 >first
expect "a frame comes out before the next goes in: $(wc -c <first) bytes" [ "$(wc -c <first)" = $((head + frame)) ]
signal_job INT
wait %1
status=$?
expect "a signal while it waits for a frame: exit $status" [ $status = 130 ]
exec 3>&- 4<&-

# flicker A B: whether the last frames of A differ less than half as much as those of B
flicker() {
    "$python" - "$@" <<'PY'
import struct, sys
def change(path):
    head, *frames = open(path, "rb").read().split(b"FRAME\n")
    deep = any(word in head for word in (b"p10", b"p12", b"mono16"))
    last = [struct.unpack("<6144%s" % "BH"[deep], f[: 6144 * (1 + deep)]) for f in frames[-2:]]
    return sum(abs(a - b) for a, b in zip(*last))
sys.exit(not 2 * change(sys.argv[1]) < change(sys.argv[2]))
PY
}

# ---- real video -----------------------------------------------------------------------------------
if ! command -v ffmpeg >/dev/null; then
    skip "no ffmpeg"
else
    run() { ffmpeg -v error -nostdin "$@"; }
    run -y -f lavfi -i testsrc2=size=176x144:rate=10:duration=1 -pix_fmt yuv420p -c:v ffv1 clip.mkv || bad "no clip"
    run -i clip.mkv -f yuv4mpegpipe - | denoise "$(model colour)" source=- out=- | run -y -i - -c:v ffv1 clean.mkv
    expect "ffmpeg to hourglass to ffmpeg: ${PIPESTATUS[*]}" [ "${PIPESTATUS[*]}" = "0 0 0" ]
    frames=$(ffmpeg -nostdin -i clean.mkv -f null - 2>&1 | sed -n 's/.*frame= *\([0-9]*\).*/\1/p' | tail -n 1)
    expect "ffmpeg finds $frames frames, not 10" [ "$frames" = 10 ]
    run -i clip.mkv -f yuv4mpegpipe - | denoise "$(model same)" source=- out=- | run -y -i - -c:v ffv1 same.mkv
    was=$(run -i clip.mkv -f md5 -) is=$(run -i same.mkv -f md5 -)
    expect "what changes nothing leaves every frame as it was" [ "$was" = "$is" ]

    shipped=$root/models/denoise.safetensors
    # A still picture under noise: what the average of frames leaves of it flickers less, with any samples and threads.
    for format in yuv420p yuv444p yuv420p10le yuv422p12le gray gray16le; do
        run -y -f lavfi -i "color=gray:size=96x64:rate=10:duration=0.8,noise=alls=30:allf=t" -pix_fmt $format -strict -1 -f yuv4mpegpipe still.y4m || bad "no $format"
        for frames in 0 16; do
            denoise model="$shipped" source=still.y4m out=still$frames.y4m temporal=$frames 2>err
            expect "$format, temporal=$frames: $(cat err)" [ "$(wc -c <still.y4m)" = "$(wc -c <still$frames.y4m)" ]
        done
        expect "$format: how much is left is said: $(cat err)" grep -q 'note: still.y4m: where nothing moves a pixel changes by .* of 255' err
        flicker still$frames.y4m still0.y4m || bad "$format: the average flickers"
        denoise -q model="$shipped" source=- out=- threads=3 <still.y4m | cmp - still16.y4m
        expect "$format: it is the default, and of any threads" [ "${PIPESTATUS[*]}" = "0 0" ]
    done
fi
finish
