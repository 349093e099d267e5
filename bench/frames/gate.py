#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A gate before a detector's answer is believed: alarms on frames unlike the ordinary ones, by what its own backbone saw: gate.py OUT [seeds=0,1]

Ordinary frames are scenes with grain of 0 to 10. Their embeddings (small_detector.embeddings) are a table that Hourglass trains on; frames
of other photographs calibrate its threshold for the share of false alarms asked for, and those of PCA's residual and of the distance to
the 5th nearest neighbour. Then ordinary frames of the test part go by, and frames it should not trust. OUT has clean-SEED.pt of run.py.
"""
import glob
import os
import sys
import tempfile

import numpy as np
import torch

import hourglass
import scenes
import small_detector
from train_detector import trained

ALARMS = 0.02  # share of ordinary frames that may raise one
TRAIN, TEST = 1200, 300  # frames


def with_grain(frames, low, high, seed):
    draw = np.random.default_rng(seed)
    return np.stack([scenes.grain(draw, f, draw.uniform(low, high)) for f in frames])


def elsewhere(count, seed):
    """Cut-outs of photographs of another place: brickwork."""
    from PIL import Image
    paths = sorted(glob.glob(os.path.join(scenes.DATA, "brick-crack/train/good/*")))[:count]
    draw = np.random.default_rng(seed)
    frames = []
    for path in paths:
        photo = np.asarray(Image.open(path).convert("RGB"))[..., ::-1]
        at = draw.integers(0, np.array(photo.shape[:2]) - scenes.SIZE)
        frames.append(photo[at[0]:at[0] + scenes.SIZE, at[1]:at[1] + scenes.SIZE])
    return np.stack(frames)


def strange(frames, seed):
    """Kinds of frames that are not ordinary, each (n, H, W, 3) u8."""
    dark = np.full_like(frames, 12)
    hand = np.clip(np.random.default_rng(seed).normal(0, 25, (len(frames), 1, 1, 3)) + (70, 90, 140), 0, 255) + np.zeros(frames.shape)
    return {
        "grain of 25": with_grain(frames, 25, 25, seed),
        "grain of 50": with_grain(frames, 50, 50, seed),
        "JPEG of quality 10": scenes.damage(frames, "jpeg", 10, seed),
        "out of focus (blur of 1.5 pixels)": scenes.damage(frames, "blur", 1.5, seed),
        "cap on the lens, grain of 5": with_grain(dark, 5, 5, seed),
        "a hand before the lens, grain of 5": with_grain(hand, 5, 5, seed),
        "overexposed fourfold": np.clip(frames.astype(np.float32) * 4, 0, 255).astype(np.uint8),
        "brickwork": elsewhere(len(frames), seed),
    }


def by_hourglass(rows, held_out, folder):
    """A function of rows to alarms: a table's model with a threshold calibrated on held-out rows."""
    def write(path, x):
        np.savetxt(path, x, "%.6g", ",", header=",".join(f"e{k}" for k in range(x.shape[1])), comments="")
        return path
    told = hourglass.train(data=write(f"{folder}/ordinary.csv", rows), project=folder, name="gate", fpr=ALARMS)
    hourglass.calibrate(model=told.folder, data=write(f"{folder}/held_out.csv", held_out), fpr=ALARMS)

    def alarms(x):
        hourglass.predict(model=told.folder, data=write(f"{folder}/x.csv", x), out=f"{folder}/scores.csv")
        table = np.genfromtxt(f"{folder}/scores.csv", delimiter=",", names=True, dtype=None, encoding="utf-8")
        return table["alarm"].astype(bool)
    return alarms


def by_threshold(score, held_out):
    """Alarms above the share of held-out rows that is asked for."""
    limit = np.quantile(score(held_out), 1 - ALARMS)
    return lambda x: score(x) > limit


def pca(rows, share=0.95):
    mean, spread = rows.mean(0), rows.std(0) + 1e-6
    _, values, axes = np.linalg.svd((rows - mean) / spread, full_matrices=False)
    axes = axes[:int(np.searchsorted(np.cumsum(values**2) / (values**2).sum(), share)) + 1]

    def score(x):
        z = (x - mean) / spread
        return ((z - z @ axes.T @ axes) ** 2).mean(1)
    return score


def nearest(rows, k=5):
    mean, spread = rows.mean(0), rows.std(0) + 1e-6
    known = (rows - mean) / spread

    def score(x):
        z = (x - mean) / spread
        squares = (z**2).sum(1)[:, None] + (known**2).sum(1)[None] - 2 * z @ known.T
        return np.partition(squares, k - 1, axis=1)[:, k - 1]
    return score


def measured(out, seed):
    """{kind of frames: {gate: share that raised an alarm}}"""
    net = trained(out, "clean", seed)

    def ordinary(part, count):
        return with_grain(scenes.scenes(part, count, 50 + seed)[0], 0, 10, seed)
    rows = small_detector.embeddings(net, ordinary("train", TRAIN))
    held_out = small_detector.embeddings(net, ordinary("validation", TEST))
    frames = scenes.scenes("test", TEST, 50 + seed)[0]
    everything = {"ordinary (false alarms)": with_grain(frames, 0, 10, seed), **strange(frames, seed)}
    with tempfile.TemporaryDirectory() as folder:
        gates = {"Hourglass": by_hourglass(rows, held_out, folder),
                 "PCA": by_threshold(pca(rows), held_out), "5 nearest": by_threshold(nearest(rows), held_out)}
        seen = {name: small_detector.embeddings(net, shown) for name, shown in everything.items()}
        return {name: {gate: float(np.mean(call(x))) for gate, call in gates.items()} for name, x in seen.items()}


def main(out, seeds="seeds=0,1"):
    torch.set_num_threads(1)
    shares = [measured(out, int(seed)) for seed in seeds.split("=")[1].split(",")]
    gates = list(shares[0]["brickwork"])
    print(f"{ALARMS:.0%} false alarms asked for; mean over {len(shares)} seeds, lowest and highest\n")
    print("| frames | " + " | ".join(gates) + " |\n|---|" + "---|" * len(gates))
    for name in shares[0]:
        cells = [[one[name][gate] for one in shares] for gate in gates]
        print(f"| {name} | " + " | ".join(f"{np.mean(c):.1%} ({min(c):.1%} to {max(c):.1%})" for c in cells) + " |")


if __name__ == "__main__":
    main(*sys.argv[1:])
