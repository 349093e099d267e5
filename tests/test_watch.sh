#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# `hourglass watch` says who scans a network, of a file, of a pipe, and of an interface while it happens.
. tests/lib.sh
draw=${HOURGLASS%/*}/draw_traffic
[ -x "$draw" ] || { skip "no $draw"; finish; }
python=${PYTHON:-python3}
scanner=192.168.44.30
normal=200 watched=120
"$draw" industrial "$work/normal.pcap" seconds=$normal seed=1 attacks=none || bad "nothing drawn"
"$draw" industrial "$work/scan.pcap" labels="$work/scan.csv" seconds=$watched seed=1 attacks=modbus-scan || bad "nothing drawn"
said=$("$HOURGLASS" train data="$work/normal.pcap" project="$work" name=m samples=0 progress=none -q 2>&1)
status=$?
case $said in *libpcap0.8*) skip "no libpcap"; finish ;; esac
[ $status = 0 ] || { bad "no model: $said"; finish; }
model=$work/m
watch() { "$HOURGLASS" watch model="$model" "$@"; }

# ---- a file and a pipe ----
watch source="$work/scan.pcap" >"$work/file.json" 2>"$work/file.err"
expect "a watched file is no failure: $(cat "$work/file.err")" [ $? = 0 ]
watch source=- <"$work/scan.pcap" >"$work/redirected.json" 2>/dev/null
watch source=- < <(cat "$work/scan.pcap") >"$work/pipe.json" 2>/dev/null
expect "a pipe has the same alerts as a file" cmp "$work/file.json" "$work/pipe.json"
expect "and so has standard input that is a file" cmp "$work/file.json" "$work/redirected.json"
watch source="$work/scan.pcap" out="$work/added.json" fail_on_anomaly=true -q
expect "fail_on_anomaly=true is exit status 3" [ $? = 3 ]
watch source="$work/scan.pcap" out="$work/added.json" -q
expect "a file of alerts is added to" cmp "$work/added.json" <(cat "$work/file.json" "$work/file.json")
watch source="$work/scan.pcap" filter="not host $scanner" -q >"$work/filtered.json"
expect "what filter= leaves out raises no alert" eval "! grep -q '\"source\":\"$scanner\"' $work/filtered.json"
watch source="$work/scan.pcap" format=eve -q >"$work/eve.json"

watch source="$work/scan.pcap" alarms=2/day -q >"$work/rare.json"
expect "a rate of alerts is a threshold that fewer pass" [ "$(grep -c '"alert"' "$work/rare.json")" -le "$(grep -c '"alert"' "$work/file.json")" ]

head -c 16 "$work/scan.pcap" >"$work/key"
watch source="$work/scan.pcap" anonymise="$work/key" -q >"$work/others.json"
expect "anonymise= names nobody of the capture" eval "! grep -q '192\.168\.44\.' $work/others.json"
expect "and has the same alerts" [ "$(grep -c '"alert"' "$work/others.json")" = "$(grep -c '"alert"' "$work/file.json")" ]
head -c 15 "$work/key" >"$work/short"
said=$(watch source="$work/scan.pcap" anonymise="$work/short" 2>&1)
expect "a key that is too short is refused: $said" [ $? = 4 ]

cat >"$work/look.py" <<'END'
import json, re, sys
scanner = sys.argv[2]
lines = [json.loads(line) for line in open(sys.argv[1])]
if sys.argv[3] == 'eve':
    alerts = [x for x in lines if x['event_type'] == 'alert']
    ours = [x for x in alerts if x['src_ip'] == scanner]
    print(len(ours), ours[0]['dest_port'], ours[0]['proto'], ours[0]['alert']['severity'], len(alerts) <= 3,
          bool(re.fullmatch(r'\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+0000', ours[0]['timestamp'])))
else:
    alerts, ends = ([x for x in lines if x['event'] == e] for e in ('alert', 'end'))
    ours = [x for x in alerts if x['source'] == scanner]
    last = [x for x in ends if x['source'] == scanner]
    print(len(ours), ours[0]['port'], ours[0]['protocol'], sorted(x['alert'] for x in alerts) == sorted(x['alert'] for x in ends),
          len(alerts) <= 3, last[0]['packets'] > 100, bool(ours[0]['reasons']), last[0]['first'] <= ours[0]['time'] <= last[0]['last'],
          last[0]['p_value'] < 1e-3)
END
if can=$("$python" -c 'print(1)' 2>/dev/null) && [ "$can" ]; then
    look=$("$python" "$work/look.py" "$work/file.json" $scanner own)
    expect "one alert names the scanner, what it asks, and ends: $look" [ "$look" = "1 502 TCP True True True True True True" ]
    look=$("$python" "$work/look.py" "$work/eve.json" $scanner eve)
    expect "Suricata's names are those of EVE: $look" [ "$look" = "1 502 TCP 2 True True" ]
else
    skip "no python3 to read JSON"
fi

# ---- refused ----
refuse() { # refuse STATUS SENTENCE OPTIONS...
    status=$1 why=$2
    shift 2
    said=$(watch "$@" 2>&1 >/dev/null)
    got=$?
    expect "$*: exit status $status, not $got" [ $got = "$status" ]
    expect "$*: $why, not $said" eval '[[ $said == *"$why"* ]]'
}
refuse 2 "format: expected auto, json or eve, got csv" source="$work/scan.pcap" format=csv
refuse 1 "$work/none.pcap: cannot open" source="$work/none.pcap"
refuse 2 'got "no such": ' source="$work/scan.pcap" filter="no such"
said=$("$HOURGLASS" predict model="$model" data="$work/scan.pcap" out=- format=eve 2>&1)
expect "predict does not write EVE" eval '[[ $said == *"format: expected auto, csv or json, got eve"* ]]'

# ---- a pipe that goes on: at once, counters, metrics, stopped ----
port=$((20000 + $$ % 20000))
mkfifo "$work/fifo"
"$HOURGLASS" watch model="$model" source="$work/fifo" metrics=$port >"$work/on.json" 2>"$work/on.err" &
watcher=$!
exec 7<>"$work/fifo" # also where nobody reads
cat "$work/scan.pcap" >&7
expect "an alert is there while the pipe is open" wait_for 5 grep -q "\"event\":\"alert\".*\"source\":\"$scanner\"" "$work/on.json"
packets=$(($(wc -l <"$work/scan.csv") - 1))
fetch() { # fetch PATH
    exec 8<>"/dev/tcp/127.0.0.1/$port" || return 1
    printf 'GET %s HTTP/1.1\r\nHost: x\r\n\r\n' "$1" >&8
    timeout 3 cat <&8
    exec 8>&-
}
page() { fetch /metrics 2>/dev/null | grep -q "^hourglass_packets_total $packets$"; }
expect "metrics= counts the packets" wait_for 5 page
expect "no other page is there" eval 'fetch /other | head -1 | grep -q "404 Not Found"'
kill -USR1 $watcher
expect "SIGUSR1 has the counters said" wait_for 5 grep -q "note: packets $packets, bytes [1-9]" "$work/on.err"
kill -TERM $watcher
wait $watcher
status=$?
exec 7>&-
expect "SIGTERM is exit status 143, not $status" [ $status = 143 ]
expect "what was open ends" cmp "$work/on.json" "$work/file.json"

# ---- an interface, in a network of its own ----
# Only root has one, and not everywhere.
cat >"$work/live.sh" <<'END'
ip link add left type veth peer name right && ip link set left up && ip link set right up || exit 77
"$HOURGLASS" watch model="$model" source=right metrics=$port >"$work/live.json" 2>"$work/live.err" &
watcher=$!
for i in $(seq 100); do grep -q watching "$work/live.err" && break; sleep 0.05; done
cat /proc/$watcher/status >"$work/rights"
"$PYTHON3" tests/send_capture.py "$work/scan.pcap" left 40 $first $last >"$work/sent"
for i in $(seq 100); do grep -q "\"source\":\"$scanner\"" "$work/live.json" && break; sleep 0.02; done
cp "$work/live.json" "$work/during.json"
kill -USR1 $watcher
for i in $(seq 100); do grep -q 'note: packets' "$work/live.err" && break; sleep 0.02; done
kill -INT $watcher
wait $watcher
echo $? >"$work/status"
END
export HOURGLASS model port work scanner PYTHON3=$python
first=$(awk -F, '$2 == 1 {print $1; exit}' "$work/scan.csv")
export last=$((first + 800)) first=$((first - 100))
if [ "$(id -u)" = 0 ] && [ "$can" ] && unshare -n true 2>/dev/null && command -v ip >/dev/null; then
    unshare -n bash "$work/live.sh" >"$work/log" 2>&1
    case $? in
        0)
            expect "an interface's alert is there while it is watched: $(cat "$work/live.err")" \
                grep -q "\"event\":\"alert\".*\"source\":\"$scanner\"" "$work/during.json"
            expect "and ends when the watching does" grep -q "\"event\":\"end\".*\"source\":\"$scanner\"" "$work/live.json"
            expect "SIGINT is exit status 130, not $(cat "$work/status")" [ "$(cat "$work/status")" = 130 ]
            counted=$(sed -n 's/.*note: packets \([0-9]*\),.*/\1/p' "$work/live.err")
            expect "every frame is judged, $counted of $(cat "$work/sent")" [ "$counted" -ge "$(cat "$work/sent")" ]
            expect "root's rights are gone" eval \
                '! grep -q "^Uid:.*\b0\b" "$work/rights" && grep -q "^CapEff:.*0000000000000000" "$work/rights" &&
                 grep -q "^NoNewPrivs:.*1" "$work/rights"'
            ;;
        77) skip "no pair of interfaces here: $(cat "$work/log")" ;;
        *) bad "live: $(cat "$work/log")" ;;
    esac
else
    skip "an interface needs root, python3, unshare and ip"
fi
finish
