#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Networks of models of a signal: each preset, and what is hidden from it, trains and finds a fault; the same bits at any number of threads,
# when watched, and after kill -9.
. tests/lib.sh
cd "$work" || exit 1
case $HOURGLASS in /*) hourglass=$HOURGLASS ;; *) hourglass=$OLDPWD/$HOURGLASS ;; esac

# Three waves with noise, every minute; FAULT: channel b stands still for 60 steps from there.
draw() { # draw STEPS FAULT
    awk -v steps="$1" -v fault="$2" 'BEGIN {
        pi = atan2(0, -1); s = 1
        print "t,a,b,c"
        for (i = 0; i < steps; i++) {
            printf "%d", 1700000000 + 60 * i
            for (c = 0; c < 3; c++) {
                s = (s * 16807) % 2147483647
                v = sin(2 * pi * i / (16 + 9 * c)) + 0.4 * (s / 2147483647 - 0.5) + c
                if (fault && c == 1 && i >= fault && i < fault + 60) v = 1
                printf ",%.5f", v
            }
            print ""
        }
    }'
}
train() { # train NAME options...
    name=$1
    shift
    "$hourglass" train -q threads=2 seed=3 project=. name="$name" data=x.csv window=auto "$@" 2>err
}
touch err
draw 2000 0 >x.csv
draw 1500 900 >fault.csv

# ---- each of them -----------------------------------------------------------------------------------
judge() { # judge NAME: the fault scores highest, watch has the events of predict
    expect "$1: a fault is judged: $(cat err)" "$hourglass" predict -q model="$1" data=fault.csv out="$1.csv" threads=2 2>err
    best=$(tail -n +2 "$1.csv" | sort -t, -k 3,3gr | head -1)
    expect "$1: the fault scores highest: $best" eval '[ "${best%%,*}" -ge 850 ] && [ "${best%%,*}" -le 1010 ]'
    "$hourglass" watch -q model="$1" data=fault.csv threads=1 >"$1.json" 2>err
    awk -F, 'NR > 1 && $6 != "" { if (!($6 in first)) { first[$6] = $1; order[++n] = $6 } last[$6] = $1 }
        END { for (k = 1; k <= n; k++) print first[order[k]], last[order[k]] }' "$1.csv" >wanted
    grep '"event":"end"' "$1.json" | sed 's/.*"first":\([0-9]*\),"row":\([0-9]*\),.*/\1 \2/' >got
    expect "$1: watched, the events are those of predict: $(cat err)" cmp wanted got
    expect "$1: there are some" [ -s got ]
}
for case in "signal none" "conv1d none" "signal masked" "conv1d masked" "unet1d masked" "signal next" "unet1d next"; do
    read -r model hide <<<"$case"
    run=$model-$hide
    expect "$run: trains: $(cat err)" train "$run" model="$model" hide="$hide" steps=60
    judge "$run"
done
expect "unet1d hides what it could copy" eval 'train unet model=unet1d steps=60 && grep -qx "hide: masked" unet/args.yaml'
expect "that is the one with hide=masked" [ "$(hash_of unet/weights/best.safetensors)" = "$(hash_of unet1d-masked/weights/best.safetensors)" ]
"$hourglass" predict -q model=unet1d-next data=fault.csv out=all.csv reasons=all top=3 2>err
expect "expected values are those that were predicted" eval '[ "$(tail -n +102 all.csv | awk -F, "\$9 != \"\"" | wc -l)" -ge 1390 ]'
info=$("$hourglass" info model=signal-masked)
expect "info says what is hidden: $info" grep -q "^hidden      in turn each of 4 parts of a window, from the network" <<<"$info"
expect "and how well it is predicted" grep -q "held-out windows: the network leaves 0.* of the variance of what is hidden from it" <<<"$info"
expect "and of others how they compare with PCA" eval '"$hourglass" info model=signal-none | grep -q "PCA of 16 axes 0.*rebuilds these better"'
"$hourglass" predict -q model=unet1d-next data=fault.csv out=one.csv threads=1 page=one.html 2>err
expect "one thread, and a page, are the same: $(cat err)" cmp one.csv unet1d-next.csv
"$hourglass" train -q threads=1 seed=3 project=. name=one data=x.csv window=auto model=unet1d hide=masked steps=60 2>err
expect "one thread trains the same" [ "$(hash_of one/weights/best.safetensors)" = "$(hash_of unet1d-masked/weights/best.safetensors)" ]

