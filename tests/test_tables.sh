#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A table from training to alarms, as an analyst has it: the schema, scores, reasons, thresholds, what is bad in a row.
. tests/lib.sh
readings=$PWD/tools/readings.awk
cd "$work" || exit 1

"$HOURGLASS" >/dev/null 2>&1
awk -v rows=1500 -v seed=1 -f "$readings" >train.csv
awk -v rows=1000 -v seed=2 -v faults=1 -f "$readings" >faulty.csv
# The same with a label: the row numbers of the faults are known.
awk -F, -v OFS=, 'NR == 1 { print $0, "state"; next } { print $0, ((NR - 2) % 200 == 100 ? "broken" : "normal") }' faulty.csv >labelled.csv
run() { "$HOURGLASS" "$@" >out 2>err; }
must() { run "$@" || bad "$*: $(tail -1 err)"; }
model=runs/t/weights/best.safetensors
export HG_KEEP=none HG_REASONS=all # what both do otherwise is looked at below
fast="steps=300 progress=none threads=2"
change() { awk -F, -v OFS=, "$1" faulty.csv >bad.csv; }

must train data=train.csv name=t $fast
for kind in "pump  category, 4 levels" "load  number" "time  time" "id  id, left out" "mode  category, 2 levels"; do
    expect "the schema is told: $kind" grep -q "$kind" err
done
expect "the threshold is told, with what it rests on" grep -qE "threshold [0-9.e+]+: at most 0.01 of normal rows raise an alarm \(150 held-out rows\)" err

must predict model=$model source=faulty.csv
cp scores.csv first.csv
expect "a line a row, and a header" [ "$(wc -l <first.csv)" = 1001 ]
expect "the columns" [ "$(head -1 first.csv)" = row,line,score,p_value,alarm,column_1,observed_1,expected_1,share_1,column_2,observed_2,expected_2,share_2,column_3,observed_3,expected_3,share_3 ]
expect "the unheard-of mode is found, with its reason" grep -qE '^500,502,[^,]*,[^,]*,1,mode,purge,(run|standby),' first.csv
expect "the unheard-of mode is counted" grep -q "1 cells hold a value that training never saw" err
expect "three of the five faults are alarms at least" [ "$(awk -F, '$1 % 200 == 100 && $5 == 1' first.csv | wc -l)" -ge 3 ]
expect "a leak shows in flow, observed below expected" awk -F, '$1 == 300 { ok = $6 == "flow" && $7 < 0.75 * $8 } END { exit !ok }' first.csv
as_in() { # as_in TABLE SCORES: every observed value is the cell of its row and column
    awk -F, 'NR == FNR { for (i = 1; i <= NF; i++) { if (FNR == 1) at[$i] = i; else has[FNR - 2, i] = $i == "" ? "missing" : $i } next }
        FNR > 1 { for (i = 6; i < NF; i += 4) if ($i != "") { seen++; bad += has[$1, at[$i]] != $(i + 1) } } END { exit bad > 0 || seen < 100 }' "$1" "$2"
}
expect "observed is what the table has, to the digit" as_in faulty.csv first.csv
expect "expected has no more decimals than training had" awk -F, '$6 == "temperature" { n++; bad += $8 !~ /^-?[0-9]+\.[0-9]$/ } END { exit !n || bad > 0 }' first.csv
expect "shares are parts of one" awk -F, 'NR > 1 && ($9 > 1 || $9 + $13 + $17 > 1.0001 || $9 < $13) { bad = 1 } END { exit bad }' first.csv

# ---- what joins the scores to the table ----
HG_KEEP='' HG_REASONS=alarms must predict model=$model source=faulty.csv out=plain.csv
expect "ids are carried along" [ "$(cut -d, -f6 plain.csv)" = "$(cut -d, -f1 faulty.csv)" ]
expect "the row's line is where it is" awk -F, 'NR > 1 && ($2 != NR || $1 != NR - 2) { bad = 1 } END { exit bad }' plain.csv
expect "reasons are those of alarms, and no others" cmp -s <(cut -d, -f1-5,7- plain.csv) \
    <(awk -F, -v OFS=, 'NR > 1 && $5 == 0 { for (i = 6; i <= NF; i++) $i = "" } { print }' first.csv)
