#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# While `hourglass watch` runs: another model by SIGHUP, this machine's log, what the kernel is still asked, and more packets than can
# be judged.
. tests/lib.sh
draw=${HOURGLASS%/*}/draw_traffic
[ -x "$draw" ] || { skip "no $draw"; finish; }
python=${PYTHON:-python3}
scanner=192.168.44.30
"$draw" industrial "$work/normal.pcap" seconds=200 seed=1 attacks=none || bad "nothing drawn"
"$draw" industrial "$work/scan.pcap" labels="$work/scan.csv" seconds=120 seed=1 attacks=modbus-scan || bad "nothing drawn"
train() { "$HOURGLASS" train data="$work/normal.pcap" project="$work" samples=0 progress=none -q "$@" 2>&1; }
said=$(train name=m)
status=$?
case $said in *libpcap0.8*) skip "no libpcap"; finish ;; esac
[ $status = 0 ] || { bad "no model: $said"; finish; }
train name=other fpr=0.002 >"$work/said" || bad "no other model: $(cat "$work/said")"
train name=kitnet model=kitnet >"$work/said" || bad "no model of KitNET: $(cat "$work/said")"
weights() { echo "$work/$1/weights/best.safetensors"; }
has() { [ "$(grep -c -- "$2" "$work/$1")" -ge "${3:-1}" ]; } # has FILE TEXT [TIMES]

# ---- another model ----
"$HOURGLASS" watch source="$work/scan.pcap" model="$work/m" >"$work/alone.json" 2>/dev/null
begin() { # begin OPTIONS...
    rm -f "$work/fifo" && mkfifo "$work/fifo"
    "$HOURGLASS" watch model="$work/model.safetensors" source="$work/fifo" "$@" >"$work/on.json" 2>"$work/on.err" &
    watcher=$!
    exec 7<>"$work/fifo"
}
end() {
    kill -TERM $watcher
    wait $watcher
    status=$?
    exec 7>&-
}
put() { cp "$1" "$work/model.new" && mv "$work/model.new" "$work/model.safetensors"; }
packets=$(($(wc -l <"$work/scan.csv") - 1))
rows=$((packets - 400)) # where the capture is cut
size=$("$python" - "$work/scan.pcap" $rows <<'END'
import struct, sys
data, at = open(sys.argv[1], 'rb').read(), 24
for _ in range(int(sys.argv[2])):
    at += 16 + struct.unpack('<I', data[at + 8:at + 12])[0]
print(at)
END
) || size=
if [ "$size" ]; then
    put "$(weights m)"
    begin
    head -c "$size" "$work/scan.pcap" >&7
    expect "an alert is there" wait_for 10 has on.json "\"event\":\"alert\".*\"source\":\"$scanner\""
    put "$(weights other)"
    kill -HUP $watcher
    expect "SIGHUP has the model read anew: $(cat "$work/on.err")" wait_for 10 has on.err "model.safetensors is at work; .*hosts and flows are met anew, alerts stay"
    echo "no model" >"$work/bad" && put "$work/bad"
    kill -HUP $watcher
    expect "one that is none is said in a sentence" wait_for 10 has on.err "the model at work goes on"
    cp "$(weights m)" "$work/cut" && truncate -s -1000 "$work/cut" && put "$work/cut"
    kill -HUP $watcher
    expect "and one that is cut off" wait_for 10 has on.err "the model at work goes on" 2
    rm "$work/model.safetensors"
    kill -HUP $watcher
    expect "and one that is gone" wait_for 10 has on.err "the model at work goes on" 3
    put "$(weights kitnet)"
    kill -HUP $watcher
    expect "a model of another kind may follow" wait_for 10 has on.err "is at work" 2
    tail -c +$((size + 1)) "$work/scan.pcap" >&7
    kill -USR1 $watcher
    all() { kill -USR1 $watcher; has on.err "note: packets $packets, "; }
    expect "no packet is lost meanwhile: $(tail -1 "$work/on.err")" wait_for 10 all
    end
    expect "SIGTERM is exit status 143, not $status" [ $status = 143 ]
    cp "$work/on.json" "$work/reloaded.json"
    number=$(sed -n "s/.*\"event\":\"alert\",\"alert\":\([0-9]*\),\"source\":\"$scanner\".*/\1/p" "$work/alone.json" | head -1)
    expect "alert $number stayed open and ended with what it began" \
        has on.json "\"event\":\"end\",\"alert\":$number,\"source\":\"$scanner\".*\"reasons\":\[\""
else
    skip "no python3 to cut a capture"
fi

# ---- rights of a watcher of a file ----
put "$(weights m)"
limits() { begin "$@" && cat "$work/scan.pcap" >&7 && wait_for 10 has on.json alert && grep Seccomp: /proc/$watcher/status >"$work/limits"; end; }
limits
case $(cat "$work/limits") in
    *2) ok ;;
    *) if is_sanitized || grep -q "no filter" "$work/on.err"; then skip "system calls are not filtered here"; else bad "not filtered: $(cat "$work/limits")"; fi ;;
