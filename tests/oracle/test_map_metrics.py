# SPDX-License-Identifier: Apache-2.0
"""Metrics of maps beside scikit-learn's, and beside AUPRO and AUPIMO written out again from their definitions."""
import os
import subprocess
import sys

from common import COMMAND, check, finish

try:
    import numpy as np
    from scipy import ndimage, stats
    from sklearn import metrics
except ImportError as missing:
    print("skipped: no %s for %s" % (missing.name, sys.executable))
    print("0 passed, 0 failed, 1 skipped")
    sys.exit(0)

RUN = os.path.join(os.path.dirname(COMMAND), "tests", "map_metrics_run")
SMALL = 40000  # bytes of histograms: far too few for a bin a value


def run(pictures, threshold=float("nan"), most=0, resamples=0):
    data = b""
    for values, mask in pictures:
        data += np.array(values.shape + (mask is not None,), "<i4").tobytes() + values.astype("<f4").tobytes()
        if mask is not None:
            data += mask.astype("<f4").tobytes()
    done = subprocess.run([RUN, repr(float(threshold)), str(most), str(resamples)], input=data, capture_output=True)
    if done.returncode:
        return done.stderr.decode()
    rows = [line.split() for line in done.stdout.decode().splitlines()]
    return {row[0]: [float(x) for x in row[1:]] for row in rows}


def whole(pictures):
    """Masks for all, as float64 values in one array each."""
    masks = [np.zeros(v.shape, int) if m is None else m.astype(int) for v, m in pictures]
    return [v.astype("f8") for v, _ in pictures], masks


def area(x, y, low, high):
    """Trapezoids under (x, y), cut at low and high with a point in between."""
    inside = (x > low) & (x < high)
    xs = np.concatenate([[low], x[inside], [high]])
    ys = np.concatenate([[np.interp(low, x, y)], y[inside], [np.interp(high, x, y)]])
    # Where several points share an x, interp takes one of them: the lowest at `low` would miss a rise at x == low.
    if (x == low).any():
        ys[0] = y[x == low].max()
    if (x == high).any():
        ys[-1] = y[x == high].min()
    return np.trapz(ys, xs) / (high - low)


def beyond(values, thresholds):
    """How many values are at or beyond each threshold."""
    return len(values) - np.searchsorted(np.sort(values), thresholds, "left")


def aupro(values, masks, limit):
    everything, bad = np.concatenate([v.ravel() for v in values]), np.concatenate([m.ravel() for m in masks])
    thresholds = np.unique(everything)[::-1]
    regions = []
    for v, m in zip(values, masks):
        label, count = ndimage.label(m, np.ones((3, 3)))
        regions += [v[label == k] for k in range(1, count + 1)]
    if not regions or not (bad == 0).any():
        return np.nan
    good = everything[bad == 0]
    fpr = beyond(good, thresholds) / len(good)
    pro = np.mean([beyond(r, thresholds) / len(r) for r in regions], 0)
    return area(np.concatenate([[0], fpr]), np.concatenate([[0], pro]), 0, limit)


def aupimo(values, masks, low=1e-5, high=1e-4):
    good = [v.ravel() for v, m in zip(values, masks) if not m.any()]
    defects = [v[m > 0] for v, m in zip(values, masks) if m.any()]
    if not good or not defects:
        return np.nan
    thresholds = np.unique(np.concatenate([v.ravel() for v in values]))[::-1]
    fpr = np.mean([beyond(g, thresholds) / len(g) for g in good], 0)
    tpr = [beyond(d, thresholds) / len(d) for d in defects]
    positive = fpr > 0
    if fpr[positive].min() > low:
        return np.nan
    x = np.log(fpr[positive])
    # Of thresholds with one rate the curve has a vertical step.
    return np.mean([area(x, t[positive], np.log(low), np.log(high)) for t in tpr])


def anomalib_aupimo(values, masks, count=300000):
    """As its code has it: evenly spaced thresholds, the nearest rates as limits."""
    good = [v.ravel() for v, m in zip(values, masks) if not m.any()]
    defects = [v[m > 0] for v, m in zip(values, masks) if m.any()]
    thresholds = np.linspace(min(g.min() for g in good), max(g.max() for g in good), count)
    fpr = np.mean([beyond(g, thresholds) / len(g) for g in good], 0)
    first, last = np.abs(fpr - 1e-4).argmin(), np.abs(fpr - 1e-5).argmin()
    x = np.log(fpr[first:last + 1])[::-1]
    return np.mean([np.trapz((beyond(d, thresholds) / len(d))[first:last + 1][::-1], x) for d in defects]) / np.log(10)