expect "a time is expected as one that can be sorted" grep -qE ',time,2024-03-[0-9]{2} [0-9:]{5},2024-03-[0-9]{2} [0-9:]{5} \((weekday and )?hour\),' first.csv
expect "one closing line: $(tail -1 err)" grep -qE '^1000 rows, [0-9]+ alarms? (→|->) plain.csv$' err
awk -F, -v OFS=, 'NR == 1 { $3 = "\"pump\""; print $0, "score"; next } NR == 3 { $4 = "\"r\n1\"" } { print $0, "=" NR }' faulty.csv >span.csv
must predict model=$model source=span.csv out=span.jsonl keep=score,mode reasons=all on_bad=score_missing
expect "keep= names others, which give way to the sheet's own" grep -qE '^\{"row":2,"line":5,"score":[0-9.e+-]+,.*"id":"[0-9]+","score.2":"=4","mode":"[a-z]+",' span.jsonl
expect "a row over two lines is where it begins" grep -qE '^\{"row":1,"line":3,.*"mode":"r.1",' span.jsonl
run predict model=$model source=faulty.csv out=no.csv keep=serial
expect "a column that is not there is named: $(tail -1 err)" grep -q "keep=serial: expected the name of a column" err
tail -n +2 faulty.csv >bare.csv
must predict model=$model source=bare.csv out=bare.out keep=mode
expect "a table without a header knows the names that the model has in their places" \
    cmp -s <(cut -d, -f7 bare.out | tail -n +2) <(awk -F, -v n=$(sed 's/,/\n/g; q' faulty.csv | grep -nx mode | cut -d: -f1) 'NR > 1 { print $n }' faulty.csv)

# ---- the same score, however the row comes ----
scores() { cut -d, -f1-5 "$1"; }
awk -F, -v OFS=, '{ print $9, $3, $8, $1, $7, $2, $6, $4, $5, "extra" }' faulty.csv >permuted.csv
must predict model=$model source=permuted.csv out=permuted.out
expect "columns in another order, and one more, change no bit" cmp -s <(scores first.csv) <(scores permuted.out)
{ head -1 faulty.csv && tail -n +2 faulty.csv | tac; } >reversed.csv
must predict model=$model source=reversed.csv out=reversed.out
expect "rows in another order change no bit" cmp -s <(tail -n +2 first.csv | cut -d, -f3-5) <(tail -n +2 reversed.out | cut -d, -f3-5 | tac)
for part in 1 2; do
    { head -1 faulty.csv && tail -n +2 faulty.csv | sed -n "$([ $part = 1 ] && echo 1,333p || echo '334,$p')"; } >part$part.csv
    must predict model=$model source=part$part.csv out=part$part.out
done
expect "a file in two parts changes no bit" cmp -s <(tail -n +2 first.csv | cut -d, -f3-) <(tail -qn +2 part1.out part2.out | cut -d, -f3-)
for threads in 1 3; do
    must predict model=$model source=faulty.csv out=threads.out threads=$threads
    expect "$threads threads change no bit" cmp -s first.csv threads.out
done
for isa in ref avx2; do
    HG_ISA=$isa run predict model=$model source=faulty.csv out=isa.out
    expect "instructions of $isa change no bit" cmp -s first.csv isa.out
done
must train data=train.csv name=again $fast
expect "the same training gives the same model" [ "$(hash_of $model)" = "$(hash_of runs/again/weights/best.safetensors)" ]
must train cfg=runs/t/args.yaml name=args
expect "args.yaml repeats it" [ "$(hash_of $model)" = "$(hash_of runs/args/weights/best.safetensors)" ]

# ---- other ways out ----
must predict model=$model source=faulty.csv out=- --json
expect "JSON: an object a row" [ "$(grep -c '^{"row":.*"column_1":".*}$' out)" = 1000 ]
must predict model=$model source=faulty.csv out=few.csv top=0
expect "top=0: no reasons" [ "$(head -1 few.csv)" = row,line,score,p_value,alarm ]
run predict model=$model source=faulty.csv out=few.csv fail_on_anomaly=true
expect "exit 3 where there are alarms" [ $? = 3 ]
must predict model=$model source=faulty.csv out=error.csv score=error
expect "score=error: the plain error, without alarms" [ "$(head -1 error.csv | cut -d, -f1-4)" = row,line,score,column_1 ]
must predict model=$model source=faulty.csv out=s.db table=scores
if command -v sqlite3 >/dev/null; then
    expect "scores into a database" [ "$(sqlite3 s.db 'select sum(alarm) from scores')" = "$(awk -F, '{ n += $5 } END { print n }' first.csv)" ]
    printf '.mode csv\n.import faulty.csv pumps\n' | sqlite3 in.db
    must predict model=$model source=in.db query="select * from pumps order by cast(id as int)" out=in.csv on_bad=score_missing
    expect "rows out of a database" [ "$(wc -l <in.csv)" = 1001 ]
