# SPDX-License-Identifier: Apache-2.0
"""Maps of codes beside scikit-learn's: trustworthiness, and the Kullback-Leibler divergence that t-SNE makes small."""
import sys

import numpy as np

from common import check, finish, hourglass, path

try:
    from sklearn.datasets import load_digits
    from sklearn.decomposition import PCA
    from sklearn.manifold import TSNE, trustworthiness
except ImportError as missing:
    print("skipped: no %s for %s" % (missing.name, sys.executable))
    print("0 passed, 0 failed, 1 skipped")
    sys.exit(0)

ROWS, PERPLEXITY = 700, 30


def similarities(x):
    """P of t-SNE over all pairs (n, n): each row's entropy is log(PERPLEXITY), then made symmetric."""
    d = ((x[:, None] - x[None]) ** 2).sum(2)
    p = np.zeros_like(d)
    for i in range(len(x)):
        others, low, high = np.delete(d[i], i), 0.0, np.inf
        others = others - others.min()
        beta = 1 / others.mean()
        for _ in range(100):
            own = np.exp(-beta * others)
            own /= own.sum()
            if -(own * np.log(own + 1e-300)).sum() > np.log(PERPLEXITY):
                low, beta = beta, beta * 2 if np.isinf(high) else (beta + high) / 2
            else:
                low, high, beta = low, beta, (low + beta) / 2
        p[i, np.arange(len(x)) != i] = own
    return (p + p.T) / p.sum() / 2


def divergence(p, y):
    q = 1 / (1 + ((y[:, None] - y[None]) ** 2).sum(2))
    np.fill_diagonal(q, 0)
    q /= q.sum()
    some = p > 0
    return (p[some] * np.log(p[some] / q[some])).sum()


rows = load_digits().data[:ROWS].astype(np.float32) / 16
np.save(path("x.npy"), rows)
hourglass("train", "-q", data=path("x.npy"), model="dense 16 | dense input", epochs=40, pca="false", samples=0, project=path("runs"), name="m", val=0)
hourglass("encode", "-q", model=path("runs/m"), data=path("x.npy"), out=path("codes.npy"))
codes = np.load(path("codes.npy")).astype(np.float64)


def place(**options):
    hourglass("encode", "-q", model=path("runs/m"), data=path("x.npy"), out=path("y.npy"), embed=2, **options)
    return np.load(path("y.npy")).astype(np.float64)


ours = place()
theirs = TSNE(perplexity=PERPLEXITY, init="pca", learning_rate="auto", random_state=0).fit_transform(codes.astype(np.float32)).astype(np.float64)
p = similarities(codes)
pairs = [(trustworthiness(codes, y, n_neighbors=12), divergence(p, y)) for y in (ours, theirs)]
check("t-SNE keeps neighbours as scikit-learn's does", pairs[0][0] > pairs[1][0] - 0.005, "%.4f %.4f" % (pairs[0][0], pairs[1][0]))
check("t-SNE's divergence is not above scikit-learn's", pairs[0][1] < pairs[1][1] * 1.02, "%.4f %.4f" % (pairs[0][1], pairs[1][1]))
umap = trustworthiness(codes, place(map="umap"), n_neighbors=12)
check("UMAP keeps neighbours nearly as well", umap > pairs[1][0] - 0.03, "%.4f" % umap)
ours, theirs = place(map="pca"), PCA(2).fit_transform(codes)
signs = np.sign((ours * theirs).sum(0))
check("map=pca is scikit-learn's PCA", np.abs(ours - theirs * signs).max() < 1e-4 * np.abs(theirs).max())
finish()
