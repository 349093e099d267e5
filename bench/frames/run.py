#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""How much of a detector is left in bad frames, with and without cleaning: run.py OUT [seeds=0,1] > table.md

Trains a small detector on clean frames and one on noisy frames for each seed, then measures mAP on frames of the test part. What OUT has
already is kept (KIND-SEED.pt, camera-SIGMA, results-SEED.json): once the cameras are there, seeds may be run side by side and put together
by a last call. The setting of each filter is the best of its list on the validation part, for each damage and detector by itself: filters
are told what the model that ships has to see. The last column is camera.py's model for that grain. One thread; ms a frame are processor
time. Needs PyTorch, OpenCV, Pillow.
"""
import json
import os
import sys
import time

import cv2
import torch

import camera
import scenes
import small_detector
from average_precision import average_precision
from cleaners import CLEANERS, by_hourglass
from train_detector import trained

DAMAGE = (("grain", 0), ("grain", 5), ("grain", 10), ("grain", 15), ("grain", 25), ("grain", 50), ("jpeg", 10), ("blur", 1.5))
KINDS = ("clean", "noisy")
VALIDATION, TEST = 60, 300  # scenes
CAMERA = "Hourglass, trained for the camera"
COLUMNS = (*CLEANERS, CAMERA)
CAMERA_SIGMAS = (10, 25, 50)  # grain


def cleaners_for(damage, out):
    """CLEANERS, for some of the grain also the model trained for it."""
    kind, level = damage
    if kind != "grain" or level not in CAMERA_SIGMAS:
        return CLEANERS
    return {**CLEANERS, CAMERA: (by_hourglass, (camera.denoiser(out, level),))}


class Part:
    """Scenes of a part, spoilt in one way, and what each cleaner makes of them."""

    def __init__(self, name, count, seed):
        self.frames, self.boxes, self.classes = scenes.scenes(name, count, seed)

    def spoil(self, damage, seed, cleaners):
        self.spoilt, self.cleaned, self.cleaners = scenes.damage(self.frames, *damage, seed), {}, cleaners

    def clean(self, name, setting):
        """(frames, ms a frame)"""
        if (name, setting) not in self.cleaned:
            call = self.cleaners[name][0](setting)
            call(self.spoilt[0])
            started = time.process_time()
            frames = [call(frame) for frame in self.spoilt]
            self.cleaned[name, setting] = frames, 1e3 * (time.process_time() - started) / len(frames)
        return self.cleaned[name, setting]

    def measure(self, net, name, setting):
        """(mAP, mAP50) of net on what a cleaner makes of the frames."""
        found = small_detector.predict(net, self.clean(name, setting)[0])
        return average_precision(found, list(zip(self.boxes, self.classes)), len(scenes.CLASSES))


def measure_damage(nets, seed, damage, cleaners, validation, test):
    """Rows of results for one damage: each detector behind each cleaner."""
    rows = []
    validation.spoil(damage, 1000 + seed, cleaners)
    test.spoil(damage, 2000 + seed, cleaners)
    for kind, net in nets.items():
        for name, (_, settings) in cleaners.items():
            best = settings[0] if len(settings) == 1 else max(settings, key=lambda s: validation.measure(net, name, s)[0])
            both = test.measure(net, name, best)
            rows.append({"damage": list(damage), "detector": kind, "cleaner": name, "seed": seed, "setting": best if len(settings) > 1 else 0,
                         "map": both[0], "map50": both[1], "ms": test.clean(name, best)[1]})
    return rows


def measured(out, seed):
    """The rows of results-SEED.json; damages that are not there yet are measured first, and kept one by one."""
    path, rows = os.path.join(out, f"results-{seed}.json"), []
    if os.path.exists(path):
        with open(path, encoding="utf-8") as file:
            rows = json.load(file)
    missing = [d for d in DAMAGE if list(d) not in [row["damage"] for row in rows]]
    if missing:
        nets = {kind: trained(out, kind, seed) for kind in KINDS}
        validation, test = Part("validation", VALIDATION, seed), Part("test", TEST, seed)
    for damage in missing:
        rows += measure_damage(nets, seed, damage, cleaners_for(damage, out), validation, test)
        with open(path + ".new", "w", encoding="utf-8") as file:
            json.dump(rows, file, indent=1)
        os.rename(path + ".new", path)
        print(f"seed {seed}: {damage[0]} {damage[1]}", file=sys.stderr, flush=True)
    return rows


def cell(values):
    if not values:
        return "–"
    mean = sum(values) / len(values)
    return f"{mean:.3f}" + (f" ({min(values):.3f} to {max(values):.3f})" if len(values) > 1 else "")


def show(rows, key):
    """A table: damage and detector down, cleaners across; the mean over seeds and the range."""
    lines = ["| frames | detector trained on | " + " | ".join(COLUMNS) + " |", "|---|---|" + "---|" * len(COLUMNS)]
    for damage in DAMAGE:
        for kind in KINDS:
            cells = [cell([r[key] for r in rows if (*r["damage"], r["detector"], r["cleaner"]) == (*damage, kind, name)]) for name in COLUMNS]
            lines.append(f"| {damage[0]} {damage[1]} | {kind} frames | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main(out, seeds="seeds=0,1"):
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    os.makedirs(out, exist_ok=True)
    rows = [row for seed in seeds.split("=")[1].split(",") for row in measured(out, int(seed))]
    for key, title in (("map", "mAP 0.50 to 0.95"), ("map50", "mAP50"), ("setting", "Settings chosen"), ("ms", "ms a frame")):
        print(f"{title}:\n\n{show(rows, key)}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
