#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# predict with a model of parts: a row a picture, maps, regions, pages, frames of video; what is bad among the pictures; and what info
# says of the model.
. tests/lib.sh
draw=${HOURGLASS%/*}/draw_parts
[ -x "$draw" ] || draw=build/gcc/draw_parts
[ -x "$draw" ] || { skip "no $draw"; finish; }
case $HOURGLASS in /*) ;; *) HOURGLASS=$PWD/$HOURGLASS ;; esac
"$draw" kind=tile n=10 good=3 broken=5 size=64 seed=1 out="$work/tile" || bad "tile: not drawn"
cd "$work" || exit 1
"$plain" train data=tile steps=4 batch=1 val=0.4 progress=none project=runs name=x >log 2>&1 || {
    bad "not trained: $(cat log)"
    finish
}
model=runs/x/weights/best.safetensors
predict() { "$HOURGLASS" predict model=$model progress=none "$@" >out 2>err; }
refuse() { # refuse SENTENCE ARGUMENTS...
    sentence=$1
    shift
    predict "$@" && bad "$* is taken"
    expect "$*: $sentence, not $(cat err)" grep -qF "$sentence" err
}

# ---- a row a picture, in MVTec's layout of the test split alone
predict data=tile out=scores.csv maps=maps regions=regions.csv fpr=0.3 || bad "not judged: $(cat err)"
expect "the columns" [ "$(head -1 scores.csv)" = "file,score,p_value,alarm,kind,regions,peak,left,top,width,height" ]
expect "a row for each of eight pictures" [ "$(tail -n +2 scores.csv | wc -l)" = 8 ]
expect "good ones are known as such" [ "$(grep -c '^test/good/.*,good,' scores.csv)" = 3 ]
expect "regions of both sheets are as many" [ "$(awk -F, 'NR > 1 { n += $6 } END { print n + 0 }' scores.csv)" = "$(($(wc -l <regions.csv) - 1))" ]
expect "boxes lie in the pictures" awk -F, 'NR > 1 && $8 != "" && ($8 < 0 || $9 < 0 || $8 + $10 > 64 || $9 + $11 > 64) { bad = 1 } END { exit bad }' scores.csv
for file in overlay.jpg mask.png map.png; do
    expect "$file of each" [ "$(find maps/test -name "*_$file" | wc -l)" = 8 ]
done
expect "the pages" [ -s maps/sheet.png -a -s maps/index.html ]
expect "maps are as large as pictures" [ "$(od -An -tu1 -j16 -N9 maps/test/good/"$(basename "$(ls tile/test/good | head -1)" .ppm | sed 's/\.pgm$//')"_map.png | tr -s ' ')" = " 0 0 0 64 0 0 0 64 16" ]

# ---- the same bits with one thread
predict data=tile out=one.csv maps=one maps_as=map,npy threads=1 fpr=0.3
expect "one thread says the same" cmp -s scores.csv one.csv
expect "and the same maps" eval 'for f in $(cd one && find . -name "*_map.png"); do cmp -s one/$f maps/$f || exit 1; done'
expect "only what maps_as= names, and the pages" [ "$(find one -type f | wc -l)" = 18 ]

# ---- alarms
picture=$(find tile/test/good -type f | sort | head -1)
predict data="$picture" out=- format=json fpr=0.5 fail_on_anomaly=true
expect "a picture alone: a line of JSON" grep -q '^{"file":"[^"]*","score":' out
predict data=tile out=fdr.csv fdr=0.5 || bad "fdr: $(cat err)"
refuse "top: expected a model of a table, got one of parts" data=tile top=1
refuse "maps_as: expected overlay, mask, map or npy, with commas, got 'foo'" data=tile maps=x maps_as=mask,foo
refuse "maps_as: expected maps= with it, got none" data=tile maps_as=mask
expect "nothing was made for those" [ ! -e x ]

# ---- bad input
mkdir mixed empty
cp "$picture" mixed/a.ppm
echo nonsense >mixed/b.png
head -c 3000 "$picture" >mixed/c.ppm
cp "$picture" mixed/d.ppm
{ printf 'P5\n64 64\n65535\n' && head -c 8192 /dev/zero | tr '\0' 'd'; } >mixed/deep.pgm
{ printf 'P5\n64 64\n255\n' && head -c 4096 /dev/zero | tr '\0' 'd'; } >mixed/grey.pgm
{ printf 'P6\n100 90\n255\n' && head -c 27000 /dev/zero | tr '\0' 'd'; } >mixed/large.ppm
cp mixed/grey.pgm mixed/a.pgm
refuse "mixed/b.png: expected an image" data=mixed out=none.csv regions=none.jsonl
expect "nothing half-written" [ ! -e none.csv -a ! -e none.jsonl ]
predict data=mixed out=mixed.csv on_bad=skip maps=mm maps_as=mask regions=mixed.json || bad "skip: $(cat err)"
expect "six of eight are judged" [ "$(tail -n +2 mixed.csv | wc -l)" = 6 ]
expect "which were left out" grep -qF "2 left out, the first: mixed/b.png" err
expect "another size is said" grep -qF "1 of 6 pictures has another size than training's 64 x 64 (1 larger)" err
expect "two of one name have their extensions" [ -s mm/a.ppm_mask.png -a -s mm/a.pgm_mask.png -a -s mm/d_mask.png ]
expect "COCO has all pictures" [ "$(grep -c file_name mixed.json)" = 6 ]
refuse "empty: expected image" data=empty out=none.csv
refuse "maps: expected a folder, got the file mixed.csv" data=mixed maps=mixed.csv
refuse "maps: expected a folder outside mixed" data=mixed maps=mixed/maps
refuse "out" data="$picture" out="$picture"
cp "$picture" first.ppm
refuse "gallery: expected another file than the pictures" data=mixed gallery=mixed/a.ppm
expect "the picture is what it was" cmp -s first.ppm mixed/a.ppm
HG_FAIL_IO=40 predict data=mixed on_bad=skip out=mixed.csv maps=mm2 2>/dev/null
expect "a sheet after a failure is whole" [ "$(tail -n +2 mixed.csv | wc -l)" -ge 5 ]

# ---- a region of interest: what lies below it counts for nothing
{ printf 'P5\n64 64\n255\n' && head -c 2048 /dev/zero | tr '\0' '\377' && head -c 2048 /dev/zero; } >roi.pgm
"$HOURGLASS" train data=tile roi=roi.pgm steps=1 batch=1 val=0.4 progress=none project=runs name=roi >log 2>&1 || bad "roi: $(cat log)"
numbers() { od -An -v -tf4 -w256 -j128 "$1"; }
"$HOURGLASS" predict model=runs/roi/weights/best.safetensors data=tile out=roi.csv maps=roi maps_as=npy progress=none 2>err >out || bad "roi: $(cat err)"
for file in roi/test/*/*_map.npy; do
    expect "$file: 0 below" eval 'numbers $file | awk "NR > 33 { for (i = 1; i <= 64; i++) if (\$i != 0) bad = 1 } NR < 30 { sum += \$1 } END { exit bad || sum <= 0 }"'
done
expect "no region lies there" awk -F, 'NR > 1 && $8 != "" && $9 + $11 > 33 { bad = 1 } END { exit bad }' roi.csv

# ---- frames
frame() { printf 'FRAME\n' && head -c 12288 /dev/zero | tr '\0' "$1"; }
{ printf 'YUV4MPEG2 W64 H64 F25:1 C444\n' && frame d && frame x; } >film.y4m
"$HOURGLASS" predict model=$model source=- progress=none <film.y4m >frames 2>err || bad "frames: $(cat err)"
expect "a line a frame" [ "$(grep -c '^{"frame":[01],"score":.*"box":' frames)" = 2 ]
predict data=film.y4m out=frames2 || bad "frames: $(cat err)"
expect "the same from a file" cmp -s frames frames2
"$HOURGLASS" predict model=$model source=- progress=none < <(head -c 20000 film.y4m) >cut 2>err && bad "a cut film is taken"
expect "what was cut is said" grep -qF "expected 12288 bytes of frame 1, got 7671: it is cut off" err
expect "the first line went out" cmp -s cut <(head -1 frames)
refuse "maps: expected pictures, got video" data=film.y4m maps=x

# ---- raw frames: what a picture says, and a line before the next frame is there
tail -c 4096 "$picture" >grey
bytes() { printf "$(od -An -v -tu1 -w1 grey | awk "{ printf \"$1\", \$1, \$1, \$1 }")"; }
bytes '\\%03o\\%03o\\%03o' >raw && cat raw raw >raws
bytes '\\000\\%03o' >wide
bytes '\\%03o\\000\\377' >rgb && bytes '\\377\\000\\%03o' >bgr
predict data="$picture" out=single.csv
"$HOURGLASS" predict model=$model source=- pix_fmt=rgb24 video_size=64x64 progress=none <raws >frames 2>err || bad "raw: $(cat err)"
expect "two frames" [ "$(grep -c '^{"frame":[01],"score":' frames)" = 2 ]
predict data=rgb pix_fmt=rgb24 video_size=64x64 out=frames1 || bad "rgb24: $(cat err)"
predict data=bgr pix_fmt=bgr24 video_size=64x64 out=frames2 || bad "bgr24: $(cat err)"
expect "blue first" cmp -s frames1 frames2
expect "colours are weighed" eval '! cmp -s <(head -1 frames) frames1'
mkfifo wire && { "$HOURGLASS" predict model=$model source=- pix_fmt=gray video_size=64x64 progress=none <wire >early 2>err & } && running=$!
exec 7>wire && cat grey >&7
for _ in $(seq 300); do [ -s early ] || sleep 0.1; done
expect "a line before the next frame" grep -q '^{"frame":0,' early
expect "a frame is as the picture" grep -q "^{\"frame\":0,\"score\":$(awk -F, 'NR == 2 { print $2 }' single.csv)," early
exec 7>&- && wait $running || bad "gray: $(cat err)"
predict data=wide pix_fmt=gray16le video_size=64x64 out=frames2 || bad "gray16le: $(cat err)"
expect "16 bits" grep -q '^{"frame":0,"score":[0-9.e+]*,' frames2
cat raw <(head -c 100 raw) >long
refuse "expected 12288 bytes of frame 1, got 100: it is cut off" data=long pix_fmt=rgb24 video_size=64x64
refuse "video_size: expected WxH+X+Y in pixels, as 640x480 or 200x100+40+30, up to 32768, got ''" data=raw pix_fmt=rgb24
refuse "video_size: expected WxH+X+Y in pixels, as 640x480 or 200x100+40+30, up to 32768, got '64x'" data=raw pix_fmt=rgb24 video_size=64x
refuse "got '64x99999'" data=raw pix_fmt=rgb24 video_size=64x99999

# ---- a piece of each picture
"$HOURGLASS" train data=tile view=32x40+8+16 steps=1 batch=1 val=0.4 progress=none project=runs name=view >log 2>&1 || bad "view: $(cat log)"
expect "a piece is seen" grep -q "seen as 32 x 40 pixels" log
"$HOURGLASS" info model=runs/view/weights/best.safetensors >info
expect "and kept" grep -q "crop of 32 x 40 pixels from 8, 16 on" info
"$HOURGLASS" predict model=runs/view/weights/best.safetensors data=tile out=view.csv maps=view maps_as=npy progress=none 2>err >out || bad "view: $(cat err)"
expect "maps are 0 around it" eval 'numbers $(ls view/test/good/*_map.npy | head -1) |
    awk "{ for (i = 1; i <= 64; i++) if ((NR <= 16 || NR > 56 || i <= 8 || i > 40) != (\$i == 0)) bad = 1 } END { exit bad }"'
"$HOURGLASS" train data=tile view=32x40+40+16 steps=2 progress=none project=runs name=out >log 2>&1 && bad "a piece outside is taken"
expect "outside of the pictures: it is named" grep -q "expected at least 72 x 56 pixels, as the crop reaches there, got 64 x 64" log
"$HOURGLASS" train data=tile view=32 steps=2 progress=none project=runs name=out >log 2>&1 && bad "a slip is taken"
expect "a slip too" grep -q "view: expected WxH+X+Y in pixels" log

# ---- what the model says of itself
"$HOURGLASS" info model=$model >info || bad "no info"
expect "info: how pictures are seen" grep -q "^parts  *.* pictures of 64 x 64 pixels" info
expect "info: clues and thresholds" grep -q "^ *pixels above .* are defects" info
"$HOURGLASS" info model=$model --json >info.json 2>err || bad "json: $(cat err)"
expect "info: as JSON" grep -q '"parts"' info.json
finish
