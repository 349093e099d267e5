# SPDX-License-Identifier: Apache-2.0
"""Hourglass and its rivals on the same jobs: own processes, in turns, best of ROUNDS rounds each, one table.

run.py [step] [bulk] [single] [csv] [table] [fit] [module] [layers] [ends] [nets] [denoise] [TITLE]   (all without words; TITLE: one table by its key)
"""
import json
import os
import subprocess
import sys
import time

import fit_case
from conv_cases import IMAGES, LAYERS, PASSES, SCENES
from table_case import EPOCHS, PART, SOURCE, OurRows, OurTable

ROUNDS = int(os.environ.get("ROUNDS", "7"))
HERE = os.path.dirname(os.path.abspath(__file__))
COMMAND = os.environ.get("HOURGLASS", "build/hourglass")
CORES = len(os.sched_getaffinity(0))
PROGRAMS = {"onednn": "build/bench/onednn_step", "onednn_conv": "build/bench/onednn_conv"}
THREADS = [1, CORES] if CORES > 1 else [1]

# what is measured: title, `hourglass bench` mode and figure, unit, the rivals' modules and jobs
TABLES = {
    "step": ("training step, 784-64-784, batch 128, Adam, loss value and data included", "step", "training step", "us/step", [
        ("torch_jobs", "step, eager, slicing"),
        ("torch_jobs", "step, eager, slicing, fused Adam"),
        ("torch_jobs", "step, DataLoader"),
        ("torch_jobs", "step, compile, fused Adam"),
        ("jax_jobs", "step, jit"),
        ("numpy_jobs", "step, by hand"),
        ("numpy_jobs", "step, scikit-learn"),
        ("onednn", "step, only the five products"),
    ]),
    "bulk": ("scoring 60000 rows in memory", "score", "score rows", "us/row", [
        ("torch_jobs", "bulk, eager"), ("torch_jobs", "bulk, compile"), ("jax_jobs", "bulk, jit"), ("numpy_jobs", "bulk, by hand")]),
    "single": ("one score at a time, median", "score", "score one row, median", "us/row", [
        ("python_jobs", "single, Model.score"), ("python_jobs", "single, hg_score by cffi"),
        ("python_jobs", "single, ONNX Runtime"), ("torch_jobs", "single, eager"), ("torch_jobs", "single, compile"), ("jax_jobs", "single, jit"),
        ("numpy_jobs", "single, by hand")]),
    "csv": ("reading CSV, 200000 x 20 decimals, to float32", "read", "read CSV", "us/row", [
        ("numpy_jobs", "csv, numpy.loadtxt"), ("numpy_jobs", "csv, pandas"), ("numpy_jobs", "csv, pandas, correctly rounded")]),
    "table": ("a table's normal rows (kddcup99, every %dth), %d epochs at batch 128 and all rows scored; PyOD gets them encoded in memory"
              % (PART, EPOCHS), "", "", "us/row", [
                  ("pyod_jobs", "table, AutoEncoder"), ("pyod_jobs", "table, AutoEncoder, dense layers only"), ("pyod_jobs", "table, PCA"),
                  ("pyod_jobs", "table, IForest")]),
    "fit": ("detectors from Python: fit of %d x %d numbers in memory" % (fit_case.ROWS, fit_case.COLUMNS), "", "", "us/row", [
        ("hourglass_jobs", "fit, AutoencoderDetector"), ("hourglass_jobs", "fit, HourglassAutoEncoder, PyOD's network and epochs"),
        ("pyod_jobs", "fit, AutoEncoder"), ("pyod_jobs", "fit, AutoEncoder, dense layers only")]),
    "module": ("the textbook's class (784-64-784) in Python, an epoch of 20000 rows in memory, batch 128, Adam", "", "", "us/row", [
        ("hourglass_jobs", "module, from_torch, fit, state_dict"), ("torch_jobs", "module, the tutorial's loop"),
        ("torch_jobs", "module, slices, fused Adam")]),
}
ONE_THREAD = ("single", "csv", "fit")
FEW_ROUNDS = {"table": 3, "fit": 2}  # minutes each
GROUPS = {"layers": [], "ends": [], "nets": [], "denoise": []}


def add_table(group, key, unit, rivals):
    GROUPS[group].append(key)
    TABLES[key] = (key, "conv", key, unit, rivals)


for one in LAYERS:
    for way in PASSES:
        key = "%s %s" % (one.name, way)
        add_table("layers" if min(one.inputs, one.outputs) > 4 else "ends", key, "us/image",
                  [("torch_conv", key + how) for how in (": eager, channels last", ": eager, default layout")]
                  + [("onednn_conv", "%s %s: %s layout" % (one.name, way, how)) for how in ("own", "nhwc")])
for one in SCENES + IMAGES:
    add_table("nets", one.name, "us/step" if one in SCENES else "us/image",
              [("torch_conv", one.name + how) for how in (": eager, channels last", ": eager, default layout", ": compile, channels last",
                                                          ": compile, default layout")])

# One network as papers measure denoisers, each way of computing it.
DNCNN = IMAGES[0].name
for way in ("direct", "fast"):
    key = "%s, %s" % (DNCNN, way)
    GROUPS["denoise"].append(key)
    TABLES[key] = (key, "denoise", key, "us/image",
                   [("torch_conv", DNCNN + how) for how in (": compile, channels last", ": eager, channels last", ": compile, channels last, bf16")])


