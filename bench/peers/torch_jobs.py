# SPDX-License-Identifier: Apache-2.0
"""PyTorch: the training step three ways, scoring two ways, the textbook's module by the tutorial's loop."""
import torch
import torch.nn.functional as F
from torch import nn

from worker import BATCH, CODE, MODULE_ROWS, ROWS, STEPS, WIDTH, median_of, rows, seconds_of


class Autoencoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = nn.Sequential(nn.Linear(WIDTH, CODE), nn.ReLU())
        self.decoder = nn.Sequential(nn.Linear(CODE, WIDTH), nn.Sigmoid())

    def forward(self, x):
        return self.decoder(self.encoder(x))


def batches(data):
    """Endless shuffled batches of bytes, taken by indexing: the fastest way within PyTorch."""
    while True:
        order = torch.randperm(ROWS)
        for first in range(0, ROWS - BATCH + 1, BATCH):
            yield data[order[first:first + BATCH]]


def step_with(threads, compiled, fused):
    torch.set_num_threads(threads)
    model, loss = Autoencoder(), nn.MSELoss()
    optimiser = torch.optim.Adam(model.parameters(), 1e-3, fused=fused)
    feed = batches(torch.from_numpy(rows()))

    def forward(bytes_now):
        x = bytes_now.float() * (1 / 255)
        return loss(model(x), x)

    forward = torch.compile(forward) if compiled else forward

    def epoch():
        total = 0.0
        for _ in range(STEPS):
            optimiser.zero_grad(set_to_none=True)
            value = forward(next(feed))
            value.backward()
            optimiser.step()
            total += value.item()
        return total

    return lambda: seconds_of(epoch, STEPS)


def step_loader(threads):
    """The script of every tutorial: TensorDataset, DataLoader, Adam as it comes."""
    torch.set_num_threads(threads)
    model, loss = Autoencoder(), nn.MSELoss()
    optimiser = torch.optim.Adam(model.parameters(), 1e-3)
    data = torch.utils.data.TensorDataset(torch.from_numpy(rows()))

    def forever():
        while True:
            yield from torch.utils.data.DataLoader(data, batch_size=BATCH, shuffle=True, drop_last=True)

    feed = forever()

    def epoch():
        total = 0.0
        for _ in range(STEPS):
            (bytes_now,) = next(feed)
            x = bytes_now.float() / 255
            value = loss(model(x), x)
            optimiser.zero_grad()
            value.backward()
            optimiser.step()
            total += value.item()
        return total

    return lambda: seconds_of(epoch, STEPS)


class SimpleAutoencoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = nn.Linear(WIDTH, CODE)
        self.decoder = nn.Linear(CODE, WIDTH)

    def forward(self, x):
        return torch.sigmoid(self.decoder(F.relu(self.encoder(x))))


def train_module(threads):
    """An epoch over floats in memory: DataLoader, Adam, MSELoss, as tutorials have it."""
    torch.set_num_threads(threads)
    module, criterion = SimpleAutoencoder(), nn.MSELoss()
    data = torch.utils.data.TensorDataset(torch.from_numpy(rows()[:MODULE_ROWS]).float() / 255)
    loader = torch.utils.data.DataLoader(data, batch_size=BATCH, shuffle=True)
    optimiser = torch.optim.Adam(module.parameters(), lr=1e-3)

    def epoch():
        for (x,) in loader:
            loss = criterion(module(x), x)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()

    return lambda: seconds_of(epoch, MODULE_ROWS)


def train_slices(threads):
    """The same as fast as it goes without a compiler: slices of a shuffled tensor, fused Adam."""
    torch.set_num_threads(threads)
    module, criterion = SimpleAutoencoder(), nn.MSELoss()
    data = torch.from_numpy(rows()[:MODULE_ROWS]).float() / 255
    optimiser = torch.optim.Adam(module.parameters(), lr=1e-3, fused=True)

    def epoch():
        order = torch.randperm(MODULE_ROWS)
        for first in range(0, MODULE_ROWS, BATCH):
            x = data[order[first:first + BATCH]]
            loss = criterion(module(x), x)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()

    return lambda: seconds_of(epoch, MODULE_ROWS)


def scorer(compiled):
    model = Autoencoder().eval()

    def score(x):
        return ((model(x) - x) ** 2).mean(1)

    return torch.compile(score) if compiled else score


def bulk(threads, compiled):
    torch.set_num_threads(threads)
    score = scorer(compiled)
    x = torch.from_numpy(rows()[:MODULE_ROWS]).float() / 255

    @torch.inference_mode()
    def everything():
        for first in range(0, ROWS, 2000):
            score(x[first:first + 2000])

    return lambda: seconds_of(everything, ROWS)


def single(threads, compiled):
    torch.set_num_threads(threads)
    score = scorer(compiled)
    x = torch.rand(1, WIDTH)

    @torch.inference_mode()
    def one():
        score(x)

    return lambda: median_of(one)


JOBS = {
    "step, eager, slicing": lambda threads: step_with(threads, False, False),
    "step, eager, slicing, fused Adam": lambda threads: step_with(threads, False, True),
    "step, DataLoader": step_loader,
    "step, compile, fused Adam": lambda threads: step_with(threads, True, True),
    "module, the tutorial's loop": train_module,
    "module, slices, fused Adam": train_slices,
    "bulk, eager": lambda threads: bulk(threads, False),
    "bulk, compile": lambda threads: bulk(threads, True),
    "single, eager": lambda threads: single(threads, False),
    "single, compile": lambda threads: single(threads, True),
}
