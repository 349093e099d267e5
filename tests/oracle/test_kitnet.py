# SPDX-License-Identifier: Apache-2.0
"""KitNET beside the published algorithm in double precision (kitnet_twin.py), with the same initial weights."""
import math
import os
import subprocess
import sys

from common import COMMAND, check, finish

try:
    import numpy as np
except ImportError as missing:
    print("skipped: no %s for %s" % (missing.name, sys.executable))
    print("0 passed, 0 failed, 1 skipped")
    sys.exit(0)

from kitnet_twin import Ensemble, Mapper

RUN = os.path.join(os.path.dirname(COMMAND), "tests", "kitnet_run")
WIDTH, MAP_GRACE, GRACE = 115, 2000, 15000
draw = np.random.RandomState(7)


def made(rows):
    """Columns that hang together by factors, with long tails, large offsets, whole numbers and constants among them; in float."""
    factor = draw.rand(rows, 24)
    factor[:, ::3] = np.exp(4 * factor[:, ::3])
    owner = np.sort(draw.randint(0, 24, WIDTH))
    x = factor[:, owner] * (1 + draw.rand(WIDTH)) + 0.15 * factor.std(0)[owner] * draw.randn(rows, WIDTH)
    x = x * 10.0 ** draw.randint(-2, 5, WIDTH) + 100 * draw.randint(0, 2, WIDTH)
    x[:, 3] = 7
    x[:, 50] = np.round(x[:, 50])
    return x.astype("f4")


def ours(x, map_grace, grace, seed):
    words = [RUN, WIDTH, map_grace, grace, len(x), seed]
    done = subprocess.run([str(word) for word in words], input=x.tobytes(), capture_output=True)
    if done.returncode:
        raise RuntimeError(done.stderr.decode())
    cluster = np.frombuffer(done.stdout[:4 * WIDTH], "i4")
    numbers = np.frombuffer(done.stdout[4 * WIDTH:], "f4").astype(float)
    clusters = [np.flatnonzero(cluster == c) for c in range(cluster.max() + 1)]
    sizes = [len(c) for c in clusters] + [len(clusters)]
    shapes = [(n, math.ceil(0.75 * n)) for n in sizes]
    total = sum(a * b for a, b in shapes)
    first, score, last = np.split(numbers, [total, total + len(x)])
    weights, biases = last[:total], last[total:].reshape(-1, 2)
    return clusters, nets(first, shapes), score, nets(weights, shapes), biases


def nets(flat, shapes):
    ends = np.cumsum([a * b for a, b in shapes])
    return [part.reshape(shape) for part, shape in zip(np.split(flat, ends[:-1]), shapes)]


def twin(x, clusters, weights, map_grace, grace):
    """Scores from the first row that trains on; the state in the end."""
    e = Ensemble(clusters, weights, 0.1)
    wide = x.astype(float)
    train, run = wide[map_grace + 1:map_grace + 1 + grace], wide[map_grace + 1 + grace:]
    return e, np.array([e.train(row) for row in train]), np.array([e.score(row) for row in run])


def relative(got, want):
    return np.abs(got - want) / np.maximum(np.abs(want), 1e-12)


def the_clusters(x, clusters):
    m = Mapper(WIDTH)
    for row in x[:MAP_GRACE + 1].astype(float):
        m.add(row)
    key = lambda c: (-len(c), c[0])
    want = sorted(m.clusters(10), key=key)
    check("clusters are those of the definition, large ones first", [list(c) for c in clusters] == want, "(%d)" % len(want))
    try:
        from scipy.cluster.hierarchy import linkage, to_tree
    except ImportError:
        return
    from scipy.spatial.distance import squareform

    def broken(node):
        if node.count <= 10:
            return [sorted(node.pre_order())]
        return broken(node.left) + broken(node.right)
    d = m.distances()
    np.fill_diagonal(d, 0)
    theirs = sorted(broken(to_tree(linkage(squareform(d, checks=False), "single"))), key=key)
    check("clusters are those of SciPy's linkage", [list(c) for c in clusters] == theirs)


x = made(20000)
one = ours(x[:MAP_GRACE + 2], MAP_GRACE, GRACE, 3)
clusters, first = one[0], one[1]
the_clusters(x, clusters)
check("weights are drawn within 1 / inputs", all(0.5 / len(w) < np.abs(w).max() <= 1 / len(w) for w in first if w.size > 8))

# One step from the same weights.
e, steps, _ = twin(x[:MAP_GRACE + 2], clusters, first, MAP_GRACE, 1)
gaps = [np.abs(a - b.w).max() for a, b in zip(one[3], e.net + [e.output])]
check("a row's score before its step is the twin's to 1e-6", relative(one[2][-1:], steps).max() < 1e-6, "(%.1e)" % relative(one[2][-1:], steps).max())
check("weights after one step are the twin's to 1e-6", max(gaps) < 1e-6, "(%.1e)" % max(gaps))

# All of them.
_, _, score, last, biases = ours(x, MAP_GRACE, GRACE, 3)
e, steps, run = twin(x, clusters, first, MAP_GRACE, GRACE)
trained, executed = score[MAP_GRACE + 1:MAP_GRACE + 1 + GRACE], score[MAP_GRACE + 1 + GRACE:]
gaps = [np.abs(a - b.w).max() for a, b in zip(last, e.net + [e.output])]
for name, got, want in (("training", trained, steps), ("running", executed, run)):
    off = relative(got, want)
    check("scores while %s are the twin's" % name, np.median(off) < 1e-6 and off.max() < 2e-5,
          "(median %.1e, 99 %% %.1e, most %.1e of %d)" % (np.median(off), np.quantile(off, 0.99), off.max(), len(off)))
check("weights after %d steps are the twin's" % GRACE, max(gaps) < 2e-5, "(%.1e)" % max(gaps))
want = np.array([[n.b[0], n.c[0]] for n in e.net + [e.output]])
check("biases after %d steps are the twin's" % GRACE, np.abs(biases - want).max() < 2e-5, "(%.1e)" % np.abs(biases - want).max())
finish()
