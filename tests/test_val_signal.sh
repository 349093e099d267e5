#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# val with a model of a signal: figures of labels as lines and as JSON, the same as the scores of predict have; false alarms alone without
# labels; classes that are words; several files; what is asked for in vain.
. tests/lib.sh
draw() { # draw FILE SEED FAULTS: two channels of period 40; a fault is noise in the first
    awk -v seed="$2" -v faults="$3" 'BEGIN {
        srand(seed)
        print "a,b,anomaly,state"
        for (t = 0; t < 2400; t++) {
            bad = faults && (t >= 1000 && t < 1100 || t >= 2000 && t < 2060)
            a = bad ? t % 2 : sin(0.15708 * t)
            b = cos(0.15708 * t)
            printf "%.4f,%.4f,%d,%s\n", a + 0.1 * (rand() - 0.5), b + 0.1 * (rand() - 0.5), bad, bad ? "broken" : t % 3 ? "good" : "idle"
        }
    }' >"$1"
}
cd "$work" || exit
case $HOURGLASS in /*) ;; *) HOURGLASS=$OLDPWD/$HOURGLASS ;; esac
draw normal.csv 1 0
draw faults.csv 2 1
"$plain" train -q data=normal.csv ignore=anomaly,state window=auto steps=20 threads=1 project=runs name=signal || bad "not trained"
model=runs/signal/weights/best.safetensors
val() { "$HOURGLASS" val model=$model progress=none "$@" 2>&1; }
value() { grep -o "\"$1\":{\"value\":[-0-9.e]*" "$2" | awk -F: '{ printf "%.6f", $3 }'; }
count() { grep -o "\"$1\":[0-9]*" "$2" | cut -d: -f2; }

# ---- labels -------------------------------------------------------------------------------------
val data=faults.csv label=anomaly threads=1 >lines
val data=faults.csv label=anomaly threads=1 --json >one.json
val data=faults.csv label=anomaly threads=3 --json >three.json
expect "one thread or three" cmp one.json three.json
expect "counts" grep -q "^steps  *2240 normal, 160 anomalies$" lines
expect "both events are found" grep -q "^events  *2, 2 found$" lines
expect "the window of VUS is found in the data" grep -q "^VUS-PR .* windows of 0 to 40 steps$" lines
for key in auroc average_precision best_f1 vus_roc vus_pr event_recall delay_median false_alarms_per_million f1 far mar \
    affiliation_recall nab_standard; do
    expect "$key is told" grep -q "\"$key\":{\"value\":" one.json
done
"$HOURGLASS" predict -q model=$model data=faults.csv top=0 out=scores.csv || bad "not predicted"
auroc=$(paste -d, faults.csv scores.csv | awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == "score") c = i; next }
    { s[NR] = $c; bad[NR] = $3 }
    END {
        for (i in s) if (bad[i]) for (j in s) if (!bad[j]) { n++; hit += s[i] > s[j] ? 1 : s[i] == s[j] ? 0.5 : 0 }
        printf "%.6f", hit / n
    }')
expect "AUROC is that of predict's scores, $auroc" [ "$(value auroc one.json)" = "$auroc" ]
expect "faults stand out" awk -v x="$auroc" 'BEGIN { exit !(x > 0.9) }'
far=$(paste -d, faults.csv scores.csv | awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == "alarm") c = i; next }
    !$3 { n++; hit += $c }
    END { printf "%.6f", 100 * hit / n }')
expect "FAR is that of predict's alarms, $far" [ "$(value far one.json)" = "$far" ]

val data=faults.csv label=state normal=good,idle ignore=anomaly threads=1 --json >words.json
expect "classes that are words" cmp one.json words.json
val data=faults.csv label=anomaly fpr=0.2 --json >often.json
expect "fpr= asks for more alarms" awk -v a="$far" -v b="$(value far often.json)" 'BEGIN { exit !(b > a) }'

# ---- labels from elsewhere ------------------------------------------------------------------------
echo '{"other/faults.csv": [], "here/faults.csv": [[2000, 2059], [1000, 1049], [1030, 1099]], "normal.csv": []}' >rows.json
mkdir -p here && ln -s ../faults.csv here/faults.csv
val data=here/faults.csv ignore=anomaly labels=rows.json threads=1 --json >rows
expect "windows of rows" cmp one.json rows
awk -F, '{ print (NR == 1 ? "time" : 1700000000 + 60 * (NR - 2)) "," $1 "," $2 }' faults.csv >timed.csv
echo '[["2023-11-15 14:53:20.000000", "2023-11-15T16:32:20Z"], ["2023-11-16 07:33:20", "2023-11-16 08:32:20"]]' >times.json
val data=timed.csv labels=times.json --json >times
expect "windows of times" [ "$(count anomalies times)" = 160 ]
expect "and the same figures" [ "$(value auroc times)" = "$auroc" ]
echo '["2023-11-15 14:53:20", "2023-11-16 07:33:20"]' >points.json
val data=timed.csv labels=points.json --json >points
expect "single steps" [ "$(count anomalies points)" = 2 ]
tail -n +2 faults.csv | cut -d, -f 1,2 >x_900_1001_1100.txt
val data=x_900_1001_1100.txt labels=name --json >named
expect "what the file's name says" [ "$(count anomalies named)" = 100 ]
"$plain" train data=x_900_1001_1100.txt window=auto labels=name steps=5 threads=1 project=runs name=part 2>&1 | grep -q "900 steps of 2" ||
    bad "rows for training"
refuses() { # refuses SENTENCE options...
    val "${@:2}" >said
    expect "$*: $(cat said)" grep -qF "$1" said
}
refuses "expected windows of 'faults.csv', got those of several files" data=faults.csv labels=rows.json
refuses "expected windows of 'timed.csv', got none" data=timed.csv labels=rows.json
refuses "expected steps with times, got none" data=faults.csv labels=times.json
refuses "expected no label= beside it" data=faults.csv label=anomaly labels=times.json
refuses "expected a name that ends in rows of training" data=faults.csv labels=name
for text in '[[3]]' '[["x","y"]]' '[[5,4]]' '[[1,2],["2023-11-15","2023-11-16"]]' '[[1,2,3]]'; do
    echo "$text" >wrong.json
    refuses "expected [first, last]" data=faults.csv labels=wrong.json
done
echo 3 >wrong.json
refuses "expected windows of files" data=faults.csv labels=wrong.json
echo '{' >wrong.json
refuses "wrong.json" data=faults.csv labels=wrong.json

# ---- without labels -----------------------------------------------------------------------------
val data=normal.csv >quiet
val data=normal.csv --json >quiet.json
"$HOURGLASS" predict -q model=$model data=normal.csv top=0 out=scores.csv || bad "not predicted"
alarms=$(awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == "alarm") c = i; next } { n += $c } END { print n + 0 }' scores.csv)
expect "steps are counted" grep -q "^steps  *2400$" quiet
expect "so are those in alarms, $alarms" [ "$(count alarm_steps quiet.json)" = "$alarms" ]
expect "as a share" grep -q "^steps in alarms  *$alarms, [0-9.]* % of all$" quiet
expect "and events" grep -q "^events  *[0-9]*$" quiet
expect "no figure that needs labels" eval '! grep -q -e auroc -e anomalies quiet.json'
val data=normal.csv label=anomaly >none
expect "labels without an anomaly" grep -q "^steps  *2400 normal, 0 anomalies$" none
expect "have no AUROC" eval '! grep -q AUROC none'

# ---- several files, gaps ------------------------------------------------------------------------
val data=normal.csv,faults.csv label=anomaly --json >two.json
expect "two files" [ "$(count normal two.json)" = 4640 ]
expect "as many events" [ "$(count events two.json)" = 2 ]
# The first file ends, and the second begins, with an anomaly: two events.
awk -F, 'NR > 2300 { $3 = 1 } { print $1 "," $2 "," $3 }' normal.csv >ends.csv
awk -F, 'NR > 1 && NR < 100 { $3 = 1 } { print $1 "," $2 "," $3 }' normal.csv >begins.csv
val data=ends.csv,begins.csv label=anomaly --json >apart.json
expect "no event crosses from one to the next" [ "$(count events apart.json)" = 2 ]
awk -F, 'NR > 500 && NR < 600 { $1 = $2 = "" } { print $1 "," $2 "," $3 }' faults.csv >missing.csv
val data=missing.csv label=anomaly >left
expect "steps without values are left out" grep -q "^left out  *99, which have no score$" left
expect "and not counted" grep -q "^steps  *2141 normal, 160 anomalies$" left

# ---- pulses -------------------------------------------------------------------------------------
# Short pulses far apart are looked at in windows that are averaged.
awk 'BEGIN { srand(3); print "a,anomaly"; for (t = 0; t < 6000; t++) {
    k = t % 280; bad = t > 4900 && t < 4980; wide = bad ? 400 : 8
    printf "%.4f,%d\n", exp(-(k - 140) * (k - 140) / wide) + 0.02 * rand(), bad } }' >pulses.csv
head -n 4001 pulses.csv >start.csv
"$plain" train -q data=start.csv ignore=anomaly window=auto steps=20 threads=1 project=runs name=pulses || bad "pulses are not trained"
expect "pulses" eval '"$HOURGLASS" val model=runs/pulses/weights/best.safetensors data=pulses.csv label=anomaly --json | grep -q "\"anomalies\":79,"'

# ---- in vain ------------------------------------------------------------------------------------
expect "a column that is not there" eval 'val data=faults.csv label=nope | grep -q "label=nope: expected the name of a column"'
expect "no page" eval 'val data=faults.csv label=anomaly page=x.html | grep -q "page: expected"'
expect "no sheet" eval 'val data=faults.csv label=anomaly out=x.csv | grep -q "out: expected"'
finish