esac
limits drop=false
expect "drop=false leaves system calls as they are" grep -q "0$" "$work/limits"

# ---- this machine's log ----
cat >"$work/log.py" <<'END'
import os, socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind('/dev/log')
out = open(sys.argv[1], 'wb', buffering=0)
out.write(b'listening\n')
while True:
    line = s.recv(4096)
    out.write(line + b'\n')
    if line.endswith(b'begin anew'): # as a daemon that is started again
        s.close()
        os.unlink('/dev/log')
        s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        s.bind('/dev/log')
        out.write(b'listening again\n')
END
cat >"$work/log.sh" <<'END'
mkdir "$work/dev" && mount -t tmpfs none "$work/dev" || exit 77
for name in null zero random urandom tty; do touch "$work/dev/$name" && mount --bind /dev/$name "$work/dev/$name"; done
ln -s /proc/self/fd "$work/dev/fd"
mount --bind "$work/dev" /dev || exit 77
"$HOURGLASS" watch syslog=true model="$work/m" source="$work/scan.pcap" >"$work/none.json" 2>"$work/none.err"
echo $? >"$work/none.status"
"$PYTHON3" "$work/log.py" "$work/log" &
logger=$!
for i in $(seq 100); do grep -q listening "$work/log" && break; sleep 0.05; done
"$HOURGLASS" watch syslog=true model="$work/m" source="$work/scan.pcap" >"$work/logged.json" 2>"$work/logged.err"
"$HOURGLASS" watch syslog=true model="$work/m" source="$work/fifo" >"$work/again.json" 2>"$work/again.err" &
watcher=$!
exec 7<>"$work/fifo"
for i in $(seq 100); do [ -e "/proc/$watcher" ] && grep -q "Seccomp:.*2" "/proc/$watcher/status" && break; sleep 0.05; done
"$PYTHON3" -c 'import socket; s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); s.connect("/dev/log"); s.send(b"begin anew")'
for i in $(seq 100); do grep -q again "$work/log" && break; sleep 0.05; done
cat "$work/scan.pcap" >&7
for i in $(seq 100); do grep -q "\"source\":\"$scanner\"" "$work/again.json" && break; sleep 0.05; done
kill -TERM $watcher
wait $watcher
kill $logger
umount /dev "$work/dev"
true
END
can=$("$python" -c 'print(1)' 2>/dev/null)
export HOURGLASS work scanner PYTHON3=$python
if [ "$(id -u)" = 0 ] && [ "$can" ] && unshare -m true 2>/dev/null; then
    rm -f "$work/fifo" && mkfifo "$work/fifo"
    unshare -m bash "$work/log.sh" >"$work/log.out" 2>&1
    case $? in
        0)
            expect "no log is exit status 1, not $(cat "$work/none.status")" [ "$(cat "$work/none.status")" = 1 ]
            expect "and a sentence: $(cat "$work/none.err")" grep -q "syslog: cannot reach the log of this machine" "$work/none.err"
            expect "syslog=true takes no alert away: $(cat "$work/logged.err")" cmp "$work/logged.json" "$work/alone.json"
            line="^<84>[A-Z][a-z][a-z] [ 0-9][0-9] [0-9:]\{8\} hourglass\[[0-9]*\]: alert [0-9]*: $scanner -> 192[.0-9]* TCP port 502: [^ ]* [a-z]* "
            expect "an alert is a line of the log: $(cat "$work/log")" [ "$(grep -c "$line" "$work/log")" = 2 ]
            expect "its end is another" grep -q "^<86>.*: end of alert [0-9]*: $scanner -> .*: [0-9]* packets in [0-9]* s$" "$work/log"
            expect "a log that begins anew is found again: $(cat "$work/again.err")" \
                [ "$(sed '1,/listening again/d' "$work/log" | grep -c "$line")" = 1 ]
            ;;
        77) skip "no /dev of its own here: $(cat "$work/log.out")" ;;
        *) bad "log: $(cat "$work/log.out")" ;;
    esac