else
    skip "no sqlite3 to look with"
fi

awk -F, -v OFS=, 'NR > 1 { $5 = "$" $5; f = int(1000 + $6 * 40); $6 = sprintf("\"%d,%03d.%d\"", f / 1000, f % 1000, f % 10); $8 = $8 " C"; $9 = $9 == 0 ? $9 : "(" $9 ")" } { print }' train.csv >dressed.csv
must train data=dressed.csv name=dressed ignore=time,id $fast
expect "money, thousands, units and brackets are numbers" [ "$(grep -cE "note: (load  number such as .1,234.5,|flow  number such as 1,234.5,|temperature  number such as 1,234.5 C,|vibration  number such as 1,234.5,)" err)" = 4 ]
must predict model=runs/dressed/weights/best.safetensors source=dressed.csv out=dressed.out top=9
expect "observed as it is written, quoted where it must be" [ "$(grep -cE 'flow,"[0-9]+,[0-9]{3}\.[0-9]",[0-9.]+,.*load,\$0\.|load,\$0\..*flow,"[0-9]+,[0-9]{3}\.[0-9]",[0-9.]+,' dressed.out)" -gt 1000 ]
must reconstruct model=runs/dressed/weights/best.safetensors source=dressed.csv out=made.csv
must predict model=runs/dressed/weights/best.safetensors source=made.csv out=made.out
expect "what is reconstructed can be scored" [ "$(wc -l <made.out)" = 1501 ]
change 'NR == 17 { $6 = "INF" } { print }'
run predict model=$model source=bad.csv out=inf.csv
expect "an infinite number is named" grep -q "bad.csv:17: column 'flow': expected a finite number, got 'INF'" err
must predict model=$model source=bad.csv out=inf.csv on_bad=score_missing
expect "and its row scored, as it stands" [ "$(wc -l <inf.csv)" = 1001 ]

# ---- thresholds ----
must predict model=$model source=faulty.csv out=strict.csv fpr=1e-6
expect "a smaller rate, fewer alarms" [ "$(awk -F, '{ n += $5 } END { print n }' strict.csv)" -le "$(awk -F, '{ n += $5 } END { print n }' first.csv)" ]
expect "what is extrapolated is called so, with the rows it would take" grep -q "999999" err
must predict model=$model source=faulty.csv out=fdr.csv fdr=0.1
expect "fdr= finds the clearest faults" [ "$(awk -F, '$1 % 200 == 100 && $5 == 1' fdr.csv | wc -l)" -ge 2 ]
must predict model=$model source=faulty.csv out=rate.csv alarms=2/day rate=10/min
expect "alarms= and rate= make a rate" grep -q "0.000138889" err
run predict model=$model source=faulty.csv fpr=0.1 alarms=2/day rate=10/min
expect "fpr= and alarms= together are refused" [ $? = 2 ]
awk -v rows=1200 -v seed=5 -f "$readings" >fresh.csv
before=$(hash_of $model)
cp $model copy.safetensors
must calibrate model=copy.safetensors data=fresh.csv fpr=0.02
expect "calibrate says what it rests on" grep -q "(1200 held-out rows)" out
must predict model=copy.safetensors source=faulty.csv out=new.csv
expect "calibrate changes no score" cmp -s <(cut -d, -f1,3 first.csv) <(cut -d, -f1,3 new.csv)
must calibrate model=copy.safetensors data=fresh.csv groupby=pump fpr=0.02
expect "a threshold for each pump" [ "$(grep -c '^pump=P' out)" = 4 ]
must predict model=copy.safetensors source=faulty.csv out=grouped.csv
expect "the group of each row" awk -F, 'NR == 1 { ok = $6 == "group" } NR == 2 { ok = ok && $6 ~ /^P[1-4]$/ } END { exit !ok }' grouped.csv
expect "the first model is what it was" [ "$before" = "$(hash_of $model)" ]

