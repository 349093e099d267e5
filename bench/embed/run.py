#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Maps of 32-dimensional codes of MNIST: ours, scikit-learn's, openTSNE's and umap-learn's, seconds and trustworthiness.

    HG_DATA=FOLDER bench/embed/run.py [--rows 10000,70000] [--threads 2] [--command build/gcc/hourglass] [--skip sklearn,umap-learn]

A peer that cannot be imported is left out. Ours is timed as `hourglass encode embed=2`, reading and encoding included; peers from
the codes in memory, imports and their compilers' first run left out. Trustworthiness: k = 12, of 5000 of the points among themselves.
"""
import argparse
import gzip
import os
import resource
import struct
import subprocess
import sys
import tempfile
import time

import numpy as np

SAMPLE, NEAREST = 5000, 12
SPEC = "dense 256 relu, dense 32 | dense 256 relu, dense input"


def pictures(folder: str) -> np.ndarray:
    """The 70 000 pictures (70000, 784), bytes."""
    parts = []
    for name in ("train-images-idx3-ubyte.gz", "t10k-images-idx3-ubyte.gz"):
        with gzip.open(os.path.join(folder, "mnist", name)) as file:
            parts.append(np.frombuffer(file.read(), np.uint8, offset=16).reshape(-1, 784))
    return np.concatenate(parts)


def write_idx(path: str, x: np.ndarray) -> None:
    with open(path, "wb") as file:
        file.write(struct.pack(">HBBIII", 0, 8, 3, len(x), 28, 28) + x.tobytes())


def trustworthiness(x: np.ndarray, y: np.ndarray) -> float:
    """Venna & Kaski 2001; x (n, width), y (n, 2)."""
    pick = np.random.default_rng(0).permutation(len(x))[:SAMPLE]
    a, b, n = x[pick].astype(np.float64), y[pick].astype(np.float64), min(SAMPLE, len(x))

    def squares(p: np.ndarray) -> np.ndarray:
        own = (p * p).sum(1)
        d = own[:, None] + own[None] - 2 * p @ p.T
        np.fill_diagonal(d, np.inf)
        return d

    order = np.argsort(squares(a), 1)
    rank = np.empty_like(order)
    rank[np.arange(n)[:, None], order] = np.arange(1, n + 1)
    near = np.argpartition(squares(b), NEAREST, 1)[:, :NEAREST]
    over = np.maximum(0, np.take_along_axis(rank, near, 1) - NEAREST)
    return 1 - 2 * over.sum() / (n * NEAREST * (2 * n - 3 * NEAREST - 1))


def sklearn_map(threads: int):
    from sklearn.manifold import TSNE

    return lambda x: TSNE(init="pca", learning_rate="auto", random_state=0, n_jobs=threads).fit_transform(x)


def opentsne_map(threads: int):
    from openTSNE import TSNE

    return lambda x: np.asarray(TSNE(initialization="pca", random_state=0, n_jobs=threads).fit(x))


def umap_map(threads: int):
    from umap import UMAP

    make = UMAP(n_jobs=threads)
    UMAP().fit_transform(np.random.default_rng(0).normal(size=(300, 5)))  # compiles
    return make.fit_transform


PEERS = {"openTSNE": opentsne_map, "scikit-learn": sklearn_map, "umap-learn": umap_map}


def one_peer(name: str, codes: str, threads: int, out: str) -> None:
    """In a process of its own: places codes, prints seconds of wall clock and of processor."""
    x, run = np.load(codes), PEERS[name](threads)
    wall, cpu = time.perf_counter(), time.process_time()
    y = run(x)
    print(time.perf_counter() - wall, time.process_time() - cpu)
    np.save(out, y)


def measured(arguments: list, environment: dict = None) -> tuple:
    before, wall = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)
    wall, after = time.perf_counter() - wall, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return done, wall, cpu, after.ru_maxrss / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rows", default="10000,70000")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--command", default="build/gcc/hourglass")
    parser.add_argument("--skip", default="")
    parser.add_argument("--peer", nargs=3, help=argparse.SUPPRESS)
    o = parser.parse_args()
    if o.peer:
        one_peer(o.peer[0], o.peer[1], o.threads, o.peer[2])
        return
    x = pictures(os.environ.get("HG_DATA", "../shared/data"))
    limited = dict(os.environ, OMP_NUM_THREADS=str(o.threads), NUMBA_NUM_THREADS=str(o.threads))
    with tempfile.TemporaryDirectory() as work:
        data, codes, place = (os.path.join(work, name) for name in ("x.idx", "codes.npy", "y.npy"))
        write_idx(data, x)
        quiet = ["-q", f"threads={o.threads}"]
        model = ["train", *quiet, f"data={data}", f"model={SPEC}", "epochs=3", "pca=false", "samples=0",
                 f"project={work}", "name=m"]
        subprocess.run([o.command, *model], check=True)
        print(f"{'rows':>6}  {'map':<20} {'seconds':>8} {'processor':>9}  trustworthiness")
        for rows in map(int, o.rows.split(",")):
            many = np.concatenate([x] * -(-rows // len(x)))[:rows]
            write_idx(data, many)
            encode = [o.command, "encode", *quiet, f"model={work}/m", f"data={data}"]
            subprocess.run([*encode, f"out={codes}"], check=True)
            points = np.load(codes)

            def show(name: str, wall: float, cpu: float) -> None:
                score = trustworthiness(points, np.load(place))
                print(f"{rows:6}  {name:<20} {wall:8.1f} {cpu:9.1f}  {score:.4f}", flush=True)

            for method in ("tsne", "umap"):
                done, wall, cpu, _ = measured([*encode, "embed=2", f"map={method}", f"out={place}"])
                done.check_returncode()
                show(f"hourglass {method}", wall, cpu)
            for name in PEERS:
                if name in o.skip.split(","):
                    continue
                own = [sys.executable, __file__, "--threads", str(o.threads), "--peer", name, codes, place]
                done, _, _, _ = measured(own, limited)
                if done.returncode:
                    print(f"{rows:6}  {name:<20} left out: {done.stderr.strip().splitlines()[-1]}", flush=True)
                    continue
                show(name, *map(float, done.stdout.split()[-2:]))


if __name__ == "__main__":
    main()
