#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What network sensors write, from training to alarms: logs of Zeek as text and as JSON, Suricata's, nfdump's and Argus's records.
. tests/lib.sh
flows=$(cd "${HG_DATA:-../shared/data}" 2>/dev/null && pwd)/slips-pcap
cd "$work" || exit 1

run() { "$HOURGLASS" "$@" >out 2>err; }
must() { run "$@" || bad "$*: $(tail -1 err)"; }
fast="steps=200 exist_ok=true progress=none threads=2"
model=runs/t/weights/best.safetensors
told() { expect "$1 is told" grep -q "note: $1" err; }

# Connections: names and pages are asked for all day long, the last of `odd` ones sends much by an unusual port. In Zeek's two forms.
connections() { # connections ROWS SEED ODD FORM
    awk -v rows=$1 -v seed=$2 -v odd=$3 -v form=$4 -v OFS='\t' '
    function put(name, value, quoted) {
        if (form == "json") {
            if (value != "-") line = line (line == "" ? "{" : ",") "\"" name "\":" (quoted ? "\"" value "\"" : value)
        } else line = line (line == "" ? "" : "\t") value
    }
    BEGIN {
        srand(seed)
        if (form == "text") {
            print "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\tconn"
            print "#fields", "ts", "uid", "id.orig_h", "id.orig_p", "id.resp_h", "id.resp_p", "proto", "service", "duration", "orig_bytes", "resp_bytes", "conn_state", "local_orig"
            print "#types", "time", "string", "addr", "port", "addr", "port", "enum", "string", "interval", "count", "count", "string", "bool"
        }
        for (i = 1; i <= rows; i++) {
            dns = rand() < 0.4; bad = i > rows - odd
            line = ""
            put("ts", sprintf("%.3f", 1700000000 + i * 7 + rand()), 0)
            put("uid", "C" seed "x" i, 1)
            put("id.orig_h", "10.0.0." int(2 + 20 * rand()), 1)
            put("id.orig_p", int(30000 + 30000 * rand()), 0)
            put("id.resp_h", dns ? "10.0.0.1" : "198.51.100." int(250 * rand()), 1)
            put("id.resp_p", bad ? 4444 : dns ? 53 : 443, 0)
            put("proto", dns && !bad ? "udp" : "tcp", 1)
            put("service", bad ? "-" : dns ? "dns" : "ssl", 1)
            put("duration", rand() < 0.1 ? "-" : sprintf("%.4f", (dns ? 0.01 : 2) * (0.5 + rand())), 0)
            put("orig_bytes", bad ? 40000000 : int((dns ? 40 : 700) * (0.5 + rand())), 0)
            put("resp_bytes", bad ? 0 : int((dns ? 120 : 9000) * (0.5 + rand())), 0)
            put("conn_state", bad ? "OTH" : "SF", 1)
            put("local_orig", "-", 0)
            print line (form == "json" ? "}" : "")
        }
        if (form == "text") print "#close", "2024-01-01-00-00-00"
    }'
}
connections 800 1 0 text >conn.log
connections 200 2 3 text >new.log
connections 200 2 3 json >new.json

# ---- Zeek ----
must train data=conn.log name=t $fast
told "a Zeek log (conn)"
told "flows as Zeek writes them: ids 4, times 1, categories 4, numbers by their log 3"
for kind in "id.orig_p  id" "id.resp_p  category, 2 levels: 443, 53" "ts  time" "orig_bytes  number, log" "local_orig  constant, always missing"; do told "$kind"; done
must predict model=$model data=new.log out=text.csv
expect "the odd ones raise an alarm, with what names them" \
    [ "$(awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next } $at["alarm"] && $1 > 196 { print $at["uid"] }' text.csv | tr '\n' ' ')" = "C2x198 C2x199 C2x200 " ]
must predict model=$model data=new.json out=json.csv
expect "the same connections as lines of JSON have the same scores, also without a column that may miss" \
    cmp -s <(cut -d, -f1,3,5 text.csv) <(cut -d, -f1,3,5 json.csv)
sed 's/"orig_bytes"/"orig_byte"/' new.json >other.json
must predict model=$model data=other.json out=no.csv
expect "a column that no line has is told" grep -q "note: no line has 'local_orig' and 1 more\|note: no line has 'orig_bytes'" err

must train data=conn.log name=c $fast columns="id.orig_p number, id.resp_h category" ignore=service
expect "what is said goes before" grep -q "note: id.resp_h  category" err
expect "and is not counted" grep -q "ids 2, times 1, categories 3, numbers by their log 3" err

cat conn.log conn.log >twice.log
must train data=twice.log name=w $fast
connections 50 3 0 text | sed 's/\tuid\t/\tid\t/' | cat conn.log - >mixed.log
run train data=mixed.log name=m $fast
expect "two logs in one file are refused: $(tail -1 err)" grep -q "mixed.log:814: expected the fields of line 6, got others" err
head -c -90 new.log >cut.log
run predict model=$model data=cut.log out=no.csv
expect "a line that is cut is named: $(tail -1 err)" grep -q "in the last line, which may be cut" err
must predict model=$model data=cut.log out=cut.csv on_bad=skip