# ---- labels ----
must val model=$model data=labelled.csv label=state --json
expect "val: the metrics of labelled rows" grep -q '"normal":995,"anomalies":5.*"auroc":{"value":0.99' out
must train data=labelled.csv label=state name=l $fast
expect "labelled anomalies are not trained on" grep -q "5 rows are labelled as anomalies: training does not see them" err
run val model=$model data=labelled.csv label=nothing
expect "a label that is not there is named" grep -q "nothing" err

# ---- training rows that are not all normal ----
must train data=faulty.csv name=dirty contamination=0.01 fpr=0.05 $fast
expect "what does not fit is not trained on, and told" grep -q "20 of 1000 rows fit the others least and are not trained on" err
expect "twice as many as asked for are listed, the oddest first" awk -F, 'NR == 1 { ok = $0 == "row,score" } NR > 2 { ok = ok && $2 + 0 <= last } { last = $2 + 0 } END { exit !(ok && NR == 21) }' runs/dirty/left_out.csv
expect "the worst faults are among it" [ "$(tail -n +2 runs/dirty/left_out.csv | grep -cE '^(100|500),')" = 2 ]
expect "as many as asked for are not held out either: the threshold's rows are fewer" awk '/held-out rows/ { sub(/.*\(/, ""); ok = $1 >= 94 && $1 < 100 } END { exit !ok }' err
must train data=faulty.csv name=auto contamination=auto $fast
expect "auto: a tenth is not trained on" [ "$(tail -n +2 runs/auto/left_out.csv | wc -l)" = 100 ]
expect "auto: all rows may be held out" grep -q "(100 held-out rows)" err
awk -F, 'NR == 52 { print "short,row" } { print }' labelled.csv | sed 's/broken/normal/; 102s/normal$/broken/; 103s/normal$/broken/' >mixed.csv
must train data=mixed.csv label=state on_bad=skip name=mixed contamination=0.01 $fast
expect "rows have the table's numbers, whatever is left out before" grep -q '^501,' runs/mixed/left_out.csv
expect "what is labelled an anomaly is not in question" [ "$(grep -cE '^(100|101),' runs/mixed/left_out.csv)" = 0 ]
must train data=faulty.csv name=all contamination=0 $fast
expect "contamination=0 leaves nothing out" [ ! -e runs/all/left_out.csv ]

# ---- bad rows ----
refused() { # refused NAME STATUS SENTENCE command...
    name=$1 status=$2 wanted=$3
    shift 3
    echo old >bad.out
    run "$@" out=bad.out
    got=$?
    expect "$name: exit $status (got $got: $(tail -1 err))" [ $got = "$status" ]
    expect "$name: says $wanted, not: $(tail -1 err)" grep -qE "$wanted" err
    expect "$name: out= is the old one" [ "$(cat bad.out)" = old ]
}
change 'NR == 17 { print $1, $2; next } { print }'
refused "a short row" 4 'bad.csv:17: expected 9 columns, got 2' predict model=$model source=bad.csv
must predict model=$model source=bad.csv out=skip.csv on_bad=skip
expect "on_bad=skip leaves it out" [ "$(wc -l <skip.csv)" = 1000 ]
change 'NR == 17 { $6 = "wet" } { print }'
refused "a word for a number" 4 "bad.csv:17: column 'flow': expected a number, got 'wet'" predict model=$model source=bad.csv
must predict model=$model source=bad.csv out=lenient.csv on_bad=score_missing
expect "on_bad=score_missing counts it" grep -q "1 cells are not what their column holds" err
expect "and scores the row" [ "$(wc -l <lenient.csv)" = 1001 ]
change 'NR == 1 { $6 = "flows" } { print }'
refused "a renamed column" 4 "expected a column 'flow' as in training; nearest is 'flows'" predict model=$model source=bad.csv
change 'NR == 17 { $6 = "1e400" } { print }'
refused "a number out of range" 4 'bad.csv:17' predict model=$model source=bad.csv
change 'NR == 17 { $4 = "r\xffn" } { print }'
refused "invalid UTF-8" 4 'bad.csv:17.*UTF-8' predict model=$model source=bad.csv
: >bad.csv
refused "an empty file" 4 'empty' predict model=$model source=bad.csv
change 'NR > 1 { $6 = "" } { print }'
must train data=bad.csv name=hollow $fast
expect "a column without a value is told" grep -qE "flow  constant" err
for rows in 1 2 10; do
    head -$((rows + 1)) train.csv >few.csv
    if run train data=few.csv name=few$rows $fast; then
        must predict model=runs/few$rows/weights/best.safetensors source=few.csv out=few.out
        expect "$rows rows are scored" [ "$(wc -l <few.out)" = $((rows + 1)) ]
    else
        expect "$rows rows: one sentence" [ "$(grep -vc note: err)" = 1 ]
    fi
