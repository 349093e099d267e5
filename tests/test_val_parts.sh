#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# val and calibrate with a model of parts: figures beside baselines, a line a picture, masks that are missing or do not fit, sets of
# one label, new thresholds; the same with any number of threads.
. tests/lib.sh
draw=${HOURGLASS%/*}/draw_parts
[ -x "$draw" ] || draw=$PWD/build/gcc/draw_parts
[ -x "$draw" ] || { skip "no $draw"; finish; }
set=$work/set
size=64 n=12
is_sanitized && size=48 n=6
"$draw" kind=tile n=$n good=9 broken=6 size=$size seed=3 out="$set" || bad "not drawn"
"$plain" train -q data="$set" steps=3 batch=2 crop=$size threads=1 project="$work" name=run || bad "not trained"
model=$work/run/weights/best.safetensors
val() { "$HOURGLASS" val model="$model" resamples=50 progress=none "$@" 2>&1; }

# ---- figures ------------------------------------------------------------------------------------
val data="$set" --json threads=1 >"$work/one.json"
val data="$set" out="$work/scores.csv" baselines=false >"$work/told"
val data="$set" --json threads=3 >"$work/three.json"
expect "one thread or three" cmp "$work/one.json" "$work/three.json"
for key in image_auroc image_ap image_best_f1 false_alarm_rate image_recall pixel_auroc pixel_ap aupro_30 aupro_5 \
    pixel_best_f1 picture_false_alarms defects_hit hit_at_1_false; do
    expect "$key is told" grep -q "\"$key\":{\"value\":" "$work/one.json"
done
for name in pca template patch_pca nearest_patch; do
    expect "$name stands beside it" grep -q "\"$name\":{\"image_auroc\":{\"value\":" "$work/one.json"
done
expect "a line a picture" [ "$(wc -l <"$work/scores.csv")" = 16 ]
auroc=$(awk -F, 'NR > 1 { s[NR] = $4; d[NR] = $3 }
    END {
        for (i in s) for (j in s) if (d[i] == 1 && d[j] == 0) { n++; hit += s[i] > s[j] ? 1 : s[i] == s[j] ? 0.5 : 0 }
        printf "%.6f", hit / n
    }' "$work/scores.csv")
expect "no p-value is below what ten times the pictures would say" \
    awk -F, -v held="$("$HOURGLASS" info model="$model" | sed -n 's/^ *\([0-9]*\) pictures held out$/\1/p')" \
    'NR > 1 && ($6 < 0.1 / (held + 1) * 0.999999 || $6 > 1) { bad = 1 } END { exit bad || held < 1 }' "$work/scores.csv"
expect "image AUROC is that of the lines, $auroc" \
    [ "$(grep -o '"image_auroc":{"value":[0-9.]*' "$work/one.json" | head -1 | awk -F: '{ printf "%.6f", $3 }')" = "$auroc" ]
expect "a table for people" eval 'val data="$set" | grep -q "^nearest_patch  "'
expect "no baselines where none are wanted" eval '! val data="$set" baselines=false | grep -q nearest_patch'

# ---- sets that lack something -------------------------------------------------------------------
mkdir -p "$work/tested" && cp -r "$set/test" "$set/ground_truth" "$work/tested"
expect "without a training split no baselines, and why" \
    eval 'val data="$work/tested" | grep -q "^no baselines: they need a training split in data=, and there is none$"'
val data="$set/test/good" >"$work/good"
expect "good pictures only: false alarms with their interval" \
    grep -q '^false-alarm rate .*(95 %: [0-9.]* to [0-9.]*)  asked for: 0.01$' "$work/good"
expect "and nothing that takes defects" eval '! grep -q "AUROC\|precision\|recall" "$work/good"'
kind=$(ls "$set/ground_truth" | head -1)
picture=$(ls "$set/test/$kind" | head -1)
mask=$work/bad/ground_truth/$kind/${picture%.*}_mask.pgm
(for k in "$set/test/$kind"/*; do echo "$k,bad"; done) >"$work/defects.csv"
cp -r "$set" "$work/bad" && printf 'P5\n4 4\n255\n0123456789abcdef' >"$mask"
expect "a mask of another size is named" eval 'val data="$work/bad" | grep -q "${mask##*/}: expected a mask of $size x $size pixels as .*, got 4 x 4"'
expect "and left out where that is asked for" eval 'val data="$work/bad" on_bad=skip | grep -q "^without usable mask      1, "'
rm "$mask"
expect "a missing mask is named" eval 'val data="$work/bad" | grep -q "$kind/$picture: expected a mask "'
echo text >"$work/tested/test/good/000.pgm"
expect "what is no picture is named" eval 'val data="$work/tested" | grep -q "test/good/000.pgm: expected an image"'
expect "and left out where that is asked for" eval 'val data="$work/tested" on_bad=skip | grep -q "^pictures                 8 good, 6 with defects$"'
expect "an option of tables is refused" eval 'val data="$set" groupby=a | grep -q "groupby: expected a model that takes it"'

expect "defects only: what was found, no more" \
    eval 'val data="$work/defects.csv" >"$work/told"; grep -q "^image recall " "$work/told" && ! grep -q "AUROC\|false-alarm\|precision" "$work/told"'