# ---- Suricata: each kind of event has names of its own ----
awk 'BEGIN {
    srand(4)
    for (i = 1; i <= 400; i++) {
        head = sprintf("{\"timestamp\":\"2024-01-01T10:%02d:%02d.5+0000\",\"flow_id\":%d,\"event_type\":\"%s\",\"src_ip\":\"10.0.0.%d\",\"src_port\":%d,\"dest_ip\":\"10.0.0.1\",\"dest_port\":53,\"proto\":\"UDP\",", i / 60, i % 60, 1e9 * rand(), i % 2 ? "dns" : "flow", 2 + 9 * rand(), 30000 + 9000 * rand())
        if (i % 2) print head "\"dns\":{\"rrname\":\"example.org\",\"rrtype\":\"A\",\"answers\":[{\"ttl\":3}]}}"
        else print head "\"flow\":{\"pkts_toserver\":1,\"bytes_toserver\":" int(60 + 30 * rand()) ",\"state\":\"closed\",\"start\":\"2024-01-01T10:00:00.5+0000\"}}"
    }
}' >eve.json
must train data=eve.json name=t $fast
told "flows as Suricata writes them"
for kind in "flow.bytes_toserver  number, log" "flow.state  category, 1 level: closed, 50 % missing" "src_ip  id"; do told "$kind"; done
grep '"event_type":"flow"' eve.json >flow.json
must predict model=$model data=flow.json out=flow.csv
expect "events of one kind alone have no others' names" [ "$(wc -l <flow.csv)" = 201 ]

# ---- nfdump: the last lines are a summary ----
awk 'BEGIN {
    srand(5)
    print "ts,te,td,sa,da,sp,dp,pr,flg,fwd,stos,ipkt,ibyt,opkt,obyt"
    for (i = 1; i <= 300; i++) printf "2024-01-01 10:%02d:%02d,2024-01-01 10:%02d:%02d,%.3f,10.0.0.%d,10.0.0.1,%d,%d,TCP,...AP.SF,0,0,%d,%d,0,0\n", i / 60, i % 60, i / 60, i % 60, rand(), 2 + 9 * rand(), 30000 + 9000 * rand(), rand() < 0.5 ? 80 : 443, 5 + 9 * rand(), 900 + 9000 * rand()
    print "Summary\nflows,bytes,packets,avg_bps,avg_pps,avg_bpp\n300,1,1,1,1,1"
}' >nf.csv
must train data=nf.csv name=t $fast
told "flows as nfdump writes them"
must predict model=$model data=nf.csv out=nf.out
expect "a summary is no row" [ "$(wc -l <nf.out)" = 301 ]

# ---- Argus: ports are numbers, or those of ICMP in hexadecimal digits ----
awk 'BEGIN {
    srand(6)
    print "StartTime,Dur,Proto,SrcAddr,Sport,Dir,DstAddr,Dport,State,sTos,dTos,TotPkts,TotBytes,SrcBytes,Label"
    for (i = 1; i <= 300; i++) {
        icmp = i % 50 == 0
        printf "2024/01/01 10:%02d:%02d.250000,%.6f,%s,10.0.0.%d,%s,  <->,10.0.0.1,%s,CON,0,%s,%d,%d,%d,flow=%s\n", i / 60, i % 60, rand(), icmp ? "icmp" : "udp", 2 + 9 * rand(), icmp ? "0x0303" : int(30000 + 9000 * rand()), icmp ? "0x4ab8" : 53, icmp ? "" : 0, 2, 100 + 100 * rand(), 60 + 9 * rand(), i % 10 ? "Normal" : "Malware"
    }
}' >a.binetflow
must train data=a.binetflow name=t $fast
told "flows as Argus writes them"
told "Label  id"
must val model=$model data=a.binetflow label=Label normal=flow=Normal progress=none

# ---- real ones ----
labelled=$(ls "$flows"/test18*/zeek-labeled/conn.log.labeled 2>/dev/null)
if [ -f "$labelled" ]; then
    for log in "$flows"/test10*/conn.log "$flows"/test9*/conn.log "$flows"/test9*/dns.log "$flows"/test6*.json "$flows"/test5*.binetflow; do
        must train data="$log" name=t steps=20 exist_ok=true progress=none threads=2
        told "flows as"
    done
    must compare data="$labelled" label=label normal=Benign seeds=5 steps=600 threads=2 progress=none
    auroc=$(awk '$1 == "autoencoder" { print $2 }' out)
    expect "malware is told from the rest of a labelled log: AUROC $auroc" awk -v a="$auroc" 'BEGIN { exit !(a > 0.85) }'
else
    skip "no logs of sensors in HG_DATA"
fi
finish