done
# ---- a month to learn from, and the days behind it: however the day is written, it is no reason for an alarm ----
month() { # month WAY FIRST_DAY ROWS: 40 rows a day, each as usual
    awk -v way="$1" -v first="$2" -v rows="$3" 'function part() { state = state * 16807 % 2147483647; return state / 2147483647 }
        function bell(  k, sum) { for (k = 0; k < 12; k++) sum += part(); return sum - 6 }
        BEGIN { state = 12345 + first * 1000003; print "day,x,y"
            for (i = 0; i < rows; i++) { d = first + int(i / 40); in_february = d > 30; minute = d * 1440 + i % 40 * 35
                if (way == "us") day = (1 + in_february) "/" (d + 1 - 31 * in_february) "/2024"
                if (way == "compact") day = sprintf("2024%02d%02d", 1 + in_february, d + 1 - 31 * in_february)
                if (way == "ms") day = sprintf("%.0f", 1704067200000 + minute * 60000)
                if (way == "meter") day = sprintf("%.1f", 5000 + minute / 70)
                x = bell(); printf "%s,%.3f,%.3f\n", day, x, x / 2 + bell() / 3 } }'
}
for way in us compact ms meter; do
    month $way 0 1200 >month.csv
    month $way 30 200 >next.csv
    must train data=month.csv name=$way steps=100 progress=none threads=2
    must predict model=runs/$way/weights/best.safetensors source=next.csv out=next.out
    expect "$way: few of 200 rows of the next month raise an alarm" [ "$(awk -F, '$5 == 1' next.out | wc -l)" -le 5 ]
done

must train data=train.csv name=raw model=ae latent=2 prepare=none ignore=id,time,pump,mode epochs=1 progress=none
must predict model=runs/raw/weights/best.safetensors source=train.csv out=raw.csv ignore=id,time,pump,mode
expect "prepare=none: rows of numbers as before" [ "$(head -1 raw.csv)" = row,score ]

# ---- a factor of ten in a skewed column ----
awk 'function draw() { x = x * 16807 % 2147483647; return x / 2147483647 }
    function normal() { return draw() + draw() + draw() + draw() + draw() + draw() - 3 }
    BEGIN { x = 77; print "article,price,number,hour"
    for (i = 0; i < 2000; i++) { a = int(12 * draw()); printf "a%d,%.2f,%d,%.1f\n", a, exp(0.35 + a / 2 + 0.4 * normal()), 1 + int(4 * draw()), 24 * draw() } }' >till.csv
printf 'article,price,number,hour\na2,3.80,2,12.5\na2,38.00,2,12.5\na9,3.80,2,12.5\n' >slips.csv
must train data=till.csv name=till $fast
expect "a price that follows its article has a log, and is told so" grep -qE 'price  number, log, standard: .*; finds [0-9]+ % of planted errors, [0-9]+ % without log' err
must predict model=runs/till/weights/best.safetensors data=slips.csv out=slips.scores.csv
expect "a decimal point that slipped is found: $(cut -d, -f1-5 slips.scores.csv | tr '\n' ' ')" awk -F, 'NR > 1 { bad += NR == 2 ? $4 < 0.1 : $4 > 0.001 || !$5 } END { exit bad }' slips.scores.csv
must info model=runs/till/weights/best.safetensors
expect "info says so too" grep -q 'price  number, log, standard' out
must train data=till.csv name=tillplain $fast columns="price linear"
expect "columns= goes before the trial" grep -q 'price  number, standard' err