# ---- annotations --------------------------------------------------------------------------------
mkdir "$work/flat"
(
    id=0 separator=
    echo '{"categories":[{"id":1,"name":"dent"}],"images":['
    for f in "$set"/test/*/*; do
        name=$(basename "$(dirname "$f")")_${f##*/}
        cp "$f" "$work/flat/$name"
        echo "$separator{\"id\":$((id += 1)),\"file_name\":\"$name\",\"width\":$size,\"height\":$size}"
        separator=,
    done
    echo '],"annotations":[' && id=0 separator=
    for f in "$set"/test/*/*; do
        id=$((id + 1))
        case $f in */good/*) continue ;; esac
        echo "$separator{\"id\":$id,\"image_id\":$id,\"category_id\":1,\"bbox\":[4,4,40,40],\"segmentation\":[]}"
        separator=,
    done
    echo ']}'
) >"$work/labels.json"
val data="$work/flat" labels="$work/labels.json" out="$work/labelled.csv" baselines=false >"$work/told"
expect "annotations say what is good" grep -q "^pictures  *9 good, 6 with defects$" "$work/told"
expect "and where defects are" eval 'grep -q "^defects hit " "$work/told" && grep -q "^false regions/picture " "$work/told"'
expect "a defect is called as its category" [ "$(cut -d, -f2,3 "$work/labelled.csv" | grep -c "^dent,1$")" = 6 ]
expect "scores are those of the folders" \
    cmp -s <(cut -d, -f4 "$work/scores.csv" | sort) <(cut -d, -f4 "$work/labelled.csv" | sort)
expect "boxes say nothing of pixels" eval '! grep -q "^AUPRO\|^pixel AUROC" "$work/told"'
sed 's/"segmentation":\[\]/"segmentation":[[4,4,44,4,44,44,4,44]]/' "$work/labels.json" >"$work/outlines.json"
val data="$work/flat" labels="$work/outlines.json" baselines=false >"$work/told"
expect "outlines do" [ "$(grep -c "^AUPRO to 30 %\|^pixel AUROC\|^defects hit" "$work/told")" = 3 ]
"$HOURGLASS" predict model="$model" data="$work/flat" labels="$work/labels.json" out="$work/predicted.csv" progress=none >/dev/null 2>&1
expect "predict names kinds too" [ "$(grep -c ",dent," "$work/predicted.csv")" = 6 ]
"$HOURGLASS" train -q data="$work/flat" labels="$work/labels.json" steps=1 batch=1 crop=$size project="$work" name=labelled >"$work/told" 2>&1
expect "train keeps where they came from" grep -q "labels.json" "$work/labelled/args.yaml"
"$plain" train data="$work/flat" labels="$work/labels.json" steps=1 batch=1 crop=$size project="$work" name=counted 2>&1 |
    grep -q "9 good pictures (plain)" && ok || bad "defects are trained on"
expect "no annotations there: it is named" eval 'val data="$work/flat" labels="$work/none.json" | grep -q "none.json: "'
echo '{"images":[]' >"$work/cut.json"
expect "what is none" eval 'val data="$work/flat" labels="$work/cut.json" | grep -q "cut.json"'
mv "$work/flat/good_000."* "$work"
expect "a picture that is missing is named" eval 'val data="$work/flat" labels="$work/labels.json" | grep -q "labels.json: expected a picture .*good_000\..* as it says, found none"'
mv "$work/good_000."* "$work/flat/more.pgm"
expect "one that is not annotated too" \
    eval 'val data="$work/flat" labels="$work/labels.json" | grep -q "flat/more.pgm: expected an image of that name in .*labels.json, found none"'
expect "both are left out where that is asked for" \
    eval 'val data="$work/flat" labels="$work/labels.json" on_bad=skip baselines=false | grep -q "2 entries were left out (on_bad=skip)\|^pictures  *8 good, 6 with defects$"'

# ---- calibrate ----------------------------------------------------------------------------------
expect "few pictures for a low rate: it says how many would do" \
    eval '"$HOURGLASS" calibrate model="$model" data="$set/test/good" fpr=0.001 |
        grep -q "extrapolated; a guarantee at a rate of 0.001 takes 999 held-out pictures and there are 9$"'
"$HOURGLASS" calibrate model="$model" data="$set/test/good" fpr=0.1 --json >"$work/calibrated" 2>/dev/null
expect "the threshold is guaranteed at a rate that the pictures do for" grep -q '"pictures":9,"fpr":0.1,.*"guaranteed":true,"pictures_needed":9' "$work/calibrated"
asked=$(sed 's/.*"threshold":\([^,]*\),"pixel_threshold":\([^,]*\),.*/\1 \2/' "$work/calibrated")
expect "the model has both thresholds from then on" \
    eval '[ "$(val data="$set/test/good" --json | sed "s/.*\"threshold\":\([^,]*\),\"pixel_threshold\":\([^,]*\),.*/\1 \2/")" = "$asked" ]'
expect "regions reach further than the threshold of pixels" eval 'val data="$set/test/good" --json |
    sed "s/.*\"pixel_threshold\":\([^,]*\),\"region_low\":\([^,]*\),.*/\1 \2/" | awk "NF != 2 || !(\$2 > 0 && \$2 < \$1) { exit 1 }"'
before=$(hash_of "$model")
expect "defects only are no reason for new ones" \
    eval '! "$HOURGLASS" calibrate model="$model" data="$work/defects.csv" >/dev/null 2>&1 && [ "$(hash_of "$model")" = "$before" ]'
finish
