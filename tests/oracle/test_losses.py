# SPDX-License-Identifier: Apache-2.0
"""Losses of images beside PyTorch's arithmetic (and scikit-image's SSIM): value and slope, from the same numbers."""
import os
import subprocess

import numpy as np
import torch
import torch.nn.functional as F

from common import COMMAND, check, finish

RUN = os.path.join(os.path.dirname(COMMAND), "tests", "loss_run")
if not os.path.exists(RUN):
    RUN = "build/gcc/tests/loss_run"
WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)


def ours(objective, y, t):
    """The loss and its slope at y; images (H, W, C) in float32."""
    line = [RUN, objective] + [str(n) for n in y.shape]
    done = subprocess.run(line, input=y.tobytes() + t.tobytes(), capture_output=True)
    if done.returncode:
        raise RuntimeError("%s: %s" % (" ".join(line), done.stderr.decode()))
    out = np.frombuffer(done.stdout, "<f4")
    return float(out[0]), out[1:].reshape(y.shape)


def moments(y, t):
    """SSIM's two factors by windows; images (1, C, H, W)."""
    taps = torch.exp(-(torch.arange(11, dtype=torch.float64) - 5) ** 2 / (2 * 1.5 ** 2))
    taps = taps / taps.sum()
    window = (taps[:, None] * taps).expand(y.shape[1], 1, 11, 11)

    def mean(x):
        return F.conv2d(x, window, groups=y.shape[1])

    my, mt = mean(y), mean(t)
    vy, vt, both = mean(y * y) - my ** 2, mean(t * t) - mt ** 2, mean(y * t) - my * mt
    return (2 * my * mt + 1e-4) / (my ** 2 + mt ** 2 + 1e-4), (2 * both + 9e-4) / (vy + vt + 9e-4)


def ssim(y, t):
    likeness, structure = moments(y, t)
    return 1 - (likeness * structure).mean()


def ms_ssim(y, t):
    scales = 0
    while scales < 5 and min(y.shape[2:]) >> scales >= 11:
        scales += 1
    weights = np.array(WEIGHTS[:scales]) / sum(WEIGHTS[:scales])
    product = 1
    for s in range(scales):
        likeness, structure = moments(y, t)
        of_scale = structure * likeness if s == scales - 1 else structure
        product = product * of_scale.mean((0, 2, 3)) ** weights[s]
        y, t = F.avg_pool2d(y, 2), F.avg_pool2d(t, 2)
    return 1 - product.mean()


def gradient(y, t):
    sobel = torch.tensor([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]], dtype=torch.float64) / 8

    def length(x):
        c = x.shape[1]
        gx = F.conv2d(x, sobel.expand(c, 1, 3, 3), groups=c)
        gy = F.conv2d(x, sobel.t().expand(c, 1, 3, 3), groups=c)
        return torch.sqrt(gx ** 2 + gy ** 2 + 1e-6)

    return ((length(y) - length(t)) ** 2).mean()


def mixture(y, t):
    return 0.84 * ms_ssim(y, t) + 0.16 * (y - t).abs().mean()


def pictures(height, width, channels, noise, seed):
    """A soft picture and one near it: without noise the other would be its own."""
    random = np.random.RandomState(seed)
    i, j = np.mgrid[0:height, 0:width]
    t = np.stack([0.5 + 0.4 * np.sin((i * (c + 2) + j * 3) / 9.0) for c in range(channels)], -1)
    y = np.clip(t + noise * random.randn(*t.shape), 0, 1) * 0.9 + 0.05
    return y.astype("<f4"), t.astype("<f4")


LOSSES = {"ssim": ssim, "ms_ssim": ms_ssim, "gradient": gradient, "0.84 ms_ssim + 0.16 mae": mixture}
SIZES = [(11, 11, 1), (16, 24, 3), (33, 47, 2), (64, 64, 3), (200, 178, 1)]
for size in SIZES:
    for noise in (0.02, 0.2):
        y, t = pictures(*size, noise=noise, seed=sum(size))
        for name, theirs in LOSSES.items():
            value, slope = ours(name, y, t)
            at = torch.tensor(y.astype(np.float64).transpose(2, 0, 1)[None], requires_grad=True)
            want = theirs(at, torch.tensor(t.astype(np.float64).transpose(2, 0, 1)[None]))
            want.backward()
            wanted = at.grad[0].numpy().transpose(1, 2, 0)
            off = abs(value - want.item()) / max(want.item(), 1e-3)
            slope_off = np.abs(slope - wanted).max() / np.abs(wanted).max()
            check("%s of %d x %d x %d, noise %g" % ((name,) + size + (noise,)),
                  off < 1e-5 and slope_off < 1e-5, "%.1e, slope %.1e" % (off, slope_off))

try:
    from skimage.metrics import structural_similarity
except ImportError:
    print("skipped: no scikit-image")
else:
    for size in SIZES:
        y, t = pictures(*size, noise=0.1, seed=1)
        want = 1 - structural_similarity(y.astype(np.float64), t.astype(np.float64), gaussian_weights=True, sigma=1.5,
                                         use_sample_covariance=False, data_range=1.0, channel_axis=-1)
        off = abs(ours("ssim", y, t)[0] - want)
        check("scikit-image's SSIM of %d x %d x %d" % size, off < 1e-5, "%.1e" % off)
finish()
