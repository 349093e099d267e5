#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Parts beside their templates: DeepPCB's boards as they lie, with and without templates when they are judged; a folder of templates
# (target=) in training, prediction, val and calibrate.
. tests/lib.sh
draw=${HOURGLASS%/*}/draw_parts
[ -x "$draw" ] || draw=$PWD/build/gcc/draw_parts
[ -x "$draw" ] || { skip "no $draw"; finish; }
"$draw" kind=tile n=8 good=4 broken=8 size=64 seed=5 out="$work/set" || bad "not drawn"
cd "$work" || exit 1
case $HOURGLASS in /*) ;; *) HOURGLASS=$OLDPWD/$HOURGLASS ;; esac
train() { "${by:-$HOURGLASS}" train steps=2 batch=1 crop=64 threads=1 progress=none project=runs "$@" 2>&1; }
val() { "$HOURGLASS" val resamples=20 progress=none "$@" 2>&1; }
predict() { "$HOURGLASS" predict progress=none "$@" 2>&1; }

# ---- boards: a, c, e, g are trained on, b, d, f, h tested
mkdir -p pcb/group/1 pcb/group/1_not
broken=($(find set/test -type f ! -path '*/good/*' | sort)) good=($(ls -d set/train/good/*))
k=0
for board in a b c d e f g h; do
    cp "${good[$k]}" "pcb/group/1/${board}_temp.${good[$k]##*.}"
    cp "${broken[$k]}" "pcb/group/1/${board}_test.${broken[$k]##*.}"
    echo "10 10 30 30 1" >"pcb/group/1_not/$board.txt"
    k=$((k + 1))
done
train data=pcb name=beside >log || bad "boards: $(cat log)"
expect "half of the templates are trained on" grep -q "4 good pictures (deeppcb)" log
expect "beside them" grep -q "each is judged beside its template" log
expect "what the thresholds are worth is said" grep -q "thresholds come from templates beside themselves" log
beside=runs/beside/weights/best.safetensors
by=$plain train data=pcb target=none name=alone >log || bad "alone: $(cat log)"
expect "or alone" eval '! grep -q "beside its template" log'
alone=runs/alone/weights/best.safetensors

val model=$beside data=pcb out=beside.csv >told || bad "val: $(cat told)"
expect "beside templates: what lies away from defects is good" \
    grep -q "^pictures  *4 good (what lies away from the defects of the others), 4 with defects$" told
expect "how many boxes are met, how many regions are false" [ "$(grep -c '^defects hit \|^false regions/picture ' told)" = 2 ]
expect "baselines judge the same" eval 'grep -q "^beside it  *image AUROC  *image AP  *hit at 1 fr$" told && grep -q "^nearest_patch  *[01]\." told'
expect "a line a board" [ "$(cut -d, -f1 beside.csv | tail -n +2 | tr '\n' ' ')" = "$(cd pcb && echo group/1/{b,d,f,h}_test.*) " ]
val model=$beside data=pcb --json | grep -q '"good":4,"defects":4,.*"rests_as_good":true' && ok || bad "as JSON"
val model=$alone data=pcb out=alone.csv >told || bad "val alone: $(cat told)"
expect "alone: templates that were held out are good" grep -q "^pictures  *4 good, 4 with defects$" told
expect "a line a board and a template" [ "$(wc -l <alone.csv)" = 9 ]
expect "nothing that was trained on" eval '! grep -q "/[aceg]_" alone.csv'
val model=$alone data=pcb/group/1 out=same.csv >told
expect "from another folder the same boards" cmp -s <(cut -d/ -f3- alone.csv) same.csv
predict model=$beside data=pcb out=boards.csv >told || bad "predict: $(cat told)"
expect "to be judged there are all boards" [ "$(grep -c '_test' boards.csv) $(wc -l <boards.csv)" = "8 9" ]
"$HOURGLASS" calibrate model=$beside data=pcb >told 2>&1 && bad "calibrated without good boards"
expect "no good boards, no thresholds" grep -q "pcb: expected good pictures beside their templates, got none" told
"$HOURGLASS" calibrate model=$alone data=pcb fpr=0.3 >told 2>&1 && grep -q "^pictures  *4 good$" told && ok || bad "alone there are: $(cat told)"

# ---- a folder of templates
mkdir -p line templates
for f in "${good[@]}" "${broken[@]}"; do
    cp "${good[0]}" templates/"$(basename "$(dirname "$f")")_$(basename "$f")"
    cp "$f" line/"$(basename "$(dirname "$f")")_$(basename "$f")"
done
mkdir learn && mv line/good_* learn
train data=learn target=templates model=repair name=target >log || bad "target: $(cat log)"
expect "all of them beside theirs" eval 'grep -q "8 good pictures (plain)" log && grep -q "each is judged beside its template" log'
expect "they are good pictures: nothing is to be said of thresholds" eval '! grep -q "templates beside themselves" log'
target=runs/target/weights/best.safetensors
predict model=$target data=line target=templates out=one.csv >told || bad "predict: $(cat told)"
expect "a line a picture" [ "$(wc -l <one.csv)" = 9 ]
for f in templates/*; do cp "${broken[0]}" "$f"; done
predict model=$target data=line target=templates out=two.csv
expect "the template is looked at" eval '! cmp -s <(cut -d, -f2 one.csv) <(cut -d, -f2 two.csv)'
predict model=$target data=line out=none.csv >told && bad "judged without templates"
expect "without it there is no judging" grep -q "expected a template beside it, as in training (target=), found none" told
rm templates/good_*
predict model=$target data=learn target=templates out=none.csv >told && bad "judged with templates that are missing"
expect "a missing one is named" grep -q "learn/good_.*: expected a template templates/good_.*, found none" told
expect "nothing was written" [ ! -e none.csv ]
for f in learn/*; do cp "${good[0]}" "templates/${f##*/}"; done
(for f in learn/*; do echo "$f,good"; done; for f in line/*; do echo "$f,defect"; done) >both.csv
val model=$target data=both.csv target=templates >told || bad "val: $(cat told)"
expect "good ones and defects" grep -q "^pictures  *8 good, 8 with defects$" told
"$HOURGLASS" calibrate model=$target data=learn target=templates fpr=0.2 >told 2>&1 && grep -q "^pictures  *8 good$" told && ok || bad "calibrate: $(cat told)"
finish
