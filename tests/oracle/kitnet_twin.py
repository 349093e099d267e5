# SPDX-License-Identifier: Apache-2.0
"""KitNET in NumPy and double precision, written from its definition (Mirsky et al., "Kitsune", NDSS 2018, and the code published with it):
what src/intrusion/kitnet.h must equal."""
import numpy as np


def sigmoid(a):
    return 1 / (1 + np.exp(-a))


class Mapper:
    """Correlations of columns row by row, each difference taken from the mean so far."""

    def __init__(self, width):
        self.rows, self.sum, self.products = 0, np.zeros(width), np.zeros((width, width))

    def add(self, x):
        self.rows += 1
        self.sum += x
        t = x - self.sum / self.rows
        self.products += np.outer(t, t)

    def distances(self):
        root = np.sqrt(np.diag(self.products))
        scale = np.outer(root, root)
        scale[scale == 0] = 1e-100
        return np.maximum(1 - self.products / scale, 0)

    def clusters(self, most):
        """Joins the two closest clusters (single linkage) until one is left, then cuts from the top."""
        d = self.distances()
        np.fill_diagonal(d, np.inf)
        tree = [(i, 1) for i in range(len(d))]  # a leaf, or a pair of trees; and how many leaves
        while len(tree) > 1:
            a, b = sorted(divmod(int(np.argmin(d)), len(d)))
            tree[a] = ((tree[a], tree[b]), tree[a][1] + tree[b][1])
            d[a] = d[:, a] = np.minimum(d[a], d[b])
            d[a, a] = np.inf
            d = np.delete(np.delete(d, b, 0), b, 1)
            del tree[b]
        return cut(tree[0], most)


def leaves(tree):
    return [tree[0]] if tree[1] == 1 else leaves(tree[0][0]) + leaves(tree[0][1])


def cut(tree, most):
    if tree[1] <= most:
        return [sorted(leaves(tree))]
    return cut(tree[0][0], most) + cut(tree[0][1], most)


class Autoencoder:
    """One hidden layer, tied weights. The biases of a layer all move by the mean of their slopes, as published."""

    def __init__(self, weight, rate):
        self.w, self.rate = np.array(weight, float), rate
        self.b, self.c = np.zeros(self.w.shape[1]), np.zeros(self.w.shape[0])
        self.low, self.high = np.full(len(self.w), np.inf), np.full(len(self.w), -np.inf)

    def forward(self, x):
        x = (x - self.low) / (self.high - self.low + 1e-16)
        y = sigmoid(x @ self.w + self.b)
        return x, y, x - sigmoid(self.w @ y + self.c)

    def score(self, x):
        return np.sqrt((self.forward(x)[2] ** 2).mean())

    def train(self, x):
        self.low, self.high = np.minimum(self.low, x), np.maximum(self.high, x)
        x, y, d = self.forward(x)
        h = (d @ self.w) * y * (1 - y)
        self.w += self.rate * (np.outer(x, h) + np.outer(d, y))
        self.b += self.rate * h.mean()
        self.c += self.rate * d.mean()
        return np.sqrt((d ** 2).mean())


class Ensemble:
    """clusters: the features of each. weights: of each cluster's autoencoder, then of the output's."""

    def __init__(self, clusters, weights, rate):
        self.clusters = clusters
        self.net = [Autoencoder(w, rate) for w in weights[:-1]]
        self.output = Autoencoder(weights[-1], rate)

    def train(self, x):
        return self.output.train(np.array([net.train(x[c]) for net, c in zip(self.net, self.clusters)]))

    def score(self, x):
        return self.output.score(np.array([net.score(x[c]) for net, c in zip(self.net, self.clusters)]))
