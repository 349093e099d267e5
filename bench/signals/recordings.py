# SPDX-License-Identifier: Apache-2.0
"""The recordings that sets.py measures: (set, name, training (steps, channels), test (steps, channels), labels of the test).

What is read of $HG_DATA, where it is there:
- daphnet: steps 0 to 9692 train, the whole file is judged, as TSB-AD does;
- nab: the first 15 % train, the rest is judged; files with a label; skab: the first 400 rows train, the rest is judged;
- ecg: record 100 of MIT-BIH. The longest stretch without an abnormal beat trains, 20000 samples of it at most; judged are the four pieces of 50000
  with most of such beats and that with the ventricular one; labels are 0.3 s on either side of these;
- bearing: a normal recording at 20 kHz; in a later part of it three pieces to which a faulty one is added, at 0, -5 and -10 dB;
- series: instances of a class of UCR's sets one behind the other, some of another class in between.
"""
import csv
import glob
import json
import os
import struct

import numpy as np

from command import DATA


def table(path, separator=","):
    with open(path, newline="") as f:
        rows = list(csv.reader(f, delimiter=separator))
    return rows[0], rows[1:]


def spans(steps, marks, reach):
    label = np.zeros(steps, int)
    for t in marks:
        label[max(0, t - reach):t + reach] = 1
    return label


# ---- tables -------------------------------------------------------------------------------------

def daphnet():
    for path in glob.glob(os.path.join(DATA, "tsb-ad-daphnet/*.csv")):
        x = np.array(table(path)[1], float)
        yield "daphnet", "018", x[:9693, :9], x[:, :9], x[:, 9].astype(int)


def nab():
    with open(os.path.join(DATA, "nab/labels/combined_windows.json")) as f:
        windows = json.load(f)
    for name, at in sorted(windows.items()):
        rows = table(os.path.join(DATA, "nab/data", name))[1]
        when = [row[0][:19] for row in rows]
        x = np.array([[float(row[1])] for row in rows])
        label = np.array([any(a[:19] <= w <= b[:19] for a, b in at) for w in when], int)
        first = int(0.15 * len(x))
        if label[first:].any():
            yield "nab", name, x[:first], x[first:], label[first:]


def skab():
    for path in sorted(glob.glob(os.path.join(DATA, "skab/data/[ov]*/*.csv"))):
        x = np.array([row[1:] for row in table(path, ";")[1]], float)
        yield "skab", "/".join(path.split("/")[-2:]), x[:400, :8], x[400:, :8], x[400:, 8].astype(int)


# ---- heartbeats ---------------------------------------------------------------------------------

def beats(path):
    """(sample, code) of an annotation file of WFDB."""
    words = np.fromfile(path, "<u2").astype(int)
    i = t = 0
    while i < len(words) and words[i]:
        code, value = words[i] >> 10, words[i] & 1023
        i += 1
        if code == 59:  # SKIP: a long step
            t += (words[i] << 16) | words[i + 1]
            i += 2
        elif code == 63:  # AUX: text
            i += (value + 1) // 2
        elif code < 59:
            t += value
            yield t, code


