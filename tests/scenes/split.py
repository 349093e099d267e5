#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# split.py FOLDER - FOLDER/all.pcap, a day with several attacks, as a day with each of them alone: NAME.pcap and NAME.csv (row, label,
# attack) for each line of FOLDER/windows, and without.pcap with none. What is an attack's packet is told by its window and addresses.
import os, socket, struct, sys

folder = sys.argv[1]
ATTACKER, CLERK, SERVER, BEACON = (socket.inet_aton(x) for x in ('10.77.0.66', '10.77.0.21', '10.77.0.10', '198.51.100.200'))
ATTACKER_MAC, SPOOFED = b'\x02\x00\x0a\x4d\x00\x42', (CLERK, SERVER)


def attack_of(frame, when, windows):
    """Name of the attack that a frame is of, or None."""
    to_mac, from_mac, kind = frame[:6], frame[6:12], frame[12:14]
    for name, begin, end in windows:
        if not begin <= when <= end:
            continue
        if name == 'spoof':
            # What it claims of others, and what others say through it.
            if kind == b'\x08\x06' and from_mac == ATTACKER_MAC and frame[28:32] in SPOOFED:
                return name
            if kind == b'\x08\x00' and (from_mac == ATTACKER_MAC and frame[26:30] != ATTACKER
                                        or to_mac == ATTACKER_MAC and frame[30:34] != ATTACKER):
                return name
        if kind != b'\x08\x00':
            continue
        if name in ('scan', 'flood', 'brute') and ATTACKER in (frame[26:30], frame[30:34]):
            return name
        if name == 'exfil' and b'\x04quay\x04test' in frame:
            return name
        if name == 'beacon' and (BEACON in (frame[26:30], frame[30:34]) or b'\x04sync\x07harbour' in frame):
            return name
    return None


def main():
    windows = []
    if os.path.exists(folder + '/windows'):
        for line in open(folder + '/windows'):
            name, begin, end, status = line.split()
            if status != '77':
                windows.append((name, float(begin), float(end)))
    data = open(folder + '/all.pcap', 'rb').read()
    names = [w[0] for w in windows]
    captures = {n: open('%s/%s.pcap' % (folder, n), 'wb') for n in names + ['without']}
    labels = {n: open('%s/%s.csv' % (folder, n), 'w') for n in names}
    rows = dict.fromkeys(names, 0)
    for f in captures.values():
        f.write(data[:24])
    for f in labels.values():
        f.write('row,label,attack\n')
    at = 24
    while at + 16 <= len(data):
        seconds, micro, size, _ = struct.unpack('<IIII', data[at:at + 16])
        record = data[at:at + 16 + size]
        at += 16 + size
        is_of = attack_of(record[16:], seconds + micro * 1e-6, windows)
        if is_of is None:
            captures['without'].write(record)
        for name in names if is_of is None else [is_of]:
            captures[name].write(record)
            labels[name].write('%d,%d,%s\n' % (rows[name], is_of is not None, is_of or ''))
            rows[name] += 1


main()
