#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A table trained on and scored from wherever it comes: CSV, databases, arrays; what must not get out of a connection string;
# what a model without thresholds refuses; how much of what is planted is found, and why.
. tests/lib.sh
rows=$PWD/tests/table_rows.awk
. tests/postgres.sh
cd "$work" || exit 1
export HG_THREADS=2 HG_PROGRESS=none

awk -v rows=1200 -v seed=1 -f "$rows" >train.csv
awk -v rows=400 -v seed=2 -f "$rows" >fresh.csv
run() { "$HOURGLASS" "$@" >out 2>err; }
must() { run "$@" || bad "$*: exit $?: $(tail -1 err)"; }
refused() { # refused STATUS WORDS command...: exits so, with one sentence that has the words
    wanted=$1 words=$2
    shift 2
    run "$@"
    got=$?
    expect "$words: exit $got, expected $wanted" [ $got = "$wanted" ]
    expect "$words: in $(tail -1 err)" grep -qF -- "$words" err
    expect "$words: one sentence: $(cat err)" [ "$(grep -vc note: err)" = 1 ]
}
columns() { # columns NAMES FILE: by their names
    awk -F, -v names="$1" 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; n = split(names, name, " ") }
        { for (i = 1; i <= n; i++) printf "%s%s", $at[name[i]], i < n ? "," : "\n" }' "$2"
}
scores() { columns "row score" "$1"; }
alarms() { columns alarm "$1" | awk '{ n += $1 } END { print n }'; }
model=runs/t/weights/best.safetensors
must train data=train.csv name=t steps=300

# ---- what is planted is found, with its reason ----
awk -F, -v OFS=, 'NR == 12 { $6 = 60 } NR == 22 { $3 = "drum" } NR == 32 { $8 = 8 } NR == 42 { $7 = "" } NR == 52 { $2 = "" }
    NR == 62 { $4 = ($4 == "yes" ? "no" : "yes") } { print }' fresh.csv >odd.csv
must predict model=$model data=odd.csv out=odd.out on_bad=score_missing reasons=all
row() { columns "row score p_value alarm column_1 observed_1 expected_1 share_1" odd.out | awk -F, -v row="$1" "\$1 == row && ($2) { found = 1 } END { exit !found }"; }
expect "a number beside its partner: the column, what is there and about what should be" \
    row 10 '$4 == 1 && $5 == "weight" && $6 == "60" && $7 < 40 && $8 > 0.5'
expect "a level that training never saw" row 20 '$4 == 1 && $5 == "kind" && $6 == "drum" && $7 ~ /^(box|bag|tube)$/'
expect "a constant that changes" row 30 '$4 == 1 && $5 == "fixed" && $6 == "8" && $7 == "7"'
expect "a boolean that does not go with its number" row 60 '$3 < 0.05 && $5 == "open"'
expect "a gap where gaps come is no alarm" row 40 '$4 == 0'
for words in "1 cells hold a value that training never saw" "1 cells have no value in columns that never missed one" \
    "1 cells differ in columns that had one value in training"; do
    expect "$words" grep -qF "$words" err
done
must predict model=$model data=fresh.csv out=fresh.out
expect "none of it is said where there is none: $(cat err)" [ "$(grep -c cells err)" = 0 ]
score_of() { scores "$2" | awk -F, -v row="$1" '$1 == row { print $2 }'; }
for row in 10 20 30 60; do
    was=$(score_of $row fresh.out) is=$(score_of $row odd.out)
    expect "row $row scores higher: $was, then $is" awk "BEGIN { exit !($is > 2 * $was) }"
done
refused 4 "odd.csv:52: column 'site': expected a value, as in all of training, got nothing" predict model=$model data=odd.csv out=no.csv
expect "and no file" [ ! -e no.csv ]
must predict model=$model data=odd.csv out=skip.out on_bad=skip
expect "a row that is left out is counted" grep -q "1 rows that could not be used were left out (on_bad=skip)" err
expect "the others keep their numbers and scores" cmp -s <(scores odd.out | grep -v '^50,') <(scores skip.out)

