# SPDX-License-Identifier: Apache-2.0
"""One rival in its own process: worker.py MODULE JOB THREADS. For every line on standard input it does one round
and answers with the seconds of one unit of work; run.py takes turns between the rivals."""
import importlib
import os
import sys
import time

WIDTH, CODE, BATCH, ROWS = 784, 64, 128, 60000
STEPS = 60  # of one round
MODULE_ROWS = 20000  # that a module is trained on in one round


def rows():
    import numpy as np

    draw = np.random.default_rng(0)
    return draw.integers(0, 256, (ROWS, WIDTH), dtype=np.uint8)


def seconds_of(work, count):
    """Seconds of one of `count` units that work() does."""
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) / count


def median_of(work, count=2000):
    times = []
    for _ in range(count):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return sorted(times)[count // 2]


def best_of(work, least=3, seconds=0.5):
    """Seconds of the fastest of at least `least` runs."""
    until, best = time.perf_counter() + seconds, float("inf")
    while least > 0 or time.perf_counter() < until:
        best = min(best, seconds_of(work, 1))
        least -= 1
    return best


def main():
    module, job, threads = sys.argv[1], sys.argv[2], int(sys.argv[3])
    if threads == 1:
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # whatever a library prints is not an answer
    one_round = importlib.import_module(module).JOBS[job](threads)
    one_round()
    print("ready", file=answers, flush=True)
    for _ in sys.stdin:
        print("%.9e" % one_round(), file=answers, flush=True)


if __name__ == "__main__":
    main()
