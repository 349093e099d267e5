#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The Numenta Anomaly Benchmark: nab.py [column=score,novelty,alarm] [seeds=1] [record=0] [threads=2] [only=words] [OPTION=VALUE ...].

Of each of the 58 files the probationary part, the first 15 % and at most 750 rows, trains a model, which then judges the whole file. The
score of a corpus is that of its best threshold, as the benchmark's own scoreboard has it (docs/SIGNALS.md); three profiles, then the
standard one of each folder at that threshold. column= says what the threshold is swept over: columns of the sheet. Of p_value it is -log10 of
it in rows that begin an event, of alarm 1 there: the model's own alarms, which no label chose. record= keeps a row only where it is above all of so many
times the probationary rows before it. only= takes files whose names have one of the words. What else is said goes to `hourglass train`.
Data: $HG_DATA/nab.
"""
import csv
import json
import math
import os
import tempfile
import time

import command

PROFILES = {"standard": (1, 0.11, 1), "reward_low_fp_rate": (1, 0.22, 1), "reward_low_fn_rate": (1, 0.11, 2)}


# ---- the benchmark's score ----------------------------------------------------------------------

def sigmoid(x):
    return -1.0 if x > 3 else 2 / (1 + math.exp(5 * x)) - 1


def probation(steps):
    return min(int(0.15 * steps), 750)


def worths(steps, windows, profile):
    """(step, worth of an alarm there, its window or -1) of all steps behind the probation."""
    tp, fp, _ = profile
    k = 0
    for t in range(steps):
        while k < len(windows) and windows[k][1] < t:
            k += 1
        if t < probation(steps):
            continue
        if k < len(windows) and windows[k][0] <= t:
            first, last = windows[k]
            yield t, tp * sigmoid(-(last - t + 1) / (last - first + 1)) / sigmoid(-1), k
        elif k == 0 or windows[k - 1][0] == windows[k - 1][1]:
            yield t, -fp, -1
        else:
            first, last = windows[k - 1]
            yield t, fp * sigmoid((t - last) / (last - first)), -1


def score(series, profile, lowest=None):
    """(value, threshold) of (scores, windows) a file, at the best threshold, or at `lowest`. Twin of src/monitor/nab_score.c."""
    fn = profile[2]
    points, best, windows = [], {}, 0
    for number, (scores, at) in enumerate(series):
        points += [(scores[t], number, worth, k) for t, worth, k in worths(len(scores), at, profile)]
        windows += sum(last >= probation(len(scores)) for _, last in at)
    points.sort(key=lambda p: -p[0])
    raw = null = -fn * windows
    top, threshold = raw, math.inf
    for i, (x, number, worth, k) in enumerate(points):
        if lowest is not None and x < lowest:
            break
        if k < 0:
            raw += worth
        elif worth > best.get((number, k), -fn):
            raw += worth - best.get((number, k), -fn)
            best[number, k] = worth
        if i + 1 < len(points) and points[i + 1][0] == x:
            continue
        if raw > top or lowest is not None:
            top, threshold = raw, x
    return 100 * (top - null) / (windows * profile[0] - null) if windows else math.nan, threshold


# ---- what the model says ------------------------------------------------------------------------

def number(text):
    return float(text) if text else 0.0


def values(sheet, column, rows):
    """What the threshold is swept over, a row of the file each."""
    found = [0.0] * rows
    last = ""
    for k, row in enumerate(sheet["row"]):
        if column not in ("p_value", "alarm"):
            found[int(row)] = number(sheet[column][k])
            continue
        event = sheet["event"][k]
        if event and event != last:
            found[int(row)] = 1.0 if column == "alarm" else -math.log10(max(number(sheet["p_value"][k]), 1e-300))
        last = event
    return found


def only_records(x, length):
    """0 where a value is not above all of the `length` before it."""
    return [v if v > max(x[max(0, t - length):t], default=-math.inf) else 0.0 for t, v in enumerate(x)] if length else x


def windows_of(when, spans):
    """[first, last] row of each window that has rows."""
    found = []
    for begin, end in spans:
        inside = [t for t, w in enumerate(when) if begin[:19] <= w <= end[:19]]
        if inside:
            found.append((inside[0], inside[-1]))
    return sorted(found)


def judge(folder, name, spans, seed, own, more):
    """{column: (what it says of each row, windows)}"""
    path = os.path.join(command.DATA, "nab/data", name)
    with open(path, newline="") as f:
        when = [row["timestamp"][:19] for row in csv.DictReader(f)]
    start = os.path.join(folder, "start.csv")
    learned = probation(len(when))
    command.head(path, start, learned)
    model = command.train(folder, "nab", start, more, threads=own["threads"], seed=seed)
    sheet = command.predict(model, path, os.path.join(folder, "scores.csv"), more, threads=own["threads"])
    windows = windows_of(when, spans)
    return {c: (only_records(values(sheet, c, len(when)), int(own["record"] * learned)), windows) for c in own["column"].split(",")}


def show(groups, column):
    series = [s[column] for group in groups.values() for s in group]
    print(column)
    for name, profile in PROFILES.items():
        print("  %-20s %6.2f  at %.4g" % (name, *score(series, profile)))
    _, threshold = score(series, PROFILES["standard"])
    for name, group in groups.items():
        print("    %-20s %6.2f" % (name, score([s[column] for s in group], PROFILES["standard"], threshold)[0]), flush=True)


def main():
    own, more = command.arguments(__doc__, column="score,novelty,alarm", seeds=1, record=0.0, threads=2, only="")
    with open(os.path.join(command.DATA, "nab/labels/combined_windows.json")) as f:
        spans = json.load(f)
    for seed in range(own["seeds"]):
        groups, began = {}, time.time()
        for name in sorted(spans):
            if any(word in name for word in own["only"].split(",")):
                with tempfile.TemporaryDirectory() as folder:
                    groups.setdefault(name.split("/")[0], []).append(judge(folder, name, spans[name], seed, own, more))
        print("seed %d, %d files, %.0f s" % (seed, sum(map(len, groups.values())), time.time() - began))
        for column in own["column"].split(","):
            show(groups, column)


if __name__ == "__main__":
    main()
