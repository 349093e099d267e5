# SPDX-License-Identifier: Apache-2.0
"""AUROC of detectors from Python, each with its defaults, fitted on half of the normal rows and tested on the rest: a line a table.

detectors.py [NAME ...]   tables of ADBench by a part of their names; all without words. HG_DATA says where data is.
"""
import glob
import os
import sys

import numpy as np
from pyod.models.auto_encoder import AutoEncoder
from sklearn.ensemble import IsolationForest
from sklearn.metrics import roc_auc_score
from sklearn.neighbors import LocalOutlierFactor

from hourglass.sklearn import AutoencoderDetector

FOLDER = os.path.join(os.environ.get("HG_DATA", "../shared/data"), "adbench", "Classical")
SEEDS, MOST = 2, 4000  # rows to learn, and to test of each kind, at most
DETECTORS = {
    "AutoencoderDetector": lambda seed: AutoencoderDetector(random_state=seed),
    "IsolationForest": lambda seed: IsolationForest(random_state=seed),
    "LocalOutlierFactor": lambda seed: LocalOutlierFactor(novelty=True),
    "PyOD AutoEncoder": lambda seed: AutoEncoder(verbose=0, random_state=seed),
}


def scores(detector, x, test):
    """The higher, the more unusual."""
    fitted = detector.fit(x)
    return -fitted.score_samples(test) if hasattr(detector, "score_samples") else (fitted or detector).decision_function(test)


def measure(file):
    """AUROC of each detector, the mean of all seeds."""
    table = np.load(file)
    normal, odd = (table["X"][table["y"] == label] for label in (0, 1))
    found = {name: [] for name in DETECTORS}
    for seed in range(SEEDS):
        order = np.random.default_rng(seed).permutation(len(normal))
        half = min(len(normal) // 2, MOST)
        test = np.vstack([normal[order[half:half + MOST]], odd[:MOST]])
        labels = np.arange(len(test)) >= len(test) - len(odd[:MOST])
        for name, make in DETECTORS.items():
            found[name].append(roc_auc_score(labels, scores(make(seed), normal[order[:half]], test)))
    return [np.mean(values) for values in found.values()]


def main():
    files = [f for f in sorted(glob.glob(os.path.join(FOLDER, "*.npz"))) if not sys.argv[1:] or any(word in f for word in sys.argv[1:])]
    print("| table |" + "".join(" %s |" % name for name in DETECTORS))
    print("|---|" + "---|" * len(DETECTORS))
    rows = []
    for file in files:
        rows.append(measure(file))
        print("| %s |" % os.path.basename(file).split("_", 1)[1][:-4] + "".join(" %.3f |" % value for value in rows[-1]), flush=True)
    print("| mean of %d |" % len(rows) + "".join(" %.3f |" % value for value in np.mean(rows, axis=0)))


if __name__ == "__main__":
    main()
