#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Trains on each set of parts and measures: run.py SETS [seeds=3] [only=words] [key=value of train ...] > table.md

SETS is a folder with sets.py's sets.txt, or a set in MVTec's layout. For each set and seed `hourglass train data=SET`, then
`hourglass val`; the table says the mean over seeds and the range, and how long training took. What fails is named, and the exit
status is 1. results.json beside the runs (--runs, else a temporary folder) keeps all figures.
"""
import json
import os
import subprocess
import sys
import tempfile
import time

COMMAND = os.environ.get("HOURGLASS", os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../build/hourglass"))
METRICS = (("image_auroc", "image AUROC"), ("pixel_auroc", "pixel AUROC"), ("aupro_30", "AUPRO"), ("false_alarm_rate", "false alarms"))


def find(tree, key):
    """The first number under this name, however deep."""
    if isinstance(tree, dict):
        value = tree.get(key)
        if isinstance(value, dict):
            value = value.get("value")
        if isinstance(value, (int, float)):
            return value
        tree = list(tree.values())
    for branch in tree if isinstance(tree, list) else []:
        value = find(branch, key)
        if value is not None:
            return value
    return None


def call(*arguments):
    done = subprocess.run([os.path.abspath(COMMAND), *arguments], capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{' '.join(arguments)}: {(done.stderr.strip() or 'failed').splitlines()[-1]}")
    return done.stdout


def measure(name, folder, seed, runs, options):
    run = os.path.join(os.path.abspath(runs), f"{name}-{seed}")
    started = time.monotonic()
    call("train", "-q", "data=" + folder, f"seed={seed}", "project=" + os.path.dirname(run), "name=" + os.path.basename(run),
         "exist_ok=true", *options)
    seconds = time.monotonic() - started
    told = json.loads(call("val", "--json", "model=" + run, "data=" + folder))
    return {"set": name, "seed": seed, "seconds": seconds, **{key: find(told, key) for key, _ in METRICS}}


def spread(values, digits=3):
    values = [v for v in values if v is not None]
    if not values:
        return ""
    mean = f"{sum(values) / len(values):.{digits}f}"
    return mean if len(values) == 1 else f"{mean} ({min(values):.{digits}f} to {max(values):.{digits}f})"


def sets_of(path, words):
    listed = os.path.join(path, "sets.txt")
    if not os.path.exists(listed):
        return [(os.path.basename(os.path.normpath(path)), path)]
    with open(listed) as f:
        rows = [line.rstrip("\n").split("\t") for line in f]
    return [(r[0], r[1]) for r in rows if any(w in r[0] for w in words)]


def table(results):
    print("| set | " + " | ".join(title for _, title in METRICS) + " | seconds |")
    print("|---" * (len(METRICS) + 2) + "|")
    for name in dict.fromkeys(r["set"] for r in results):
        of = [r for r in results if r["set"] == name]
        cells = [spread([r[key] for r in of]) for key, _ in METRICS] + [spread([r["seconds"] for r in of], 0)]
        print(f"| {name} | " + " | ".join(cells) + " |")


def main(arguments):
    if not arguments:
        sys.exit(__doc__)
    own = {"seeds": "3", "only": "", "--runs": ""}
    options = []
    for a in arguments[1:]:
        key, _, value = a.partition("=")
        if key in own:
            own[key] = value
        else:
            options.append(a)
    runs = own["--runs"] or tempfile.mkdtemp(prefix="defects-")
    results, failed = [], 0
    for name, folder in sets_of(arguments[0], own["only"].split(",")):
        for seed in range(int(own["seeds"])):
            try:
                results.append(measure(name, folder, seed, runs, options))
                print(json.dumps(results[-1]), file=sys.stderr)
            except (RuntimeError, ValueError) as why:
                failed += 1
                print(f"{name}, seed {seed}: {why}", file=sys.stderr)
    table(results)
    with open(os.path.join(runs, "results.json"), "w") as f:
        json.dump(results, f, indent=1)
    print(f"all figures: {os.path.join(runs, 'results.json')}", file=sys.stderr)
    sys.exit(failed > 0)


if __name__ == "__main__":
    main(sys.argv[1:])
