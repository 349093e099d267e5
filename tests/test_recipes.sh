#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# docs/RECIPES.md says how things are added, each by one file and one row of a table. Here the tables are what it says: every row has
# its file, every such file its row, nobody else names what stands in a table. Then one of each, of tests/recipes/, is added to a
# copy, as the recipe has it, and used. The files that docs/HOUSE.md and its neighbours speak of are there.
. tests/lib.sh

rows_of() { sed -n "s/^$2(\(.*\))\$/\1/p" "src/$1" | awk -F', *' -v n="${3:-1}" '{ print $n }'; }

# ---- every row has its file, every file its row --------------------------------------------------

# holds TABLE WORD FIELD FILES SYMBOL [FILE...]: row x is defined in exactly one of FILES, as SYMBOL with x for @, and no other file
# but those behind names it: relatives that build on it.
holds() {
    table=$1 word=$2 files=$4 symbol=$5
    expect "RECIPES names src/$table" grep -q "src/$table" docs/RECIPES.md
    expect "$table has rows" [ -n "$(rows_of "$table" "$word" "$3")" ]
    for x in $(rows_of "$table" "$word" "$3"); do
        # shellcheck disable=SC2086
        found=$(grep -lE "(const |^int )[a-z_ ]*${symbol//@/$x}(\(| = )|^[A-Z_]+\($x," $files 2>/dev/null)
        expect "$table, $x: expected one of $files, got '$found'" [ "$(echo "$found" | grep -c .)" = 1 ]
        elsewhere=$(grep -rlwE "${symbol//@/$x}" src --include='*.[ch]' | grep -vxF "$found" | sort)
        expect "$table, $x: named by others, too: $elsewhere" [ -z "$(comm -23 <(echo "$elsewhere") <(printf '%s\n' "" "${@:6}" | sort))" ]
    done
    for f in $files; do
        used=$(for x in $(rows_of "$table" "$word" "$3"); do grep -lE "${symbol//@/$x}\b|^[A-Z_]+\($x," "$f"; done)
        case $f in src/nn/loss.c | src/rows/*) continue ;; esac
        expect "$f: a row of $table has it" [ -n "$used" ]
    done
}

holds nn/layers.def LAYER 1 "$(echo src/nn/layer_*.c)" hg__layer_@
holds nn/losses.def LOSS 1 "$(echo src/nn/loss.c src/nn/loss_*.c)" hg__loss_@
holds array/readers.def READER 1 "$(echo src/array/read_*.c)" hg__reader_@ src/array/read_npz.c src/table/table_array.c src/table/table_csv.c
holds image/codecs.def CODEC 1 "$(echo src/image/codec_*.c)" hg__codec_@ src/image/tiff_write.c
holds table/tables.def TABLE 1 "$(grep -l 'hg__table_type hg__table_' src/table/table_*.c | tr '\n' ' ')" hg__table_@ src/table/table.c
holds signal/recordings.def RECORDING 1 "$(grep -l 'hg__recording_kind hg__recording_' src/signal/recording_*.c | tr '\n' ' ')" hg__recording_@
holds corrupt/noise.def NOISE 1 "$(echo src/corrupt/noise_*.c)" hg__noise_@
holds detect/baselines.def BASELINE 1 "$(echo src/detect/baseline_*.c)" hg__baseline_@
holds rows/datasets.def DATASET 1 "$(echo src/rows/*.c)" hg__dataset_@
holds streams/messages.def MESSAGES 1 "$(echo src/streams/messages_*.c)" hg__messages_@
holds options/jobs.def JOB 2 "$(echo src/jobs/job_*.c)" hg__job_@

# By their rule: what is alone in its file gives it its name.
for pair in array/readers:READER:read image/codecs:CODEC:codec table/tables:TABLE:table signal/recordings:RECORDING:recording; do
    IFS=: read -r table word kind <<<"$pair"
    for x in $(rows_of "$table.def" "$word"); do
        expect "$table.def, $x: ${table%/*}/${kind}_$x.c" [ -f "src/${table%/*}/${kind}_$x.c" ]
    done
done

# No name of a layer, loss, noise or codec is compared with anywhere: what one is like stands in its row.
for pair in nn/layers:LAYER nn/losses:LOSS corrupt/noise:NOISE image/codecs:CODEC; do
    names=$(rows_of "${pair%:*}.def" "${pair#*:}" | paste -sd'|')
    found=$(grep -rnE "str(case)?cmp\([^;]*\"($names)\"" src --include='*.[ch]' | head -n 3)
    expect "names of ${pair%:*}.def are compared with: $found" [ -z "$found" ]
done

# ---- what the pages name is there ----------------------------------------------------------------

for page in docs/HOUSE.md docs/RECIPES.md; do
    named=$(grep -oE '[`(][A-Za-z0-9_./*-]+\.(c|h|cc|hh|inc|def|sh|py|awk|txt)[`)]|`(src|tests|tools|cli|docs|examples|bench)/[A-Za-z0-9_/]*`' $page | tr -d '`()' | sort -u)
    expect "$page names files" [ "$(echo "$named" | wc -l)" -gt 3 ]
    for name in $named; do
        case $name in # shellcheck disable=SC2086
        ../*) found=$(ls -d docs/$name 2>/dev/null) ;;
        */*) found=$(ls -d $name src/$name 2>/dev/null) ;;
        *) found=$(find src cli tests docs include tools python/src -maxdepth 2 -name "$name") ;;
        esac
        expect "$page: $name is there" [ -n "$found" ]
    done
