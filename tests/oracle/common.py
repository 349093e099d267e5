# SPDX-License-Identifier: Apache-2.0
"""What the comparisons with PyTorch share: the command, safetensors files by hand, spec text to nn.Sequential."""
import csv
import json
import os
import shutil
import struct
import subprocess
import sys
import tempfile

try:
    import numpy as np
    import torch
    from torch import nn
except ImportError as missing:
    print("skipped: no %s for %s" % (missing.name, sys.executable))
    print("0 passed, 0 failed, 1 skipped")
    sys.exit(0)

torch.set_num_threads(1)
COMMAND = os.environ.get("HOURGLASS", "build/hourglass")
FOLDER = tempfile.mkdtemp(prefix="hourglass-oracle-")
passed = failed = 0


def check(name, good, detail=""):
    global passed, failed
    if good:
        passed += 1
        print("ok      %s %s" % (name, detail))
    else:
        failed += 1
        print("FAILED  %s %s" % (name, detail))


def finish():
    shutil.rmtree(FOLDER, ignore_errors=True)
    print("%d passed, %d failed" % (passed, failed))
    sys.exit(failed > 0)


def path(name):
    return os.path.join(FOLDER, name)


def hourglass(mode, *words, **options):
    """Runs the command; its standard error is the failure's text."""
    line = [COMMAND, mode] + list(words) + ["%s=%s" % pair for pair in options.items()]
    done = subprocess.run(line, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError("%s\nexit %d: %s" % (" ".join(line), done.returncode, done.stderr[-1500:]))
    return done.stdout


def write_safetensors(name, tensors):
    """As the safetensors package does: u64 length, JSON padded with blanks to 8, then the data."""
    head, data, at = {"__metadata__": {"format": "pt"}}, [], 0
    for key in sorted(tensors):
        value = np.ascontiguousarray(tensors[key].detach().numpy().astype("<f4"))
        head[key] = {"dtype": "F32", "shape": list(value.shape), "data_offsets": [at, at + value.nbytes]}
        at += value.nbytes
        data.append(value.tobytes())
    text = json.dumps(head).encode()
    text += b" " * (-len(text) % 8)
    with open(name, "wb") as out:
        out.write(struct.pack("<Q", len(text)) + text + b"".join(data))


def read_safetensors(name):
    with open(name, "rb") as file:
        (size,) = struct.unpack("<Q", file.read(8))
        head = json.loads(file.read(size))
        data = file.read()
    types = {"F32": "<f4", "F64": "<f8", "I64": "<i8", "U8": "u1"}
    return {
        key: np.frombuffer(data[row["data_offsets"][0]:row["data_offsets"][1]], types[row["dtype"]]).reshape(row["shape"])
        for key, row in head.items()
        if key != "__metadata__"
    }


ACTIVATIONS = {
    "relu": nn.ReLU,
    "leaky_relu": nn.LeakyReLU,
    "elu": nn.ELU,
    "gelu": nn.GELU,
    "silu": nn.SiLU,
    "tanh": nn.Tanh,
    "sigmoid": nn.Sigmoid,
    "softplus": nn.Softplus,
    "linear": nn.Identity,
}


class L1(nn.Module):
    """paid: what a row pays, in the mean over the batch."""

    def __init__(self, weight):
        super().__init__()
        self.weight = weight

    def forward(self, x):
        self.paid = self.weight * x.abs().sum() / len(x)
        return x


def divergence(mean, target):
    """KL of Bernoulli distributions, target from mean; beyond 0.0001 of 0 and 1 straight on."""
    near = mean.clamp(1e-4, 1 - 1e-4)
    slope = ((1 - target) / (1 - near) - target / near).detach()
    named = torch.distributions.Bernoulli(torch.full_like(near, target))
    return torch.distributions.kl_divergence(named, torch.distributions.Bernoulli(near)) + slope * (mean - near)


class KlSparse(nn.Module):
    def __init__(self, target, weight):
        super().__init__()
        self.target, self.weight = target, weight

    def forward(self, x):
        self.paid = self.weight * divergence(x.mean(0), self.target).sum()
        return x


class TopK(nn.Module):
    def __init__(self, k):
        super().__init__()
        self.k = k

    def forward(self, x):
        flat = x.flatten(1)
        at = flat.topk(self.k, 1).indices
        return torch.zeros_like(flat).scatter(1, at, flat.gather(1, at)).reshape(x.shape)


class BatchTopK(nn.Module):
    def __init__(self, k):
        super().__init__()
        self.k = k
        self.register_buffer("threshold", torch.zeros(1))

    def forward(self, x):
        at = x.flatten().topk(self.k * len(x)).indices
        return torch.zeros_like(x).flatten().scatter(0, at, x.flatten()[at]).reshape(x.shape)


def regulariser(words):
    """A module of "l1 0.1" or "kl_sparse 0.05 weight=3"; None where it is none."""
    kinds = {"l1": L1, "kl_sparse": KlSparse, "topk": TopK, "batch_topk": BatchTopK}
    if words[0] not in kinds:
        return None
    numbers = [float(word.split("=")[-1]) for word in words[1:]]
    return kinds[words[0]](*([int(number) for number in numbers] if "topk" in words[0] else numbers))


class Autoencoder(nn.Module):
    """The network of a spec such as "dense 64 relu | dense input sigmoid", weights drawn by PyTorch."""

    def __init__(self, spec, width, seed=1):
        super().__init__()
        torch.manual_seed(seed)
        sides, now = [], width
        for side in spec.split("|"):
            layers = []
            for item in side.split(","):
                words = item.split()
                if words[0] == "dense":
                    before, now = now, width if words[1] == "input" else int(words[1])
                    layers.append(nn.Linear(before, now))
                elif words[0] == "layernorm":
                    layers.append(nn.LayerNorm(now))
                elif regulariser(words):
                    layers.append(regulariser(words))
                layers.extend(ACTIVATIONS[word]() for word in words if word in ACTIVATIONS)
            sides.append(nn.Sequential(*layers))
        self.encoder, self.decoder = sides

    def forward(self, x):
        return self.decoder(self.encoder(x))

    def pays(self):
        """What a row paid beside the loss, in the mean over the last batch."""
        return sum(layer.paid for layer in self.modules() if hasattr(layer, "paid"))

    def to_logits(self, x):
        return self.decoder[:-1](self.encoder(x))


def rows(count, width, seed=7):
    """Smooth numbers in [0, 1], as pixels are."""
    draw = np.random.RandomState(seed)
    hidden = draw.rand(count, 8).astype("f4")
    mix = draw.randn(8, width).astype("f4")
    x = 1 / (1 + np.exp(-2 * (hidden - 0.5) @ mix))
    return np.ascontiguousarray(x.astype("f4"))


def results(folder):
    with open(os.path.join(folder, "results.csv")) as file:
        return [{key.strip(): value for key, value in row.items()} for row in csv.DictReader(file)]
