#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# How well attacks are found in drawn captures: for each network (scene and seed) a model of a day without attacks, then for each attack
# another day with it. A line an attack: AUROC by packets, share of normal packets that raise an alarm, share of the attack's that do;
# and the AUROC of counting: packets a second, packets a second of a pair of hosts, what is new. Then the means of each scene.
# Usage: bench/packets/scenes.sh [seeds=3] [seconds=600] [scenes="industrial s7 office iot"], from the project's folder, after
# `make build/hourglass build/gcc/draw_traffic`.
set -eu
seeds=3 seconds=600 scenes='industrial s7 office iot'
for word in "$@"; do
    case $word in
    seeds=*) seeds=${word#*=} ;;
    seconds=*) seconds=${word#*=} ;;
    scenes=*) scenes=${word#*=} ;;
    *) echo "scenes.sh: expected seeds=, seconds= or scenes=, got $word" >&2; exit 2 ;;
    esac
done
hourglass=build/hourglass draw=build/gcc/draw_traffic
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
value() { printf '%s' "$2" | sed -n "s/.*\"$1\":{*\(\"value\":\)*\([0-9.e-]*\).*/\2/p"; } # value KEY JSON

attacks_of() { $draw list | awk -v scene="$1:" '$1 ~ /:$/ { is = $1 == scene; next } is'; }

for scene in $scenes; do
    seed=0
    while [ "$seed" -lt "$seeds" ]; do
        $draw "$scene" "$work/normal.pcap" seed=$seed seconds="$seconds" attacks=none start=1700031600
        $hourglass train -q data="$work/normal.pcap" project="$work" name=run exist_ok=true
        for attack in $(attacks_of "$scene"); do
            $draw "$scene" "$work/new.pcap" labels="$work/new.csv" seed=$seed seconds="$seconds" attacks="$attack" start=1700118000
            told=$($hourglass val -q --json model="$work/run" data="$work/new.pcap" labels="$work/new.csv" resamples=0)
            echo "$scene $seed $attack $(value auroc "$told") $(value false_alarm_rate "$told") $(value recall "$told")" \
                "$(value rate "$told") $(value pair_rate "$told") $(value novelty "$told")"
        done
        seed=$((seed + 1))
    done
done | awk 'BEGIN { printf "%-11s %-5s %-14s %8s %12s %8s %8s %10s %8s\n", "scene", "seed", "attack", "AUROC", "false alarms", "recall", "rate", "pair rate", "novelty" }
    { printf "%-11s %-5s %-14s %8.3f %12.4f %8.3f %8.3f %10.3f %8.3f\n", $1, $2, $3, $4, $5, $6, $7, $8, $9
      if (!($1 in n)) scene[++scenes] = $1
      n[$1]++
      for (i = 4; i <= 9; i++) sum[$1, i] += $i }
    END { for (s = 1; s <= scenes; s++) { k = scene[s]
        printf "%-11s mean  %-14s %8.3f %12.4f %8.3f %8.3f %10.3f %8.3f\n", k, "(" n[k] ")", sum[k, 4] / n[k], sum[k, 5] / n[k], sum[k, 6] / n[k], sum[k, 7] / n[k], sum[k, 8] / n[k], sum[k, 9] / n[k] } }'
