# SPDX-License-Identifier: Apache-2.0
"""Weights saved by PyTorch give PyTorch's outputs: import, then reconstruct, encode, decode, predict."""
import numpy as np
import torch
from torch import nn

from common import ACTIVATIONS, Autoencoder, check, finish, hourglass, path, rows, write_safetensors


def close(name, ours, theirs, tolerance=1e-6):
    worst = float(np.max(np.abs(ours - theirs) / np.maximum(1, np.abs(theirs))))
    check(name, ours.shape == theirs.shape and worst <= tolerance, "worst difference %.2g" % worst)


def compare(name, spec, width, weights=None, model=None, count=37):
    model = model or Autoencoder(spec, width)
    x = rows(count, width)
    np.save(path("x.npy"), x)
    write_safetensors(path("w.safetensors"), weights or model.state_dict())
    hourglass("import", source=path("w.safetensors"), model=spec, input=width, out=path("m.safetensors"))
    with torch.no_grad():
        code = model.encoder(torch.from_numpy(x))
        y = model.decoder(code).numpy()
    hourglass("reconstruct", model=path("m.safetensors"), data=path("x.npy"), out=path("y.npy"))
    close(name + ": reconstruct", np.load(path("y.npy")), y)
    hourglass("encode", model=path("m.safetensors"), data=path("x.npy"), out=path("z.npy"))
    close(name + ": encode", np.load(path("z.npy")), code.numpy())
    np.save(path("z.npy"), code.numpy())
    hourglass("decode", model=path("m.safetensors"), data=path("z.npy"), out=path("y2.npy"))
    close(name + ": decode", np.load(path("y2.npy")), y)
    hourglass("predict", model=path("m.safetensors"), data=path("x.npy"), out=path("s.csv"))
    scores = np.atleast_1d(np.genfromtxt(path("s.csv"), delimiter=",", names=True))["score"]
    close(name + ": predict", scores, ((x.astype("f8") - y) ** 2).mean(1))


class Textbook(nn.Module):
    def __init__(self):
        super().__init__()
        torch.manual_seed(3)
        self.linear = nn.ModuleDict({"encoder": nn.Linear(784, 64), "decoder": nn.Linear(64, 784)})
        self.encoder = nn.Sequential(self.linear["encoder"], nn.ReLU())
        self.decoder = nn.Sequential(self.linear["decoder"], nn.Sigmoid())

    def forward(self, x):
        return self.decoder(self.encoder(x))


classic = "dense 64 relu | dense input sigmoid"
compare("784-64-784", classic, 784)
textbook = Textbook()
names = {"%s.%s" % (side, key): value for side in ("encoder", "decoder") for key, value in textbook.linear[side].state_dict().items()}
compare("one linear layer a side, encoder.weight", classic, 784, names, textbook)
compare("deep", "dense 512 relu, dense 256 relu, dense 32 | dense 256 relu, dense 512 relu, dense input sigmoid", 784)
for activation in ACTIVATIONS:
    compare(activation, "dense 33 %s, dense 5 | dense 17 %s, dense input" % (activation, activation), 50)
compare("layernorm", "dense 40, layernorm gelu, dense 7 | dense 40, layernorm silu, dense input sigmoid", 61)
compare("one row", classic, 784, count=1)
finish()
