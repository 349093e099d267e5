# SPDX-License-Identifier: Apache-2.0
"""The autoencoder of windows in PyTorch, for speed.py: torch_peer.py NORMAL.csv NEW.csv OUT.csv WINDOW EPOCHS

As `hourglass train window=auto` has it: layers, AdamW at 2e-3 with a cosine, 1500 batches of 64 windows, of which a quarter is held out in blocks
and measured after each epoch; a step's score is the mean error of the windows that it lies in, one every quarter of a window. Prints processor
seconds of each part as JSON, one thread.
"""
import json
import sys
import time

import numpy as np
import pandas
import torch
from torch import nn

BATCH, STEPS, LR, DECAY = 64, 1500, 2e-3, 1e-4
AT_ONCE = 1024  # windows that are scored: the fastest of 64 to 8192


def read(path):
    table = pandas.read_csv(path)
    return table["time"], torch.from_numpy(table.drop(columns="time").to_numpy(np.float32))


def network(width):
    layers = [nn.Linear(width, 128), nn.SiLU(), nn.Linear(128, 16), nn.Linear(16, 128), nn.SiLU(), nn.Linear(128, width)]
    return nn.Sequential(*layers)


def cut(x, start, window):
    """Windows (count, window * channels) from `start` on."""
    return x[start[:, None] + torch.arange(window)].reshape(len(start), -1)


def train(x, window, epochs):
    stride = max(1, len(x) // 50000)
    start = torch.arange(0, len(x) - window + 1, stride)
    held = start * 16 // len(x) % 4 == 3  # every fourth of 16 blocks
    learned, held = start[~held], start[held]
    net = network(window * x.shape[1])
    optimiser = torch.optim.AdamW(net.parameters(), lr=LR, weight_decay=DECAY)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, STEPS)
    order = torch.randperm(len(learned))
    for step in range(STEPS):
        at = step * BATCH % (len(learned) - BATCH)
        rows = cut(x, learned[order[at:at + BATCH]], window)
        optimiser.zero_grad()
        nn.functional.mse_loss(net(rows), rows).backward()
        optimiser.step()
        schedule.step()
        if (step + 1) * epochs // STEPS > step * epochs // STEPS:
            with torch.no_grad():
                for first in range(0, len(held), AT_ONCE):
                    rows = cut(x, held[first:first + AT_ONCE], window)
                    nn.functional.mse_loss(net(rows), rows).item()
    return net


@torch.inference_mode()
def score(net, x, window):
    start = torch.arange(0, len(x) - window + 1, max(1, window // 4))
    total, windows = torch.zeros(len(x)), torch.zeros(len(x))
    for first in range(0, len(start), AT_ONCE):
        some = start[first:first + AT_ONCE]
        rows = cut(x, some, window)
        far = (net(rows) - rows).square_().mean(1)
        steps = (some[:, None] + torch.arange(window)).reshape(-1)
        total.index_add_(0, steps, far.repeat_interleave(window))
        windows.index_add_(0, steps, torch.ones(len(steps)))
    return total / windows


def main():
    normal, new, out, window, epochs = sys.argv[1:4] + [int(word) for word in sys.argv[4:]]
    torch.set_num_threads(1)
    found = {}

    def part(name, work, *given):
        began = time.process_time()
        made = work(*given)
        found[name] = time.process_time() - began
        return made

    x = read(normal)[1]
    mean, deviation = x.mean(0), x.std(0)
    net = part("train", train, (x - mean) / deviation, window, epochs)
    when, x = part("read", read, new)
    scores = part("score", lambda: score(net, (x - mean) / deviation, window))
    table = pandas.DataFrame({"row": np.arange(len(x)), "time": when, "score": scores.numpy()})
    part("write", lambda: table.to_csv(out, index=False))
    print(json.dumps(found))


if __name__ == "__main__":
    main()
