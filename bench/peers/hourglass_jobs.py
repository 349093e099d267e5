# SPDX-License-Identifier: Apache-2.0
"""Hourglass from Python, where a rival is a Python program: the textbook's module, trained here and given back."""
import hourglass
import torch

from torch_jobs import SimpleAutoencoder
from worker import BATCH, MODULE_ROWS, rows, seconds_of


def train(threads):
    torch.set_num_threads(threads)
    x = torch.from_numpy(rows()[:MODULE_ROWS]).float() / 255
    module = SimpleAutoencoder()

    def epoch():
        model = hourglass.from_torch(module, x)
        model.fit(x, epochs=1, batch=BATCH, lr=1e-3, val=0, threads=threads)
        module.load_state_dict(hourglass.torch.state_dict(model))

    return lambda: seconds_of(epoch, MODULE_ROWS)


JOBS = {"module, from_torch, fit, state_dict": train}
