# SPDX-License-Identifier: Apache-2.0
"""The baselines beside scikit-learn, and ECOD written out in NumPy."""
import os
import subprocess
import sys

from common import COMMAND, check, finish

try:
    import numpy as np
    from sklearn.decomposition import PCA
    from sklearn.ensemble import IsolationForest
    from sklearn.metrics import roc_auc_score
    from sklearn.neighbors import NearestNeighbors
except ImportError as missing:
    print("skipped: no %s for %s" % (missing.name, sys.executable))
    print("0 passed, 0 failed, 1 skipped")
    sys.exit(0)

RUN = os.path.join(os.path.dirname(COMMAND), "tests", "baseline_run")
draw = np.random.RandomState(4)


def ours(name, train, x, seed=1):
    words = [RUN, name, train.shape[1], len(train), len(x), seed]
    done = subprocess.run([str(word) for word in words], input=np.concatenate([train, x]).astype("f4").tobytes(), capture_output=True)
    if done.returncode:
        raise RuntimeError(done.stderr.decode())
    return np.frombuffer(done.stdout, "f4").astype(float)


def table(rows, width):
    """Clusters, a long tail, a 0/1 column, a constant one, whole numbers."""
    x = draw.randn(rows, width) @ mixes[width] + 6 * draw.randint(0, 3, (rows, 1))
    x[:, 0] = np.exp(x[:, 0] / 4)
    x[:, 1] = draw.rand(rows) < 0.2
    x[:, 2] = 4
    x[:, 3] = np.round(x[:, 3])
    return x.astype("f4").astype(float)


def ecod(train, x):
    total = np.zeros(len(x))
    for j in range(train.shape[1]):
        column, n = train[:, j], len(train) + 1
        if column.min() == column.max():
            continue
        left = -np.log(np.array([1 + (column <= value).sum() for value in x[:, j]]) / n)
        right = -np.log(np.array([1 + (column >= value).sum() for value in x[:, j]]) / n)
        skew = np.sign(((column - column.mean()) ** 3).mean())
        by_skew = left * (skew <= 0) + right * (skew >= 0)
        total += np.maximum(np.maximum(left, right), by_skew)
    return total


def close(name, got, want, tolerance):
    worst = np.abs(got - want).max() / np.abs(want).max()
    check(name, worst <= tolerance, "(%.1e)" % worst)


mixes = {width: draw.randn(width, width) / width**0.5 for width in (6, 23, 80)}
for width in mixes:
    train, x = table(900, width), table(700, width)
    label = np.arange(700) < 120
    x[label, 4:] *= 1.5
    deviation = np.where(train.std(0) > 0, train.std(0), np.inf)
    z, zx = (train - train.mean(0)) / deviation, (x - train.mean(0)) / deviation

    near = NearestNeighbors(n_neighbors=5).fit(z).kneighbors(zx)[0].mean(1)
    close("knn, %d columns" % width, ours("knn", train, x), near, 1e-5)

    p = PCA(n_components=width // 2, svd_solver="full").fit(z)
    left = ((p.inverse_transform(p.transform(zx)) - zx) ** 2).sum(1)
    close("pca, %d columns" % width, ours("pca", train, x), left, 1e-4)

    value, vector = np.linalg.eigh(z.T @ z / len(z))
    keep = value > 1e-8 * value.max()
    distance = ((zx @ vector[:, keep]) ** 2 / value[keep]).sum(1)
    close("mahalanobis, %d columns" % width, ours("mahalanobis", train, x), distance, 1e-4)

    close("ecod, %d columns" % width, ours("ecod", train, x), ecod(train, x), 1e-6)

    theirs = [-IsolationForest(random_state=seed).fit(train).score_samples(x) for seed in range(3)]
    mine = [ours("iforest", train, x, seed) for seed in range(3)]
    gap = np.mean([roc_auc_score(label, s) for s in mine]) - np.mean([roc_auc_score(label, s) for s in theirs])
    check("iforest tells as much as scikit-learn's, %d columns" % width, abs(gap) < 0.02, "(%+.4f)" % gap)
    agree = np.corrcoef(np.log2(np.mean(theirs, 0)), np.mean(mine, 0))[0, 1]
    check("iforest: the same depths, %d columns" % width, agree > 0.97, "(%.4f)" % agree)

finish()
