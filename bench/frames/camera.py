#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A denoiser for one camera, as its owner would make it: camera.py OUT SIGMA, grain in grey levels; writes OUT/camera-SIGMA.

models/denoise.safetensors is trained on with clean frames of the camera's scenes (the detector's training part) and the camera's own grain.
"""
import os
import sys
import time

import hourglass
import scenes
from cleaners import MODEL

STEPS, SCENES = 200, 1000


def clean_frames(out):
    """The folder of clean frames, written first where it is not there."""
    from PIL import Image
    folder = os.path.join(out, "scenes")
    if not os.path.exists(folder):
        new = f"{folder}.{os.getpid()}"
        os.makedirs(new)
        for k, frame in enumerate(scenes.scenes("train", SCENES, 0)[0]):
            Image.fromarray(frame[..., ::-1]).save(f"{new}/{k:04}.png")
        os.rename(new, folder)
    return folder


def denoiser(out, sigma):
    """The model file for grain of sigma, trained first where it is not there."""
    folder = os.path.join(out, f"camera-{sigma}")
    if not os.path.exists(folder):
        started = time.process_time()
        told = hourglass.train(data=clean_frames(out), noise=f"gaussian {sigma} + clip", pretrained=MODEL, steps=STEPS, lr=5e-4,
                               schedule="cosine", threads=1, project=out, name=f"training-{sigma}")
        os.rename(told.folder, folder)
        print(f"camera-{sigma}: {STEPS} steps, {time.process_time() - started:.0f} s of processor time", file=sys.stderr, flush=True)
    return os.path.join(folder, "weights/best.safetensors")


if __name__ == "__main__":
    denoiser(sys.argv[1], int(sys.argv[2]))
