#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Recordings as users have them: what stands still, breaks, is huge, is written otherwise, does not fit: a sensible result or one clear sentence.
. tests/lib.sh
cd "$work" || exit 1
case $HOURGLASS in /*) hourglass=$HOURGLASS ;; *) hourglass=$OLDPWD/$HOURGLASS ;; esac

# Waves with noise, 0.3 to all sides, around 0, 1, 2 ...; MORE is awk that changes v of step i, channel c (from 0), or says as text what stands there.
draw() { # draw STEPS CHANNELS MORE [SEED]
    awk -v steps="$1" -v channels="$2" -v s="${4:-5}" 'BEGIN {
        pi = atan2(0, -1)
        printf "t"; for (c = 0; c < channels; c++) printf ",%s", c < 26 ? sprintf("%c", 97 + c) : "c" c; print ""
        for (i = 0; i < steps; i++) {
            printf "%d", 1700000000 + 60 * i
            for (c = 0; c < channels; c++) {
                s = (s * 16807) % 2147483647
                v = sprintf("%.5f", sin(2 * pi * i / (16 + 9 * (c % 4))) + 0.3 * (s / 2147483647 - 0.5) + c % 7)
                '"$3"'
                printf ",%s", v
            }
            print ""
        }
    }'
}
touch err
at='i >= 900 && i < 940' # where faults are
learn() { # learn NAME STEPS CHANNELS MORE [options...]
    name=$1
    draw "$2" "$3" "$4" >"$name.csv"
    "$hourglass" train threads=1 steps=60 seed=3 project=. exist_ok=true name="$name" data="$name.csv" window=auto "${@:5}" >out 2>err
}
judge() { # into o.csv, without the column novelty, which recordings of one channel have
    "$hourglass" predict model="$name" out=all.csv top=1 "$@" >out 2>err || return 1
    if [[ $(head -1 all.csv) = *,novelty,* ]]; then cut -d, -f 1-3,5- all.csv >o.csv; else cp all.csv o.csv; fi
}
in_fault() { awk -F, '$1 >= 900 && $1 < 960 && $5 == 1' o.csv | wc -l; }
outside() { awk -F, 'NR > 1 && ($1 < 890 || $1 > 1010) && $5 == 1' o.csv | wc -l; }
# What training saw, and a fault that must be found: WHAT # steps # channels # MORE of both # MORE of the recording that is judged # channel to be named
while IFS='#' read -r what steps channels normal faulty column; do
    [ -n "$what" ] || continue
    expect "$what: trained: $(cat err)" learn case "$steps" "$channels" "$normal"
    draw 1400 "$channels" "$normal $faulty" 77 >new.csv
    expect "$what: judged: $(cat err)" judge data=new.csv
    expect "$what: found: $(in_fault)" [ "$(in_fault)" -ge 10 ]
    expect "$what: quiet elsewhere: $(outside)" [ "$(outside)" -lt 100 ]
    named=$(awk -F, '$1 >= 900 && $1 < 940 && $5 == 1 { n[$7]++ } END { for (k in n) if (n[k] > most) { most = n[k]; b = k } print b }' o.csv)
    expect "$what: names $column: $named" [ "$named" = "$column" ]
    expect "$what: every step has a score" [ "$(cut -d, -f 3 o.csv | grep -c '^[0-9.e+-]*$')" -ge 1400 ]
done <<CASES
nothing odd#1500#3##if ($at && c == 1) v += 2#b
a channel that stands still#1500#4#if (c == 3) v = 5;#if ($at && c == 3) v = 5.5#d
one that is always 0#1500#4#if (c == 3) v = 0;#if ($at && c == 3) v = 1#d
all stand still#1000#3#v = c;#if ($at && c == 2) v = 3#c
flags alone#1500#3#v = int(i / (7 + 9 * c)) % 2;#if ($at && c == 0) v = 1#a
300 rows of one channel#300#1##if ($at) v += 2.5#a
50 channels, most of them flags#1500#50#if (c > 3) v = int(i / (5 + c)) % 2;#if ($at && c == 1) v += 2#b
stretches without values#1500#3#if ((i >= 400 && i < 500 && c == 1) || (i >= 700 && i < 750)) v = "";#if ($at && c == 0) v += 2#a
-9999 for missing, now and then#1500#3#if (i % 700 == 3 && c == 1) v = -9999;#if ($at && c == 1) v += 2#b
numbers around 1e30#1500#3#v = sprintf("%.6g", v * 1e30);#if ($at && c == 1) v += 3e30#b
CASES

# What training holds is normal, also where it is far out; it hides no other channel, and its own no more than it must.
expect "1e30 in training: $(cat err)" learn case 1500 3 'if (i == 700 && c == 1) v = 1e30;'
draw 1400 3 "if ($at && c == 1) v += 2" 77 >new.csv
judge data=new.csv
best=$(tail -n +2 o.csv | sort -t, -k 3,3gr | head -1)
expect "the fault scores highest: $best" eval '[ "${best%%,*}" -ge 890 ] && [ "${best%%,*}" -lt 990 ]'

# ---- as it is written -----------------------------------------------------------------------------
thousands='if (c == 0) v = sprintf("\"%d,%03d\"", 12 + (v > 0), (v + 2) * 100);'
expect "thousands: $(cat err)" learn thousands 1500 2 "$thousands"
expect "both are channels: $(cat err)" grep -q "of 2 channels" err
expect "money and units" learn units 1500 2 'if (c == 0) v = sprintf("%.2f kg", v);'
expect "both are channels: $(cat err)" grep -q "of 2 channels" err
learn points 1500 2 ''
tr ',.' ';,' <points.csv >commas.csv
"$hourglass" train -q threads=1 steps=60 seed=3 project=. exist_ok=true name=commas data=commas.csv window=auto 2>err
expect "decimal commas are the same numbers: $(cat err)" cmp points/weights/best.safetensors commas/weights/best.safetensors

# ---- what does not belong there --------------------------------------------------------------------
draw 1500 4 "if (c == 3) v = ($at);" | sed '1s/d$/anomaly/' >labelled.csv
"$hourglass" train threads=1 steps=60 seed=3 project=. exist_ok=true name=labelled data=labelled.csv window=auto >out 2>err
expect "labels left in are left out: $(cat err)" grep -q "column 'anomaly' looks like labels: left out" err
expect "3 channels: $(cat err)" grep -q "of 3 channels" err
refuses() { # refuses SENTENCE command...
    sentence=$1
    shift
    if "$@" 2>err >out; then bad "$*: was taken"; else expect "$*: $(cat err)" grep -qF -- "$sentence" err; fi
}
refuses "column 'a': expected a number, got 'inf'; on_bad=score_missing takes it as missing" learn no 1500 2 'if (i == 100 && c == 0) v = "inf";'
expect "infinities are missing: $(cat err)" learn infinite 1500 2 'if (i == 100) v = "-Inf";' on_bad=score_missing
refuses "expected a number, got '1e+39'" learn no 1500 2 'if (i == 3) v = 1e39;'
refuses "expected at least 4 windows of 4 steps, got 2" learn no 5 2 ''
expect "20 rows: $(cat err)" learn few 20 1 ''
expect "and the threshold says how sure it is: $(cat err)" grep -q "extrapolated" err

# ---- other data than training's --------------------------------------------------------------------
expect "trained: $(cat err)" learn plain 1500 3 ''
draw 1400 3 "if ($at && c == 1) v += 2" 77 >new.csv
judge data=new.csv && cp o.csv want.csv
awk -F, -v OFS=, '{ print $4, $1, NR == 1 ? "text" : "x", $2, NR == 1 ? "more" : 3, $3 }' new.csv >other.csv
expect "other order, more columns: $(cat err)" judge data=other.csv
expect "the same scores" cmp want.csv o.csv
cut -d, -f 1-3 new.csv >less.csv
refuses "less.csv: expected a channel 'c', got none of that name" judge data=less.csv
head -n 6 new.csv >short.csv
expect "shorter than a window: $(cat err)" judge data=short.csv
expect "5 rows" [ "$(wc -l <o.csv)" = 6 ]
draw 1400 3 'v *= 1000' 77 >scale.csv
expect "another scale: $(cat err)" judge data=scale.csv
expect "is said: $(cat err)" grep -q "most steps are in alarm" err
finish