# ---- where rows come from and go to ----
must predict model=$model data=fresh.csv out=fresh.jsonl
expect "JSON by the file's name" [ "$(grep -c '^{"row":[0-9]*,"line":[0-9]*,"score":' fresh.jsonl)" = 400 ]
expect "the same figures" cmp -s <(sed 's/^{"row":\([0-9]*\),"line":[0-9]*,"score":\([^,]*\),.*/\1,\2/' fresh.jsonl) <(scores fresh.out | tail -n +2)
if command -v sqlite3 >/dev/null && ! "$HOURGLASS" checks | grep -q '^SQLite .*missing'; then
    printf '.mode csv\n.import train.csv train\n.import fresh.csv fresh\n.import odd.csv odd\n' | sqlite3 x.db
    sqlite3 x.db "create table typed as select \"when\", site, kind, open, cast(size as real) size, cast(weight as real) weight,
        case level when '' then null else cast(level as real) end level, cast(fixed as int) fixed from fresh"
    must predict model=$model data=x.db query='select * from typed' out=y.db table=scores
    must predict model=$model data=x.db query='select * from typed order by rowid' out=sqlite.out
    expect "SQLite: the scores of the CSV" cmp -s <(scores fresh.out) <(scores sqlite.out)
    expect "and in the table" [ "$(sqlite3 y.db 'select count(*), sum(alarm), max(column_1) is not null from scores')" = "400|$(alarms fresh.out)|1" ]
    expect "as they are in the file" [ "$(sqlite3 y.db "select printf('%.6g', max(score)) from scores")" = "$(scores fresh.out | awk -F, 'NR > 1 && $2 > m { m = $2 } END { printf "%.6g", m }')" ]
    refused 1 'no such table: nope' predict model=$model data=x.db query='select * from nope' out=no.csv
    refused 1 'no such column: nope' train data=x.db query='select nope from fresh' name=no
    must predict model=$model data=x.db query='select * from typed' out=y.db table=twice
    refused 2 "expected a table without rows, got twice with 400: append=true adds to them" predict model=$model data=x.db query="select * from typed" out=y.db table=twice
    refused 4 'expected a value' predict model=$model data=odd.csv out=y.db table=twice append=true
    expect "what fails adds no row to a table" [ "$(sqlite3 y.db 'select count(*) from twice')" = 400 ]
    must train data=x.db table=typed name=lite steps=100
    must train data=fresh.csv name=csv steps=100
    expect "training on it gives the same weights" [ "$(hash_of runs/lite/weights/best.safetensors)" = "$(hash_of runs/csv/weights/best.safetensors)" ]
else
    skip "no SQLite, or no sqlite3 to write with"
fi
if has_postgres && make_server; then
    sql "create table fresh (\"when\" timestamp, site text, kind text, open boolean, size float8, weight float8, level float8, fixed int, row serial)"
    PGPASSWORD='ge;heim}' "$bin/psql" -q -h "$here" -p $port -U hg -d postgres \
        -c "\\copy fresh (\"when\", site, kind, open, size, weight, level, fixed) from fresh.csv csv header" >psql.out 2>&1 || bad "$(cat psql.out)"
    must predict model=$model data="$pg" query='select * from fresh order by row' out=pg.out
    expect "PostgreSQL: the scores of the CSV" cmp -s <(scores fresh.out) <(scores pg.out)
    must predict -v model=$model data="$pg" query='select * from fresh order by row' out="$pg" table=scores
    cat out err >said
    expect "and in its table" [ "$(sql 'select count(*), sum(alarm) from scores')" = "400|$(alarms fresh.out)" ]
    must predict model=$model data="$pg" query='select * from fresh order by row' out="$pg" table=scores append=true fpr=0.1
    expect "which takes more" [ "$(sql 'select count(*) from scores')" = 800 ]
    must train -v data="$pg" query='select * from fresh order by row' ignore=row name=pg steps=100
    cat out err >>said
    must train data=fresh.csv name=csv2 steps=100
    expect "training on it gives the same weights" [ "$(hash_of runs/pg/weights/best.safetensors)" = "$(hash_of runs/csv2/weights/best.safetensors)" ]
    expect "the password is in no file" sh -c '! grep -rlE "heim" runs pg.out'
    expect "nor in what -v says" sh -c '! grep -q heim said'
    expect "but that there was one is" grep -qF 'PWD=***' runs/pg/args.yaml
    expect "and in run.json" grep -qF 'PWD=***' runs/pg/run.json
    refused 2 "its password was not kept: expected data= once more" train resume=runs/pg steps=150
    must train resume=runs/pg data="$pg" steps=150
    refused 1 'syntax error' predict model=$model data="$pg" query='selekt' out=no.csv
    stop_server immediate
    refused 1 'cannot connect' predict model=$model data="$pg" query='select * from fresh' out=no.csv
    expect "no file of what failed" [ ! -e no.csv ]
    stop_server fast
else
    skip "no PostgreSQL with its ODBC driver (postgresql, odbc-postgresql)"
fi

# What takes no database does not say its password either.
secret="odbc:Driver=Nobody;UID=me;PWD=geheim"
tell() { run "$@"; got=$?; expect "refused: $*" [ $got != 0 ]; expect "no password: $(cat out err)" sh -c '! grep -q geheim out err'; }
tell train data="$secret" table=t
tell train data="$secret" prepare=none
tell train data="$secret" model=ae
tell train data=train.csv val="$secret" steps=10
tell predict model=$model data="$secret"
tell predict model=$model data=fresh.csv out="$secret"
tell predict model=$model data=fresh.csv out="$secret" table=t
tell encode model=$model data=fresh.csv out="$secret"
tell reconstruct model=$model data=fresh.csv out="$secret"
tell val model=$model data="$secret"
tell calibrate model=$model data="$secret"
tell compare data="$secret" label=y
tell denoise source="$secret" out=o.png
expect "cfg does not print it" sh -c '! "$HOURGLASS" cfg data="$1" | grep -q geheim' _ "$secret"
expect "nor is a file named after it" [ -z "$(ls | grep odbc)" ]

