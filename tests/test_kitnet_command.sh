#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# model=kitnet: KitNET over a capture, from the command: trained, asked, judged, validated; the same bytes on any number of threads and
# any instruction set; and what is refused before anything is made.
. tests/lib.sh
built=${HOURGLASS%/*}
[ -x "$built/draw_traffic" ] || built=$PWD/build/gcc
draw=$built/draw_traffic
[ -x "$draw" ] || { skip "no $draw"; finish; }
case $HOURGLASS in /*) ;; *) HOURGLASS=$PWD/$HOURGLASS ;; esac
seconds=40
is_sanitized && seconds=20
"$draw" iot "$work/normal.pcap" seed=7 seconds=$seconds attacks=none || bad "not drawn"
"$draw" iot "$work/flood.pcap" labels="$work/labels.csv" seed=7 seconds=$seconds start=1700118000 attacks=udp-flood || bad "not drawn"
cd "$work" || exit 1
train() { "$HOURGLASS" train data=normal.pcap model=kitnet progress=none project=runs "$@" >out 2>err; }
if ! train threads=1 name=sound; then
    grep -q libpcap err && { skip "no libpcap"; finish; }
    bad "$(cat err)"
fi

# ---- trained and asked
expect "what it makes of them is told" grep -q "packets: KitNET on 115 features of each, in [0-9]* clusters; the last 20 % are held out" err
expect "a threshold, with what was held out" grep -q "threshold .* held-out packets" err
expect "the best weights and no others" [ "$(ls runs/sound/weights)" = best.safetensors ]
"$HOURGLASS" info model=runs/sound >info 2>err || bad "info: $(cat err)"
expect "info says what it is" grep -q "^packets     KitNET on 115 features of a packet, in [0-9]* clusters, learned from [0-9]* packets" info
expect "info says the threshold" grep -q "threshold [0-9.]*: " info
expect "the network is the output's autoencoder" grep -q "^model       dense [0-9]* sigmoid | dense [0-9]* sigmoid" info
"$HOURGLASS" info --json model=runs/sound >info.json 2>err || bad "info: $(cat err)"
expect "programs are told too" grep -q '"packets":{"what":"KitNET on 115 .*"held_out":[0-9]*,"threshold":' info.json

# ---- judged
predict() { "$HOURGLASS" predict model=runs/"$1" data=flood.pcap out="$1.csv" progress=none >out 2>err || bad "$1: $(cat err)"; }
predict sound
expect "the columns are those of any model of packets" [ "$(head -1 sound.csv)" = row,time,score,p_value,alarm,source,destination,protocol,port,reasons ]
expect "a row a packet" [ "$(wc -l <sound.csv)" = "$(wc -l <labels.csv)" ]
expect "alarms have reasons of features" grep -q ",1,192.*,UDP,.*over [0-9.]* s: .* before" sound.csv
expect "no reasons without an alarm" eval '! grep -E "^[0-9]+,[0-9.]+,[0-9.e-]+,[0-9.e-]+,0,.*over" sound.csv'
"$HOURGLASS" predict model=runs/sound data=flood.pcap out=all.csv reasons=all top=1 progress=none >out 2>err || bad "$(cat err)"
expect "reasons for all where they are asked for" eval '! grep -q ",\"*$" all.csv' 
"$HOURGLASS" val model=runs/sound data=flood.pcap labels=labels.csv resamples=0 progress=none --json >val.json 2>err || bad "val: $(cat err)"
auroc=$(sed -n 's/.*"auroc":{"value":\([0-9.]*\).*/\1/p' val.json)
expect "a flood is found: AUROC $auroc" awk "BEGIN { exit !(${auroc:-0} > 0.9) }"
expect "beside counting, of which novelty is not known" grep -q '"counting_auroc":{"rate":[0-9.]*,"pair_rate":[0-9.]*}' val.json

# ---- the same bytes
model=runs/sound/weights/best.safetensors
train threads=3 name=three || bad "three threads: $(cat err)"
HG_ISA=ref train name=ref || bad "ref: $(cat err)"
for other in three ref; do
    expect "$other: the same model" [ "$(hash_of runs/$other/weights/best.safetensors)" = "$(hash_of $model)" ]
done
HG_ISA=ref predict ref
expect "the same scores" cmp -s ref.csv sound.csv
train seed=1 name=seed || bad "seed: $(cat err)"
expect "another seed is another model" [ "$(hash_of runs/seed/weights/best.safetensors)" != "$(hash_of $model)" ]

# ---- as published; nothing held out; once more
train kitsune=published name=published || bad "published: $(cat err)"
expect "as published: 100 features" grep -q "KitNET on 100 features of each" err
predict published
expect "which are others" eval '! cmp -s published.csv sound.csv'
train val=0 name=whole || bad "val=0: $(cat err)"
expect "nothing held out: no threshold" eval '! grep -q threshold err'
predict whole
expect "and no alarms" grep -q "^0,[0-9.]*,[0-9.e-]*,,,192" whole.csv
hash=$(hash_of $model)
"$HOURGLASS" train resume=runs/sound progress=none >out 2>err || bad "resume: $(cat err)"
expect "made once more it is the same" [ "$(hash_of $model)" = "$hash" ]

# ---- what is refused
refuse() { # refuse SENTENCE ARGUMENTS...
    sentence=$1
    shift
    "$HOURGLASS" train progress=none project=runs name=refused "$@" >out 2>err && bad "$* is taken"
    expect "$*: $sentence, not $(cat err)" grep -qF "$sentence" err
    expect "$*: no results folder is left" [ ! -e runs/refused ]
}
refuse "model=kitnet: expected a capture of packets in data=" data=labels.csv model=kitnet
refuse "kitsune: expected model=kitnet with it, got none" data=normal.pcap kitsune=published
refuse "kitsune: expected sound|published, got" data=normal.pcap model=kitnet kitsune=odd
refuse "pretrained: model=kitnet begins anew" data=normal.pcap model=kitnet pretrained=$model
refuse "expected 100 packets or more" data=normal.pcap model=kitnet filter="port 9"
finish
