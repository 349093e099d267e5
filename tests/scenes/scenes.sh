#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# scenes.sh FOLDER [short|long] - attacks made with real tools (nmap, hping3, arpspoof, curl) in a network of namespaces, among ordinary
# traffic, and how well they are found: a model of one day, another day with the attacks. `short`: 45 s a day; `long`: ten minutes a day.
# A third, without attacks, shows the false alerts.
# All are made at once. Writes FOLDER/table: attack, packets, AUROC, AUROC of counting (packets a second, of a pair, what is new), share
# of its packets that raise an alarm, alerts, whether one has the right source, whether AUROC is enough, the reasons. FOLDER/alerts: how many
# false alerts there were, and which. Exit status 77: not possible here, and a sentence says why.
folder=$1 length=${2:-short} here=${0%/*} hourglass=${HOURGLASS:-build/hourglass}
export PYTHON=${PYTHON:-python3}
no() { echo "$*"; exit 77; }
[ "$(id -u)" = 0 ] || no "scenes need root, to make network namespaces"
for tool in unshare ip tcpdump curl ping "$PYTHON"; do command -v "$tool" >/dev/null || no "no $tool, which scenes need"; done
# When unshare is killed, so is all that runs in these namespaces.
apart='unshare --net --mount --pid --fork --kill-child'
$apart true 2>/dev/null || no "no network namespaces can be made here"
case $length in
short) seconds=45 pace=250 long=no ;;
long) seconds=600 pace=1500 long=yes ;;
*) echo "scenes.sh: expected short or long, got $length" >&2; exit 2 ;;
esac
seed=$((${SCENES_SEED:-0} * 3))

mkdir -p "$folder/usual" "$folder/new" "$folder/plain"
$apart bash "$here/day.sh" "$folder/usual" $((seed + 1)) $seconds $pace $long >"$folder/usual.log" 2>&1 &
usual=$!
$apart bash "$here/day.sh" "$folder/plain" $((seed + 3)) $seconds $pace $long >"$folder/plain.log" 2>&1 &
plain=$!
$apart bash "$here/day.sh" "$folder/new" $((seed + 2)) $seconds $pace $long scan flood brute spoof exfil beacon >"$folder/new.log" 2>&1 &
new=$!
trap 'kill -KILL $usual $plain $new 2>/dev/null' EXIT
trap 'exit 143' INT TERM
wait $new
status=$?
wait $usual || status=$?
wait $plain || status=$?
trap - EXIT
[ $status != 77 ] || no "no network of namespaces can be made here: $(tail -1 "$folder/new.log")"
[ $status = 0 ] || { cat "$folder"/*.log; exit 1; }

"$PYTHON" "$here/split.py" "$folder/new" || exit 1
"$hourglass" train -q data="$folder/usual/all.pcap" project="$folder" name=model samples=0 || exit 1
mv "$folder/plain/all.pcap" "$folder/new/false.pcap"
watch() { "$hourglass" watch -q model="$folder/model" source="$folder/new/$1.pcap" >"$folder/new/$1.json"; }
watch without && watch false && "$PYTHON" "$here/judge.py" "$folder/new" false >"$folder/alerts" || exit 1
for name in scan flood brute spoof exfil beacon; do
    [ -s "$folder/new/$name.csv" ] || { echo "$name" >>"$folder/skipped"; continue; }
    "$hourglass" val -q --json model="$folder/model" data="$folder/new/$name.pcap" labels="$folder/new/$name.csv" resamples=0 \
        >"$folder/new/$name.val" && watch $name && "$PYTHON" "$here/judge.py" "$folder/new" $name >>"$folder/table" || exit 1
done
awk 'BEGIN { printf "%-8s %8s %7s %7s %10s %8s %7s %7s %6s  %s\n", "attack", "packets", "AUROC", "rate", "pair rate", "novelty", "recall", "alerts", "named", "reasons" }
    { why = $11; for (i = 12; i <= NF; i++) why = why " " $i
      printf "%-8s %8d %7.3f %7.3f %10.3f %8.3f %7.3f %7d %6s  %s\n", $1, $2, $3, $4, $5, $6, $7, $8, $9, why }' "$folder/table"
sed '1s/.*/false alerts in '"$seconds"' s without attacks: &/' "$folder/alerts"
