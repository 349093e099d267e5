# SPDX-License-Identifier: Apache-2.0
"""What val says of a code beside scikit-learn's figures, and PCA's three ways beside its PCA and IncrementalPCA."""
import json
import sys

import numpy as np

from common import check, finish, hourglass, path

try:
    from sklearn.decomposition import PCA, IncrementalPCA
    from sklearn.linear_model import LogisticRegression
    from sklearn.manifold import trustworthiness
    from sklearn.neighbors import KNeighborsClassifier
    from sklearn.preprocessing import StandardScaler
except ImportError as missing:
    print("skipped: no %s for %s" % (missing.name, sys.executable))
    print("0 passed, 0 failed, 1 skipped")
    sys.exit(0)

ROWS, WIDTH, CODE, CLASSES, NEAR = 1200, 30, 6, 5, 12


def near(name, got, want, within):
    check(name, abs(got - want) <= within, "%.6g, scikit-learn %.6g" % (got, want))


def draw(rng, rows, classes):
    """Rows about the centres of overlapping classes, in a space of fewer directions than numbers; and their classes."""
    label = rng.integers(0, classes, rows)
    centre = rng.normal(size=(classes, 10)) * 1.2
    hidden = (centre[label] + rng.normal(size=(rows, 10))) / (1 + np.arange(10) / 3)
    x = np.tanh(hidden @ rng.normal(size=(10, WIDTH)) / 3) + 0.05 * rng.normal(size=(rows, WIDTH))
    return x.astype("<f4"), label


def accuracies(z, label):
    """Means over ten splits in halves, and how far they spread."""
    found = []
    for seed in range(10):
        order = np.random.default_rng(seed).permutation(len(z))
        a, b = order[::2], order[1::2]
        scale = StandardScaler().fit(z[a])
        probe = LogisticRegression(max_iter=500).fit(scale.transform(z[a]), label[a])
        found.append((KNeighborsClassifier(5).fit(z[a], label[a]).score(z[b], label[b]),
                      probe.score(scale.transform(z[b]), label[b])))
    return np.mean(found, 0), 4 * np.std(found, 0) + 0.005


def check_code(x, label):
    """All rows are placed where they are this few, so that neighbours are the same ones."""
    np.save(path("x.npy"), x)
    np.save(path("classes.npy"), label.astype("<f4").reshape(-1, 1))
    spec = "dense 24 tanh, dense %d | dense 24 tanh, dense input" % CODE
    hourglass("train", data=path("x.npy"), model=spec, epochs=30, project=path("runs"), name="code", pca="false")
    model = path("runs/code")
    hourglass("encode", model=model, data=path("x.npy"), out=path("z.npy"))
    hourglass("reconstruct", model=model, data=path("x.npy"), out=path("y.npy"))
    z, y = np.load(path("z.npy")).astype(float), np.load(path("y.npy")).astype(float)
    told = json.loads(hourglass("val", "--json", model=model, data=path("x.npy"), classes=path("classes.npy")))
    spread = np.linalg.eigvalsh(np.cov(z.T))
    wide = x.astype(float)
    explained = 1 - ((wide - y) ** 2).sum() / ((wide - wide.mean(0)) ** 2).sum()
    near("explained variance", told["explained_variance"], explained, 1e-6)
    near("effective dimension", told["effective_dimension"], spread.sum() ** 2 / (spread ** 2).sum(), 1e-4)
    near("active units", told["active_units"], (z.var(0) > 0.01).sum(), 0)
    near("trustworthiness", told["trustworthiness"], trustworthiness(wide, z, n_neighbors=NEAR), 1e-4)
    near("continuity", told["continuity"], trustworthiness(z, wide, n_neighbors=NEAR), 1e-4)
    want, within = accuracies(z, label)
    near("k-NN accuracy", told["knn_accuracy"], want[0], within[0])
    near("linear probe", told["probe_accuracy"], want[1], within[1])
    check("rows that were looked at are told", told["placed_rows"] == ROWS and told["classes"] == CLASSES)


def check_pca(rng):
    """Of a CSV file several times as large as the memory that is allowed."""
    x, _ = draw(rng, 30000, CLASSES)
    np.savetxt(path("large.csv"), x, fmt="%.6g", delimiter=",")
    x = np.loadtxt(path("large.csv"), delimiter=",", dtype="<f4")
    np.save(path("large.npy"), x)
    best = PCA(CODE, svd_solver="full").fit(x.astype(float)).explained_variance_ratio_.sum()
    one_pass = IncrementalPCA(CODE).fit(x.astype(float)).explained_variance_ratio_.sum()
    for solver, want in (("exact", best), ("randomized", best), ("incremental", best), ("incremental", one_pass)):
        hourglass("train", data=path("large.csv"), model="pca", latent=CODE, solver=solver, val=0, max_mem="1M",
                  prepare="none", project=path("runs"), name=solver, exist_ok="true")
        told = json.loads(hourglass("val", "--json", model=path("runs/" + solver), data=path("large.npy")))
        near("PCA, solver=%s" % solver, told["explained_variance"] / want, 1, 1e-3)


def main():
    rng = np.random.default_rng(5)
    check_code(*draw(rng, ROWS, CLASSES))
    check_pca(rng)
    finish()


main()