def ecg():
    b = np.fromfile(os.path.join(DATA, "wfdb-sample/100.dat"), np.uint8).reshape(-1, 3).astype(int)
    x = np.stack([b[:, 0] | (b[:, 1] & 15) << 8, b[:, 2] | b[:, 1] >> 4 << 8], 1)
    x = np.where(x > 2047, x - 4096, x) / 200
    found = list(beats(os.path.join(DATA, "wfdb-sample/100.atr")))
    bad = [t for t, code in found if code in (5, 8)]  # ventricular, atrial
    label = spans(len(x), bad, 108)
    edge = np.array([0] + bad + [len(x)])
    longest = int(np.argmax(np.diff(edge)))
    first = edge[longest] + 400
    last = first + min(20000, edge[longest + 1] - 400 - first)
    piece = 50000
    most = np.argsort(-np.add.reduceat(label, np.arange(0, len(x), piece)))[:4]
    for k in sorted(set(most) | {t // piece for t, code in found if code == 5}):
        a, e = k * piece, (k + 1) * piece
        if e <= first or a >= last:
            yield "ecg", "100 from %d" % a, x[first:last], x[a:e], label[a:e]


# ---- bearings -----------------------------------------------------------------------------------

def mat_data(path):
    """The array Data of a .mat file of version 5 that is not compressed."""
    with open(path, "rb") as f:
        raw = f.read()
    at = 128
    while at < len(raw):
        size = struct.unpack_from("<I", raw, at + 4)[0]
        parts, p = [], at + 8
        while p < at + 8 + size:
            kind, count = struct.unpack_from("<II", raw, p)
            small = kind >> 16
            parts.append((kind & 0xffff, raw[p + 4:p + 4 + small] if small else raw[p + 8:p + 8 + count]))
            p += 8 if small else 8 + (count + 7) // 8 * 8
        if parts[2][1] == b"Data":
            return np.frombuffer(parts[3][1], {9: "<f8", 7: "<f4", 3: "<i2", 5: "<i4"}[parts[3][0]]).astype(float)
        at += 8 + size
    raise ValueError(path)


def bearing():
    normal, later = (mat_data(os.path.join(DATA, f"uestc-bearing/N_1000_{k}.mat")) for k in (1, 5))
    for fault in "BIO":
        broken = mat_data(os.path.join(DATA, f"uestc-bearing/{fault}_1000_5.mat"))
        broken /= broken.std()
        for level in (0, -5, -10):
            r = np.random.default_rng(ord(fault) + level)
            x, label = later[:60000].copy(), np.zeros(60000, int)
            for k in range(3):
                a, q = 8000 + k * 18000 + int(r.integers(4000)), int(r.integers(100000))
                x[a:a + 6000] += broken[q:q + 6000] * later.std() * 10 ** (level / 20)
                label[a:a + 6000] = 1
            yield f"bearing {level} dB", fault, normal[:40000, None], x[:, None], label


# ---- series -------------------------------------------------------------------------------------

def instances(path):
    x, classes, is_data = [], [], False
    with open(path, errors="replace") as f:
        for line in map(str.strip, f):
            if is_data and line:
                parts = line.split(":")
                x.append(np.array([[float(v) for v in c.split(",")] for c in parts[:-1]]).T)
                classes.append(parts[-1].lower())
            is_data = is_data or line.lower() == "@data"
    return x, classes


def joined(x, classes, normal, bad, seed):
    r = np.random.default_rng(seed)
    good = r.permutation([i for i, c in enumerate(classes) if c == normal])
    odd = r.permutation([i for i, c in enumerate(classes) if c in bad])
    learned = int(0.55 * len(good))
    judged = good[learned:]
    before = set(r.choice(np.arange(1, len(judged)), max(1, int(0.12 * len(judged))), replace=False))
    parts, label, taken = [], [], 0
    for j, i in enumerate(judged):
        if j in before:
            parts.append(x[odd[taken % len(odd)]])
            taken += 1
            label += [1] * len(parts[-1])
        parts.append(x[i])
        label += [0] * len(x[i])
    return np.concatenate([x[i] for i in good[:learned]]), np.concatenate(parts), np.array(label)


def series():
    for name, normal, bad in (("GunPoint", "1", ["2"]), ("ItalyPowerDemand", "1", ["2"]), ("ArrowHead", "0", ["1", "2"]),
                              ("BasicMotions", "walking", ["running", "badminton", "standing"]), ("BasicMotions", "badminton", ["running"])):
        x, classes = [], []
        for part in ("TRAIN", "TEST"):
            some = instances(os.path.join(DATA, f"aeon-ucr/{name}/{name}_{part}.ts"))
            x, classes = x + some[0], classes + some[1]
        for seed in (0, 1):
            yield "series", f"{name} {normal} {seed}", *joined(x, classes, normal, bad, seed)


EVERY = (daphnet, nab, skab, ecg, bearing, series)
