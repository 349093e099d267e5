#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# day.sh FOLDER SEED SECONDS PACE LONG [ATTACK ...] - one day of the network: FOLDER/all.pcap, and FOLDER/windows, a line an attack: its
# name, when it began and ended. To be run by scenes.sh as the first process of namespaces of its own, so that all it started ends with
# it. Exit status 77: no network can be made.
export day=$1
seed=$2 seconds=$3 pace=$4 long=$5 python=${PYTHON:-python3} here=${0%/*}
shift 5
. "$here/net.sh"
. "$here/attacks.sh"
make_network || exit 77
on srv "$python" "$here/serve.py" web &
on out "$python" "$here/serve.py" web &
on dns "$python" "$here/serve.py" dns &
if has iperf3; then on srv iperf3 -s >/dev/null 2>&1 & fi
tcpdump -i br0 -s 400 -B 8192 -U -w "$day/all.pcap" 2>"$day/tcpdump.log" &
capture=$!
sleep 1.5
number=0
for host in c1 c2 c3 atk; do
    number=$((number + 1))
    on "$host" bash "$here/normal.sh" "$host" $((seed * 10 + number)) "$pace" 2>"$day/$host.log" &
done
ends=$(($(date +%s) + seconds))

# HOST does nothing else meanwhile.
attack() { # attack NAME [HOST]
    local begin status
    exec 8>"$day/lock.${2:-$1}"
    flock 8
    begin=$(date +%s.%N)
    "$1" >"$day/$1.log" 2>&1 8>&-
    status=$?
    sleep 0.5
    echo "$1 $begin $(date +%s.%N) $status" >>"$day/windows"
    exec 8>&-
}
rest=$(by_length 2 60)
sleep "$(by_length 3 20)"
wanted=" $* "
slow=
for name in exfil beacon; do
    case $wanted in *" $name "*)
        attack $name &
        slow="$slow $!"
        ;;
    esac
done
for name in scan flood brute spoof; do
    case $wanted in *" $name "*)
        if [ $name = spoof ]; then attack $name; else attack $name atk; fi
        sleep "$rest"
        ;;
    esac
done
for job in $slow; do wait "$job"; done
left=$((ends - $(date +%s)))
[ $left -le 0 ] || sleep $left
kill -INT $capture && wait $capture
exit 0
