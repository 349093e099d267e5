#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The table of run.py for a detector of yours: yours.py DETECTOR.py IMAGES ANNOTATIONS.json [most=200] [seed=0] > table.md

DETECTOR.py defines predict(frame): a frame (H, W, 3) u8, BGR, to boxes (n, 4) x1 y1 x2 y2 in pixels, scores (n,), category ids (n,) as in
ANNOTATIONS.json, which is COCO's. For Ultralytics, in your own file, with the numbers of its classes made COCO's ids:

    detector = YOLO("yolo11n.pt")
    def predict(frame):
        boxes = detector.predict(frame, conf=0.001, verbose=False)[0].boxes
        return boxes.xyxy.numpy(), boxes.conf.numpy(), [IDS[int(c)] for c in boxes.cls]

The first half of the images chooses the filters' settings, the second is measured.
"""
import importlib.util
import json
import os
import sys

import cv2
import numpy as np

import scenes
from average_precision import average_precision
from cleaners import CLEANERS
from run import DAMAGE


def load_predict(path):
    spec = importlib.util.spec_from_file_location("detector", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.predict


def load_truth(folder, path, most):
    """Images' paths, for each (boxes, classes, crowd), and the number of a class by its category id."""
    with open(path, encoding="utf-8") as file:
        told = json.load(file)
    number = {category["id"]: k for k, category in enumerate(told["categories"])}
    boxes = {image["id"]: [] for image in told["images"][:most]}
    for one in told["annotations"]:
        if one["image_id"] in boxes:
            x, y, w, h = one["bbox"]
            boxes[one["image_id"]].append(((x, y, x + w, y + h), number[one["category_id"]], one.get("iscrowd", 0)))
    paths = [os.path.join(folder, image["file_name"]) for image in told["images"][:most]]
    truth = [(np.array([b for b, _, _ in found], float).reshape(-1, 4), np.array([c for _, c, _ in found], int),
              np.array([crowd for _, _, crowd in found], bool)) for found in boxes.values()]
    return paths, truth, number


def measure(predict, number, paths, truth, damage, clean, seed):
    """(mAP, mAP50) of cleaned frames; each image is read anew, so that any number of them fits."""
    found = []
    for k, path in enumerate(paths):
        frame = scenes.damage(cv2.imread(path, cv2.IMREAD_COLOR)[None], *damage, seed + k)[0]
        boxes, scores, ids = predict(clean(frame))
        found.append((np.asarray(boxes, float).reshape(-1, 4), np.asarray(scores, float), np.array([number[int(i)] for i in ids], int)))
    return average_precision(found, truth, len(number))


def main(detector, folder, annotations, *more):
    settings = {"most": "200", "seed": "0", **dict(pair.split("=") for pair in more)}
    predict, seed = load_predict(detector), int(settings["seed"])
    paths, truth, number = load_truth(folder, annotations, int(settings["most"]))
    half = len(paths) // 2
    print("| frames | " + " | ".join(CLEANERS) + " |\n|---|" + "---|" * len(CLEANERS))
    for damage in DAMAGE:
        cells = []
        for make, choices in CLEANERS.values():
            def at(choice, part):
                return measure(predict, number, paths[part], truth[part], damage, make(choice), seed)
            best = choices[0] if len(choices) == 1 else max(choices, key=lambda choice: at(choice, slice(half))[0])
            cells.append("%.3f, mAP50 %.3f" % at(best, slice(half, None)))
        print(f"| {damage[0]} {damage[1]} | " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
