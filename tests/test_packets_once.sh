#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Training on packets that come but once, from a pipe and from an interface, gives what a file gives; and data= as a list of captures.
. tests/lib.sh
draw=${HOURGLASS%/*}/draw_traffic
[ -x "$draw" ] || { skip "no $draw"; finish; }
draw=$(realpath "$draw") sender=$(realpath tests/send_capture.py)
python=${PYTHON:-python3}
cd "$work" || exit 1
seconds=30
is_sanitized && seconds=10
"$draw" industrial mon.pcap labels=mon.csv seed=3 seconds=$seconds attacks=none || bad "not drawn"
"$draw" industrial tue.pcap labels=tue.csv seed=4 seconds=$seconds attacks=none start=1700118000 || bad "not drawn"
rows() { echo $(($(wc -l <"$1") - 1)); }
fast="steps=20 samples=0 progress=none project=runs"
train() { # train NAME OPTIONS...: standard input is the packets
    name=$1
    shift
    "$HOURGLASS" train name="$name" $fast "$@" >out 2>err
}
must() { train "$@" || bad "train $*: $(cat err)"; }
same() { expect "$1: the weights of file" [ "$(hash_of runs/"$1"/weights/best.safetensors)" = "$(hash_of runs/file/weights/best.safetensors)" ]; }
refuse() { # refuse STATUS WORDS OPTIONS...
    want=$1 words=$2
    shift 2
    train no "$@"
    status=$?
    expect "$*: exit status $want, not $status" [ $status = "$want" ]
    expect "$*: '$words', not '$(cat err)'" grep -qF -- "$words" err
    expect "$*: no folder is left" [ ! -e runs/no ]
}

# ---- a pipe ----
train file data=mon.pcap
case $(cat err) in *libpcap0.8*) skip "no libpcap"; finish ;; esac
mkdir spill
export TMPDIR=$work/spill
must pipe data=- < <(cat mon.pcap)
same pipe
expect "where packets are kept is said: $(cat err)" grep -q "note: standard input: headers, and of each payload [0-9]* bytes at most, are kept" err
expect "nothing is left of it" [ -z "$(ls -A spill)" ]
must gzipped data=- < <(gzip -c mon.pcap)
same gzipped
must redirected data=- <mon.pcap
same redirected
must descriptor data=<(cat mon.pcap)
same descriptor
mkfifo fifo
cat mon.pcap >fifo &
must fifo data=fifo
same fifo
wait
must slow data=- < <(head -c 3 mon.pcap; sleep 0.1; tail -c +4 mon.pcap | head -c 30; sleep 0.1; tail -c +34 mon.pcap)
same slow
must kitnet model=kitnet data=mon.pcap
must kitnet-pipe model=kitnet data=- < <(cat mon.pcap)
expect "KitNET, too, is that of the file" [ "$(hash_of runs/kitnet/weights/best.safetensors)" = "$(hash_of runs/kitnet-pipe/weights/best.safetensors)" ]
must filtered data=- filter="tcp port 502" < <(cat mon.pcap)
must cut data=- < <(head -c 20000 mon.pcap)
expect "a pipe that ends inside a packet has its whole ones: $(cat err)" grep -q "standard input: ends inside packet" err
TMPDIR=$work/none refuse 1 "TMPDIR" data=- < <(cat mon.pcap)
head -c 24 mon.pcap >empty.pcap
refuse 4 "expected 20 packets or more" data=- < <(cat empty.pcap)
refuse 2 "duration: expected an interface or a pipe" data=mon.pcap duration=1m
train no resume=runs/pipe < <(cat mon.pcap)
status=$?
expect "a pipe is not resumed: $status, $(cat err)" eval "[ $status = 2 ] && grep -q 'resume: the packets of standard input came but once' err"

# Other things come through a pipe as before.
{ echo a,b; seq 1 60 | awk '{ print ($1 * 37 % 23) / 7 "," ($1 * 11 % 19) / 3 }'; } >table.csv
must table data=- < <(cat table.csv)
must zipped data=- < <(gzip -c table.csv)
refuse 4 "" data=- </dev/null

# ---- its end ----
began=$(milliseconds)
must short data=- duration=1s < <(cat mon.pcap; exec sleep 60)
expect "duration= ends the waiting for a pipe" [ $(($(milliseconds) - began)) -lt 20000 ]
same short
must short_zipped data=- duration=1s < <(gzip -c mon.pcap; exec sleep 60)
began=$(milliseconds)
refuse 4 "got 0" data=- duration=1s < <(head -c 24 mon.pcap; exec sleep 60)
expect "also where a pipe is gzipped, or there was no packet" [ $(($(milliseconds) - began)) -lt 20000 ]
{ cat mon.pcap; exec sleep 60; } >fifo &
feeder=$!
"$HOURGLASS" train name=stopped data=fifo $fast progress=lines >out 2>err &
trainer=$!
for _ in $(seq 1000); do grep -q "capturing" err && break || sleep 0.01; done
sleep 0.5 # a thousand packets are read in less
kill -INT $trainer
wait $trainer
status=$?
expect "a signal ends the capture, not the training: exit status 0, not $status: $(cat err)" [ $status = 0 ]
same stopped
kill $feeder 2>/dev/null

# ---- several captures ----
two=$(($(rows mon.csv) + $(rows tue.csv)))
must list data=mon.pcap,tue.pcap
expect "both are learned" grep -q "note: $two packets: " err
mkdir both
cp mon.pcap both/1.pcap
cp tue.pcap both/2.pcap
must folder data=both
expect "as those of a folder are" [ "$(hash_of runs/list/weights/best.safetensors)" = "$(hash_of runs/folder/weights/best.safetensors)" ]
model=runs/file/weights/best.safetensors
predict() { "$HOURGLASS" predict -q model=$model data="$1" out="$2" 2>err; }
predict mon.pcap,tue.pcap list.csv || bad "predict: $(cat err)"
predict both folder.csv || bad "predict: $(cat err)"
expect "scores of a list are those of the folder" cmp list.csv folder.csv
predict mon.pcap,both,tue.pcap all.csv || bad "predict: $(cat err)"
expect "a list may have folders" [ "$(rows all.csv)" = $((2 * two)) ]
cp mon.pcap "mon,day.pcap"
predict "mon,day.pcap" comma.csv || bad "a comma in a name: $(cat err)"
expect "a name with a comma is one file" [ "$(rows comma.csv)" = "$(rows mon.csv)" ]
predict "tue.pcap,mon,day.pcap" comma.csv || bad "a comma in a name of a list: $(cat err)"
expect "... in a list, too" [ "$(rows comma.csv)" = $two ]
{ cat mon.csv; tail -n +2 tue.csv | awk -F, -v n="$(rows mon.csv)" 'BEGIN { OFS = "," } { $1 += n; print }'; } >labels.csv
"$HOURGLASS" val -q model=$model data=mon.pcap,tue.pcap labels=labels.csv >out 2>err || bad "val: $(cat err)"
"$HOURGLASS" watch -q model=$model source=mon.pcap,tue.pcap >list.json 2>err || bad "watch: $(cat err)"
"$HOURGLASS" watch -q model=$model source=both >folder.json
expect "watch: alerts of a list are those of the folder" cmp list.json folder.json
refuse 1 "wed.pcap: " data=mon.pcap,wed.pcap
echo "no capture" >text.pcap
refuse 4 "text.pcap: expected a capture" data=mon.pcap,text.pcap,tue.pcap
mkdir bare
refuse 2 "lo: expected a capture or a folder of them, got a network interface" data=mon.pcap,lo
refuse 4 "bare: expected captures" data=mon.pcap,bare
predict mon.pcap,tue.pcap tue.pcap
expect "one of several is not written over: $(cat err)" grep -q "tue.pcap: expected out= to be another file, got the capture itself" err

# ---- an interface, in a network of its own ----
cat >live.sh <<'END'
ip link add left type veth peer name right && ip link set left up && ip link set right up || exit 77
for way in signal duration; do
    options=
    [ $way = duration ] && options="duration=3s"
    "$HOURGLASS" train data=right name=$way $fast $options progress=lines >$way.out 2>$way.err &
    trainer=$!
    for i in $(seq 200); do grep -q "are kept" $way.err && break; sleep 0.05; done
    "$PYTHON3" "$sender" mon.pcap left 400 0 300 >sent
    sleep 0.3
    [ $way = signal ] && kill -INT $trainer
    wait $trainer
    echo $? >$way.status
done
END
export HOURGLASS fast sender PYTHON3=$python
if [ "$(id -u)" = 0 ] && "$python" -c 1 2>/dev/null && unshare -n true 2>/dev/null && command -v ip >/dev/null; then
    unshare -n bash live.sh >log 2>&1
    case $? in
        0)
            for way in signal duration; do
                expect "$way ends the capture of an interface, and trains: $(cat $way.status $way.err)" [ "$(cat $way.status)" = 0 ]
                learned=$(sed -n 's/.*note: \([0-9]*\) packets: .*/\1/p' $way.err)
                expect "$way: all that was sent is learned, ${learned:-0} of $(cat sent)" [ "${learned:-0}" -ge "$(cat sent)" ]
            done
            ;;
        77) skip "no pair of interfaces here: $(cat log)" ;;
        *) bad "live: $(cat log)" ;;
    esac
else
    skip "an interface needs root, python3, unshare and ip"
fi
finish