def theirs(pictures, threshold):
    values, masks = whole(pictures)
    score, label = np.concatenate([v.ravel() for v in values]), np.concatenate([m.ravel() for m in masks])
    want = dict.fromkeys(["pixel_auroc", "pixel_ap", "pixel_best_f1", "pixel_f1", "pixel_precision", "pixel_recall"], np.nan)
    alarm = score > threshold
    if label.any() and not label.all():
        precision, recall, _ = metrics.precision_recall_curve(label, score)
        want["pixel_auroc"] = metrics.roc_auc_score(label, score)
        want["pixel_ap"] = metrics.average_precision_score(label, score)
        want["pixel_best_f1"] = np.max(2 * precision * recall / np.maximum(precision + recall, 1e-300))
    if label.any():
        want["pixel_f1"] = metrics.f1_score(label, alarm)
        want["pixel_precision"] = metrics.precision_score(label, alarm) if alarm.any() else np.nan
        want["pixel_recall"] = metrics.recall_score(label, alarm)
    good = [v for v, m in zip(values, masks) if not m.any()]
    want["pixel_false_alarms"] = np.mean(np.concatenate([(v > threshold).ravel() for v in good])) if good else np.nan
    want["picture_false_alarms"] = np.mean([(v > threshold).any() for v in good]) if good else np.nan
    want["aupro_30"], want["aupro_5"] = aupro(values, masks, 0.3), aupro(values, masks, 0.05)
    want["aupimo"] = aupimo(values, masks)
    return want


