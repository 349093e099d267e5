# SPDX-License-Identifier: Apache-2.0
"""What val says of noisy images: PSNR, SSIM and the filters beside scikit-image, SciPy and definitions in NumPy."""
import json
import os
import sys

from common import check, finish, hourglass, path

try:
    import numpy as np
    from scipy import ndimage
    from skimage import io, metrics, restoration
except ImportError as missing:
    print("skipped: no %s for %s" % (missing.name, sys.executable))
    print("0 passed, 0 failed, 1 skipped")
    sys.exit(0)

SIGMA = 25.0


def picture(height, width, channels):
    """Waves, edges and flat places."""
    i, j = np.mgrid[0:height, 0:width]
    layers = []
    for c in range(channels):
        waves = 0.5 + 0.3 * np.sin(i * 0.3 + c) * np.cos(j * 0.17 - c)
        waves[(i // 12 + j // 17) % 3 == c] = 0.2 + 0.25 * c
        layers.append(waves)
    x = np.stack(layers, -1) if channels > 1 else layers[0]
    return np.round(255 * np.clip(x, 0, 1)).astype("u1")


def save(folder, name, pixels):
    os.makedirs(path(folder), exist_ok=True)
    io.imsave(os.path.join(path(folder), name), pixels, check_contrast=False)


def ssim(x, y):
    """The mean over windows that are whole."""
    _, full = metrics.structural_similarity(
        x, y, data_range=1, gaussian_weights=True, sigma=1.5, use_sample_covariance=False, full=True,
        channel_axis=-1 if x.ndim == 3 else None)
    return full[5:-5, 5:-5].mean()


def psnr(clean, y):
    return metrics.peak_signal_noise_ratio(clean, y, data_range=1)


def nl_means(x, patch, h, sigma, search=10):
    """Offset by offset; the sums over patches by SciPy."""
    planes = x[..., None] if x.ndim == 2 else x
    pad = search + patch
    padded = np.pad(planes, ((pad, pad), (pad, pad), (0, 0)), mode="reflect")
    height, width = x.shape[:2]
    total, weights = np.zeros(planes.shape), np.zeros(x.shape[:2])
    core = slice(search, -search)
    for di in range(-search, search + 1):
        for dj in range(-search, search + 1):
            moved = np.roll(padded, (-di, -dj), (0, 1))
            square = ((padded - moved) ** 2).mean(-1)[core, core]
            d = ndimage.uniform_filter(square, 2 * patch + 1)[patch:patch + height, patch:patch + width]
            w = np.exp(-np.maximum(d - 2 * sigma**2, 0) / h**2)
            weights += w
            total += w[..., None] * moved[pad:pad + height, pad:pad + width]
    return (total / weights[..., None]).reshape(x.shape)


def settings(answer, method):
    return [(row["setting"], row["psnr"], row["ssim"]) for row in answer["settings"] if row["method"] == method]


def compare_filters(name, answer, x, clean):
    worst = {"gaussian": 0.0, "median": 0.0, "nl_means": 0.0}
    sigma = np.sqrt(((x - clean) ** 2).mean())
    for method in worst:
        for text, db, similarity in settings(answer, method):
            words = text.replace(",", "").split()
            if method == "gaussian":
                s = float(words[1])
                y = ndimage.gaussian_filter(x, (s, s, 0)[: x.ndim], mode="mirror")
            elif method == "median":
                y = ndimage.median_filter(x, size=(int(words[0]),) * 2 + (1,) * (x.ndim - 2), mode="mirror")
            else:
                y = nl_means(x, int(words[1]) // 2, float(words[5]) * sigma, sigma)
            y = np.clip(y, 0, 1)
            worst[method] = max(worst[method], abs(psnr(clean, y) - db), abs(ssim(y, clean) - similarity))
    for method in worst:
        check("%s: %s at every setting" % (name, method), 0 < worst[method] <= 1e-4, "worst %.2g" % worst[method])
    best = max(db for _, db, _ in settings(answer, "nl_means"))
    theirs = max(
        psnr(clean, np.clip(restoration.denoise_nl_means(
            x, patch, 10, h * sigma, sigma=sigma, channel_axis=-1 if x.ndim == 3 else None), 0, 1))
        for patch in (5, 7) for h in (0.4, 0.6, 0.8))
    check("%s: our best nl_means is no straw man" % name, best > theirs - 0.1, "%.2f dB, scikit-image's %.2f dB" % (best, theirs))


def train(name, spec, folder):
    hourglass("train", "-q", data=path(folder), model=spec, epochs=1, batch=4, crop=16, crops=4, val=0, samples=0,
              project=path("runs"), name=name)
    return os.path.join(path("runs"), name, "weights", "best.safetensors")


draw = np.random.RandomState(5)
for name, channels in ("grey", 1), ("colour", 3):
    for number, size in enumerate([(61, 83), (40, 47), (90, 33)]):
        clean = picture(*size, channels)
        noisy = np.clip(np.round(clean + SIGMA * draw.randn(*clean.shape)), 0, 255).astype("u1")
        save(name + "-clean", "%d.png" % number, clean)
        save(name + "-noisy", "%d.png" % number, noisy)
        save("one-%s-noisy" % name, "0.png", noisy)
        save("one-%s-clean" % name, "0.png", clean)
    model = train(name, "conv 4 3 relu | conv input 3", name + "-clean")
    answer = json.loads(hourglass("val", "--json", model=model, data=path(name + "-noisy"), target=path(name + "-clean")))
    worst_psnr = worst_ssim = 0.0
    values = []
    for row in answer["rows"]:
        clean = io.imread(os.path.join(path(name + "-clean"), row["name"])) / 255.0
        noisy = io.imread(os.path.join(path(name + "-noisy"), row["name"])) / 255.0
        values.append(psnr(clean, noisy))
        worst_psnr = max(worst_psnr, abs(row["input"]["psnr"] - values[-1]))
        worst_ssim = max(worst_ssim, abs(row["input"]["ssim"] - ssim(noisy, clean)))
    check("%s: PSNR of %d images" % (name, len(values)), len(values) == 3 and worst_psnr <= 1e-5, "worst %.2g dB" % worst_psnr)
    check("%s: SSIM" % name, worst_ssim <= 1e-5, "worst %.2g" % worst_ssim)
    mean = answer["mean"]["input"]["psnr"]
    check("%s: the mean lies in its interval" % name,
          abs(mean["mean"] - np.mean(values)) < 1e-5
          and min(values) - 1e-5 < mean["low"] < mean["mean"] < mean["high"] < max(values) + 1e-5)
    one = json.loads(hourglass("val", "--json", model=model, data=path("one-%s-noisy" % name), target=path("one-%s-clean" % name)))
    compare_filters(name, one, noisy, clean)
    drawn = json.loads(hourglass("val", "--json", model=model, data=path(name + "-clean"), noise="gaussian 25", baselines="false"))
    corrupted = [row["input"]["psnr"] for row in drawn["rows"]]
    check("%s: gaussian 25 is 20.17 dB" % name, abs(np.mean(corrupted) + 20 * np.log10(SIGMA / 255)) < 0.15 and not drawn["settings"],
          "%.2f dB" % np.mean(corrupted))
finish()
