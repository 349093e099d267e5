#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A file larger than the memory it may take trains: 3 GB of float rows (BIG_GB=3), peak memory at most 300 MB.
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
mb=$(peak "$HOURGLASS" train -q data="$work/big.npy" epochs=1 model=ae project="$work" name=big)
status=$?
expect "training: exit $status" [ $status = 0 ]
echo "training: $mb MB"
expect "training took $mb MB, more than 300" [ "${mb:-9999}" -le 300 ]
mb=$(peak "$HOURGLASS" predict -q model="$work/big/weights/best.safetensors" data="$work/big.npy" out="$work/scores.csv")
status=$?
expect "scoring: exit $status" [ $status = 0 ]
echo "scoring: $mb MB"
expect "scoring took $mb MB, more than 300" [ "${mb:-9999}" -le 300 ]
finish
