#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# report.html: it is there, it is the same every time, names in it stay names; the Nu checker and axe find nothing; in headless Chromium, on a
# telephone and a wide screen, light and dark, it asks for nothing, fits, and what moves moves. tests/page/look.py does the latter;
# SHOTS=FOLDER keeps pictures.
HG_REPORT= # as it is by default
. tests/lib.sh
. tests/page/look.sh
page_run=$(dirname "$HOURGLASS")/gcc/tests/page_run
for at in "$(dirname "$HOURGLASS")/tests/page_run" build/gcc/tests/page_run; do
    [ -x "$at" ] && page_run=$at
done

# Rows of 12 x 12 pixels, a bar that stands or lies, as NPY; and a table.
python3 - "$work/bars.npy" <<'END' || skip "no python3 to draw rows with"
import struct, sys
rows = b"".join(bytes(255 if (i // 12 if n % 2 else i % 12) == n // 2 % 12 else 20 for i in range(144)) for n in range(240))
head = b"{'descr': '|u1', 'fortran_order': False, 'shape': (240, 12, 12), }"
head += b" " * (63 - (10 + len(head)) % 64) + b"\n"
open(sys.argv[1], "wb").write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head)) + head + rows)
END
awk 'BEGIN { print "stands"; for (n = 0; n < 240; n++) print n % 60 == 0 ? "NA" : n % 2 ? "lies & sleeps" : "up" }' >"$work/kinds.csv"
awk 'BEGIN { print "a,b,c,kind"; for (n = 0; n < 120; n++) print sin(n) "," cos(n) "," n % 3 "," n % 3 * 7 }' >"$work/kinds-beside.csv"
awk -v rows=600 -v seed=1 -f tools/readings.awk >"$work/a&b<i>.csv"
{
    printf 'Drawn for a test.\n\nLicence: <b>none</b>.\n\n'
    printf 'long words %.0s' {1..300}
    echo 'and their end.'
} >"$work/card.txt"
train() { (cd "$work" && "$HOURGLASS" train -q "$@"); }

# Without what is another every time.
steady() { sed -E 's/begun [^<]*//; s/<dt>Seconds<\/dt><dd>[^<]*//; s/<dt>Was run with<\/dt><dd>[^<]*//; s/threads=[0-9]+//; s/[a-z0-9]+: an auto/: an auto/; s/name=[a-z0-9]+//' "$1"; }

images=(data=bars.npy model="dense 16 relu, dense 4 | dense 16 relu, dense input sigmoid" epochs=3 card=card.txt classes=kinds.csv)
expect "a training of images has a page" train "${images[@]}" name=one threads=1
expect "a training of images has a page" train "${images[@]}" name=two threads=2
expect "the page is the same every time and for any number of threads" cmp -s <(steady "$work/runs/one/report.html") <(steady "$work/runs/two/report.html")
expect "a VAE has a page" train data=bars.npy model="dense 16 relu, sample 3 | dense 16 relu, dense input sigmoid" loss=bce epochs=3 name=vae
expect "a discriminator's loss stands in results.csv" bash -c "cd '$work' && '$HOURGLASS' train -q data=bars.npy model='dense 3 | dense input' adversary=code epochs=2 name=judged report=false && awk -F, 'NR == 1 ? \$6 != \"adversary/loss\" : !(\$6 > 0.01 && \$6 < 5) { exit 1 }' runs/judged/results.csv"
expect "columns that name classes are seen by no model" train data=kinds-beside.csv classes=kind model="dense 3 relu, dense 2 | dense input" epochs=2 name=kinds
expect "classes that are nowhere are refused before anything is trained" bash -c "! (cd '$work' && '$HOURGLASS' train -q data=kinds-beside.csv classes=kinder model='dense 2 | dense input' name=never) 2>'$work/err.txt' && [ ! -e '$work/runs/never' ]"
expect "and named: $(cat "$work/err.txt")" grep -qF 'kinder: expected the name of a column' "$work/err.txt"
expect "a table has a page" train data='a&b<i>.csv' steps=200 name=table
expect "a network that cleans has a page" train data=bars.npy model="dense 16 relu | dense input" noise="gaussian 25" steps=30 name=clean pca=false map_rows=0
expect "report=false makes none" train data=bars.npy model=pca latent=3 name=none report=false
expect "report=false makes none" test ! -e "$work/runs/none/report.html"
expect "PCA has a page" train data=bars.npy model=pca latent=3 name=pca
has() { grep -qF -- "$2" "$work/runs/$1/report.html"; }
expect "what the user says stands in the model card" has one '<p>Licence: &lt;b&gt;none&lt;/b&gt;.</p>'
expect "however long it is" has one 'and their end.</p>'
expect "its map has colours of classes" has one '>lies &amp; sleeps</'
expect "also of rows without one" has one '>no class</'
expect "which are known as well as their values" has kinds '>14</'
expect "of a table's numbers only those that are no classes were learned from" has kinds '<dt>Shape of a row</dt><dd>3</dd>'
expect "a VAE says its bound" has vae 'ELBO (nats a row)</dt>'
expect "names are escaped" has table 'a&amp;b&lt;i&gt;.csv'
expect "the command that repeats it is there" has one "hourglass train data=bars.npy model=&#39;dense 16 relu, dense 4 | dense 16 relu, dense input sigmoid&#39; classes=kinds.csv epochs=3 "
expect "the threshold is there" has table 'class="said">threshold '
expect "columns are there" has table '<th scope="row">pressure</th><td>number'
for run in one table clean pca vae kinds; do
    expect "$run asks for nothing" bash -c "! grep -oE '(src|href)=\"[^\"]{6}|url\(.{5}' '$work/runs/$run/report.html' | grep -vqE '=\"data:|=\"#|\(data:'"
done
mkdir -p "$work/runs/full/report.html"
said=$(train data=bars.npy model=pca latent=3 name=full exist_ok=true 2>&1)
expect "a page that cannot be written is an error" [ $? != 0 ]
expect "which says that the model is there: $said" grep -qF 'the model is there: runs/full/weights' <<<"$said"
expect "and it is" test -s "$work/runs/full/weights/best.safetensors"
rm -r "$work/runs/full"
expect "a card that is none is refused before anything is trained" bash -c "! (cd '$work' && '$HOURGLASS' train -q data=bars.npy card=no.txt name=never) 2>/dev/null && [ ! -e '$work/runs/never' ]"

mkdir -p "$work/runs/all"
if [ -x "$page_run" ]; then
    expect "one of each of what pages have, and ten thousand points" "$page_run" "$work/runs/all/report.html" 10000 '"><script>alert(1)</script>'
    expect "it has at most 2 MB" test "$(stat -c %s "$work/runs/all/report.html")" -le 2000000
else
    skip "no page_run: a page with one of each"
    rm -r "$work/runs/all"
fi
rm -r "$work"/runs/latest "$work"/runs/two "$work"/runs/pca "$work"/runs/kinds
pages=("$work"/runs/*/report.html)

# ---- as a browser and checkers see it -----------------------------------------------------------

is_sanitized && finish
look_at "${pages[@]}"
finish
