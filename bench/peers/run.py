# SPDX-License-Identifier: Apache-2.0
"""Hourglass and its rivals on the same jobs: own processes, in turns, best of ROUNDS rounds each, one table.

run.py [step] [bulk] [single] [csv]   (all without words)
"""
import json
import os
import subprocess
import sys
import time

ROUNDS = int(os.environ.get("ROUNDS", "7"))
HERE = os.path.dirname(os.path.abspath(__file__))
COMMAND = os.environ.get("HOURGLASS", "build/hourglass")
CORES = len(os.sched_getaffinity(0))
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
        ("torch_jobs", "single, eager"), ("torch_jobs", "single, compile"), ("jax_jobs", "single, jit"), ("numpy_jobs", "single, by hand")]),
    "csv": ("reading CSV, 200000 x 20 decimals, to float32", "read", "read CSV", "us/row", [
        ("numpy_jobs", "csv, numpy.loadtxt"), ("numpy_jobs", "csv, pandas"), ("numpy_jobs", "csv, pandas, correctly rounded")]),
}
ONE_THREAD = ("single", "csv")


class Ours:
    name = "hourglass"

    def __init__(self, mode, figure, threads):
        self.line = [COMMAND, "bench", "what=" + mode, "threads=%d" % threads, "seconds=0.5", "--json"]
        self.figure, self.threads = figure, threads
        self.times, self.extra = [], ""

    def go(self):
        answer = json.loads(subprocess.run(self.line, check=True, capture_output=True, text=True).stdout)
        row = next(row for row in answer["results"] if row["name"].startswith(self.figure))
        seconds = row["us"] * 1e-6 / (row.get("rows", 1) if "rows" in row else 1)
        if self.figure == "training step" and row["gflops"]:
            if not self.times or seconds < min(self.times):
                self.extra = "%.1f GFLOP/s, %.1f %% of the peak of %.1f" % (row["gflops"], 100 * row["fraction"], answer["peak_gflops"])
        if self.figure in ("score rows", "read CSV"):
            seconds = 1 / row["rows_per_second"]
        self.times.append(seconds)

    def close(self):
        pass


class Rival:
    def __init__(self, module, job, threads):
        self.name = module.replace("_jobs", "") + job[job.index(","):]
        self.threads, self.times, self.extra = threads, [], ""
        environment = dict(os.environ, OMP_NUM_THREADS=str(threads), OPENBLAS_NUM_THREADS=str(threads), MKL_NUM_THREADS=str(threads),
                           JAX_PLATFORMS="cpu", CUDA_VISIBLE_DEVICES="", KMP_BLOCKTIME="1", TORCHINDUCTOR_FX_GRAPH_CACHE="1",
                           PYTHONWARNINGS="ignore")
        line = [sys.executable, os.path.join(HERE, "worker.py"), module, job, str(threads)]
        if module == "onednn":
            line = [os.path.join("build", "bench", "onednn_step"), str(threads)]
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


def measure(key):
    title, mode, figure, unit, rivals = TABLES[key]
    players = []
    for threads in THREADS[:1] if key in ONE_THREAD else THREADS:
        players.append(Ours(mode, figure, threads))
        for module, job in rivals:
            if module == "onednn" and not os.path.exists("build/bench/onednn_step"):
                continue
            try:
                players.append(Rival(module, job, threads))
            except (RuntimeError, OSError) as error:
                print("left out: %s, %d threads: %s" % (job, threads, error), file=sys.stderr)
    for number in range(ROUNDS):
        print("%s: round %d of %d" % (key, number + 1, ROUNDS), file=sys.stderr)
        for player in players:
            player.go()
            time.sleep(0.05)
    for player in players:
        player.close()
    best = {}
    for player in players:
        if player.name not in best or min(player.times) < min(best[player.name].times):
            best[player.name] = player
    ours = min(best["hourglass"].times)
    print("\n%s (best of %d rounds in turns, each at its best of %s thread(s))" % (title, ROUNDS, " or ".join(map(str, sorted({p.threads for p in players})))))
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
        measure(word)