class Ours:
    name = "hourglass"

    def __init__(self, mode, figure, threads):
        if figure.endswith(PASSES):
            figure += ", %d thr" % threads
        self.line = [COMMAND, "bench", "what=" + mode, "only=" + figure, "threads=%d" % threads, "seconds=0.5", "--json"]
        self.figure, self.threads = figure, threads
        self.times, self.extra = [], ""

    def go(self):
        answer = json.loads(subprocess.run(self.line, check=True, capture_output=True, text=True).stdout)
        row = next(row for row in answer["results"] if row["name"].startswith(self.figure))
        seconds = row["us"] * 1e-6
        if row["gflops"] and self.figure != "score rows":
            if not self.times or seconds < min(self.times):
                self.extra = "%.1f GFLOP/s, %.1f %% of the peak of %.1f" % (row["gflops"], 100 * row["fraction"], answer["peak_gflops"])
        if self.figure in ("score rows", "read CSV"):
            seconds = 1 / row["rows_per_second"]
        self.times.append(seconds)

    def close(self):
        pass


def words_of(module, job, threads):
    if module == "onednn":
        return [str(threads)]
    case = next(one for one in LAYERS if job.startswith(one.name))
    way, layout = job[len(case.name) + 1:].split(": ")
    images = 1 if way == "forward" else threads
    return [case.kind] + [str(number) for number in case[2:]] + [way, layout.split()[0], str(images), str(threads)]


class Rival:
    def __init__(self, module, job, threads):
        self.name = module.split("_")[0] + ", " + (job.split(": ")[1] if ": " in job else job.split(", ", 1)[1])
        self.threads, self.times, self.extra = threads, [], ""
        environment = dict(os.environ, OMP_NUM_THREADS=str(threads), OPENBLAS_NUM_THREADS=str(threads), MKL_NUM_THREADS=str(threads),
                           JAX_PLATFORMS="cpu", CUDA_VISIBLE_DEVICES="", KMP_BLOCKTIME="1", TORCHINDUCTOR_FX_GRAPH_CACHE="1",
                           PYTHONWARNINGS="ignore")
        line = [sys.executable, os.path.join(HERE, "worker.py"), module, job, str(threads)]
        if module in PROGRAMS:
            line = [PROGRAMS[module]] + words_of(module, job, threads)
        self.process = subprocess.Popen(line, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)
        if self.process.stdout.readline().strip() != "ready":
            self.process.kill()
            said = self.process.stderr.read().strip().splitlines() or ["nothing said"]
            raise RuntimeError(said[-1])

    def go(self):
        self.process.stdin.write("go\n")
        self.process.stdin.flush()
        self.times.append(float(self.process.stdout.readline()))

    def close(self):
        self.process.stdin.close()
        self.process.wait(20)


def ours_of(key, mode, figure, threads):
    if key == "table":
        return [OurRows(COMMAND, threads), OurTable(COMMAND, threads)]
    return [Ours(mode, figure, threads)] if mode else []  # else among the rivals: hourglass_jobs


def measure(key):
    title, mode, figure, unit, rivals = TABLES[key]
    players, rounds = [], min(ROUNDS, FEW_ROUNDS.get(key, ROUNDS))
    if key == "table" and not os.path.exists(SOURCE):
        print("left out: table: there is no %s (HG_DATA says where data is)" % SOURCE, file=sys.stderr)
        return
    for threads in THREADS[:1] if key in ONE_THREAD else THREADS:
        players += ours_of(key, mode, figure, threads)
        for module, job in rivals:
            if module in PROGRAMS and not os.path.exists(PROGRAMS[module]):
                continue
            try:
                players.append(Rival(module, job, threads))
            except (RuntimeError, OSError) as error:
                print("left out: %s, %d threads: %s" % (job, threads, error), file=sys.stderr)
    for number in range(rounds):
        print("%s: round %d of %d" % (key, number + 1, rounds), file=sys.stderr)
        for player in players:
            player.go()
            time.sleep(0.05)
    for player in players:
        player.close()
    best = {}
    for player in players:
        if player.name not in best or min(player.times) < min(best[player.name].times):
            best[player.name] = player
    ours = min(min(player.times) for name, player in best.items() if name.startswith("hourglass"))
    print("\n%s (best of %d rounds in turns, each at its best of %s thread(s))" % (title, rounds, " or ".join(map(str, sorted({p.threads for p in players})))))
    print("  %-34s %8s %12s %8s" % ("", "threads", unit, "ratio"))
    for player in sorted(best.values(), key=lambda p: min(p.times)):
        seconds = min(player.times)
        print("  %-34s %8d %12.2f %8.2f  %s" % (player.name, player.threads, seconds * 1e6, seconds / ours, player.extra))
    for player in players:
        if player.threads != best[player.name].threads:
            print("  (%s with %d threads: %.2f)" % (player.name, player.threads, min(player.times) * 1e6))
    sys.stdout.flush()


if __name__ == "__main__":
    for word in sys.argv[1:] or TABLES:
        for key in GROUPS.get(word, [word]):
            measure(key)
