#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""SKAB by its own protocol: skab.py [seeds=1] [threads=2] [first=34] [OPTION=VALUE ...].

Of each of the 34 files the first 400 rows train a model, which then judges the whole file; F1, FAR and MAR (%) are those of all rows
together (Katser & Kozitsin, 2020; its notebooks count the training rows too). A line a seed, then the mean and the groups of files.
first= takes fewer files. What else is said goes to `hourglass train`. Data: $HG_DATA/skab.
"""
import csv
import glob
import os
import tempfile
import time

import command

ROWS = 400


def figures(count):
    hits, false, missed, quiet = count
    share = lambda a, b: a / b if b else float("nan")
    return share(hits, hits + (false + missed) / 2), 100 * share(false, false + quiet), 100 * share(missed, hits + missed)


def judge(folder, path, seed, threads, more):
    """Of one file: hits, false alarms, misses, quiet rows."""
    start = os.path.join(folder, "start.csv")
    command.head(path, start, ROWS)
    left_out = "anomaly,changepoint"
    model = command.train(folder, "skab", start, more, ignore=left_out, seed=seed, threads=threads)
    sheet = command.predict(model, path, os.path.join(folder, "scores.csv"), more, ignore=left_out, threads=threads)
    alarm = {int(row) for row, is_on in zip(sheet["row"], sheet["alarm"]) if is_on == "1"}
    count = [0, 0, 0, 0]
    with open(path, newline="") as f:
        for row, cells in enumerate(csv.DictReader(f, delimiter=";")):
            is_bad = float(cells["anomaly"]) > 0
            count[(0 if is_bad else 1) if row in alarm else (2 if is_bad else 3)] += 1
    return count


def main():
    own, more = command.arguments(__doc__, seeds=1, threads=2, first=34)
    paths = [p for group in ("valve1", "valve2", "other") for p in sorted(glob.glob(os.path.join(command.DATA, "skab/data", group, "*.csv")))]
    groups, all_seeds = {}, []
    for seed in range(own["seeds"]):
        pooled, began = [0, 0, 0, 0], time.time()
        for path in paths[:own["first"]]:
            with tempfile.TemporaryDirectory() as folder:
                count = judge(folder, path, seed, own["threads"], more)
            of = groups.setdefault(os.path.basename(os.path.dirname(path)), [0, 0, 0, 0])
            for k in range(4):
                pooled[k] += count[k]
                of[k] += count[k]
        all_seeds.append(figures(pooled))
        print("seed %d   F1 %.3f  FAR %5.2f  MAR %5.2f   %.0f s" % (seed, *all_seeds[-1], time.time() - began), flush=True)
    print("mean     F1 %.3f  FAR %5.2f  MAR %5.2f" % tuple(sum(x) / len(all_seeds) for x in zip(*all_seeds)))
    for name, count in groups.items():
        print("%-8s F1 %.3f  FAR %5.2f  MAR %5.2f" % (name, *figures(count)))


if __name__ == "__main__":
    main()
