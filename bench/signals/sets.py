#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Models of signals beside simple detectors: sets.py [only=words] [first=1000] [seed=0] [threads=2] [check=0] [OPTION=VALUE ...].

VUS-PR, AUROC and average precision of the sets that recordings.py describes, as means over a set's recordings, and the winner by VUS-PR. The
model's figures are those of `hourglass val`; the others (baselines.py) have the same windows of VUS. Below them stand the model's own
detectors, each alone, which cannot win. only= takes sets whose names have one of the words, first= so many recordings of each; check=1
measures the model's scores here as well and says how far off val is. What else is said goes to `hourglass train`. Needs NumPy. Data: $HG_DATA.
"""
import os
import tempfile
import time

import numpy as np

import baselines
import command
import recordings

OURS = "hourglass"


def write(path, x, label=None):
    names = [f"c{k}" for k in range(x.shape[1])]
    if label is not None:
        x, names = np.column_stack([x, label]), names + ["label"]
    np.savetxt(path, x, "%.9g", ",", header=",".join(names), comments="")


def check(figures, model, data, label, own, folder):
    sheet = command.predict(model, data, os.path.join(folder, "scores.csv"), [], ignore="label", threads=own["threads"])
    score = np.array([float(s or 0) for s in sheet["score"]])
    here = (baselines.vus_pr(score, label, figures[3]), *baselines.area(score, label))
    print("  val differs by %.1e of VUS-PR, %.1e of AUROC, %.1e of AP" % tuple(abs(a - b) for a, b in zip(here, figures)))


def measure(learned, judged, label, own, more):
    """name: (VUS-PR, AUROC, average precision); and VUS-PR of each of the model's detectors alone"""
    with tempfile.TemporaryDirectory() as folder:
        start, data = os.path.join(folder, "start.csv"), os.path.join(folder, "data.csv")
        write(start, learned)
        write(data, judged, label)
        model = command.train(folder, "sets", start, more, timestamp="none", seed=own["seed"], threads=own["threads"])
        m = command.val(model, data, more, label="label", threads=own["threads"])
        found = {OURS: (m["vus_pr"], m["auroc"], m["average_precision"], m["vus_window"])}
        if own["check"]:
            check(found[OURS], model, data, label, own, folder)
    n = baselines.window_of(learned)
    a, b = baselines.scaled(learned, judged)
    for name, detector in baselines.EVERY.items():
        score = detector(a, b, n)
        found[name] = (baselines.vus_pr(score, label, m["vus_window"]), *baselines.area(score, label))
    alone = {d["name"]: d["vus_pr"] for d in m.get("detectors", [])}
    return {name: x[:3] for name, x in found.items()}, alone


def show(name, found, began):
    found, alone = zip(*found)
    mean = {detector: np.mean([f[detector] for f in found], 0) for detector in found[0]}
    best = max(mean, key=lambda d: mean[d][0])
    print("%s, %d recording%s, %.0f s: %s" % (name, len(found), "s" * (len(found) > 1), time.time() - began, best))
    print("  %-18s %7s %7s %7s" % ("", "VUS-PR", "AUROC", "AP"))
    for detector, x in mean.items():
        print("  %-18s %7.3f %7.3f %7.3f%s" % (detector, *x, "  <" * (detector == best)), flush=True)
    for detector in sorted({d for a in alone for d in a}):
        print("  %-18s %7.3f" % ("alone: " + detector, np.mean([a[detector] for a in alone if detector in a])), flush=True)
    return best


def main():
    own, more = command.arguments(__doc__, only="", first=1000, seed=0, threads=2, check=0)
    sets = {}
    for source in recordings.EVERY:
        if not any(w in source.__name__ for w in own["only"].split(",")):
            continue
        try:
            for name, _, *recording in source():
                sets.setdefault(name, []).append(recording)
        except FileNotFoundError as e:
            print(f"{source.__name__}: left out, no {e.filename}")
    won = 0
    for name, all_of in sets.items():
        began = time.time()
        won += show(name, [measure(*r, own, more) for r in all_of[:own["first"]]], began) == OURS
    print("%s is best by VUS-PR in %d of %d sets" % (OURS, won, len(sets)))


if __name__ == "__main__":
    main()