else
    skip "a log of its own needs root, python3 and unshare"
fi

# ---- more packets than can be judged ----
cat >"$work/live.sh" <<'END'
{ echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6; } 2>/dev/null # nothing but what is sent
ip link add left type veth peer name right && ip link set left up && ip link set right up || exit 77
"$HOURGLASS" watch model="$work/m" source=right >"$work/live.json" 2>"$work/live.err" &
watcher=$!
for i in $(seq 200); do grep -q watching "$work/live.err" && break; sleep 0.05; done
count() { # count FILE: the counters
    local before=$(grep -c "note: packets" "$work/live.err")
    kill -USR1 $watcher
    for i in $(seq 200); do [ "$(grep -c "note: packets" "$work/live.err")" -gt "$before" ] && break; sleep 0.02; done
    grep "note: packets" "$work/live.err" | tail -1 >"$work/$1"
}
halt() { # halt FIRST LAST: they come while nobody takes them
    kill -STOP $watcher
    "$PYTHON3" tests/send_capture.py "$work/scan.pcap" left 1e9 $1 $2
    sleep 0.3
    kill -CONT $watcher
    sleep 0.5
}
halt 0 4999 >"$work/few"
count first
{ halt 0 99999; } >"$work/half"
count second
kill -STOP $watcher
for i in 1 2 3; do "$PYTHON3" tests/send_capture.py "$work/scan.pcap" left 1e9; done >"$work/many"
sleep 0.3
kill -CONT $watcher
sleep 1
"$PYTHON3" tests/send_capture.py "$work/scan.pcap" left 1e9 0 9 >"$work/last"
sleep 0.3
count third
kill -HUP $watcher
for i in $(seq 200); do grep -q "at work\|goes on" "$work/live.err" && break; sleep 0.05; done
kill -INT $watcher
wait $watcher
true
END
number() { sed -n "s/.*$1 \([0-9]*\),.*/\1/p" "$work/$2"; }
sum() { cat "$@" | awk '{ sum += $1 } END { print sum }'; }
if [ "$(id -u)" = 0 ] && [ "$can" ] && unshare -n true 2>/dev/null && command -v ip >/dev/null; then
    chmod 755 "$work" "$work"/m "$work"/m/weights
    chmod 644 "$(weights m)"
    unshare -n bash "$work/live.sh" >"$work/log.out" 2>&1
    case $? in
        0)
            expect "a halt with few packets leaves none of them out: $(cat "$work/first")" \
                [ "$(number unscored first)" = 0 -a "$(number packets first)" -ge "$(cat "$work/few")" ]
            left=$(number unscored third) judged=$(number packets third)
            expect "one with many leaves some out: $(cat "$work/third")" [ "$left" -gt 0 ]
            expect "each is judged or counted: $judged + $left of $(sum "$work"/few "$work"/half "$work"/many "$work"/last)" \
                [ $((judged + left)) -ge "$(sum "$work"/few "$work"/half "$work"/many "$work"/last)" ]
            expect "that is said once" [ "$(grep -c "faster than they can be judged" "$work/live.err")" = 1 ]
            expect "an interface's watcher reads its model anew: $(tail -2 "$work/live.err")" grep -q "is at work;" "$work/live.err"
            ;;
        77) skip "no pair of interfaces here: $(cat "$work/log.out")" ;;
        *) bad "live: $(cat "$work/log.out")" ;;
    esac
else
    skip "an interface needs root, python3, unshare and ip"
fi
finish
