#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A file larger than the memory it may take trains: 3 GB of float rows (BIG_GB=3), peak memory at most 300 MB; captures of more than 2^32
# bytes are read to their end. And a table of few rows but many columns does not take many times what it is.
. tests/lib.sh
python=${PYTHON:-python3}
is_sanitized && { skip "memory means nothing under a sanitizer"; finish; }
command -v "$python" >/dev/null || { skip "no python3 to measure memory with"; finish; }
free=$(df -Pk "$work" | awk 'NR == 2 { print int($4 / 1024 / 1024) }')
[ "$free" -ge 5 ] || { skip "3 GB on disk: only $free GB free"; finish; }

# A header, a first part of made-up numbers, then a hole, which reads as zeros and takes no disk.
"$python" - "$work/big.npy" "${BIG_GB:-3}" <<'PY' || bad "could not write the file"
import struct, sys
width, rows = 784, int(float(sys.argv[2]) * 1e9) // (784 * 4)
head = "{'descr': '<f4', 'fortran_order': False, 'shape': (%d, %d), }" % (rows, width)
head += " " * (-(len(head) + 11) % 64) + "\n"
with open(sys.argv[1], "wb") as file:
    file.write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head)) + head.encode())
    start = file.tell()
    block = b"".join(struct.pack("<%df" % width, *[((i * 37 + j * 11) % 256) / 255 for j in range(width)]) for i in range(1000))
    for part in range(10):
        file.seek(start + part * (rows // 10) * width * 4)
        file.write(block)
    file.truncate(start + rows * width * 4)
PY
ls -ls "$work/big.npy"
peak() { # peak command...: runs it and prints the most memory it held, in MB
    "$python" -c '
import resource, subprocess, sys
status = subprocess.call(sys.argv[1:], stdout=2)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024)
sys.exit(status)' "$@"
}
mb=$(peak "$HOURGLASS" train -q data="$work/big.npy" fraction=0.3 val=0.02 epochs=1 model=ae project="$work" name=big)
status=$?
expect "training: exit $status" [ $status = 0 ]
echo "training: $mb MB"
expect "training took $mb MB, more than 300" [ "${mb:-9999}" -le 300 ]
mb=$(peak "$HOURGLASS" predict -q model="$work/big/weights/best.safetensors" data="$work/big.npy" out="$work/scores.csv")
status=$?
expect "scoring: exit $status" [ $status = 0 ]
echo "scoring: $mb MB"
expect "scoring took $mb MB, more than 300" [ "${mb:-9999}" -le 300 ]
rm "$work/big.npy"

# A capture beyond 2^32 bytes: 16400 packets of 256 kB, all of them holes but their headers, and one more. As a file, and as a pipe.
draw=${HOURGLASS%/*}/draw_traffic
said=$([ -x "$draw" ] && "$draw" industrial "$work/normal.pcap" labels="$work/normal.csv" seconds=10 seed=1 attacks=none 2>&1 &&
    "$HOURGLASS" train -q data="$work/normal.pcap" steps=10 samples=0 project="$work" name=packets 2>&1)
if [ -e "$work/packets/weights/best.safetensors" ]; then
    "$python" - "$work/big.pcap" <<'PY' || bad "could not write the capture"
import struct, sys
size, count, raw = 1 << 18, 16400, 101
with open(sys.argv[1], "wb") as file:
    file.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, size, raw))
    for i in range(count + 1):
        length = size if i < count else 28
        ip = struct.pack(">BBHHHBBHIIHHHH", 0x45, 0, min(length, 65535), i & 65535, 0, 64, 17, 0, 0x0a000001, 0x0a000002, 999, 53, 8, 0)
        file.write(struct.pack("<IIII", 1700000000 + i, 0, length, length) + ip)
        file.seek(length - len(ip), 1)
    assert file.tell() > 1 << 32
PY
    ls -ls "$work/big.pcap"
    judge() { # judge NAME DATA: every packet has a row, and the last one its time
        mb=$(peak "$HOURGLASS" predict -q model="$work/packets" data="$2" out="$work/scores.csv" max_mem=64M)
        status=$?
        expect "$1: exit $status" [ $status = 0 ]
        echo "$1: $mb MB"
        expect "$1 took $mb MB, more than 200" [ "${mb:-9999}" -le 200 ]
        expect "$1: all packets are there: $(tail -1 "$work/scores.csv")" [ "$(tail -1 "$work/scores.csv" | cut -d, -f 1,2,6,7)" = 16400,1700016400.000000000,10.0.0.1,10.0.0.2 ]
    }
    judge "a capture of 4.3 GB" "$work/big.pcap"
    judge "a pipe of 4.3 GB" - < <(cat "$work/big.pcap")
    rm "$work/big.pcap"
else
    skip "no capture of 4.3 GB: ${said:-no $draw}"
fi

# A table of few wide rows takes a few times what it is, and what its network is: 64 rows of 4096 numbers are 1 MB.
"$python" - "$work/wide.npy" "$work/marked.csv" <<'PY' || bad "could not write the tables"
import random, struct, sys
random.seed(1)
rows, width = 64, 4096
x = [[random.gauss(0, 1) for j in range(width)] for i in range(rows)]
head = "{'descr': '<f4', 'fortran_order': False, 'shape': (%d, %d), }" % (rows, width)
head += " " * (-(len(head) + 11) % 64) + "\n"
with open(sys.argv[1], "wb") as file:
    file.write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head)) + head.encode())
    for row in x:
        file.write(struct.pack("<%df" % width, *row))
with open(sys.argv[2], "w") as file:
    file.write(",".join("c%d" % j for j in range(width)) + ",bad\n")
    for i, row in enumerate(x):
        file.write(",".join("%.3f" % (v + 4 * (i < 4)) for v in row) + ",%d\n" % (i < 4))
PY
holds() { # holds NAME MB command...: it works, and takes no more than that
    name=$1 most=$2
    shift 2
    mb=$(peak "$HOURGLASS" "$@" threads=2)
    status=$?
    expect "$name: exit $status" [ $status = 0 ]
    echo "$name: $mb MB"
    expect "$name took $mb MB, more than $most" [ "${mb:-9999}" -le "$most" ]
}
wide=$work/wide/weights/best.safetensors
holds "training on a wide table" 150 train -q data="$work/wide.npy" prepare=table steps=5 project="$work" name=wide
holds "training on a wide table with anomalies in it" 150 train -q data="$work/wide.npy" contamination=0.1 steps=5 project="$work" name=odd
"$HOURGLASS" train data="$work/wide.npy" prepare=table steps=1 max_mem=1M project="$work" name=small 2>"$work/err" || bad "max_mem=1M: $(cat "$work/err")"
expect "what goes beyond max_mem is said beforehand" grep -q "rows of 4096 numbers take 6 MB beside what max_mem= bounds" "$work/err"
holds "scoring a wide table" 140 predict -q model="$wide" data="$work/wide.npy" out="$work/scores.csv"
holds "comparing on a wide table" 150 compare data="$work/marked.csv" label=bad seeds=1 steps=5 out="$work/compare.csv"
expect "what takes the square of the columns is left out" [ "$(tail -n +2 "$work/compare.csv" | cut -d, -f3 | tr '\n' ' ')" = "autoencoder knn iforest ecod " ]
finish
