# SPDX-License-Identifier: Apache-2.0
"""A variational autoencoder agrees with PyTorch step by step: from the same weights, batches and draws, a hundred losses to 1e-4.
And what `val` says of it: the bound and the importance-weighted likelihood, from PyTorch's own distributions."""
import json
import os

import numpy as np
import torch
from torch.distributions import Bernoulli, Normal

from common import check, finish, hourglass, path, read_safetensors, results, rows, write_safetensors

WIDTH, CODE, COUNT, STEPS = 50, 6, 64, 100
LATENT, LIKELIHOOD = 13, 20  # streams of base/rng.h
RUNS = path("runs")
NORMAL_LOG = np.log(2 * np.pi)


def philox(key, c0, c1, c2, c3):
    """Philox4x32-10 of arrays of counters: (4, ...) of uint32."""
    c0, c1, c2, c3 = (np.asarray(c, np.uint64) for c in np.broadcast_arrays(c0, c1, c2, c3))
    k0, k1, low = key & 0xFFFFFFFF, key >> 32, np.uint64(0xFFFFFFFF)
    for _ in range(10):
        p0, p1 = np.uint64(0xD2511F53) * c0, np.uint64(0xCD9E8D57) * c2
        c0, c1, c2, c3 = (p1 >> np.uint64(32)) ^ c1 ^ np.uint64(k0), p1 & low, (p0 >> np.uint64(32)) ^ c3 ^ np.uint64(k1), p0 & low
        k0, k1 = (k0 + 0x9E3779B9) & 0xFFFFFFFF, (k1 + 0xBB67AE85) & 0xFFFFFFFF
    return np.stack([c0, c1, c2, c3])


