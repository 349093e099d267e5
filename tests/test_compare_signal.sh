#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# compare of recordings: every detector on the same steps, the model's figures those of val, one alone those of a model of it; files, folders
# and test=; table, JSON, CSV and page; the same at any number of threads; what is refused.
. tests/lib.sh
. tests/page/look.sh
case $HOURGLASS in /*) command=$HOURGLASS ;; *) command=$PWD/$HOURGLASS ;; esac
case $plain in /*) ;; *) plain=$PWD/$plain ;; esac
cd "$work" || exit 1
draw() { # draw FILE SEED FIRST: a wave whose second channel stands still for 60 steps from FIRST and from FIRST + 300 on; 0: never
    awk -v seed="$2" -v first="$3" 'BEGIN {
        srand(seed)
        print "a,b,fault"
        for (t = 0; t < 1600; t++) {
            bad = first && (t >= first && t < first + 60 || t >= first + 300 && t < first + 360)
            printf "%.4f,%.4f,%d\n", sin(0.15708 * t) + 0.1 * (rand() - 0.5), (bad ? 0 : cos(0.15708 * t)) + 0.1 * (rand() - 0.5), bad
        }
    }' >"$1"
}
mkdir many && : >err
draw many/one.csv 1 900
draw many/two.csv 2 1000
draw many/calm.csv 3 0
draw start.csv 4 0
compare() { "$command" compare label=fault steps=30 progress=none "$@" 2>err; }
figure() { # figure METHOD COLUMN of c.csv, the first recording
    awk -F, -v m="$1" -v k="$2" 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == k) c = i; next } $3 == m && !n++ { print $c }' c.csv
}

# ---- one recording ------------------------------------------------------------------------------
expect "one: $(cat err)" compare data=many/one.csv window=auto out=c.csv page=c.html >table
expect "what trains and what is the test" grep -qF "The first half of the normal steps of the recording trains, what is behind it is the test." table
expect "how many of what" grep -qx "one.csv: 740 normal steps and 120 anomalies; VUS over windows of 0 to [0-9]*" table
for title in "the model" autoencoder "long statistics" spectrum "PCA on windows" "nearest windows" "moving z-score" "spectral residual"; do
    expect "$title has its figures" grep -q "^$title  *[01][.][0-9]\{4\}" table
done
expect "who is best is marked, in each column once" [ "$(tr -cd '*' <table | wc -c)" = 6 ]
expect "a sentence" grep -qE "^(None ranks this recording better than the default|.* ranks this recording better than the default: VUS-PR [0-9.]* against [0-9.]*\. Train with detectors=)" table
expect "eleven lines of CSV and a header" [ "$(wc -l <c.csv)" = 12 ]
expect "thresholds are the model's alone" eval '[ -n "$(figure model event_f1)" ] && [ -z "$(figure principal event_f1)" ]'
expect "the page" eval 'grep -q "moving z-score" c.html && grep -q "Side by side" c.html'
cp c.csv one.csv
expect "two threads: $(cat err)" compare data=many/one.csv window=auto out=two.csv threads=2 >/dev/null
expect "have the same bits" cmp one.csv two.csv

# ---- what is apart ------------------------------------------------------------------------------
expect "test=: $(cat err)" compare data=start.csv test=many/one.csv window=auto out=c.csv >table
expect "is said" grep -qF "data= trains, the recording of test= is the test." table
train() { "$plain" train -q data=start.csv ignore=fault window=auto steps=30 project=runs exist_ok=true report=false "$@" 2>err || bad "not trained: $(cat err)"; }
train name=all
"$plain" val model=runs/all data=many/one.csv label=fault progress=none --json >val.json || bad "val"
for key in vus_pr auroc best_f1; do
    expect "the model has the $key of val" grep -q "\"$key\":{\"value\":$(figure model $key)[,}]" val.json
done
for of in principal moving_z spectral_residual neighbours; do
    train name=$of detectors=$of
    "$plain" val model=runs/$of data=many/one.csv label=fault progress=none --json >val.json || bad "val"
    # a detector says nothing of the first steps: alone they are left out, beside others they are usual
    got=$(grep -o '"vus_pr":{"value":[0-9.]*' val.json | grep -o '[0-9.]*$')
    expect "$of alone: $(figure $of vus_pr), as a model of it has, $got" awk -v a="$(figure $of vus_pr)" -v b="$got" 'BEGIN { exit !(a > b - 0.05 && a < b + 0.05) }'
done
expect "detectors= are the model: $(cat err)" compare data=start.csv test=many/one.csv window=auto detectors=principal out=p.csv >table
expect "then it is PCA" [ "$(awk -F, '$3 == "model" { print $4, $5, $6, $7, $8 }' p.csv)" = "$(awk -F, '$3 == "principal" { print $4, $5, $6, $7, $8 }' p.csv)" ]

# ---- several ------------------------------------------------------------------------------------
expect "a folder: $(cat err)" compare data=many window=auto seeds=2 out=c.csv page=many.html --json >many.json
expect "what has no anomalies is passed over: $(cat err)" grep -q "calm.csv: passed over, for nothing is labelled" err
expect "each recording, seed and method" [ "$(wc -l <c.csv)" = 45 ]
expect "sets" [ "$(grep -o '"name": "[a-z]*.csv"' many.json | tr '\n' ' ')" = '"name": "one.csv" "name": "two.csv" ' ]
expect "means" grep -q '"mean": {"methods"' many.json
expect "the same at the first seed as one alone" cmp <(grep "^one.csv,0," c.csv) <(grep "^one.csv,0," one.csv)
expect "a list: $(cat err)" compare data=many/one.csv,many/two.csv window=auto >table
expect "names who is best of each" eval 'grep -q "^one.csv  *740  *120  *[01].[0-9]*  *[01].[0-9]*  [a-zP]" table'

mkdir other && cp many/one.csv other/one.csv
expect "of several folders: $(cat err)" compare data=many,other window=auto out=c.csv >/dev/null
expect "with their names" [ "$(cut -d, -f 1 c.csv | uniq | tr '\n' ' ')" = "set many/one.csv many/two.csv other/one.csv " ]

# ---- labels= --------------------------------------------------------------------------------------
tail -n +2 many/one.csv | cut -d, -f 1,2 >x_800_1201_1260.txt
expect "file names say what trains: $(cat err)" "$command" compare data=x_800_1201_1260.txt window=auto labels=name steps=30 progress=none >table 2>err
expect "and where the anomaly is" grep -q "^x_800_1201_1260.txt: 740 normal steps and 60 anomalies" table
expect "which is said" grep -qF "The first rows train, as file names say, what is behind is the test." table

# ---- refused ------------------------------------------------------------------------------------
refuses() { # refuses SENTENCE options...
    sentence=$1
    shift
    if "$command" compare -q "$@" >/dev/null 2>err; then bad "$*: was taken"; else expect "$*: $(cat err)" grep -qF "$sentence" err; fi
}
refuses "expected label=... or labels=..., which say what steps are anomalies, got neither" data=many window=auto
refuses "many/calm.csv: expected normal steps and anomalies to test on, found none; test=FILE may have them" data=many/calm.csv window=auto label=fault
refuses "window: expected no models=, which are of rows, but a recording" data=many/one.csv window=auto models=ae
refuses "detectors: expected auto, autoencoder" data=many/one.csv window=auto label=fault detectors=pca
refuses "out" data=many/one.csv window=auto label=fault out=many/one.csv
refuses "label=no" data=many/one.csv window=auto label=no
is_sanitized && finish
look_at "$work/c.html" "$work/many.html"
finish
