#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Trains one small detector: train_detector.py OUT KIND SEED [STEPS], KIND clean or noisy; writes OUT/KIND-SEED.pt and says what it took.

A noisy one sees seven frames in ten with grain of 0 to 55 grey levels, the range that models/denoise.safetensors was trained on.
"""
import os
import sys
import time

import torch

import scenes
import small_detector

STEPS, SCENES = 2500, 4000


def spoilt(rng, frame):
    return scenes.grain(rng, frame, rng.uniform(0, 55)) if rng.random() < 0.7 else frame


def trained(out, kind, seed, steps=STEPS):
    """The detector of OUT, trained first where it is not there."""
    path = os.path.join(out, f"{kind}-{seed}.pt")
    net = small_detector.SmallDetector(len(scenes.CLASSES)).eval()
    if not os.path.exists(path):
        frames, boxes, classes = scenes.scenes("train", SCENES, seed)
        started = time.process_time()
        net = small_detector.train(frames, boxes, classes, len(scenes.CLASSES), seed, steps, spoilt if kind == "noisy" else None,
                                   tell=lambda step, loss: print(f"{kind}-{seed} step {step} loss {loss:.3f}", file=sys.stderr, flush=True))
        print(f"{kind}-{seed}: {sum(p.numel() for p in net.parameters())} parameters, {steps} steps of 16 frames, "
              f"{time.process_time() - started:.0f} s of processor time", flush=True)
        torch.save(net.state_dict(), path + ".new")
        os.rename(path + ".new", path)
    net.load_state_dict(torch.load(path))
    return net


if __name__ == "__main__":
    os.makedirs(sys.argv[1], exist_ok=True)
    trained(sys.argv[1], sys.argv[2], int(sys.argv[3]), *map(int, sys.argv[4:5]))