def spot(draw, mask):
    height, width = mask.shape
    y, x = draw.randint(height), draw.randint(width)
    size = draw.randint(1, max(2, height // 4))
    mask[y:y + size, x:x + draw.randint(1, size + 1)] = 1


def draw_pictures(seed, good, defective, sizes, kind, strength=4):
    draw, pictures = np.random.RandomState(seed), []
    for i in range(good + defective):
        height, width = sizes[i % len(sizes)]
        mask = np.zeros((height, width), int)
        while i >= good and not mask.any():
            for _ in range(draw.randint(1, 5)):
                spot(draw, mask)
            if kind == "pixels":
                mask = (draw.rand(height, width) < 0.02).astype(int)
        values = np.abs(draw.standard_t(4, (height, width))) + mask * draw.rand() * strength
        values = {"ties": np.round(values), "negative": values - 3, "constant": values * 0 + 0.25, "wide": np.exp(np.minimum(6 * values, 100) - 30),
                  "tiny": values * 1e-42, "saturated": np.minimum(values, 2.5)}.get(kind, values)
        pictures.append((values.astype("f4"), mask if i >= good else (None if i % 2 else mask)))
    order = draw.permutation(len(pictures))
    return [pictures[i] for i in order]


def compare(name, pictures, most=0, tolerance=1e-11):
    values = np.sort(np.concatenate([v.ravel() for v, _ in pictures]).astype("f8"))
    threshold = values[int(0.97 * (len(values) - 1))]
    got, want = run(pictures, threshold, most), theirs(pictures, threshold)
    if isinstance(got, str):
        check(name, False, got)
        return
    far = {key: abs(got[key][0] - want[key]) if np.isfinite(want[key]) else 0 for key in want}
    if most:
        far["aupimo"] /= 20  # one pixel of so few moves it
    same_nan = all(np.isnan(got[key][0]) == np.isnan(want[key]) for key in want)
    key = max(far, key=far.get)
    check(name, same_nan and far[key] <= tolerance,
          "worst %.2g (%s), AUPIMO %.4f%s" % (far[key], key, want["aupimo"], "" if same_nan else ", NaN: %r %r" % (got, want)))
    bounds = dict(zip(["pixel_auroc", "pixel_ap", "pixel_best_f1", "aupro_30", "aupro_5", "aupimo"], got["error_1"] + got["error_2"]))
    within = all(far[k] <= bounds[k] + 1e-10 for k in bounds if np.isfinite(want[k]))
    shown = max(b for b in bounds.values() if not np.isnan(b)) if not np.isnan(list(bounds.values())).all() else 0
    check(name + ": within the errors told", within and (most > 0 or shown == 0), "up to %.2g" % shown)
    if np.isfinite(want["pixel_best_f1"]):
        masks = np.concatenate([m.ravel() for m in whole(pictures)[1]])
        alarm = np.concatenate([v.ravel() for v, _ in pictures]).astype("f8") > got["threshold"][0]
        check(name + ": the best threshold has the best F1", abs(metrics.f1_score(masks, alarm) - got["pixel_best_f1"][0]) < 1e-12)


def compare_exact():
    sizes = [(40, 56), (64, 64), (17, 90)]
    for kind in "plain", "ties", "negative", "constant", "wide", "tiny", "saturated", "pixels":
        compare("%s values" % kind, draw_pictures(11, 5, 6, sizes, kind))
    compare("no defect at all", draw_pictures(1, 4, 0, sizes, "plain"))
    compare("defects in all pictures", draw_pictures(2, 0, 5, sizes, "plain"))
    all_bad = np.random.RandomState(3).rand(20, 30)
    compare("all pixels are defects", [(all_bad.astype("f4"), np.ones((20, 30)))])
    one = np.zeros((30, 30))
    one[12, 13] = 1
    compare("one pixel in one picture", [(np.random.RandomState(4).rand(30, 30).astype("f4"), one)])
    corner = np.eye(12)
    compare("pixels that touch at corners", [(np.random.RandomState(5).rand(12, 12).astype("f4"), corner)])


def compare_large():
    sizes = [(200, 180), (160, 240)]
    big = draw_pictures(21, 3, 4, sizes, "plain", 40)
    compare("a rate of 1e-5", big)
    compare("a few bins", big, 500000, 1e-4)
    compare("a few bins, many scales", draw_pictures(22, 3, 4, sizes, "wide"), 500000, 1e-4)
    compare("a few bins, below 0 as well", draw_pictures(23, 3, 4, sizes, "negative", 40), 500000, 1e-4)
    compare("far too few bins", draw_pictures(24, 3, 4, sizes, "plain", 40), SMALL, 1e-2)
    compare("a picture sorted in two parts", draw_pictures(26, 1, 1, [(1100, 1000)], "ties"))
    values, masks = whole(draw_pictures(25, 5, 3, [(250, 400)], "plain", 40))
    big = list(zip(values, masks))
    far = abs(run(big)["aupimo"][0] - anomalib_aupimo(values, masks))
    check("AUPIMO by anomalib's 300000 thresholds", far < 2e-3, "differs by %.2g" % far)


def compare_order():
    pictures = draw_pictures(31, 6, 7, [(60, 70), (50, 40)], "plain")
    first, small = run(pictures, 2, 0, 50), run(pictures, 2, SMALL, 50)
    again = [[pictures[i] for i in np.random.RandomState(k).permutation(len(pictures))] for k in range(3)]
    check("any order gives the same bits", all(repr(run(p, 2, 0, 50)) == repr(first) for p in again))
    check("so it does in few bins", all(repr(run(p, 2, SMALL, 50)) == repr(small) for p in again) and small["error_1"][0] > 0)


def compare_bootstrap():
    pictures = draw_pictures(41, 12, 14, [(48, 40), (30, 44)], "plain")
    got = run(pictures, 3, 0, 1000)
    values, masks = whole(pictures)
    draw, rows = np.random.RandomState(8), []
    groups = [[i for i, m in enumerate(masks) if bool(m.any()) == k] for k in (False, True)]
    for _ in range(300):
        picked = np.concatenate([draw.choice(g, len(g)) for g in groups])
        v, m = [values[i] for i in picked], [masks[i] for i in picked]
        score, label = np.concatenate([x.ravel() for x in v]), np.concatenate([x.ravel() for x in m])
        rows.append([metrics.roc_auc_score(label, score), metrics.average_precision_score(label, score), aupro(v, m, 0.3),
                     aupro(v, m, 0.05), metrics.f1_score(label, score > 3)])
    for name, column in zip(["pixel_auroc", "pixel_ap", "aupro_30", "aupro_5", "pixel_f1"], np.array(rows).T):
        far = np.abs(np.percentile(column, [2.5, 97.5]) - got[name][1:]).max() / column.std()
        # A 2.5 % quantile of 300 normal draws has a deviation of about 0.15.
        check("the interval of %s is a bootstrap's over pictures" % name, far < 0.6, "%.2g deviations" % far)
    hits = sum((v > 3).any() for v, m in zip(values, masks) if not m.any())
    low = stats.beta.ppf(0.025, hits, len(groups[0]) - hits + 1) if hits else 0.0
    check("Clopper and Pearson's limit of pictures", abs(got["picture_false_alarms"][1] - low) < 1e-9)


def refuse():
    good = np.zeros((4, 5))
    bad = good.copy()
    bad[2, 3] = np.inf
    half = good.copy()
    half[1, 0] = 0.5
    check("a map that is not finite", "line 3, column 4: expected a finite number, got inf" in run([(bad, None)]))
    check("a mask that is not 0 and 1", "line 2, column 1: expected 0 or 1, got 0.5" in run([(good, half)]))
    check("nothing at all", np.isnan(run([])["pixel_auroc"][0]))


compare_exact()
compare_large()
compare_order()
compare_bootstrap()
refuse()
finish()
