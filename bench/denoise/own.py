#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""own.py - textures with shot noise, correlated noise and both: the best Gaussian (chosen with the clean image known), non-local means at its
best, the model that ships, `model=auto`, and `fit=`, in dB.

Usage: bench/denoise/own.py [hourglass] [folder of test data] [seconds a megapixel]. Needs numpy, scipy, scikit-image, Pillow.
Brick, grass and gravel are among the images that the model that ships learnt from; coins, moon and the crack are not.
"""
import os
import subprocess
import sys
import tempfile

import numpy as np
from PIL import Image
from scipy.ndimage import gaussian_filter
from skimage.restoration import denoise_nl_means

BLURS = (0.01, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.2, 1.5, 2, 2.5, 3)
PICTURES = {
    "brick": "skimage/brick.png",
    "grass": "skimage/grass.png",
    "gravel": "skimage/gravel.png",
    "coins": "skimage/coins.png",
    "moon": "skimage/moon.png",
    "crack": "brick-crack/test/crack/00001.jpg",
}


def correlated(white, sigma):
    kernel = np.zeros((25, 25))
    kernel[12, 12] = 1
    kernel = gaussian_filter(kernel, sigma)
    return gaussian_filter(white, sigma, mode="wrap") / np.sqrt((kernel**2).sum())


NOISES = {
    "poisson 20": lambda x, r: r.poisson(x * 20) / 20,
    "20 levels, blurred by 1": lambda x, r: x + 20 / 255 * correlated(r.standard_normal(x.shape), 1),
    "poisson 30, blurred by 0.8": lambda x, r: x + correlated(r.poisson(x * 30) / 30 - x, 0.8),
}


def psnr(a, b):
    return -10 * np.log10(((np.clip(a, 0, 1) - b) ** 2).mean())


def nl_means(y, x):
    sigma = np.sqrt(((y - x) ** 2).mean())
    trials = ((p, h) for p in (3, 5, 7) for h in (0.35, 0.5, 0.65, 0.8, 1.1))
    return max(psnr(denoise_nl_means(y, p, 10, h * sigma, sigma=sigma), x) for p, h in trials)


def read(path):
    return np.asarray(Image.open(path).convert("L"), float) / 255


def denoise(command, folder, *options):
    out = os.path.join(folder, "out.png")
    subprocess.run([command, "denoise", "-q", f"source={folder}/in.png", f"out={out}", *options], check=True)
    return read(out)


def main():
    command = os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else "build/hourglass")
    data = sys.argv[2] if len(sys.argv) > 2 else os.environ.get("HG_DATA", "../shared/data")
    seconds = float(sys.argv[3]) if len(sys.argv) > 3 else 60
    print("| picture | noise | noisy | best Gaussian | best non-local means | shipped | auto | fit | over the Gaussian |")
    print("|---|---|---|---|---|---|---|---|---|")
    for name, path in PICTURES.items():
        x = read(os.path.join(data, path))[:512, :512]
        for noise, make in NOISES.items():
            with tempfile.TemporaryDirectory() as folder:
                y = np.uint8(np.clip(make(x, np.random.default_rng(1)), 0, 1) * 255 + 0.5)
                Image.fromarray(y).save(os.path.join(folder, "in.png"))
                y = y / 255
                gaussian = max(psnr(gaussian_filter(y, s), x) for s in BLURS)
                figures = [psnr(y, x), gaussian, nl_means(y, x)]
                for options in ((), ("model=auto",), (f"fit={seconds * x.size / 1e6:.1f}s",)):
                    figures.append(psnr(denoise(command, folder, *options), x))
            cells = " | ".join(f"{f:.2f}" for f in figures)
            print(f"| {name} | {noise} | {cells} | {figures[-1] - gaussian:+.2f} |", flush=True)


if __name__ == "__main__":
    main()
