# SPDX-License-Identifier: Apache-2.0
"""Metrics beside scikit-learn's, intervals and tails beside SciPy's, conformal p-values beside their definition."""
import os
import subprocess
import sys

from common import COMMAND, check, finish

try:
    import numpy as np
    from scipy import stats
    from sklearn import metrics
except ImportError as missing:
    print("skipped: no %s for %s" % (missing.name, sys.executable))
    print("0 passed, 0 failed, 1 skipped")
    sys.exit(0)

RUN = os.path.join(os.path.dirname(COMMAND), "tests", "detect_run")
NAMES = ["auroc", "ap", "best_f1", "precision_at_n", "fpr_at_95_tpr", "recall", "precision", "false_alarm_rate"]


def run(*words, data):
    done = subprocess.run([RUN] + [str(word) for word in words], input=data, capture_output=True)
    if done.returncode:
        raise RuntimeError("%s: %s" % (words, done.stderr.decode()))
    return [[float(x) for x in line.split()] for line in done.stdout.decode().splitlines()]


def bytes_of(*arrays):
    return np.int64(len(arrays[0])).tobytes() + b"".join(array.tobytes() for array in arrays)


def measure(score, label, threshold, resamples=0):
    rows = run("metrics", repr(float(threshold)), resamples, data=bytes_of(score.astype("<f4"), label.astype("u1")))
    return dict(zip(NAMES, rows[:8])), rows[8][0], int(rows[8][1])


def precision_at_n(score, label):
    """The mean over ways of breaking ties."""
    n = int(label.sum())
    cut = np.sort(score)[-n]
    above, tied = score > cut, score == cut
    return (label[above].sum() + label[tied].mean() * (n - above.sum())) / n


def theirs(score, label, threshold):
    precision, recall, _ = metrics.precision_recall_curve(label, score)
    fpr, tpr, _ = metrics.roc_curve(label, score, drop_intermediate=False)
    alarm = score > threshold
    return {
        "auroc": metrics.roc_auc_score(label, score),
        "ap": metrics.average_precision_score(label, score),
        "best_f1": np.max(2 * precision * recall / np.maximum(precision + recall, 1e-300)),
        "precision_at_n": precision_at_n(score, label),
        "fpr_at_95_tpr": fpr[tpr >= 0.95 - 1e-12].min(),
        "recall": metrics.recall_score(label, alarm),
        "precision": metrics.precision_score(label, alarm),
        "false_alarm_rate": alarm[label == 0].mean(),
    }


def clopper_pearson(hits, trials, level=0.95):
    side = (1 - level) / 2
    low = stats.beta.ppf(side, hits, trials - hits + 1) if hits else 0.0
    high = stats.beta.ppf(1 - side, hits + 1, trials - hits) if hits < trials else 1.0
    return low, high


def compare_metrics():
    draw, worst, worst_limit, best = np.random.RandomState(3), dict.fromkeys(NAMES, 0.0), 0.0, 0.0
    for case in range(60):
        n = [7, 50, 1000, 20000][case % 4]
        label = (draw.rand(n) < [0.5, 0.1, 0.02][case % 3]).astype(int)
        label[:2] = 0, 1
        score = (draw.standard_t(2, n) * 10.0 ** (case % 5 - 2) + label * draw.rand() * 3).astype("f4")
        if case % 5 == 1:
            score = np.round(score).astype("f4")
        if case % 5 == 2:
            score[:] = 0.25
        threshold = float(np.sort(score)[int(0.9 * n)])
        if not (score > threshold).any():
            threshold = float(score.min()) - 1
        got, best_threshold, _ = measure(score, label, threshold)
        want = theirs(score, label, threshold)
        for name in NAMES:
            worst[name] = max(worst[name], abs(got[name][0] - want[name]))
        best = max(best, abs(metrics.f1_score(label, score.astype("f8") > best_threshold) - got["best_f1"][0]))
        alarm = score > threshold
        for name, of in (("recall", label == 1), ("false_alarm_rate", label == 0)):
            limits = clopper_pearson((alarm & of).sum(), of.sum())
            worst_limit = max(worst_limit, np.abs(np.array(limits) - got[name][1:]).max())
    for name in NAMES:
        check("%s is scikit-learn's" % name, worst[name] <= 1e-12, "worst %.2g" % worst[name])
    check("the best threshold has the best F1", best <= 1e-12, "worst %.2g" % best)
    check("Clopper and Pearson's limits are SciPy's", worst_limit <= 1e-9, "worst %.2g" % worst_limit)
    limits = [clopper_pearson(k, 600000) for k in (0, 1, 600, 300000, 599999)]
    label = np.zeros(600001, int)
    label[-1] = 1
    score = np.arange(600001, dtype="f4")
    far = 0.0
    for k, want in zip((0, 1, 600, 300000, 599999), limits):
        got = measure(score, label, 599999.5 - k - 0)[0]["false_alarm_rate"]
        far = max(far, np.abs(np.array(want) - got[1:]).max())
        far = max(far, abs(got[0] - k / 600000))
    check("limits of 600000 trials are SciPy's", far <= 1e-9, "worst %.2g" % far)


