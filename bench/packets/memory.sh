#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Whether `hourglass watch` grows: a drawn day again and again, its times moved on, through a pipe; memory every so many packets.
# Usage: bench/packets/memory.sh [packets=100000000] [every=10000000] [model=own|kitnet] [scene=office] [port=9478], from the project's folder,
# after `make build/hourglass build/gcc/draw_traffic build/gcc/send_traffic`.
set -u
packets=100000000 every=10000000 model=own scene=office port=9478
for word in "$@"; do
    case $word in
    packets=* | every=* | model=* | scene=* | port=*) declare "${word%%=*}=${word#*=}" ;;
    *) echo "memory.sh: expected packets=, every=, model=, scene= or port=, got $word" >&2; exit 2 ;;
    esac
done
hourglass=build/hourglass draw=build/gcc/draw_traffic send=build/gcc/send_traffic
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
case $model in kitnet) kind=model=kitnet ;; *) kind= ;; esac
$draw "$scene" "$work/day.pcap" seed=1 seconds=600 attacks=none || exit 1
$hourglass train -q data="$work/day.pcap" project="$work" name=m samples=0 progress=none $kind || exit 1
mkfifo "$work/pipe"
$send "$work/day.pcap" to=- packets="$packets" >"$work/pipe" &
$hourglass watch model="$work/m" source=- metrics="$port" <"$work/pipe" >"$work/alerts" 2>"$work/said" &
watcher=$!
judged() {
    { exec 8<>"/dev/tcp/127.0.0.1/$port"; } 2>/dev/null || return 1
    printf 'GET /metrics HTTP/1.1\r\n\r\n' >&8
    timeout 3 sed -n 's/^hourglass_packets_total //p' <&8
    exec 8>&-
}
wanted=0
while kill -0 $watcher 2>/dev/null; do
    sleep 0.2
    now=$(judged)
    [ "${now:-0}" -gt $wanted ] || continue
    awk -v n="$now" '/^VmRSS/ { printf "%11d packets  %.1f MB\n", n, $2 / 1024 }' /proc/$watcher/status
    wanted=$((now / every * every + every))
done
wait $watcher
tail -1 "$work/said"
