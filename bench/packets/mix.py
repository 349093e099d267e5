#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Real captures as one network, for what drawn ones cannot show: 491 small captures of nDPI's tests (HG_DATA, ../shared/data), of which those of
attacks and tunnels are labelled. Three fifths of the others, by a hash of their names, are learned; the rest and the attacks are tested, in an
order drawn once. No host of one need be in the other.

    bench/packets/mix.py FOLDER      writes normal.pcap, new.pcap and new.csv there; then
    hourglass train data=FOLDER/normal.pcap && hourglass val model=runs/train data=FOLDER/new.pcap labels=FOLDER/new.csv
"""
import csv
import hashlib
import os
import pathlib
import random
import struct
import sys

ATTACKS = ["dns-tunnel-iodine", "dns_exfiltration", "bad-dns-traffic", "dns-exf", "WebattackSQLinj", "sql_injection", "xss",
           "synscan", "ultrasurf", "tor"]
BROKEN = ("fuzz", "malformed")
SECOND = 10**9


def packets(path):
    """(ns, bytes, length on the wire) of a little-endian pcap of Ethernet; nothing of other files."""
    data = path.read_bytes()
    unit = {b"\xd4\xc3\xb2\xa1": 1000, b"\x4d\x3c\xb2\xa1": 1}.get(data[:4])
    if unit is None or struct.unpack("<I", data[20:24])[0] & 0xFFFF != 1:
        return
    at = 24
    while at + 16 <= len(data):
        seconds, rest, captured, length = struct.unpack("<IIII", data[at:at + 16])
        at += 16
        if at + captured > len(data):
            return
        yield seconds * SECOND + rest * unit, data[at:at + captured], length
        at += captured


def write(path, captures, labels=None):
    """Captures one after the other, a second between two; pauses of more than five seconds are cut to five."""
    now, rows = 1_700_000_000 * SECOND, []
    with open(path, "wb") as out:
        out.write(struct.pack("<IHHIIII", 0xA1B23C4D, 2, 4, 0, 0, 262144, 1))
        for capture, name in captures:
            first = latest = None
            for time, data, length in packets(capture):
                first = time if first is None else first
                latest = max(latest or 0, min(time - first, (latest or 0) + 5 * SECOND))
                stamp = now + latest
                out.write(struct.pack("<IIII", stamp // SECOND, stamp % SECOND, len(data), length) + data)
                rows.append((len(rows), int(bool(name)), name))
            now += (latest or 0) + SECOND
    if labels:
        with open(labels, "w", newline="") as out:
            csv.writer(out, lineterminator="\n").writerows([("row", "label", "attack"), *rows])


def main():
    folder = pathlib.Path(sys.argv[1])
    source = pathlib.Path(os.environ.get("HG_DATA", "../shared/data")) / "ndpi-pcap"
    all_of_them = [p for p in sorted(source.glob("*.pcap")) if not p.name.startswith(BROKEN)]
    ordinary = [p for p in all_of_them if p.stem not in ATTACKS]
    learned = [p for p in ordinary if hashlib.md5(p.name.encode()).digest()[0] % 10 < 6]
    draw = random.Random(1)
    tested = [(p, "") for p in ordinary if p not in learned] + [(p, p.stem) for p in all_of_them if p.stem in ATTACKS]
    folder.mkdir(parents=True, exist_ok=True)
    write(folder / "normal.pcap", [(p, "") for p in draw.sample(learned, len(learned))])
    draw.shuffle(tested)
    write(folder / "new.pcap", tested, folder / "new.csv")


if __name__ == "__main__":
    main()
