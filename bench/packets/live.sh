#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# `hourglass watch` on one core at the end of a pair of interfaces, while drawn traffic is sent into the other: what was sent, judged,
# left out and dropped, how much memory, and how long from a packet to its alert. For the latter a source that was never there knocks at
# five ports, every `markers` ms; the third packet is the alert. All three programs go before others (chrt -f).
# Usage: bench/packets/live.sh [rate=150000] [seconds=60] [model=own|kitnet] [scene=industrial] [markers=250] [core=0] [reload=SECONDS], as root, from the
# project's folder, after `make build/hourglass build/gcc/draw_traffic build/gcc/send_traffic`. reload=: so long after the start SIGHUP comes.
set -u
rate=150000 seconds=60 model=own scene=industrial markers=250 core=0 reload=
for word in "$@"; do
    case $word in
    rate=* | seconds=* | model=* | scene=* | markers=* | core=* | reload=*) declare "${word%%=*}=${word#*=}" ;;
    *) echo "live.sh: expected rate=, seconds=, model=, scene=, markers=, core= or reload=, got $word" >&2; exit 2 ;;
    esac
done
skip() { echo "skipped: $*"; exit 0; }
[ "$(id -u)" = 0 ] || skip "needs root"
command -v ip >/dev/null || skip "needs iproute2"
unshare -n true 2>/dev/null || skip "no namespaces here"
hourglass=build/hourglass draw=build/gcc/draw_traffic send=build/gcc/send_traffic
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
chmod 755 "$work"
case $model in kitnet) kind=model=kitnet ;; *) kind= ;; esac
$draw "$scene" "$work/day.pcap" seed=1 seconds=600 attacks=none || exit 1
# Learned at the speed at which it is sent.
$send "$work/day.pcap" to=- rate="$rate" packets=$((3 * rate)) >"$work/normal.pcap"
$hourglass train -q data="$work/normal.pcap" project="$work" name=m samples=0 progress=none $kind || exit 1
chmod -R a+rX "$work"
export hourglass send work rate seconds markers core reload
cat >"$work/run.sh" <<'END'
unshare -n sleep 1000 &
other=$!
trap 'kill $other' EXIT
sleep 0.2
ip link add left type veth peer name right && ip link set right netns $other || exit 77
ip link set left up && nsenter -t $other -n ip link set right up
mkfifo "$work/alerts"
chrt -f 10 $send stamp <"$work/alerts" >"$work/stamped" &
nsenter -t $other -n chrt -f 10 taskset -c "$core" $hourglass watch model="$work/m" source=right >"$work/alerts" 2>"$work/said" &
watcher=$!
for i in $(seq 200); do grep -q watching "$work/said" && break; sleep 0.05; done
memory() { awk '/^VmRSS/ { printf "%.1f MB", $2 / 1024 }' /proc/$watcher/status; }
begin=$(memory)
before=$(cut -d ' ' -f 14,15 /proc/$watcher/stat)
[ -z "$reload" ] || { sleep "$reload" && kill -HUP $watcher; } &
taskset -c $(((core + 1) % $(nproc))) chrt -f 10 $send "$work/day.pcap" to=left rate="$rate" packets=$((rate * seconds)) markers="$markers" >"$work/sent" 2>"$work/took"
sleep 0.5
after=$(cut -d ' ' -f 14,15 /proc/$watcher/stat)
echo "$before $after" | awk -v s="$seconds" '{ printf "processor time     %.1f s of the watcher\n", ($3 + $4 - $1 - $2) / 100 }' >"$work/cpu"
echo "memory             $begin at the start, $(memory) at the end" >"$work/memory"
kill -USR1 $watcher
sleep 0.5
kill -INT $watcher
wait $watcher
true
END
unshare -n bash "$work/run.sh" || skip "no pair of interfaces here"
echo "sent               $(sed 's/^sent //' "$work/took")"
sed -n 's/.*note: packets \([0-9]*\), .*unscored \([0-9]*\), .*alerts \([0-9]*\), open.*dropped \([0-9]*\), .*/judged             \1\nnot judged         \2\ndropped            \4\nalerts             \3/p' "$work/said" | tail -4
cat "$work/cpu" "$work/memory"
[ -z "$reload" ] || echo "reload             $(sed -n 's/.*note: .*\(is at work; .*\)/\1/p' "$work/said" | tail -1)"
show() { # show NAME OF: times in ms, sorted
    awk -v name="$1" -v of="$2" '{ ms[NR] = $1 }
        END { if (NR == 0) { printf "%-18s nothing\n", name; exit }
            at = int(0.99 * NR + 0.999999)
            printf "%-18s p50 %.1f ms, p99 %.1f ms, most %.1f ms (%d of %d)\n", name, ms[int((NR + 1) / 2)], ms[at], ms[NR], NR, of }'
}
# From the sender's clock before a knock; and of every alert from the time that the kernel gave its packet, by the seconds of the minute.
awk 'FILENAME ~ /sent$/ { at[$1] = $2; next }
    /"event":"alert"/ && match($0, /"source":"10\.66\.[0-9.]*"/) {
        who = substr($0, RSTART + 10, RLENGTH - 11)
        if (who in at) print ($1 - at[who]) / 1e6
    }' "$work/sent" "$work/stamped" | sort -n | show "knock to alert" "$(wc -l <"$work/sent")"
awk '/"event":"alert"/ && match($0, /"time":"[^"]*/) {
        taken = substr($0, RSTART + 25, 12) * 1000
        ms = (substr($1, 1, length($1) - 6) + 0) % 60000 + substr($1, length($1) - 5) / 1e6 - taken
        print ms < -30000 ? ms + 60000 : ms
    }' "$work/stamped" | sort -n >"$work/late"
show "packet to alert" "$(grep -c '"event":"alert"' "$work/stamped")" <"$work/late"
