#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# train and predict of recordings: what is found, what the sheet has, what is refused, and the same bits however it is run.
. tests/lib.sh
cd "$work" || exit 1
case $HOURGLASS in /*) hourglass=$HOURGLASS ;; *) hourglass=$OLDPWD/$HOURGLASS ;; esac
case $plain in /*) ;; *) plain=$OLDPWD/$plain ;; esac

# Waves with noise; FAULT: channel b stands still for 60 steps from there.
draw() { # draw STEPS FAULT CHANNELS
    awk -v steps="$1" -v fault="$2" -v channels="${3:-3}" 'BEGIN {
        pi = atan2(0, -1); s = 1
        printf "t"; for (c = 0; c < channels; c++) printf ",%s", c < 26 ? sprintf("%c", 97 + c) : "c" c; print ""
        for (i = 0; i < steps; i++) {
            printf "%d", 1700000000 + 60 * i
            for (c = 0; c < channels; c++) {
                s = (s * 16807) % 2147483647
                v = sin(2 * pi * i / (16 + 9 * (c % 7))) + 0.4 * (s / 2147483647 - 0.5) + c
                if (fault && c == 1 && i >= fault && i < fault + 60) v = 1
                printf ",%.5f", v
            }
            print ""
        }
    }'
}
train() { # train NAME options...: quick
    name=$1
    shift
    "$hourglass" train -q threads=1 steps=30 seed=3 project=. exist_ok=true name="$name" "$@" 2>err
}
predict() { "$hourglass" predict -q model=model.safetensors "$@" 2>err; }
says() { # says "sentence" SENTENCE: what err holds
    expect "$1: $(cat err)" grep -qF "$2" err
}
refuses() { # refuses SENTENCE command...
    sentence=$1
    shift
    if "$@" 2>err >out; then bad "$*: was taken"; else says "$*" "$sentence"; fi
}

touch err
draw 2000 0 >x.csv
draw 1500 900 >fault.csv
expect "a recording is trained on: $(cat err)" train run data=x.csv window=auto
cp run/weights/best.safetensors model.safetensors

# ---- the sheet ------------------------------------------------------------------------------------
expect "a recording is judged: $(cat err)" predict data=fault.csv out=o.csv
expect "columns: $(head -1 o.csv)" eval '[[ $(head -1 o.csv) = row,time,score,p_value,alarm,event,column_1,observed_1,expected_1,share_1,* ]]'
expect "a row a step: $(wc -l <o.csv)" [ "$(wc -l <o.csv)" = 1501 ]
expect "rows in order, with the times of the file" eval 'cmp <(awk -F, "NR > 1 { print NR - 2 \",\" \$1 }" fault.csv) <(tail -n +2 o.csv | cut -d, -f 1,2)'
best=$(tail -n +2 o.csv | sort -t, -k 3,3gr | head -1)
expect "the fault scores highest: $best" eval '[ "${best%%,*}" -ge 850 ] && [ "${best%%,*}" -le 1010 ]'
expect "an alarm in the fault" eval '[ "$(awk -F, "\$1 >= 900 && \$1 < 1010 && \$5 == 1" o.csv | wc -l)" -gt 0 ]'
expect "alarms elsewhere" eval '[ "$(awk -F, "NR > 1 && (\$1 < 850 || \$1 > 1100) && \$5 == 1" o.csv | wc -l)" -lt 150 ]'
expect "an event's steps follow each other" awk -F, 'NR > 1 && $6 != "" { if ($6 in last && $1 != last[$6] + 1) exit 1; last[$6] = $1 }' o.csv
expect "an alarm has an event, and no other step" awk -F, 'NR > 1 && ($5 == 1) != ($6 != "") { exit 1 }' o.csv
expect "p-values" awk -F, 'NR > 1 && $4 != "" && !($4 > 0 && $4 <= 1) { exit 1 }' o.csv
predict data=fault.csv out=all.csv reasons=all top=1
reason=$(awk -F, '$1 >= 910 && $1 < 950 { n[$7]++ } END { for (k in n) if (n[k] > most) { most = n[k]; b = k } print b }' all.csv)
expect "reasons=all names a channel of every step" eval '[ "$(cut -d, -f 7 all.csv | tail -n +2 | grep -c "^[abc]$")" = 1500 ]'
expect "top=1 has one reason" eval '[ "$(head -1 all.csv | tr , "\n" | grep -c column_)" = 1 ]'
expect "a channel is named: $reason" eval '[[ "$reason" = [abc] ]]'
predict data=fault.csv out=no.csv top=0
expect "top=0 has none: $(head -1 no.csv)" [ "$(head -1 no.csv)" = row,time,score,p_value,alarm,event ]
predict data=fault.csv out=o.json format=json
expect "JSON: $(head -c 200 o.json)" eval 'grep -q "\"score\"" o.json && grep -q "\"event\"" o.json'
predict data=fault.csv out=rare.csv fpr=0.0001
predict data=fault.csv out=often.csv fpr=0.2
count() { awk -F, '$5 == 1' "$1" | wc -l; }
expect "fpr= asks for more or fewer alarms: $(count rare.csv), $(count o.csv), $(count often.csv)" eval '[ "$(count rare.csv)" -le "$(count o.csv)" ] && [ "$(count o.csv)" -lt "$(count often.csv)" ]'
"$hourglass" predict model=model.safetensors data=fault.csv out=o2.csv 2>err
says "what was done" "1500 steps, "
expect "the same again" cmp o.csv o2.csv

# ---- other files ----------------------------------------------------------------------------------
scores() { cut -d, -f "${2:-3}" "$1" | tail -n +2; }
awk -F, -v OFS=, '{ print $4, $3, "x" NR, $1, $2 }' fault.csv >turned.csv
sed -i '1s/x1/text/' turned.csv
predict data=turned.csv out=t.csv
expect "channels go by name: $(cat err)" cmp <(scores o.csv) <(scores t.csv)
sed '1s/^t,/when,/' fault.csv >named.csv
predict data=named.csv out=t.csv timestamp=when
expect "timestamp= names the time: $(cat err)" cmp <(scores o.csv) <(scores t.csv)
cut -d, -f 2- fault.csv >bare.csv
predict data=bare.csv out=t.csv
expect "without times: $(cat err)" cmp <(scores o.csv) <(scores t.csv)
expect "and then from 0 in steps of the model's: $(sed -n 3p t.csv)" eval '[[ $(sed -n 3p t.csv) = 1,60.000000000,* ]]'
awk -F, -v OFS=, 'NR == 301 { $3 = "" } NR >= 401 && NR < 406 { next } NR >= 1201 && NR < 1301 { next } { print }' fault.csv >gaps.csv
predict data=gaps.csv out=t.csv
expect "gaps and missing cells: $(cat err)" eval '[ "$(wc -l <t.csv)" = 1396 ] && [ "$(scores t.csv | grep -c .)" = 1395 ]'
predict data=fault.csv,fault.csv out=t.csv
expect "two files, told apart: $(head -1 t.csv)" eval '[[ $(head -1 t.csv) = row,file,time,score,* ]] && [ "$(wc -l <t.csv)" = 3001 ]'
expect "each begins anew" cmp <(sed -n 2,1501p t.csv | cut -d, -f 1,3,4) <(sed -n 1502,3001p t.csv | cut -d, -f 1,3,4)
head -3 x.csv >short.csv
predict data=short.csv out=t.csv
expect "a file shorter than a window has scores: $(cat err)" eval '[ "$(scores t.csv | grep -c .)" = 2 ]'
cut -d, -f 1-3 x.csv >less.csv
refuses "less.csv: expected a channel 'c', got none of that name" predict data=less.csv out=no
sed '1s/c$/q/' x.csv >names.csv
refuses "names.csv: expected a channel 'c', got none of that name" predict data=names.csv out=no
tail -n +2 x.csv >headless.csv
predict data=headless.csv out=t.csv
expect "without names channels go by place: $(cat err)" [ "$(wc -l <t.csv)" = 2001 ]
head -1 x.csv >empty.csv
refuses "empty.csv: expected at least 1 step, got none" predict data=empty.csv out=no
expect "nothing is left of what was refused" [ ! -e no ]
for option in keep=a groupby=a fdr=0.1 score=error; do
    refuses "${option%%=*}: expected a model that it says something of, got one of a recording" predict data=x.csv out=no "$option"
done
refuses "top: expected at most 16 channels, got 20" predict data=x.csv out=no top=20

# ---- arrays ---------------------------------------------------------------------------------------
if python3 -c 'import numpy' 2>/dev/null; then
    python3 -c 'import numpy as n
x = n.loadtxt("bare.csv", delimiter=",", skiprows=1, dtype="f4")
n.save("two.npy", x); n.save("one.npy", x[:, 0])'
    expect "an array (steps, channels): $(cat err)" train npy data=two.npy window=16
    "$hourglass" predict -q model=npy data=two.npy out=t.csv 2>err
    expect "is judged: $(cat err)" eval '[ "$(wc -l <t.csv)" = 1501 ] && [[ $(head -1 t.csv) = row,score,* ]]'
    refuses "one.npy: expected 3 channels, " "$hourglass" predict -q model=npy data=one.npy out=no
    expect "an array (steps): $(cat err)" train npy1 data=one.npy window=16
    expect "is judged: $(cat err)" "$hourglass" predict -q model=npy1 data=one.npy out=t.csv
else
    skip "no NumPy"
fi

# ---- what can be learned --------------------------------------------------------------------------
draw 1200 0 1 | cut -d, -f 2 >one.csv
expect "one channel: $(cat err)" train one data=one.csv window=auto
draw 300 0 60 >wide.csv
expect "60 channels: $(cat err)" train wide data=wide.csv window=4
awk 'BEGIN { print "a,b"; for (i = 0; i < 500; i++) print "5,7" }' >still.csv
expect "what never varies: $(cat err)" train still data=still.csv window=auto
cp still/weights/best.safetensors still.safetensors
awk 'BEGIN { print "a,b"; for (i = 0; i < 300; i++) print (i == 200 ? "6,7" : "5,7") }' >moved.csv
"$hourglass" predict -q model=still.safetensors data=moved.csv out=t.csv 2>err
expect "and then does: $(cat err)" eval 'best=$(tail -n +2 t.csv | sort -t, -k 2,2gr | head -1) && [ "${best%%,*}" -gt 100 ]'
expect "several files: $(cat err)" train two data=x.csv,fault.csv window=auto
expect "ignore= leaves a channel out: $(cat err)" train ignore data=x.csv window=16 ignore=b
"$hourglass" predict -q model=ignore data=fault.csv out=t.csv reasons=all top=3 2>err
expect "and it is no reason: $(cat err)" eval '! cut -d, -f 7,11,15 t.csv | tail -n +2 | tr , "\n" | grep -qx b'
refuses "window: expected a number from 2 to 65536 or auto, got '1'" train no data=x.csv window=1
refuses "window: expected a number from 2 to 65536 or auto, got '70000'" train no data=x.csv window=70000
refuses "window: expected auto, or 2 to 65536 steps, got 'many'" train no data=x.csv window=many
refuses "window: expected auto, or 2 to 65536 steps, got '2.5'" train no data=x.csv window=2.5
refuses "x.csv: expected a stretch of at least 2500 steps without a gap, as windows are long, got 2000" train no data=x.csv window=2500
refuses "short.csv: expected a stretch of at least 4 steps without a gap, as windows are long, got 2" train no data=short.csv window=auto
refuses "stride: expected at most the window's 16 steps, got 20" train no data=x.csv window=16 stride=20
refuses "x.csv: timestamp=zz: expected the name of a column or a number from 1 to 4; there are t, a, b, c" train no data=x.csv window=auto timestamp=zz
refuses "val: expected a share of the recording, got 'x.csv'" train no data=x.csv window=auto val=x.csv

# ---- other modes ----------------------------------------------------------------------------------
expect "verify" "$hourglass" verify model=model.safetensors >out
expect "info" "$hourglass" info model=model.safetensors >out
rows="model.safetensors: expected a model of rows, got one of a recording, which sees windows: \`hourglass predict\` scores steps with it"
for mode in reconstruct encode decode; do
    refuses "$rows" "$hourglass" $mode -q model=model.safetensors data=x.csv out=no
done
refuses "$rows" "$hourglass" calibrate -q model=model.safetensors data=x.csv
refuses "$rows" "$hourglass" interpolate -q model=model.safetensors data=x.csv from=1 to=9 steps=4 out=no
refuses "expected a model that knows where codes lie" "$hourglass" generate -q model=model.safetensors n=3 out=no
refuses "expected a model of images of any size" "$hourglass" denoise -q model=model.safetensors source=x.csv out=no
refuses "expected a model of numbers as they are" "$hourglass" compare -q data=x.csv models=model.safetensors out=no

# ---- without names --------------------------------------------------------------------------------
tail -n +2 x.csv | cut -d, -f 2,3 >bare.csv
expect "a table without a header is trained on: $(cat err)" train bare data=bare.csv window=auto
expect "and judged: $(cat err)" "$hourglass" predict -q model=bare data=bare.csv out=bare.out
expect "a row a step" [ "$(wc -l <bare.out)" = 2001 ]

# ---- the page on model files ----------------------------------------------------------------------
page=$OLDPWD/docs/MODELFILE.md
keys=$(head -c 20000 model.safetensors | tr -d '\\' | grep -aoE '"(signal|events)":\{[^}]*\}' | grep -oE '"[a-z_]+":' | tr -d '":' | sort -u)
expect "keys are found: $keys" [ "$(echo "$keys" | wc -l)" -ge 15 ]
for key in $keys; do
    expect "docs/MODELFILE.md names the key $key" grep -qE "[\`.]$key\`" "$page"
done
names=$(head -c 20000 model.safetensors | grep -aoE '"detector\.[a-z_.]+"' | tr -d '"' | sort -u)
for name in $names; do
    own=${name#detector.} && own=${own%.*}
    expect "docs/MODELFILE.md names the tensor $name" eval 'grep -qF "\`$name\`" "$page" || { grep -qF "\`$own\`" "$page" && grep -qF "\`detector.NAME\`" "$page"; }'
done

# ---- the same bits --------------------------------------------------------------------------------
want=$(hash_of model.safetensors)
train two threads=2 data=x.csv window=auto
expect "two threads: $(hash_of two/weights/best.safetensors), not $want" [ "$(hash_of two/weights/best.safetensors)" = "$want" ]
predict data=fault.csv out=t.csv threads=2
expect "judged by two threads" cmp o.csv t.csv
for isa in ref avx2 avx512; do
    HG_ISA=$isa "$plain" checks >/dev/null 2>&1 || { skip "HG_ISA=$isa"; continue; }
    HG_ISA=$isa train isa data=x.csv window=auto
    expect "$isa: $(hash_of isa/weights/best.safetensors), not $want" [ "$(hash_of isa/weights/best.safetensors)" = "$want" ]
    HG_ISA=$isa predict data=fault.csv out=t.csv
    expect "judged with $isa" cmp o.csv t.csv
done
"$hourglass" train -q resume=run 2>err
expect "resumed where it was done: $(cat err)" [ "$(hash_of run/weights/best.safetensors)" = "$want" ]
finish
