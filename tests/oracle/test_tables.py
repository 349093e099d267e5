# SPDX-License-Identifier: Apache-2.0
"""What val says of a labelled table beside scikit-learn, from the scores that predict writes."""
import csv
import json
import sys

from common import check, finish, hourglass, path

try:
    import numpy as np
    from scipy.stats import beta
    from sklearn.metrics import average_precision_score, precision_recall_curve, roc_auc_score, roc_curve
except ImportError as missing:
    print("skipped: no %s for %s" % (missing.name, sys.executable))
    print("0 passed, 0 failed, 1 skipped")
    sys.exit(0)

DRAW = np.random.RandomState(11)


def table(name, rows, share, word):
    """Sizes with a weight each, a kind; an anomaly's weight is off by little enough to be missed at times."""
    with open(path(name), "w", newline="") as out:
        to = csv.writer(out)
        to.writerow(["size", "weight", "kind", "site", "state"])
        for _ in range(rows):
            odd, size, kind = DRAW.rand() < share, DRAW.rand() * 9 + 1, DRAW.choice(["box", "bag"])
            weight = 3 * size + (kind == "bag") + DRAW.randn() * 0.3 + odd * DRAW.choice([0.6, 2, 8, -5])
            to.writerow(["%.2f" % size, "%.2f" % weight, kind, DRAW.choice(["N", "S"]), word if odd else "fine"])


def exact(hits, trials):
    low = beta.ppf(0.025, hits, trials - hits + 1) if hits else 0
    return low, beta.ppf(0.975, hits + 1, trials - hits) if hits < trials else 1


def close(name, got, want):
    check(name, abs(got - want) <= 1e-8 * max(1, abs(want)), "%.9g, expected %.9g" % (got, want))


def compare(name, model, data, **options):
    hourglass("predict", "-q", model=model, data=path(data), out=path("scores.csv"), top=0, **options)
    said = json.loads(hourglass("val", "--json", "-q", model=model, data=path(data), label="state", normal="fine",
                                resamples=200, **options))
    with open(path("scores.csv")) as file:
        rows = list(csv.DictReader(file))
    with open(path(data)) as file:
        y = np.array([row["state"] != "fine" for row in csv.DictReader(file)])
    s = np.array([np.float32(row["score"]) for row in rows])
    alarm = np.array([row.get("alarm") == "1" for row in rows])
    close(name + ": rows", said["normal"] + said["anomalies"], len(y))
    close(name + ": anomalies", said["anomalies"], y.sum())
    close(name + ": AUROC", said["auroc"]["value"], roc_auc_score(y, s))
    close(name + ": average precision", said["average_precision"]["value"], average_precision_score(y, s))
    precision, recall, _ = precision_recall_curve(y, s)
    f1 = 2 * precision * recall / np.maximum(precision + recall, 1e-300)
    close(name + ": best F1", said["best_f1"]["value"], f1.max())
    fpr, tpr, _ = roc_curve(y, s, drop_intermediate=False)
    close(name + ": FPR at 95 % TPR", said["fpr_at_95_tpr"]["value"], fpr[np.argmax(tpr >= 0.95)])
    for key in "auroc", "average_precision", "best_f1":
        one = said[key]
        check("%s: %s lies within its interval" % (name, key), one["low"] < one["value"] < one["high"])
    if "threshold" not in said:
        check(name + ": no alarms without thresholds", "recall" not in said and "alarm" not in rows[0])
        return
    pairs = [("recall", y), ("false_alarm_rate", ~y), ("precision", alarm)]
    for key, of in pairs:
        hits, trials = int((y if key == "precision" else alarm)[of].sum()), int(of.sum())
        close("%s: %s" % (name, key), said[key]["value"], hits / trials)
        low, high = exact(hits, trials)
        check("%s: %s's interval" % (name, key), abs(said[key]["low"] - low) + abs(said[key]["high"] - high) < 1e-7)


table("train.csv", 1500, 0, "-")
table("test.csv", 1200, 0.1, "broken")
common = dict(data=path("train.csv"), ignore="state", steps=300, project=path("runs"), seed=3)
hourglass("train", "-q", name="a", **common)
model = path("runs/a/weights/best.safetensors")
compare("as trained", model, "test.csv")
compare("at another rate", model, "test.csv", fpr=0.1)
compare("the plain error", model, "test.csv", score="error")
hourglass("train", "-q", name="b", groupby="site", fpr=0.05, **common)
compare("a threshold a group", path("runs/b/weights/best.safetensors"), "test.csv")
hourglass("calibrate", model=model, data=path("test.csv"), label="state", normal="fine", fpr=0.05)
compare("calibrated on the normal rows of the same", model, "test.csv")
said = json.loads(hourglass("val", "--json", model=model, data=path("test.csv"), label="state", normal="fine", resamples=0))
k = int(0.05 * (said["normal"] + 1))
close("of which one less than k of n + 1 gaps are alarms", said["false_alarm_rate"]["value"] * said["normal"], k - 1)
finish()