def normals(key, c0, c1, c2, n):
    """What the kernel `normal` draws, by Box and Muller: (n), in double. Its blocks are of 64 words, the upper half angles."""
    blocks = -(-n // 64)
    words = philox(key, c0, c1, c2, np.arange(16 * blocks)).T.reshape(blocks, 64)
    unit = (words >> np.uint64(8)).astype("f8") * 2.0 ** -24
    radius, half = np.sqrt(-2 * np.log(unit[:, :32] + 2.0 ** -24)), np.pi * (unit[:, 32:] - 0.5)
    return np.concatenate([radius * np.cos(2 * half), radius * np.sin(2 * half)], 1).reshape(-1)[:n]


def draws(seed, layer, step):
    return torch.from_numpy(np.stack([normals(seed, LATENT | layer << 8, step, row, CODE) for row in range(COUNT)]).astype("f4"))


class Twin:
    """encoder and decoder (the part behind the code) of plain layers, what is between them here."""

    def __init__(self):
        self.encoder = torch.nn.Sequential(torch.nn.Linear(WIDTH, 24), torch.nn.ReLU(), torch.nn.Linear(24, 2 * CODE))
        self.decoder = torch.nn.Sequential(torch.nn.Linear(CODE, 24), torch.nn.ReLU(), torch.nn.Linear(24, WIDTH))

    def parameters(self):
        return list(self.encoder.parameters()) + list(self.decoder.parameters())

    def state(self):
        named = {"encoder." + key: value for key, value in self.encoder.state_dict().items()}
        named.update({"decoder." + key: value for key, value in self.decoder.state_dict().items()})
        return named


def divergence(mean, variance):
    return (mean ** 2 + torch.exp(variance) - 1 - variance).sum(1) / 2


def train_torch(twin, x, seed, loss, warmup):
    optimiser, means, spread = torch.optim.Adam(twin.parameters(), 1e-3), [], 1.0
    for step in range(1, STEPS + 1):
        optimiser.zero_grad()
        mean, variance = twin.encoder(x).chunk(2, 1)
        y = twin.decoder(mean + torch.exp(variance / 2) * draws(seed, 3, step))
        if loss == "bce":
            paid = torch.nn.functional.binary_cross_entropy_with_logits(y, x, reduction="none").sum(1)
        else:
            paid = ((y - x) ** 2 / spread + np.log(spread) + NORMAL_LOG).sum(1) / 2
        beta = min(1, step / warmup) if warmup else 1
        value = ((paid + beta * divergence(mean, variance)) / WIDTH).mean()
        if loss == "gaussian":
            spread += 0.1 * (((y - x) ** 2).mean().item() - spread)
        value.backward()
        optimiser.step()
        means.append(value.item())
    return means, spread


def compare(loss, warmup):
    torch.manual_seed(3)
    end = {"bce": " sigmoid", "gaussian": ", variance"}[loss]
    twin, x = Twin(), rows(COUNT, WIDTH)
    start = twin.state()
    if loss == "gaussian":
        start = dict(start, **{"decoder.3.running_var": torch.ones(1)})
    np.save(path("x.npy"), x)
    write_safetensors(path("start.safetensors"), start)
    spec = "dense 24 relu, sample %d warmup=%d | dense 24 relu, dense input%s" % (CODE, warmup, end)
    hourglass("train", "-q", data=path("x.npy"), model=spec, pretrained=path("start.safetensors"), shuffle="false", val=0, pca="false",
              samples=0, epochs=STEPS, batch=COUNT, seed=7, loss=loss, project=RUNS, name=loss, exist_ok="true")
    theirs, spread = train_torch(twin, torch.from_numpy(x), 7, loss, warmup)
    ours = [float(row["train/loss"]) for row in results(os.path.join(RUNS, loss))]
    worst = max(abs(a - b) / abs(b) for a, b in zip(ours, theirs))
    check("%s, warmup=%d: losses of %d steps" % (loss, warmup, STEPS), len(ours) == STEPS and worst <= 1e-4, "worst %.2g" % worst)
    return twin, x, spread, os.path.join(RUNS, loss, "weights", "last.safetensors")


def take_weights(twin, name):
    """The trained ones, that both measure the same model."""
    weights = read_safetensors(name)
    for side, part in (("encoder", twin.encoder), ("decoder", twin.decoder)):
        part.load_state_dict({key: torch.from_numpy(weights["%s.%s" % (side, key)].copy()) for key in part.state_dict()})
    return weights


def estimate(twin, x, distribution, seed, count):
    """-ELBO and the importance-weighted -log p(x) of `count` draws, means over rows."""
    bounds, weighted = [], []
    with torch.no_grad():
        for i, row in enumerate(torch.from_numpy(x).double()):
            mean, variance = twin.encoder.double()(row[None]).chunk(2, 1)
            e = torch.from_numpy(normals(seed, LIKELIHOOD, 0, i, count * CODE).reshape(count, CODE))
            q = Normal(mean, torch.exp(variance / 2))
            z = mean + torch.exp(variance / 2) * e
            likely = distribution(twin.decoder.double()(z)).log_prob(row.expand(count, -1)).sum(1)
            bounds.append(-likely.mean() + divergence(mean, variance)[0])
            log_weight = likely + Normal(0, 1).log_prob(z).sum(1) - q.log_prob(z).sum(1)
            weighted.append(np.log(count) - torch.logsumexp(log_weight, 0))
    return float(torch.stack(bounds).mean()), float(torch.stack(weighted).mean())


for loss in ("bce", "gaussian"):
    compare(loss, 40)
    twin, x, spread, last = compare(loss, 0)
    weights = take_weights(twin, last)
    if loss == "bce":
        x = (x > 0.5).astype("f4")
        np.save(path("x.npy"), x)
        distribution = lambda y: Bernoulli(logits=y)
    else:
        got = float(weights["decoder.3.running_var"][0])
        check("gaussian: the variance followed", abs(got / spread - 1) < 1e-4, "%.6g, %.6g" % (got, spread))
        distribution = lambda y: Normal(y, got ** 0.5)
    said = json.loads(hourglass("val", "--json", model=last, data=path("x.npy"), draws=64, seed=5))
    bound, weighted = estimate(twin, x, distribution, 5, 64)
    good = abs(said["neg_elbo"] - bound) < 1e-3 and abs(said["neg_log_likelihood"] - weighted) < 1e-3
    check("%s: bound and likelihood" % loss, good, "%s, %.5f, %.5f" % (said, bound, weighted))
    check("%s: the likelihood is no worse than the bound" % loss, weighted < bound)
finish()