def compare_bootstrap():
    draw = np.random.RandomState(4)
    label = (draw.rand(600) < 0.2).astype(int)
    score = (draw.randn(600) + label).astype("f4")
    got, _, resamples = measure(score, label, 0, 2000)
    groups, values = [np.flatnonzero(label == k) for k in (0, 1)], []
    for _ in range(2000):
        rows = np.concatenate([draw.choice(group, len(group)) for group in groups])
        values.append((metrics.roc_auc_score(label[rows], score[rows]),
                       metrics.average_precision_score(label[rows], score[rows]),
                       precision_at_n(score[rows], label[rows])))
    for name, column in zip(("auroc", "ap", "precision_at_n"), np.array(values).T):
        limits, deviation = np.percentile(column, [2.5, 97.5]), column.std()
        far = np.abs(limits - got[name][1:]).max() / deviation
        # A 2.5 % quantile of 2000 normal draws has a deviation of about 0.06; two of them differ by less than 0.3.
        check("the interval of %s is a stratified bootstrap's" % name, far < 0.3 and resamples == 2000, "%.2g deviations" % far)


def weighted_moments(score):
    """Start, shape, scale, rate of src/detect/tail.c, written out again: L-moments of the peaks (Hosking, 1990)."""
    x, n = np.sort(score.astype("f8")), len(score)
    peaks = min(max(n // 50, min(20, n // 4)), 2000)
    start = x[n - peaks - 1]
    y = x[x > start] - start
    i = np.arange(1, len(y) + 1)
    a0, a1 = y.mean(), (y * (1 - (i - 0.35) / len(y))).mean()
    shape = 2 - a0 / (a0 - 2 * a1)
    if len(y) < 10 or shape <= 1e-4:
        return start, 0.0, a0, (len(y) + 1) / (n + 1)
    return start, shape, 2 * a0 * a1 / (a0 - 2 * a1), (len(y) + 1) / (n + 1)


def compare_calibration():
    draw = np.random.RandomState(5)
    worst_p = worst_tail = worst_quantile = 0.0
    fits, methods = [0, 0], set()
    for case in range(60):
        n = [3, 19, 60, 999, 20000][case % 5]
        held = [draw.randn(n), draw.pareto(1.5, n), np.round(draw.exponential(5, n)), draw.rand(n)][case % 4].astype("<f4")
        top = held.max()
        score = np.concatenate([draw.choice(held, 4), [held.min() - 1, top, top * 1.01 + 0.1, top * 2 + 1, top * 50 + 9]])
        score = score.astype("<f4")
        fpr = [0.3, 0.01, 1e-3, 1e-6][case // 4 % 4]
        rows = run("p", fpr, data=np.int64(n).tobytes() + held.tobytes() + score.tobytes())
        start, shape, scale, rate, peaks = rows[1]
        k = int(np.floor(fpr * (n + 1) + 1e-9))
        methods.add((k > 0, int(rows[0][1])))
        if peaks:
            want = weighted_moments(held)
            worst_tail = max(worst_tail, max(abs(a - b) / max(abs(b), 1e-9) for a, b in zip(rows[1], want)))
            fits[shape > 0] += 1
        p = (1 + (held[None, :] >= score[:, None]).sum(1)) / (n + 1)
        if peaks:
            beyond = rate * stats.genpareto.sf(score.astype("f8"), shape, start, scale)
            p = np.where(score > top, np.minimum(p, np.maximum(beyond, np.finfo(float).tiny)), p)
        worst_p = max(worst_p, np.abs(np.array(rows[2:])[:, 0] / p - 1).max())
        value = float(np.sort(held)[n - k] if k else top)
        if not k and peaks and fpr < rate:
            value = max(value, stats.genpareto.isf(fpr / rate, shape, start, scale))
        worst_quantile = max(worst_quantile, abs(rows[0][0] - value) / (1 + abs(value)))
    check("p is its definition, with SciPy's tail beyond", worst_p < 1e-9, "worst %.2g" % worst_p)
    check("tails with a shape and without are those of the moments", worst_tail < 1e-9 and min(fits) > 5, "worst %.2g, %s" % (worst_tail, fits))
    check("thresholds are order statistics, then the tail's quantiles", worst_quantile < 1e-9, "worst %.2g" % worst_quantile)
    check("conformal wherever the rows allow it, else the tail", methods == {(True, 0), (False, 1)})


def compare_fdr():
    try:
        from statsmodels.stats.multitest import multipletests
    except ImportError:
        multipletests = None

    def rejected(p, fdr):
        if multipletests:
            return multipletests(p, fdr, "fdr_bh")[0]
        adjusted = np.sort(p) * len(p) / np.arange(1, len(p) + 1)
        adjusted = np.minimum.accumulate(adjusted[::-1])[::-1]
        return adjusted[np.searchsorted(np.sort(p), p, "right") - 1] <= fdr

    draw, good, some = np.random.RandomState(6), True, 0
    for case in range(40):
        p = np.concatenate([draw.rand(200), draw.rand(case) ** 6])
        if case % 2:
            p = np.ceil(p * 500) / 501
        (limit,), = run("fdr", 0.1, data=bytes_of(p))
        good &= np.array_equal(rejected(p, 0.1), (p <= limit) & (limit > 0))
        some += limit > 0
    check("the false discovery rate's limit rejects what %s does" % ("statsmodels" if multipletests else "adjusted p-values do"),
          good and 5 < some < 40, "%d of 40 with alarms" % some)


compare_metrics()
compare_bootstrap()
compare_calibration()
compare_fdr()
finish()
