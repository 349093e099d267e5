#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# normal.sh HOST SEED PACE - what the people at one host do, until killed: pages, forms, names, pings, now and then a large transfer, with
# PACE milliseconds between them in the mean. A host waits while an attack goes out from it: who has its lock may send.
. "${0%/*}/net.sh"
pace=$3
fetch() { timeout 5 curl -s -o /dev/null "$@"; }

act() { # act NUMBER: once
    RANDOM=$1
    case $((RANDOM % 20)) in
    [0-7]) fetch "http://www.plant.test/page$((RANDOM % 30)).html" ;;
    8 | 9 | 10) fetch "http://site$((RANDOM % 40 * (RANDOM % 40) / 40 + 1)).example.test/news/$((RANDOM % 9))" ;;
    11 | 12) fetch -u 'clerk:open sesame' "http://www.plant.test/admin/$((RANDOM % 5))" ;;
    13) # one login in four fails first
        [ $((RANDOM % 4)) != 0 ] || fetch -u clerk:sesame http://www.plant.test/admin/0
        fetch -u 'clerk:open sesame' http://www.plant.test/admin/0
        ;;
    14 | 15) fetch -d "order=$RANDOM&pieces=$((RANDOM % 50))" http://www.plant.test/order ;;
    16 | 17)
        set -- $names
        shift $((RANDOM % $#))
        ping -q -n -c 3 -i 0.3 -W 1 "$(address_of "$1")" >/dev/null
        ;;
    18 | 19) timeout 5 iperf3 -c 10.77.0.10 -t 1 -b 2M -l 4K >/dev/null 2>&1 ;;
    esac
}

RANDOM=$2
while :; do
    number=$RANDOM pause=$((pace * (RANDOM % 100 + 10) / 60))
    (flock 9 && act $number) 9>"$day/lock.$1"
    sleep "$((pause / 1000)).$(printf %03d $((pause % 1000)))"
done