# ---- arrays as tables ----
python=${PYTHON:-python3}
if $python -c 'import numpy' 2>/dev/null; then
    $python -c '
import csv, numpy as np
rows = list(csv.DictReader(open("fresh.csv")))
x = np.array([[float(r["size"]), float(r["weight"]), float(r["level"] or "nan")] for r in rows])
y = np.array([r["open"] == "yes" for r in rows]).astype("i8")
np.savez("x.npz", X=x, y=y)
np.savetxt("x.csv", x, "%.17g", ",")'
    must train data=x.npz label=y normal=1 name=npz steps=100
    expect "an NPZ with a label is a table" grep -q "rows are labelled as anomalies: training does not see them" err
    must predict model=runs/npz/weights/best.safetensors data=x.npz out=npz.out
    expect "is scored, gaps and all: $(cat err)" [ "$(wc -l <npz.out)" = 401 ]
    must val model=runs/npz/weights/best.safetensors data=x.npz label=y normal=1
    expect "and measured" grep -q "^AUROC" out
else
    skip "no NumPy to write an NPZ with"
fi

# ---- held-out rows ----
must train data=train.csv val=fresh.csv name=file steps=100
expect "val=FILE: its rows are held out" grep -q "(400 held-out rows)" err
awk -F, -v OFS=, 'NR == 1 { print $0, "y"; next } NR % 4 == 0 { $6 += 50 } { print $0, (NR % 4 == 0) }' fresh.csv >mixed.csv
awk -F, -v OFS=, 'NR == 1 { print $0, "y"; next } { print $0, 0 }' train.csv >clean.csv
must train data=clean.csv label=y val=mixed.csv name=mixed steps=100
expect "but for those labelled as anomalies" grep -q "(300 held-out rows)" err
must train data=train.csv val=0 name=none steps=100
none=runs/none/weights/best.safetensors
expect "val=0: no threshold" sh -c '! grep -q threshold err'
must predict model=$none data=fresh.csv out=none.out top=0
expect "and no p-values" [ "$(head -1 none.out)" = row,line,score ]
for option in fpr=0.1 fdr=0.1 fail_on_anomaly=true groupby=site; do
    refused 2 "${option%=*}: expected scores with thresholds: the model has no thresholds: no rows were held out (val=0)" predict model=$none data=fresh.csv out=no.csv $option
done
before=$(hash_of $none)
must calibrate model=$none data=fresh.csv fpr=0.02
expect "calibrate gives it a threshold" grep -q "at most 0.02 of normal rows raise an alarm (400 held-out rows)" out
must predict model=$none data=fresh.csv out=some.out top=0
expect "which predict has, with the same scores" cmp -s <(scores none.out) <(scores some.out)
expect "8 alarms of the 400 rows it comes from" [ "$(alarms some.out)" -le 8 ]
"$HOURGLASS" verify model=$none >/dev/null 2>&1 || bad "the model is not whole: $before"
must calibrate model=$none data=fresh.csv alarms=1/week rate=10/min --json
expect "calibrate says that rows are too few: $(cat out)" grep -qE '"guaranteed":false,"rows_needed":100799' out
refused 2 "score: expected auto" calibrate model=$none data=fresh.csv score=error
refused 2 "fpr: expected scores with thresholds: got score=error, which has none" predict model=$model data=fresh.csv out=no.csv score=error fpr=0.1
refused 2 "alarms=many: expected a number above 0 and a time" train data=train.csv alarms=many rate=10/min name=no
expect "which is said before training" [ ! -e runs/no ]
must train data=train.csv name=group groupby=site fpr=0.05 steps=100
must predict model=runs/group/weights/best.safetensors data=fresh.csv out=group.out
expect "groupby= is no feature, and predict knows it" [ "$(head -1 group.out | cut -d, -f6)" = group ]
expect "each row has its own" [ "$(awk -F, 'NR > 1 { print $6 }' group.out | sort -u | tr -d '\n')" = ENS ]
awk -F, -v OFS=, 'NR > 1 { $2 = "W" } { print }' fresh.csv >west.csv
must predict model=runs/group/weights/best.safetensors data=west.csv out=west.out
expect "a group that training never saw has the threshold of all" [ "$(awk -F, 'NR > 1 { print $6 }' west.out | sort -u)" = W ]
expect "and the same scores" cmp -s <(scores group.out) <(scores west.out)

# ---- models of numbers ----
cut -d, -f5,6 train.csv >numbers.csv
must train data=numbers.csv prepare=none model=ae latent=1 epochs=1 name=raw
for option in fpr=0.1 fail_on_anomaly=true fdr=0.1 format=json; do
    refused 2 "expected a model of a table, got one of rows of numbers" predict model=runs/raw/weights/best.safetensors data=numbers.csv out=no.csv $option
done
finish
