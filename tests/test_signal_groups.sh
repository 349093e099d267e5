#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# groupby= of recordings: each machine's rows are a recording of its own, however they lie in the file.
. tests/lib.sh
cd "$work" || exit 1
case $HOURGLASS in /*) hourglass=$HOURGLASS ;; *) hourglass=$OLDPWD/$HOURGLASS ;; esac

# Waves of three machines, whose phases differ; FAULT: machine m1 is far off for 40 steps from there.
draw() { # draw STEPS FAULT
    awk -v steps="$1" -v fault="$2" 'BEGIN {
        pi = atan2(0, -1); s = 7
        print "t,machine,a,b,fault"
        for (i = 0; i < steps; i++) {
            for (m = 0; m < 3; m++) {
                s = (s * 16807) % 2147483647
                off = fault && m == 1 && i >= fault && i < fault + 40
                noise = 0.2 * (s / 2147483647 - 0.5)
                printf "%d,m%d,%.5f,%.5f,%d\n", 1700000000 + 60 * i, m, sin(2 * pi * i / 25 + m) + noise + 2 * off, cos(2 * pi * i / 25 + m) + noise, off
            }
        }
    }'
}
sorted() { # sorted FILE: machine after machine
    head -n 1 "$1"
    tail -n +2 "$1" | sort -s -t, -k 2,2
}
train() { # train NAME options...: quick
    name=$1
    shift
    "$hourglass" train -q threads=1 steps=60 seed=3 project=. exist_ok=true name="$name" "$@" 2>err
}
predict() { "$hourglass" predict -q model=mixed/weights/best.safetensors "$@" 2>err; }
refuses() { # refuses SENTENCE command...
    sentence=$1
    shift
    if "$@" 2>err >out; then bad "$*: was taken"; else expect "$*: $(cat err)" grep -qF "$sentence" err; fi
}

draw 900 0 >train.csv
draw 700 400 >fault.csv
sorted train.csv >train-sorted.csv
sorted fault.csv >fault-sorted.csv
expect "mixed machines: $(cat err 2>&1)" train mixed data=train.csv window=auto groupby=machine ignore=fault
expect "machine after machine" train sorted data=train-sorted.csv window=auto groupby=machine ignore=fault
expect "the same model either way" cmp mixed/weights/best.safetensors sorted/weights/best.safetensors

expect "info says so" eval '"$hourglass" info model=mixed | grep -qF "groups      by '"'machine'"': each a recording of its own"'

# ---- the sheet: in the order of the table, of the model's own groups -----------------------------
expect "predict: $(cat err)" predict data=fault.csv out=o.csv top=0
expect "rows in order" awk -F, 'NR > 1 && $1 != NR - 2 { exit 1 }' o.csv
expect "a row a row: $(wc -l <o.csv)" [ "$(wc -l <o.csv)" = 2101 ]
predict data=fault-sorted.csv out=s.csv top=0
paste -d, fault.csv o.csv | tail -n +2 | cut -d, -f 1,2,8- | sort >one
paste -d, fault-sorted.csv s.csv | tail -n +2 | cut -d, -f 1,2,8- | sort >other
expect "the same scores either way" cmp one other
alarms() { paste -d, fault.csv o.csv | awk -F, "NR > 1 && \$10 == 1 && $1" | wc -l; }
expect "the fault is found: $(alarms '$5 == 1')" [ "$(alarms '$5 == 1')" -gt 20 ]
expect "others are quiet: $(alarms '$2 != "m1"')" [ "$(alarms '$2 != "m1"')" -lt 70 ]
expect "lines of JSON, too" predict data=fault.csv out=o.jsonl top=0
expect "in order" awk -F '[:,]' '$2 + 0 != NR - 1 { exit 1 }' o.jsonl
tail -n +2 fault.csv | grep -E ',m1,' | sed '1i t,machine,a,b,fault' | cut -d, -f 1,3- >m1.csv
expect "one machine alone: $(cat err)" predict data=m1.csv out=m1-scores.csv top=0
cut -d, -f 3 m1-scores.csv | tail -n +2 >one
paste -d, fault.csv o.csv | awk -F, '$2 == "m1" { print $8 }' >other
expect "the same scores alone" cmp one other

# ---- val ------------------------------------------------------------------------------------------
val() { "$hourglass" val -q model=mixed/weights/best.safetensors label=fault "$@" 2>err; }
expect "val: $(cat err)" eval 'val data=fault.csv >mixed.txt'
val data=fault-sorted.csv >sorted.txt
expect "the same figures either way" cmp mixed.txt sorted.txt
expect "the one event is found: $(grep '^events' mixed.txt)" grep -qE '^events +1, 1 found' mixed.txt

# ---- what cannot be --------------------------------------------------------------------------------
refuses "groupby=none: expected the name of a column" predict data=fault.csv groupby=none out=x.csv
refuses "expected a model without groupby=" "$hourglass" watch model=mixed/weights/best.safetensors data=fault.csv
refuses "raise it, or sort the table by group" predict data=<(awk 'BEGIN { print "t,machine,a,b"; for (i = 0; i < 30000; i++) printf "%d,m%d,%d,1\n", 1700000000 + 60 * int(i / 2), i % 2, i % 5 }') max_mem=1M out=x.csv
expect "nothing is left of it" [ ! -e x.csv ]
finish
