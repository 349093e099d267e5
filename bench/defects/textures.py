#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Sets of textures with drawn defects, in MVTec's layout: textures.py OUT [name=brick,grass] [train=200] [good=40] [broken=40] [size=160] [seed=0].

    OUT/texture_brick/train/good/000.png   test/good   test/warp ...   ground_truth/warp/000_mask.png

brick, gravel and grass are skimage's photographs: training crops come from one side of them, test crops from the other. cloth
and bark are photographs of $HG_DATA/train400 made endless: their fine structure's spectrum with random phases (Galerne, Gousseau &
Morel 2011, Random Phase Textures). The defects change the surface, not the picture: places move, slopes are lit, threads lie on
it, holes show another photograph, oil wets it. None is a patch pasted or a mask of noise filled with a constant.
"""
import glob
import os
import sys

import numpy as np
from PIL import Image
from scipy import ndimage

PHOTOGRAPHS = os.path.join(os.environ.get("HG_DATA", "../shared/data"), "train400")
SKIMAGE = ("brick", "gravel", "grass")
ENDLESS = ("cloth", "bark")
LIGHT = np.array([-0.6, -0.5])  # where it comes from, (y, x)


# ---- what defects are made of: fields of a crop's shape ----------------------------------------------

def smooth_noise(rng, shape, scale):
    """Mean 0, spread 1, nothing finer than `scale` pixels."""
    field = ndimage.gaussian_filter(rng.standard_normal(shape), scale, mode="wrap")
    return (field - field.mean()) / (field.std() + 1e-12)


def blob(rng, shape, least, most, ragged=0.35):
    """Where a spot of `least` to `most` pixels across is: 1 amid it, 0 at its rim, below 0 outside."""
    h, w = shape
    across = rng.uniform(least, most) / 2
    stretch = np.exp(rng.uniform(-0.5, 0.5))
    turn = rng.uniform(0, np.pi)
    margin = across * 0.8
    y0, x0 = rng.uniform(margin, h - margin), rng.uniform(margin, w - margin)
    y, x = np.mgrid[:h, :w]
    u = (np.cos(turn) * (x - x0) + np.sin(turn) * (y - y0)) / (across * stretch)
    v = (np.cos(turn) * (y - y0) - np.sin(turn) * (x - x0)) / (across / stretch)
    return 1 - np.sqrt(u * u + v * v) * (1 + ragged * np.clip(smooth_noise(rng, shape, max(1.5, across / 3)), -2, 2) / 2)


def step(t):
    t = np.clip(t, 0, 1)
    return t * t * (3 - 2 * t)


def lit(height):
    """How much brighter slopes are that face the light."""
    dy, dx = np.gradient(height)
    return -(dy * LIGHT[0] + dx * LIGHT[1])


def path_distance(rng, shape, length, bend):
    """The distance of each pixel from a thread that wanders over the crop."""
    h, w = shape
    p = np.array([rng.uniform(0.2, 0.8) * h, rng.uniform(0.2, 0.8) * w])
    turn, curl = rng.uniform(0, 2 * np.pi), 0.0
    off = np.ones((2 * h, 2 * w), bool)  # half pixels
    for _ in range(int(length * 4)):
        curl = 0.97 * curl + bend * rng.standard_normal()
        turn += curl
        p = p + 0.25 * np.array([np.sin(turn), np.cos(turn)])
        i, j = np.round(2 * p).astype(int)
        if 0 <= i < 2 * h and 0 <= j < 2 * w:
            off[i, j] = False
    return ndimage.distance_transform_edt(off)[::2, ::2] / 2


# ---- the defects: (rng, crop, strength 0 to 1) -> crop, mask -----------------------------------------

def warp(rng, crop, k):
    """The surface is drawn aside, as cloth is by a snag."""
    t = step(1.4 * blob(rng, crop.shape, 36, 80, 0.15))
    turn = rng.uniform(0, 2 * np.pi)
    by = (4 + 9 * k) * t
    wave = smooth_noise(rng, crop.shape, 9) * 0.4
    y, x = np.mgrid[:crop.shape[0], :crop.shape[1]].astype(float)
    at = [y + by * (np.sin(turn) + wave), x + by * (np.cos(turn) - wave)]
    return ndimage.map_coordinates(crop, at, order=3, mode="reflect"), t > 0.3


def dent(rng, crop, k):
    """A hollow or a bump: the same surface under slopes, the light catching one side, the other in shade."""
    q = blob(rng, crop.shape, 22, 64, 0.12)
    across = np.sqrt((q > 0).sum())
    height = (0.12 + 0.28 * k) * across * step(q * 1.3) * rng.choice([-1, 1])
    shade = np.clip(1 + 0.9 * lit(height), 0.25, 1.9)
    return crop * shade, q > 0.05


def worn(rng, crop, k):
    """Rubbed by a hard edge: fine relief is stronger or gone in a spot, the tone a little off."""
    t = step(2.2 * blob(rng, crop.shape, 24, 60))
    fine = crop - ndimage.gaussian_filter(crop, 3)
    return crop + t * (1.0 + 1.5 * k) * fine + (0.03 + 0.07 * k) * t, t > 0.3


def fibre(rng, crop, k):
    """A bright thread lies on it, round, with its shadow."""
    width = rng.uniform(0.9, 1.8)
    d = path_distance(rng, crop.shape, rng.uniform(45, 130), rng.uniform(0.001, 0.006))
    shadow = ndimage.shift(step(1 - (d - width) / 2.5), (2, 1.5), mode="nearest")
    cover = step((width + 0.5 - d))
    tone = rng.uniform(0.55, 0.95)
    round_ = tone * (0.75 + 0.25 * np.sqrt(np.clip(1 - (d / (width + 0.5)) ** 2, 0, 1)))
    out = crop * (1 - 0.35 * shadow)
    alpha = (0.45 + 0.55 * k) * cover
    return out * (1 - alpha) + alpha * round_, d < width + 1


def tear(rng, crop, k):
    """Torn open along a jagged line: another photograph shows, in the shadow of the edge, which curls up."""
    q = blob(rng, crop.shape, 18, 30 + 26 * k, 0.3) + 0.10 * smooth_noise(rng, crop.shape, 1.2)
    hole = step(q * 9)
    below = photograph(rng)
    y, x = rng.integers(0, below.shape[0] - crop.shape[0] + 1), rng.integers(0, below.shape[1] - crop.shape[1] + 1)
    below = below[y:y + crop.shape[0], x:x + crop.shape[1]] * rng.uniform(0.5, 0.9)
    edge = ndimage.shift(ndimage.gaussian_filter(1 - hole, 2.0), (3, 2.5), mode="nearest")
    curl = np.exp(-((q + 0.06) / 0.06) ** 2)
    out = crop * (1 + 0.22 * curl)
    return out * (1 - hole) + hole * below * (1 - 0.6 * edge), q > -0.02


def oil(rng, crop, k):
    """Wet: darker, with more contrast, the rim soft, a faint tide mark."""
    q = blob(rng, crop.shape, 28, 76, 0.4)
    t = step(q * 3.0)
    tide = np.exp(-((q - 0.06) / 0.07) ** 2)
    wet = np.clip(crop, 0, 1) ** (1 + 0.35 * k) * (1 - (0.10 + 0.30 * k) * t)
    return crop * (1 - t) + wet * t - 0.06 * k * tide, q > 0.05


def crack(rng, crop, k):
    """Split: a fine dark line that branches, its lower lip lit."""
    out, mask = crop, np.zeros(crop.shape, bool)
    for length in [rng.uniform(50, 110)] + [rng.uniform(15, 40)] * int(rng.integers(0, 2)):
        d = path_distance(rng, crop.shape, length, 0.004)
        d = d + 0.5 * smooth_noise(rng, crop.shape, 1.5)
        open_ = step(1.3 - d / (0.7 + 0.8 * k))
        out = out * (1 - (0.45 + 0.45 * k) * open_) + 0.08 * ndimage.shift(open_, (1.5, 1.2), mode="nearest") * (1 - open_)
        mask |= d < 1.8
    return out, mask


DEFECTS = {f.__name__: f for f in (warp, dent, worn, fibre, tear, oil, crack)}


# ---- where crops come from ---------------------------------------------------------------------------

def grey(path):
    return np.asarray(Image.open(path).convert("L"), float) / 255


def photographs():
    found = sorted(glob.glob(os.path.join(PHOTOGRAPHS, "*.png")))
    if not found:
        sys.exit(f"{PHOTOGRAPHS}: expected photographs; set HG_DATA")
    return found


def photograph(rng):
    """One of train400, twice as large, so that any crop fits."""
    path = photographs()[rng.integers(len(photographs()))]
    return ndimage.zoom(grey(path), 2, order=1)


def endless(rng, which, side):
    """(side, side) with the spectrum of the photograph whose quarters are most, or next most, alike."""
    def unlike(path):
        g = grey(path)
        parts = [g[i:i + 90, j:j + 90] for i in (0, 90) for j in (0, 90)]
        means, fine = [p.mean() for p in parts], [np.abs(np.diff(p)).mean() for p in parts]
        return np.std(means) + 2 * np.std(fine) / (np.mean(fine) + 1e-6) + (9 if np.mean(fine) < 0.035 else 0)
    g = grey(sorted(photographs(), key=unlike)[which])
    fine = g - ndimage.gaussian_filter(g, 8)  # what it is lit by, and what stands on it, is left out
    ramp = np.hanning(g.shape[0] + 2)[1:-1] ** 0.25
    wide = np.zeros((side, side))
    wide[:g.shape[0], :g.shape[1]] = fine * np.outer(ramp, ramp)
    phase = np.angle(np.fft.fft2(rng.standard_normal((side, side))))
    out = np.real(np.fft.ifft2(np.abs(np.fft.fft2(wide)) * np.exp(1j * phase)))
    return 0.48 + 0.12 * out / out.std() + 0.02 * smooth_noise(rng, out.shape, 40)


def halves(name, rng, size):
    """Two pictures without a pixel in common: to learn from, to test on."""
    if name in ENDLESS:
        return endless(rng, ENDLESS.index(name), 768), endless(rng, ENDLESS.index(name), 768)
    import skimage
    whole = grey(os.path.join(skimage.data_dir, name + ".png"))
    cut = whole.shape[1] - size - size // 4
    return whole[:, :cut], whole[:, cut:]


def crop(rng, whole, size):
    y, x = rng.integers(0, whole.shape[0] - size + 1), rng.integers(0, whole.shape[1] - size + 1)
    return whole[y:y + size, x:x + size] * rng.uniform(0.94, 1.06)


def save(picture, *path):
    path = os.path.join(*path)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    Image.fromarray(np.round(np.clip(picture, 0, 1) * 255).astype(np.uint8)).save(path)


def make(out, name, train, good, broken, size, seed):
    rng = np.random.default_rng([seed, sum(name.encode())])
    learnt, tested = halves(name, rng, size)
    root = os.path.join(out, "texture_" + name)
    noisy = lambda c: c + rng.normal(0, 0.008, c.shape)  # the camera's, after the defect
    for i in range(train):
        save(noisy(crop(rng, learnt, size)), root, "train/good", f"{i:03}.png")
    for i in range(good):
        save(noisy(crop(rng, tested, size)), root, "test/good", f"{i:03}.png")
    for i in range(broken):
        kind = list(DEFECTS)[i % len(DEFECTS)]
        mask = np.zeros(1, bool)
        while mask.sum() < 40:  # what lies off the crop is drawn anew
            picture, mask = DEFECTS[kind](rng, crop(rng, tested, size), rng.uniform(0.25, 1))
        save(noisy(picture), root, "test", kind, f"{i:03}.png")
        save(mask.astype(float), root, "ground_truth", kind, f"{i:03}_mask.png")
    print(f"{root}: {train} to learn from, {good} good and {broken} broken to test on, {size} x {size}")


def main(arguments):
    if not arguments or "=" in arguments[0]:
        sys.exit(__doc__)
    options = {"name": ",".join(SKIMAGE + ENDLESS), "train": "200", "good": "40", "broken": "40", "size": "160", "seed": "0"}
    for a in arguments[1:]:
        key, _, value = a.partition("=")
        if key not in options:
            sys.exit(f"textures.py: unknown {key}=; there are {', '.join(options)}")
        options[key] = value
    for name in options.pop("name").split(","):
        if name not in SKIMAGE + ENDLESS:
            sys.exit(f"textures.py: unknown texture {name}; there are {', '.join(SKIMAGE + ENDLESS)}")
        make(arguments[0], name, **{k: int(v) for k, v in options.items()})


if __name__ == "__main__":
    main(sys.argv[1:])
