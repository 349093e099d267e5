#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# send_capture.py CAPTURE INTERFACE SPEED [FIRST LAST] - sends the frames of a pcap, SPEED times as fast as they were captured;
# only those from FIRST to LAST, by their place from 0.
import socket, struct, sys, time

data = open(sys.argv[1], 'rb').read()
unit = 1e-9 if struct.unpack('<I', data[:4])[0] == 0xa1b23c4d else 1e-6
speed, first, last = float(sys.argv[3]), 0, 1 << 60
if len(sys.argv) > 4:
    first, last = int(sys.argv[4]), int(sys.argv[5])
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
s.bind((sys.argv[2], 0))
at, n, sent, begin = 24, 0, 0, None
while at < len(data):
    seconds, part, size, _ = struct.unpack('<IIII', data[at:at + 16])
    if first <= n <= last:
        when = seconds + part * unit
        now = time.monotonic()
        if begin is None:
            begin = now - when / speed
        if begin + when / speed > now:
            time.sleep(begin + when / speed - now)
        s.send(data[at + 16:at + 16 + size])
        sent += 1
    at, n = at + 16 + size, n + 1
print(sent)
