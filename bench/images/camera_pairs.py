#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Pairs of noisy and clean pictures as sets of real photographs have them, made by another pipeline than noise="camera":

    python bench/images/camera_pairs.py PHOTOGRAPHS OUT
    hourglass val model=MODEL data=OUT/noisy target=OUT/clean

A photograph becomes light on a sensor, 32 shots of it are taken (NumPy's Poisson, OpenCV's edge-aware demosaicking, a Canon's matrix, BT.709 gamma, OpenCV's
non-local means, median and blur, sharpening, Pillow's JPEG). The first shot is the noisy picture, the mean of all the clean one, as in CC (Nam et
al., CVPR 2016), PolyU (Xu et al. 2018) and SIDD (Abdelhamed et al., CVPR 2018). It tells whether a model has learnt cameras or only our camera. Needs
numpy, opencv-python and pillow.
"""
import io
import sys
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

SIDE, SHOTS, WHITE, BLACK = 256, 32, 15000, 512
BALANCE = np.array([2.1, 1, 1.6])
XYZ = np.array([[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]])
CANON = np.array([[0.4716, 0.0603, -0.0830], [-0.7798, 1.5474, 0.2480], [-0.1496, 0.1937, 0.6651]]) @ XYZ
TO_SENSOR = CANON / CANON.sum(1, keepdims=True)
TO_PICTURE = np.linalg.inv(TO_SENSOR)


def gamma(light):
    return np.where(light < 0.018, 4.5 * light, 1.099 * np.maximum(light, 1e-9) ** 0.45 - 0.099)


def light(level):
    return np.where(level < 0.081, level / 4.5, ((level + 0.099) / 1.099) ** (1 / 0.45))


def expose(scene, electrons, read, rng):
    """The mosaic (H, W) of 14 bits, red in the first corner."""
    sensed = scene / BALANCE
    mosaic = sensed[..., 1].copy()
    mosaic[0::2, 0::2] = sensed[0::2, 0::2, 0]
    mosaic[1::2, 1::2] = sensed[1::2, 1::2, 2]
    noisy = rng.poisson(mosaic * electrons) / electrons + rng.normal(0, read / electrons, mosaic.shape)
    return np.clip(np.round(noisy * WHITE), -BLACK, WHITE) + BLACK


def process(mosaic, camera):
    colours = cv2.cvtColor(mosaic.astype(np.uint16) * 4, cv2.COLOR_BayerBG2RGB_EA).astype(np.float64) / 4
    linear = np.clip((colours - BLACK) / WHITE * BALANCE, 0, 1) @ TO_PICTURE.T
    toned = gamma(np.clip(linear, 0, 1))
    toned += camera["curve"] * 0.15 * np.sin(2 * np.pi * (toned - 0.5)) / np.pi
    luma, red, blue = cv2.split(cv2.cvtColor(np.clip(toned, 0, 1).astype(np.float32), cv2.COLOR_RGB2YCrCb))
    if camera["smooth"]:
        levels = (np.clip(luma, 0, 1) * 255).round().astype(np.uint8)
        smooth = cv2.fastNlMeansDenoising(levels, None, camera["strength"], 3, 9).astype(np.float32) / 255
        luma += camera["smooth"] * (smooth - luma)
    luma += camera["sharpen"] * (luma - cv2.GaussianBlur(luma, (0, 0), 1.0))
    red, blue = (cv2.GaussianBlur(cv2.medianBlur(c, 3), (0, 0), camera["chroma"]) for c in (red, blue))
    picture = cv2.cvtColor(np.dstack([luma, red, blue]).astype(np.float32), cv2.COLOR_YCrCb2RGB)
    file = io.BytesIO()
    bytes_ = np.clip(picture * 255 + 0.5, 0, 255).astype(np.uint8)
    Image.fromarray(bytes_).save(file, "JPEG", quality=camera["quality"], subsampling=camera["subsampling"])
    return np.asarray(Image.open(file))


def camera_of(k):
    """The k-th camera: they differ in all that cameras differ in."""
    return {"iso": [1600, 3200, 6400, 800][k % 4], "white": [50000, 30000, 8000][k % 3], "curve": k % 2,
            "smooth": [0, 0.5, 0.7][k % 3], "strength": [4, 6, 8][k % 3], "sharpen": [0, 0.5, 0.8][k // 2 % 3],
            "chroma": [0.5, 1, 1.5][(k + 1) % 3], "quality": [90, 95, 85, 98][k % 4], "subsampling": [2, 0][k % 2]}


def take(path, k, out, rng):
    camera = camera_of(k)
    picture = np.asarray(Image.open(path).convert("RGB"), np.float64) / 255
    top, left = (picture.shape[0] - SIDE) // 2, (picture.shape[1] - SIDE) // 2
    picture = cv2.GaussianBlur(picture[top:top + SIDE, left:left + SIDE], (0, 0), 0.8)
    scene = np.clip(light(picture) @ TO_SENSOR.T, 0, 1) * 0.85
    electrons, read = camera["white"] * 100 / camera["iso"], 3 + 800 / camera["iso"]
    shots = [process(expose(scene, electrons, read, rng), camera) for _ in range(SHOTS)]
    clean = np.mean(shots, 0)
    error = np.mean((shots[0] - clean) ** 2)
    print(f"{path.name}: ISO {camera['iso']}, {camera['white']} electrons: {10 * np.log10(255**2 / error):.2f} dB", flush=True)
    Image.fromarray(shots[0]).save(out / "noisy" / f"{k:02}.png")
    Image.fromarray((clean + 0.5).astype(np.uint8)).save(out / "clean" / f"{k:02}.png")


def main():
    photographs, out = Path(sys.argv[1]), Path(sys.argv[2])
    for name in ("noisy", "clean"):
        (out / name).mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(1)
    for k, path in enumerate(sorted(photographs.glob("*.png"))):
        take(path, k, out, rng)


if __name__ == "__main__":
    main()