# ---- pulses -----------------------------------------------------------------------------------------
awk 'BEGIN {
    s = 1
    print "a"
    for (i = 0; i < 4000; i++) {
        s = (s * 16807) % 2147483647
        d = (i % 90 - 40) / 2
        printf "%.5f\n", exp(-d * d) + 0.02 * (s / 2147483647 - 0.5)
    }
}' >pulses.csv
"$hourglass" train -q threads=2 steps=20 project=. name=pulses data=pulses.csv window=auto 2>err
info=$("$hourglass" info model=pulses)
expect "pulses are seen: $info" grep -q "^signal      pulses: " <<<"$info"
expect "they have convolutions" grep -q "^model       conv1d 32 " <<<"$info"
expect "which args.yaml repeats" grep -qx 'model: "conv1d"' pulses/args.yaml
expect "others have none" grep -qx 'model: "signal"' signal-none/args.yaml

# ---- refused ----------------------------------------------------------------------------------------
printf 'a,b\n1,2\n3,4\n5,6\n' >rows.csv
said=$("$hourglass" train data=rows.csv model=unet1d project=. name=no 2>&1)
expect "hide= is for recordings: $said" grep -q "hide=masked: expected a recording" <<<"$said"
said=$("$hourglass" train data=x.csv window=3 hide=next project=. name=no 2>&1)
expect "windows have as many steps: $said" grep -q "hide: expected windows of at least 4 steps" <<<"$said"

# ---- killed -----------------------------------------------------------------------------------------
options="model=conv1d hide=masked steps=600 schedule=cosine"
began=$(milliseconds)
expect "the straight run: $(cat err)" train straight $options
took=$(($(milliseconds) - began))
RANDOM=7
kills=0
until [ -e done ]; do
    if [ -s killed/weights/last.safetensors ]; then again="resume=killed"; else again="threads=2 seed=3 project=. name=killed exist_ok=true data=x.csv window=auto $options"; fi
    "$hourglass" train -q $again 2>err &
    victim=$!
    if [ $kills -lt 8 ]; then
        at=$((RANDOM % (took / 2 + 1)))
        sleep "$((at / 1000)).$(printf %03d $((at % 1000)))"
        signal_job 9
    fi
    wait $victim 2>/dev/null
    case $? in
    0) touch done ;;
    137) kills=$((kills + 1)) ;;
    *) bad "after $kills kills: $(cat err)"; touch done ;;
    esac
done 2> >(grep -v Killed >&2)
expect "killed and resumed, it is the run that nobody touched" [ "$(hash_of killed/weights/best.safetensors)" = "$(hash_of straight/weights/best.safetensors)" ]
expect "with the same losses" [ "$(cut -d, -f 1,3- killed/results.csv)" = "$(cut -d, -f 1,3- straight/results.csv)" ]
"$hourglass" train -q threads=2 seed=3 project=. name=stopped data=x.csv window=auto steps=1000000 2>err &
until [ -s stopped/weights/best.safetensors ] || [ -z "$(jobs -pr)" ]; do sleep 0.1; done
signal_job INT
wait
expect "stopped, it says how it ends: $(cat err)" grep -q "go on with: resume=./stopped (and steps=1 to end here" err
expect "and ends there" "$hourglass" train -q resume=stopped steps=1 2>err
expect "with thresholds: $(cat err)" "$hourglass" predict -q model=stopped data=fault.csv out=stopped.csv 2>err
finish
