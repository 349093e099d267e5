# SPDX-License-Identifier: Apache-2.0
"""temporal.py HOURGLASS PICTURES: what `denoise temporal=` is worth on video drawn over photographs, whose clean frames are known.

A camera that stands still while things move over the first picture, with and without a cut to the second, and one that pans over
the third; 24 frames of 320 x 240, 4:4:4, full range, noise of deviation 25. Mean PSNR of frames, and of differences of neighbouring
frames against the clean differences (temporal PSNR). Needs numpy and pillow.
"""
import subprocess
import sys
from pathlib import Path

import numpy as np
from PIL import Image

WIDTH, HEIGHT, FRAMES = 320, 240, 24


def disc(frame, x, y, radius, colour):
    lines, columns = np.mgrid[:HEIGHT, :WIDTH]
    share = np.clip(radius + 0.5 - np.hypot(columns - x, lines - y), 0, 1)[..., None]
    return frame * (1 - share) + colour * share


def scenes(paths):
    first, second, third = (Image.open(p).convert("YCbCr") for p in paths[:3])
    still, cut = (np.asarray(p.resize((WIDTH, HEIGHT)), np.float64) for p in (first, second))
    moving = [disc(disc(still, 40 + 3.3 * t, 80 + 1.2 * t, 28, np.array([90, 150, 110])), 250 - 1.1 * t, 170, 18,
                   np.array([200, 120, 130])) for t in range(FRAMES)]
    yield "stands still", moving
    yield "a cut", moving[:FRAMES // 2] + [cut] * (FRAMES // 2)
    for speed in (0.3, 2):
        yield f"pans by {speed}", [np.asarray(third.transform(
            (WIDTH, HEIGHT), Image.AFFINE, (1, 0, 20 + speed * t, 0, 1, 40 + 0.3 * speed * t), Image.BICUBIC), np.float64)
            for t in range(FRAMES)]


def denoise(program, frames, temporal):
    video = b"YUV4MPEG2 W%d H%d F25:1 Ip A1:1 C444 XCOLORRANGE=FULL\n" % (WIDTH, HEIGHT)
    video += b"".join(b"FRAME\n" + f.transpose(2, 0, 1).tobytes() for f in frames)
    done = subprocess.run([program, "denoise", "-q", "source=-", "out=-", f"temporal={temporal}"], input=video,
                          stdout=subprocess.PIPE, check=True).stdout
    size = 3 * WIDTH * HEIGHT
    planes = [done[-(k + 1) * (size + 6) + 6:][:size] for k in reversed(range(FRAMES))]
    return [np.frombuffer(p, np.uint8).reshape(3, HEIGHT, WIDTH).transpose(1, 2, 0).astype(np.float64) for p in planes]


def psnr(error):
    return 10 * np.log10(255 ** 2 / np.mean(error ** 2))


def main():
    program, folder = sys.argv[1:]
    paths = sorted(p for p in Path(folder).iterdir() if p.suffix in (".png", ".jpg", ".tif"))
    for name, clean in scenes(paths):
        dice = np.random.default_rng(0)
        noisy = [np.clip(np.rint(f + dice.normal(0, 25, f.shape)), 0, 255).astype(np.uint8) for f in clean]
        for temporal in (0, 16):
            made = denoise(program, noisy, temporal)
            of_frames = np.mean([psnr(a - b) for a, b in zip(made, clean)])
            over_time = np.mean([psnr(a - b - (c - d)) for a, b, c, d in zip(made[1:], made, clean[1:], clean)])
            print(f"{name:14} temporal={temporal:<3} {of_frames:6.2f} {over_time:6.2f} dB", flush=True)


main()