done
words=$(grep -rohE '\bhg__?[a-z_0-9]+' src include | sort -u)
for name in $(grep -ohE '\bhg__?[a-z_0-9]+[a-z0-9]\b' docs/HOUSE.md docs/RECIPES.md docs/LIBRARY.md README.md | sort -u); do
    case $name in hg_noun_verb | hg__noun_verb) continue ;; esac
    expect "the pages name $name, which is there" grep -qx "$name" <<<"$words"
done
# Every tensor that a detector keeps, and every key of the object "parts", stands in the page on the model file.
tensors=$(grep -rhoE '"detector\.[a-z.%]*[a-z]"' src --include='*.c' | tr -d '"' | sed 's/^\(.*\)%s\(.*\)$/\1memory\2\n\1features\2/' | sort -u)
expect "tensors of detectors are found" [ "$(echo "$tensors" | wc -l)" -gt 20 ]
for name in $tensors; do
    row=${name%.*} last=.${name##*.}
    expect "docs/MODELFILE.md names the tensor $name" eval 'grep -qF "\`$name\`" docs/MODELFILE.md || grep -F "| \`$row." docs/MODELFILE.md | grep -qF "\`$last\`"'
done
for name in $(grep -hE '\.name = ' src/inspect/clue*.c | grep -v pictures | grep -oE '"[a-z]+"' | tr -d '"'); do
    expect "docs/MODELFILE.md names the kind or clue $name" grep -qE '^\| `kind` \|.*\b'"$name"'\b' docs/MODELFILE.md
done
keys=$(grep -hoE '(json_set|object_get|read_numbers?)\([a-z, ]*\bo, "[a-z_]+"' src/inspect/*.c src/parts/part_view_json.c | grep -oE '"[a-z_]+"' | tr -d '"' | sort -u)
expect "keys of models of parts are found" [ "$(echo "$keys" | wc -l)" -gt 20 ]
for key in $keys; do
    expect "docs/MODELFILE.md names the key $key of a model of parts" grep -qE "[\"\`]$key[\"\`]" docs/MODELFILE.md
done
for room in $(sed -n 's/^\([a-z]*\):.*/\1/p' src/LAYERS); do
    expect "docs/HOUSE.md says what $room is for" grep -q "^| .$room. | ..* | ..* |$" docs/HOUSE.md
done

# ---- one of each ---------------------------------------------------------------------------------

if [ "$HOURGLASS" != "$PWD/build/gcc/hourglass" ]; then
    skip "one of each is added to the build for release"
    finish
fi
copy=$work/copy
mkdir -p "$copy/build/gcc"
cp -a src cli include Makefile tools "$copy"
cp -a build/gcc/src build/gcc/cli build/gcc/libhourglass.a "$copy/build/gcc"

# add FILE ROOM TABLE ROW: the recipe. Those who read the table are made anew; that others see it too changes nothing for them.
add() {
    before=$(diff -rq src "$copy/src" | wc -l)
    cp "tests/recipes/$1" "$copy/src/$2"
    cp -p "$copy/src/$3" "$work/old"
    case $3 in *readers.def | *datasets.def) sed -i "0,/^[A-Z]*(/s//$4\n&/" "$copy/src/$3" ;; *) echo "$4" >>"$copy/src/$3" ;; esac
    touch -r "$work/old" "$copy/src/$3"
    for f in $(cd "$copy" && grep -l "^# *include \"$3\"" src/*/*.c); do touch "$copy/$f"; done
    after=$(diff -rq src "$copy/src" | wc -l)
    expect "$1: at most two files are touched, got $((after - before))" [ $((after - before)) -le 2 ]
    expect "$1: RECIPES tells of it" grep -q "tests/recipes/$1" docs/RECIPES.md
}
add layer_squareplus.c nn nn/layers.def "LAYER(squareplus)"
add layer_l2.c nn nn/layers.def "LAYER(l2)"
add loss_charbonnier.c nn nn/losses.def "LOSS(charbonnier)"
add read_floats.c array array/readers.def "READER(floats)"
add waves.c rows rows/datasets.def "DATASET(waves)"
add job_count.c jobs options/jobs.def 'JOB(COUNT, count, ENCODE, "", "", "data", false, "counts rows")'
expect "every file of tests/recipes/ is added" [ "$(diff -rq src "$copy/src" | grep -c '^Only in')" = "$(find tests/recipes -name '*.c' | wc -l)" ]

expect "it compiles: $(env -u MAKEFLAGS -u MAKELEVEL -u MFLAGS make -C "$copy" CC=gcc SAN= build/gcc/hourglass 2>&1 | grep -vE '^(CC|LD) ')" \
    [ "$copy/build/gcc/hourglass" -nt "$work/old" ]
hg=$copy/build/gcc/hourglass
"$hg" train -q data=waves:400 model="dense 8 squareplus, l2 0.001 | dense input" loss=charbonnier epochs=6 lr=0.01 pca=false samples=0 \
    project="$work" name=waves >"$work/out" 2>&1
expect "it trains: $(cat "$work/out")" [ -f "$work/waves/weights/best.safetensors" ]
expect "and learns" awk -F, 'NR == 2 { first = $3 } END { exit !(NR == 7 && $3 < first / 2) }' "$work/waves/results.csv"
printf 'FLOATS\002\000\000\000\200\077\000\000\000\100\000\000\100\100\000\000\200\100' >"$work/x.floats"
expect "the job reads the format" [ "$("$hg" count data="$work/x.floats")" = "2 rows of 2 numbers" ]
expect "and the source" [ "$("$hg" count --json data=waves:30)" = '{"rows":30,"width":16}' ]
printf 'FLOATS\003\000\000\000\200\077' >"$work/x.floats"
"$hg" count data="$work/x.floats" 2>"$work/err"
expect "a bad file ends with 4" [ $? = 4 ]
expect "and a sentence" grep -q "expected whole rows of 3 floats" "$work/err"
expect "the job is in the help" sh -c "'$hg' help | grep -q 'count  *counts rows'"
expect "and its options" sh -c "'$hg' help count | grep -q on_bad"
for word in "model squareplus" "model l2" "loss charbonnier"; do
    expect "help ${word% *} knows ${word#* }" sh -c "'$hg' help ${word% *} | grep -q ${word#* }"
done
finish
