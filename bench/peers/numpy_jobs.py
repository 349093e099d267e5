# SPDX-License-Identifier: Apache-2.0
"""NumPy by hand, scikit-learn's network, and three readers of CSV."""
import os
import tempfile

import numpy as np

from worker import BATCH, CODE, ROWS, STEPS, WIDTH, median_of, rows, seconds_of


def weights():
    draw = np.random.default_rng(0)
    w1 = draw.uniform(-1 / 28, 1 / 28, (WIDTH, CODE)).astype("f4")
    w2 = draw.uniform(-1 / 8, 1 / 8, (CODE, WIDTH)).astype("f4")
    return [w1, np.zeros(CODE, "f4"), w2, np.zeros(WIDTH, "f4")]


def forward(w, x):
    h = np.maximum(x @ w[0] + w[1], 0)
    return h, 1 / (1 + np.exp(-(h @ w[2] + w[3])))


def step(threads):
    data, w = rows(), weights()
    m, v = [np.zeros_like(p) for p in w], [np.zeros_like(p) for p in w]
    order, now = np.random.default_rng(1).permutation(ROWS), {"t": 0}

    def epoch():
        total = 0.0
        for i in range(STEPS):
            x = data[order[i * BATCH:(i + 1) * BATCH]].astype("f4") * np.float32(1 / 255)
            h, y = forward(w, x)
            error = y - x
            total += float(np.mean(error * error))
            dy = error * y * (1 - y) * np.float32(2 / x.size)
            dh = (dy @ w[2].T) * (h > 0)
            gradient = [x.T @ dh, dh.sum(0), h.T @ dy, dy.sum(0)]
            now["t"] += 1
            k1, k2 = 1 - 0.9 ** now["t"], 1 - 0.999 ** now["t"]
            for p, a, b, g in zip(w, m, v, gradient):
                a *= np.float32(0.9)
                a += np.float32(0.1) * g
                b *= np.float32(0.999)
                b += np.float32(0.001) * g * g
                p -= np.float32(1e-3 / k1) * a / (np.sqrt(b) * np.float32(k2**-0.5) + np.float32(1e-8))
        return total

    return lambda: seconds_of(epoch, STEPS)


def step_sklearn(threads):
    """scikit-learn's network ends in no activation: a little less work than the others."""
    from sklearn.neural_network import MLPRegressor

    data = rows()
    model = MLPRegressor(hidden_layer_sizes=(CODE,), batch_size=BATCH, learning_rate_init=1e-3, alpha=0)

    def epoch():
        x = data[:BATCH * STEPS].astype("f4") * np.float32(1 / 255)
        model.partial_fit(x, x)

    return lambda: seconds_of(epoch, STEPS)


def score(w, x):
    return ((forward(w, x)[1] - x) ** 2).mean(1)


def bulk(threads):
    w, x = weights(), rows().astype("f4") * np.float32(1 / 255)
    return lambda: seconds_of(lambda: [score(w, x[i:i + 2000]) for i in range(0, ROWS, 2000)], ROWS)


def single(threads):
    w, x = weights(), np.full((1, WIDTH), 0.3, "f4")
    return lambda: median_of(lambda: score(w, x))


def reader(read):
    def job(threads):
        lines, columns = 200000, 20
        x = np.random.default_rng(0).random((lines, columns)) * 2 - 1
        name = os.path.join(tempfile.mkdtemp(), "x.csv")
        np.savetxt(name, x, "%.5f", ",")
        return lambda: seconds_of(lambda: read(name), lines)

    return job


def read_pandas(**options):
    def read(name):
        import pandas

        return pandas.read_csv(name, header=None, **options).to_numpy("f4")

    return read


JOBS = {
    "step, by hand": step,
    "step, scikit-learn": step_sklearn,
    "bulk, by hand": bulk,
    "single, by hand": single,
    "csv, numpy.loadtxt": reader(lambda name: np.loadtxt(name, "f4", delimiter=",")),
    "csv, pandas": reader(read_pandas()),
    "csv, pandas, correctly rounded": reader(read_pandas(float_precision="round_trip")),
}