# ---- compare: the autoencoder meets test rows as it met those it was trained on ----
# Levels as frequent as each other, and rare ones: among the rows that are not held out their order and number are others.
awk 'BEGIN { print "part,y,state"; for (i = 0; i < 600; i++) { k = i % 6; bad = i % 60 == 7
    printf "%s,%.2f,%s\n", i % 30 == 3 ? "r" int(i / 90) : "p" k, 3 * (bad ? (k + 3) % 6 : k) + i % 7 / 20, bad ? "fault" : "ok" } }' >levels.csv
must compare data=levels.csv label=state seeds=1 steps=300
expect "compare knows a level by its name: $(grep ^autoencoder out)" grep -qE '^autoencoder +1.0000' out
awk 'BEGIN { print "part,y,state"; for (i = 0; i < 400; i++) printf "p%d,%d,%s\n", i * 7919 % 61 % 40, i * 31 % 97, i % 40 == 5 ? "fault" : "ok" }' >rare.csv
must compare data=rare.csv label=state seeds=2 steps=5

# ---- tables that come but once: standard input, pipes, named pipes; packed or not ----
must predict model=$model data=faulty.csv out=first.csv
gzip -c faulty.csv >faulty.csv.gz
piped() { # piped NAME command...: the scores are those of the file
    name=$1
    shift
    rm -f pipe.csv
    run "$@" out=pipe.csv || bad "$name: $(tail -1 err)"
    expect "$name: the same scores" cmp -s first.csv pipe.csv
}
piped "standard input" predict model=$model data=- <faulty.csv
cat faulty.csv | { piped "standard input, a pipe" predict model=$model data=-; [ $failed = 0 ]; } || bad "data=- from a pipe"
piped "a pipe" predict model=$model data=<(cat faulty.csv)
piped "a pipe, packed" predict model=$model data=<(cat faulty.csv.gz)
piped "/dev/stdin" predict model=$model data=/dev/stdin < <(cat faulty.csv)
{ read -r _ && piped "standard input, from where it stands" predict model=$model data=-; } < <(echo first && cat faulty.csv)
mkfifo fifo && { cat faulty.csv >fifo & } && piped "a named pipe" predict model=$model data=fifo
piped "the model" predict model=<(cat $model) data=faulty.csv
must train data=- name=piped $fast < <(cat train.csv)
expect "training reads it as often as it needs" [ "$(hash_of $model)" = "$(hash_of runs/piped/weights/best.safetensors)" ]
must train data=- prepare=none model=ae latent=2 ignore=id,time,pump,mode epochs=1 progress=none name=rawpipe < <(cat train.csv)
expect "rows of numbers too" [ "$(hash_of runs/raw/weights/best.safetensors)" = "$(hash_of runs/rawpipe/weights/best.safetensors)" ]
run val model=$model data=- label=state < <(cat labelled.csv)
mv out val.out
run val model=$model data=labelled.csv label=state
expect "val" cmp -s out val.out
cp $model copy.safetensors
must calibrate model=copy.safetensors data=- < <(cat fresh.csv)
must encode model=$model data=- out=code.npy < <(cat faulty.csv)
must compare data=- label=state seeds=1 steps=5 < <(cat labelled.csv)
expect "compare" grep -q '^autoencoder' out
refused "nothing comes" 4 'standard input: expected a table .*, got an empty file' predict model=$model data=- </dev/null
refused "a folder comes" 4 'standard input: expected a file or a pipe, got a folder' predict model=$model data=- <.
refused "a device without an end" 4 '/dev/zero: expected a file or a pipe, got a device' predict model=$model data=/dev/zero
TMPDIR=/nowhere refused "no place for the copy" 1 'temporary file.*No such file' predict model=$model data=- < <(cat faulty.csv)
refused "a row in a pipe" 4 'standard input:3: expected 9 columns, got 1' predict model=$model data=- < <(head -2 faulty.csv; echo 1)
run train data=- val=- $fast <train.csv
expect "two cannot read it: exit 2 (got $?): $(cat err)" grep -q 'val: expected a file, got - which data= reads already' err
run calibrate model=- data=fresh.csv <$model
expect "a stream is not written anew: $(cat err)" grep -q 'expected a model file, which is written anew' err
printf 'SQLite format 3\0 and so on' >s3.db
refused "a database in a pipe" 2 'expected the name of a file for SQLite' predict model=$model data=- < <(cat s3.db)
gzip s3.db
refused "a packed database" 4 'got a gzipped one' predict model=$model data=s3.db.gz

