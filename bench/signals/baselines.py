# SPDX-License-Identifier: Apache-2.0
"""What stands beside a model in sets.py: four simple detectors, and the figures of their scores. All take (training, test) as (steps, channels)
in training's deviations, and the steps of a window; they give a score a step of the test."""
import numpy as np

MOST = 4000  # windows that are learned from
REFERENCES = 2000  # of k-NN


def scaled(learned, judged):
    mean, deviation = learned.mean(0), learned.std(0)
    deviation = np.where(deviation < 1e-9, 1, deviation)
    return (learned - mean) / deviation, (judged - mean) / deviation


def windows(x, n):
    """(windows, n * channels), one a step."""
    return np.lib.stride_tricks.sliding_window_view(x, n, axis=0).reshape(len(x) - n + 1, -1)


def by_step(score, steps, n):
    """A step: the mean over the windows that it lies in."""
    total, count = np.zeros(steps + 1), np.zeros(steps + 1)
    for what, x in ((total, score), (count, np.ones(len(score)))):
        np.add.at(what, np.arange(len(score)), x)
        np.add.at(what, np.arange(len(score)) + n, -x)
    return np.cumsum(total)[:steps] / np.maximum(np.cumsum(count)[:steps], 1)


def thinned(x, most):
    return x[np.linspace(0, len(x) - 1, min(most, len(x))).astype(int)]


def in_parts(f, x, part=4096):
    return np.concatenate([f(x[a:a + part]) for a in range(0, len(x), part)])


class Components:
    """Principal components that hold 90 % of the variance."""

    def __init__(self, x, most=None):
        self.mean = x.mean(0)
        _, size, rows = np.linalg.svd(x - self.mean, full_matrices=False)
        held = np.cumsum(size ** 2) / max(np.sum(size ** 2), 1e-300)
        self.rows = rows[:min(int(np.searchsorted(held, 0.9)) + 1, most or len(rows))]

    def code(self, x):
        return (x - self.mean) @ self.rows.T


def moving_z(learned, judged, n):
    """Distance to the mean of the n steps before, in their deviations."""
    x = np.concatenate([learned[-n:], judged])
    total, squares = (np.concatenate([np.zeros((1, x.shape[1])), np.cumsum(v, 0)]) for v in (x, x ** 2))
    mean = (total[n:-1] - total[:-n - 1]) / n
    deviation = np.sqrt(np.maximum((squares[n:-1] - squares[:-n - 1]) / n - mean ** 2, 0)) + 0.01
    return np.mean(((judged - mean[-len(judged):]) / deviation[-len(judged):]) ** 2, 1)


def principal(learned, judged, n):
    """Energy of a window outside the components of training's windows."""
    c = Components(thinned(windows(learned, n), MOST))

    def residual(w):
        w = w - c.mean
        return np.sum((w - w @ c.rows.T @ c.rows) ** 2, 1)
    return by_step(in_parts(residual, windows(judged, n)), len(judged), n)


def neighbours(learned, judged, n):
    """Distance of a window to the nearest of training, in 32 components at most."""
    known = thinned(windows(learned, n), MOST)
    c = Components(known, 32)
    known = c.code(thinned(known, REFERENCES))
    squares = np.sum(known ** 2, 1)

    def nearest(w):
        z = c.code(w)
        return np.sqrt(np.maximum(np.min(squares - 2 * z @ known.T, 1) + np.sum(z ** 2, 1), 0))
    return by_step(in_parts(nearest, windows(judged, n)), len(judged), n)


def spectral_residual(learned, judged, n):
    """Ren et al., "Time-series anomaly detection service at Microsoft", KDD 2019: averages over 3 bins and n steps."""
    score = np.zeros(len(judged))
    for x in judged.T:
        f = np.fft.fft(x)
        log = np.log(np.abs(f) + 1e-8)
        saliency = np.abs(np.fft.ifft(np.exp(log - np.convolve(log, np.ones(3) / 3, "same") + 1j * np.angle(f))))
        usual = np.convolve(saliency, np.ones(n) / n)[:len(x)]
        score += np.maximum((saliency - usual) / (usual + 1e-8), 0)
    return score / judged.shape[1]


EVERY = {"moving z-score": moving_z, "PCA": principal, "k-NN": neighbours, "spectral residual": spectral_residual}


def window_of(x):
    """The period of the first channel, 16 to 128 steps; 64 where there is none."""
    x = x[:20000, 0] - x[:20000, 0].mean()
    f = np.fft.rfft(x, 2 * len(x))
    r = np.fft.irfft(f * np.conj(f))[:min(401, len(x) // 2)]
    peak = [k for k in range(4, len(r) - 1) if r[k - 1] < r[k] > r[k + 1]]
    n = max(peak, key=lambda k: r[k]) if peak else 64
    return int(min(max(n, 16), 128, len(x) // 4))


# ---- figures ------------------------------------------------------------------------------------

def area(score, label):
    """(AUROC, average precision), ties as one."""
    order = np.argsort(-score, kind="stable")
    last = np.append(np.diff(score[order]) != 0, True)
    hits, count = np.cumsum(label[order])[last], np.arange(1, len(score) + 1)[last]
    false = count - hits
    recall, fall_out = np.append(0, hits / hits[-1]), np.append(0, false / false[-1])
    return float(np.sum(np.diff(fall_out) * (recall[1:] + recall[:-1]) / 2)), float(np.sum(np.diff(recall) * hits / count))


def runs(mark):
    edge = np.diff(np.concatenate([[0], mark, [0]]))
    return np.flatnonzero(edge == 1), np.flatnonzero(edge == -1)


def ramps(begins, ends, window, steps):
    """Weights beside events, and [first, end) of groups of events whose ramps overlap."""
    half, weight, groups = window // 2, np.zeros(steps), []
    for first, end in zip(begins, ends):
        behind = np.arange(end, min(end + half, steps))
        before = np.arange(max(first - half, 0), first)
        weight[behind] += np.sqrt(1 - (behind - end + 1) / max(window, 1))
        weight[before] += np.sqrt(1 - (first - before) / max(window, 1))
        if groups and groups[-1][1] > first - half:
            groups[-1][1] = end + half
        else:
            groups.append([max(first - half, 0), end + half])
    return np.minimum(weight, 1), groups


def vus_pr(score, label, longest):
    """Volume under the surface of precision and recall, as src/monitor/vus.c has it."""
    steps = len(score)
    order = np.argsort(-score, kind="stable")
    threshold = score[order][np.append((np.arange(249) * ((steps - 1) / 249)).astype(int), steps - 1)]
    count = np.searchsorted(-score[order], -threshold, side="right")
    begins, ends = runs(label)
    hits = np.cumsum(label[order])[count - 1]
    total = 0
    for window in range(longest + 1):
        weight, groups = ramps(begins, ends, window, steps)
        beside = np.cumsum(np.where(label, 0, weight)[order])[count - 1]
        peak = np.sort([score[a:b].max() for a, b in groups])
        found = (len(peak) - np.searchsorted(peak, threshold)) / len(peak)
        recall = np.minimum((hits + beside) / (label.sum() + beside / 2), 1) * found
        total += np.sum(np.diff(np.append(0, recall)) * (hits + beside) / count)
    return float(total / (longest + 1))
