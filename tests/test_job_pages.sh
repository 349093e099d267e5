#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# page= of tables judged, of scores beside labels, of images cleaned and of compared detectors: there, the same for any number of
# threads, without a request, as a browser and axe like them (tests/page/look.sh).
# SHOTS=FOLDER keeps pictures.
. tests/lib.sh
. tests/page/look.sh
command=$(realpath "$HOURGLASS")
denoiser=$PWD/models/denoise.safetensors readings=$PWD/tools/readings.awk
cd "$work" || exit 1
awk -v rows=1500 -v seed=1 -f "$readings" >normal.csv
awk -v rows=600 -v seed=2 -v faults=1 -f "$readings" >'a&b<i>.csv'
awk -v rows=600 -v seed=3 -f "$readings" |
    awk -F, -v OFS=, 'NR == 1 { print $0, "label"; next } { bad = NR % 20 == 7; if (bad) { $6 *= 1.6; $9 *= 1.3 } print $0, bad }' >labelled.csv
mkdir images
for n in 1 2; do
    { printf 'P5 48 40 255\n'; awk -v n=$n 'BEGIN { for (y = 0; y < 40; y++) for (x = 0; x < 48; x++) printf "%c", 64 + (int(x / (4 + n)) + int(y / 5)) % 2 * 63 }'; } >images/$n.pgm
done
run() { "$command" "$@" -q >out.txt 2>&1 || { cat out.txt; false; }; }
expect "a model of a table" run train data=normal.csv steps=100 name=table
page() { mkdir -p "pages/$1"; }
page table && expect "predict has a page" run predict model=runs/table data='a&b<i>.csv' out=scores.csv page=pages/table/report.html threads=1
expect "with two threads" run predict model=runs/table data='a&b<i>.csv' out=scores.csv page=two.html threads=2
again() { sed -E 's/(threads|page)=[^ <]*//g' "$1"; }
expect "the same page" cmp -s <(again pages/table/report.html) <(again two.html)
page labels && expect "val with labels has a page" run val model=runs/table data=labelled.csv label=label resamples=100 page=pages/labels/report.html
page compare && expect "compare has a page" run compare data=labelled.csv label=label seeds=2 steps=50 page=pages/compare/report.html
awk 'BEGIN { for (i = 0; i < 300; i++) { a = i * 37 % 300 / 300; b = i * 53 % 299 / 299; print a "," b "," (a + b) / 2 "," a * b } }' >rows.csv
page models && expect "compare of models has a page" run compare data=rows.csv header=no latent=2 models='ae; dense 8 relu, dense 2 | dense 8 relu, dense input' epochs=2 seeds=2 page=pages/models/report.html
awk -F, '{ print 3 * $1 "," $2 "," $3 "," $4 }' rows.csv >wide.csv
"$command" compare data=wide.csv header=no latent=2 models='ae; dense 2 | dense input' epochs=1 seeds=1 >out.txt 2>&1
expect "a model whose outputs cannot be what rows are is named: $(cat out.txt)" grep -q '^hourglass compare: note: ae: outputs behind sigmoid lie within 0..1, and rows do not' out.txt
page images && expect "val of images has a page" run val model="$denoiser" data=images noise='gaussian 25' page=pages/images/report.html
page denoise && expect "denoise has a page" run denoise source=images out=clean page=pages/denoise/report.html threads=1
expect "with two threads" run denoise source=images out=clean page=two.html threads=2
timeless() { again "$1" | sed -E 's/<dt>Seconds<\/dt><dd>[^<]*//'; }
expect "the same page" cmp -s <(timeless pages/denoise/report.html) <(timeless two.html)
expect "one image has a page, of samples that are taken by their own range" bash -c "
    { printf 'P5 48 40 65535\n'; head -c 3840 /dev/zero | tr '\\0' '\\3'; } >deep.pgm
    '$command' denoise -q source=deep.pgm out=deep-clean.pgm page=deep.html && grep -q 'deep.pgm, 48 × 40' deep.html"
has() { grep -qF -- "$2" "pages/$1/report.html" || bad "no $2 on the page $1"; }
has table 'a&amp;b&lt;i&gt;.csv'
has table ', expected '
has table 'reasons=all names those of all rows'
has table 'class="said">threshold '
has table 'hourglass predict data='
has labels 'Area below (AUROC): 0.'
has labels 'share of anomalies found (recall)'
has compare '<th scope="row">autoencoder</th>'
has compare 'means over 2 seeds, from seed 0 on'
has models 'Fingerprint of the data'
has models 'Which differences mean something'
has models 'the mean of the training rows, whatever comes in'
has images ': in PSNR '
has images 'hourglass val data=images model='
has denoise '1.pgm, 48 × 40: '
has denoise 'hourglass denoise data=images out=clean '
for name in table labels compare models images denoise; do
    expect "$name asks for nothing" bash -c "! grep -oE '(src|href)=\"[^\"]{6}|url\(.{5}' pages/$name/report.html | grep -vqE '=\"data:|=\"#|\(data:'"
done
refuse() { # refuse SENTENCE words: refused before anything is written
    "$command" "${@:2}" >out.txt 2>err.txt
    expect "$*" [ $? = 2 ]
    expect "$* says so: $(cat err.txt)" grep -qF -- "$1" err.txt
}
refuse "page: expected another file than out=" predict model=runs/table data=normal.csv out=x.csv page=x.csv
refuse "page: expected another file than those that are read" compare data=labelled.csv label=label page=labelled.csv
refuse "page: expected a name that ends in .html" denoise source=images out=clean page=images/1.pgm
printf 'YUV4MPEG2 W16 H16 F25:1\nFRAME\n' >x.y4m && head -c 384 "$command" >>x.y4m
refuse "page: expected images in files, got video" denoise source=x.y4m out=y.y4m page=x.html
refuse "page: expected a model of packets or of a table" val model=runs/table data=normal.csv page=x.html
is_sanitized && finish
look_at "$work"/pages/*/report.html
finish