# ---- who may read a model that holds rows ----
mode_of() { stat -c %a "$1"; }
private=runs/private/weights/best.safetensors
mkdir -p runs/private/weights && cp $model $private
(umask 022 && chmod 640 $private && "$HOURGLASS" calibrate model=$private data=fresh.csv >out 2>err) || bad "calibrate: $(cat err)"
expect "calibrate keeps the mode: $(mode_of $private)" [ "$(mode_of $private)" = 640 ]
(umask 022 && "$HOURGLASS" calibrate model=$private data=fresh.csv share=true >out 2>err) || bad "calibrate share=true: $(cat err)"
expect "unless it is to be shared: $(mode_of $private)" [ "$(mode_of $private)" = 644 ]
expect "training made it its owner's alone: $(mode_of $model)" [ "$(mode_of $model)" = 600 ]
must info model=$private
expect "info says that it holds rows" grep -q '^holds       training rows: .*exactly' out
must info model=$private --json
expect "and so in JSON" grep -q '"holds_rows": *true' out
refused "append= to a text" 2 'append: expected rows of a table for a database in out=' predict model=$model data=faulty.csv out=a.csv append=true

# ---- out= is none of what is read, by whatever path ----
mkdir -p place && ln -s ../faulty.csv place/link.csv && ln faulty.csv hard.csv && ln -s .. place/up && cp faulty.csv faulty.before
itself() { # itself NAME "the WHAT" command...
    name=$1 what=$2
    shift 2
    run "$@"
    got=$?
    expect "$name: exit 2 (got $got)" [ $got = 2 ]
    expect "$name: got $what itself, not: $(tail -1 err)" grep -q "expected out= to be another file, got $what itself" err
}
for path in faulty.csv ./faulty.csv "$PWD/faulty.csv" place/../faulty.csv place/link.csv hard.csv place/up/faulty.csv; do
    for job in predict encode reconstruct; do
        itself "$job to $path" "the table" $job model=$model data=faulty.csv out="$path"
    done
done
itself "from a link" "the table" predict model=$model data=place/link.csv out=faulty.csv
itself "from standard input" "the table" predict model=$model data=- out=faulty.csv <faulty.csv
"$HOURGLASS" predict model=$model data=faulty.csv out=- 2>err >>faulty.csv
expect "to standard output: $(cat err)" grep -q 'got the table itself' err
itself "compare" "the table" compare data=labelled.csv label=state out=labelled.csv
mkdir tables && cp labelled.csv tables && itself "compare, of a folder" "the table" compare data=tables label=state seeds=1 steps=5 out=tables/labelled.csv
itself "the model" "the model" predict model=$model data=faulty.csv out=runs/t/../t/weights/best.safetensors
itself "decode" "the table" decode model=runs/raw/weights/best.safetensors data=faulty.csv out=faulty.csv
itself "import" "the file of weights" import source=$model model='dense 1 | dense input' input=2 out=$model
echo "data: faulty.csv" >opt.yaml
itself "its options" "the file of options" predict cfg=opt.yaml model=$model out=opt.yaml
must predict model=$model data=faulty.csv out=s.db table=again
itself "a database" "the table" predict model=$model data=s.db query="select * from again" out=s.db table=more
(mkdir default && cd default && cp ../faulty.csv scores.csv && "$HOURGLASS" predict model=../$model data=scores.csv 2>../err)
expect "out= is not named: $(cat err)" grep -q 'scores.csv: expected out= to be another file' err
expect "the table is what it was" cmp -s faulty.csv faulty.before
cp runs/t/results.csv results.before
raw="prepare=none model=ae latent=2 ignore=id,time,pump,mode epochs=1 progress=none"
run train data=runs/t/results.csv exist_ok=true name=t $fast
expect "training does not write over data= (exit $?): $(tail -1 err)" grep -q 'expected a results folder other than runs/t' err
run train data=train.csv pretrained=runs/raw/weights/best.safetensors exist_ok=true name=raw $raw
expect "nor over pretrained= (exit $?): $(tail -1 err)" grep -q 'expected a results folder other than runs/raw' err
expect "the results are what they were" cmp -s runs/t/results.csv results.before
cp train.csv runs/t/mine.csv
must train data=runs/t/mine.csv exist_ok=true name=t $fast
must train cfg=runs/t/args.yaml
finish
