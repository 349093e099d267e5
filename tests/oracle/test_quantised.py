# SPDX-License-Identifier: Apache-2.0
"""Quantised autoencoders beside PyTorch, from the same weights and batches: every loss over a hundred steps, the codebook
following by a twin of its own."""
import os

import numpy as np
import torch
from torch import nn

from common import check, finish, hourglass, path, read_safetensors, results, rows, write_safetensors

WIDTH, CODE, HIDDEN = 50, 16, 24


class Codebook(nn.Module):
    """van den Oord et al. 2017, appendix A.1, with Laplace smoothing; commitment in `paid`, a sum over the row."""

    def __init__(self, codes, width, beta, decay):
        super().__init__()
        self.beta, self.decay = beta, decay
        self.register_buffer("codebook", torch.randn(codes, width) / 4)
        self.register_buffer("count", torch.full((codes,), 4.0))
        self.register_buffer("sum", 4 * self.codebook)

    def forward(self, x):
        parts = x.reshape(-1, self.codebook.shape[1])
        with torch.no_grad():
            chosen = ((parts[:, None] - self.codebook) ** 2).sum(2).argmin(1)
            near = self.codebook[chosen].reshape(x.shape)
            hot = nn.functional.one_hot(chosen, len(self.codebook)).to(x.dtype)
            self.got, self.got_sum = hot.sum(0), hot.T @ parts
        self.paid = self.beta * ((x - near) ** 2).sum(1)
        return x + (near - x).detach()

    def follow(self):
        self.count.lerp_(self.got, 1 - self.decay)
        self.sum.lerp_(self.got_sum, 1 - self.decay)
        total = self.count.sum()
        smooth = (self.count + 1e-5) / (total + len(self.count) * 1e-5) * total
        self.codebook.copy_(self.sum / smooth[:, None])


class Levels(nn.Module):
    def __init__(self, counts):
        super().__init__()
        L = torch.tensor(counts, dtype=torch.float64)
        self.h, self.o, self.half = (L - 1) * (1 - 1e-3) / 2, (L % 2 == 0) / 2, torch.div(L, 2, rounding_mode="floor")
        self.paid = torch.zeros(1)

    def forward(self, x):
        b = torch.tanh(x.double().reshape(len(x), -1, len(self.h)) + torch.atanh(self.o / self.h)) * self.h - self.o
        return ((b + (b.round() - b).detach()) / self.half).reshape(x.shape).float()

    def follow(self):
        pass


def compare(item, middle, epochs=100, count=64, batch=64, limit=1e-4):
    torch.manual_seed(3)
    neck = middle()
    model = nn.ModuleDict({
        "encoder": nn.Sequential(nn.Linear(WIDTH, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, CODE), neck),
        "decoder": nn.Sequential(nn.Linear(CODE, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, WIDTH), nn.Sigmoid()),
    })
    x = rows(count, WIDTH)
    np.save(path("x.npy"), x)
    write_safetensors(path("start.safetensors"), model.state_dict())
    spec = "dense %d relu, dense %d, %s | dense %d relu, dense input sigmoid" % (HIDDEN, CODE, item, HIDDEN)
    hourglass("train", "-q", data=path("x.npy"), model=spec, pretrained=path("start.safetensors"), shuffle="false", val=0,
              pca="false", samples=0, epochs=epochs, batch=batch, project=path("runs"), name="t", exist_ok="true")
    ours = [float(row["train/loss"]) for row in results(path("runs/t"))]
    optimiser, theirs = torch.optim.Adam(model.parameters(), 1e-3), []
    for _ in range(epochs):
        total = 0
        for first in range(0, count, batch):
            now = torch.from_numpy(x[first:first + batch])
            made = model["decoder"](model["encoder"](now))
            loss = ((made - now) ** 2).mean() + neck.paid.mean() / WIDTH
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            neck.follow()
            total += loss.item() * len(now)
        theirs.append(total / count)
    worst = max(abs(a - b) / b for a, b in zip(ours, theirs))
    check(item + ": losses", len(ours) == len(theirs) and worst <= limit, "worst %.2g, from %.3g to %.3g" % (worst, theirs[0], theirs[-1]))
    kept = read_safetensors(os.path.join(path("runs"), "t", "weights", "last.safetensors"))
    for key, value in neck.state_dict().items():
        got = kept["encoder.3." + key]
        off = np.linalg.norm(got - value.numpy()) / np.linalg.norm(value.numpy())
        check("%s: %s" % (item, key), got.shape == tuple(value.shape) and off <= 1e-3, "off by %.2g" % off)


compare("vq 32 4 restart=0", lambda: Codebook(32, 4, 0.25, 0.99))
compare("vq 70 8 beta=1 decay=0.9 restart=0", lambda: Codebook(70, 8, 1, 0.9))
compare("vq 16 16 restart=0", lambda: Codebook(16, 16, 0.25, 0.99), epochs=34, count=70, batch=32)
compare("fsq 8 5 5 5", lambda: Levels([8, 5, 5, 5]))
compare("fsq 8", lambda: Levels([8]))
finish()
