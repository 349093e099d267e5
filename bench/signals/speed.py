#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How fast signals are learned and scored: speed.py [rows=N] [channels=N] [rounds=N] [year=N] [python=FILE]

Drawn telemetry, waves and drift under noise, a row a second: `rows` of CSV are scored by `predict` and by `watch`, with reading and
writing, on one core; and the autoencoder of windows alone, with the same layers, windows, batches and optimiser, is trained and scores in PyTorch (torch_peer.py, by
`python`, unless build/peers-venv has it: `make bench-peers` makes that). Rivals take turns; the best of `rounds`, in processor time, since other programs run beside. Epochs are what a training takes beyond one of a single batch.
year: so many channels of 31 536 000 steps are learned (0: none): seconds, on all cores, and the most memory.
Needs build/hourglass and NumPy.
"""
import csv
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time

import numpy as np

from command import HOURGLASS, arguments

HERE = os.path.dirname(os.path.abspath(__file__))
PERIODS = (60, 61, 97, 40, 75, 120, 30, 55)
YEAR, PIECE = 31_536_000, 100_000
LEARNED = 100_000  # rows
CORE = str(min(os.sched_getaffinity(0)))


def telemetry(rows, channels, seed):
    """Pieces (some rows, channels) of float32."""
    r = np.random.default_rng(seed)
    period = np.array([PERIODS[c % len(PERIODS)] for c in range(channels)])
    level = np.zeros(channels)
    for first in range(0, rows, PIECE):
        count = min(PIECE, rows - first)
        drift = level + np.cumsum(r.normal(0, 0.001, (count, channels)), 0)
        level = 0.999 * drift[-1]
        t = np.arange(first, first + count)[:, None]
        yield (np.sin(2 * np.pi * (t % period) / period) + drift + r.normal(0, 0.2, (count, channels))).astype(np.float32)


def write_csv(path, rows, channels, seed):
    start = np.datetime64("2026-01-01T00:00:00")
    with open(path, "w") as f:
        f.write("time," + ",".join(f"c{c}" for c in range(channels)) + "\n")
        first = 0
        for x in telemetry(rows, channels, seed):
            when = np.char.replace((start + np.arange(first, first + len(x))).astype(str), "T", " ")
            f.writelines(w + "," + ",".join("%.5f" % v for v in row) + "\n" for w, row in zip(when, x))
            first += len(x)


def write_npy(path, rows, channels, seed):
    to = np.lib.format.open_memmap(path, "w+", np.float32, (rows, channels))
    first = 0
    for x in telemetry(rows, channels, seed):
        to[first:first + len(x)] = x
        first += len(x)


def apart(work, *given):
    """In a process of its own: what memory this one had at most would count as that of programs it begins."""
    child = os.fork()
    if child == 0:
        work(*given)
        os._exit(0)
    if os.waitpid(child, 0)[1]:
        sys.exit(f"{work.__name__} failed")


def measure(words, source=None):
    """Processor seconds, seconds, and the most memory in MB of a program; what it printed."""
    began = time.perf_counter()
    with tempfile.TemporaryFile() as out, open(source or os.devnull, "rb") as given:
        child = subprocess.Popen(words, stdin=given, stdout=out, stderr=subprocess.DEVNULL)
        _, status, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode:
            sys.exit(" ".join(words) + f": {child.returncode}")
        out.seek(0)
        printed = out.read().decode()
    return used.ru_utime + used.ru_stime, time.perf_counter() - began, used.ru_maxrss / 1024, printed


def one_core(words, source=None):
    return measure(["taskset", "-c", CORE] + words, source)


def torch_python(asked):
    for path in (asked, os.path.join(HERE, "../../build/peers-venv/bin/python"), sys.executable):
        if path and shutil.which(path) and subprocess.run([path, "-c", "import torch, pandas"], stderr=subprocess.DEVNULL, check=False).returncode == 0:
            return path
    print("no PyTorch and pandas: its rows are left out", file=sys.stderr)
    return None


def window_of(model):
    """N, as the model has it."""
    words = measure([HOURGLASS, "info", "model=" + model])[3].split()
    return int(words[words.index("windows") + 2])


def learn(folder, data, name, *more):
    """Seconds on one core, epochs, and the model."""
    words = [HOURGLASS, "train", "data=" + data, "window=auto", "project=" + folder, "name=" + name, "exist_ok=true", "report=false",
             "progress=none", "threads=1", *more]
    seconds = one_core(words)[0]
    with open(os.path.join(folder, name, "results.csv"), newline="") as f:
        epochs = len(list(csv.DictReader(f)))
    return seconds, epochs, os.path.join(folder, name, "weights/best.safetensors")


def predict(folder, model, data):
    return one_core([HOURGLASS, "predict", "model=" + model, "data=" + data, "out=" + os.path.join(folder, "scores.csv"), "threads=1", "progress=none"])[0]


def watch(folder, model, data):
    return one_core([HOURGLASS, "watch", "model=" + model, "data=-", "out=" + os.path.join(folder, "events.jsonl"), "threads=1"], data)[0]


def keep_best(best, name, value):
    best[name] = min(best.get(name, value), value)


def score(folder, rows, channels, rounds, python):
    normal, new = os.path.join(folder, "normal.csv"), os.path.join(folder, "new.csv")
    apart(write_csv, normal, LEARNED, channels, 1)
    apart(write_csv, new, rows, channels, 2)
    best = {}
    can_choose = "detectors=" in measure([HOURGLASS, "help", "train"])[3]
    alone = learn(folder, normal, "alone", "detectors=autoencoder")[2] if can_choose else None
    for _ in range(rounds):
        seconds, epochs, model = learn(folder, normal, "all")
        keep_best(best, "train", seconds)
        keep_best(best, "train without", learn(folder, normal, "hardly", "steps=1")[0])
        keep_best(best, "predict", predict(folder, model, new))
        keep_best(best, "watch", watch(folder, model, new))
        if alone:
            keep_best(best, "alone", predict(folder, alone, new))
        if python:
            words = [python, os.path.join(HERE, "torch_peer.py"), normal, new, os.path.join(folder, "torch.csv"), str(window_of(model)), str(epochs)]
            for name, seconds in json.loads(one_core(words)[3]).items():
                keep_best(best, "torch " + name, seconds)
    return best, window_of(model)


def learn_year(folder, channels):
    path = os.path.join(folder, "year.npy")
    apart(write_npy, path, YEAR, channels, 3)
    used, seconds, memory, _ = measure([HOURGLASS, "train", "data=" + path, "window=auto", "project=" + folder, "name=year", "report=false", "progress=none"])
    return used, seconds, memory


def show(best, rows, channels, window):
    def line(what, seconds):
        print(f"{what:60} {seconds:8.2f} s {rows / seconds / 1e6:8.2f} million rows/s")

    print(f"{rows} rows of {channels} channels, CSV, windows of {window} steps, one core:")
    line("predict, reading to writing, all detectors", best["predict"])
    if "alone" in best:
        line("predict, reading to writing, the autoencoder alone", best["alone"])
    line("watch, standard input to events, all detectors", best["watch"])
    if "torch read" in best:
        whole = best["torch read"] + best["torch score"] + best["torch write"]
        line("PyTorch, reading to writing, the autoencoder alone", whole)
        line("  of that what is neither reading nor writing", best["torch score"])
        print(f"predict with all detectors is {whole / best['predict']:.1f} times as fast", end="")
        print(f", with the autoencoder alone {whole / best['alone']:.1f} times" if "alone" in best else "")
    network = best["train"] - best["train without"]
    print(f"\ntraining on {LEARNED} rows, one core:")
    print(f"{'all of it: reading, network, detectors, thresholds':60} {best['train']:8.2f} s")
    print(f"{'  of that the epochs of the autoencoder':60} {network:8.2f} s")
    if "torch train" in best:
        print(f"{'PyTorch, the epochs of the autoencoder':60} {best['torch train']:8.2f} s")
        print(f"its epochs are {best['torch train'] / network:.1f} times as fast")


def main():
    own, rest = arguments(__doc__, rows=1_000_000, channels=8, rounds=3, year=1, python="")
    if rest:
        sys.exit(__doc__)
    with tempfile.TemporaryDirectory() as folder:
        best, window = score(folder, own["rows"], own["channels"], own["rounds"], torch_python(own["python"]))
        show(best, own["rows"], own["channels"], window)
        if own["year"] > 0:
            used, seconds, memory = learn_year(folder, own["year"])
            print(f"\na year of seconds, {YEAR} steps of {own['year']} channels, {len(os.sched_getaffinity(0))} cores: learned in {seconds:.1f} s "
                  f"({used:.1f} s of processor time), {memory:.0f} MB at most")


if __name__ == "__main__":
    main()
