# SPDX-License-Identifier: Apache-2.0
"""Whole networks on images beside PyTorch's, from the same weights: outputs, the gradient of every tensor, training."""
import os

import numpy as np
import torch
from torch import nn

from common import ACTIVATIONS, check, finish, hourglass, path, read_safetensors, write_safetensors

UNET = (
    "keep 1, conv 32 relu, conv 32 relu, keep 2, conv 48 k2 s2, conv 48 relu, conv 48 relu, keep 3, conv 64 k2 s2, "
    "conv 64 relu, conv 64 relu | deconv 48 k2 s2, add 3, conv 48 relu, conv 48 relu, deconv 32 k2 s2, add 2, "
    "conv 32 relu, conv 32 relu, conv input, add 1")
RUNS = path("runs")


def arguments(words):
    """["64", "k3", "eps=0.1"] as the one without a name, and the others by theirs."""
    first, named = None, {}
    for word in words:
        name = word.split("=")[0] if "=" in word else word[0]  # eps=0.1, k3
        if name[0].isdigit():
            first = int(word)
        elif word == "input":
            first = word
        else:
            named[name] = float(word.split("=")[1] if "=" in word else word[1:])
    return first, named


def convolution(name, now, channels, given):
    k, s, g, bias = int(given.get("k", 3)), int(given.get("s", 1)), int(given.get("g", 1)), given.get("bias", 1) > 0
    if name == "conv":
        return nn.Conv2d(now, channels, k, s, int(given.get("p", (k - 1) // 2)), int(given.get("d", 1)), g, bias)
    standard = (k - s + 1) // 2
    more = s - k + 2 * standard
    return nn.ConvTranspose2d(now, channels, k, s, int(given.get("p", standard)), more, g, bias)


class Network(nn.Module):
    """The network of a spec, its layers numbered on each side as ours are. `shape` is of one image, (C, H, W)."""

    def __init__(self, spec, shape):
        super().__init__()
        self.steps, kept, now = [], {}, shape[0]
        sides = spec.split("|")
        for number, side in enumerate(sides):
            layers = nn.ModuleList()
            self.add_module("body" if len(sides) == 1 else ("encoder", "decoder")[number], layers)
            for item in side.split(","):
                now = self.add_item(item.split(), layers, kept, now, shape[0])

    def add_item(self, words, layers, kept, now, channels):
        name, activation = words[0], [word for word in words[1:] if word in ACTIVATIONS]
        first, given = arguments([word for word in words[1:] if word not in ACTIVATIONS])
        first = channels if first == "input" else first
        does, layer = "run", nn.Identity()
        if name in ("conv", "deconv"):
            layer, now = convolution(name, now, first, given), first
        elif name == "keep":
            does, kept[first] = "keep", now
        elif name == "recall":
            does, now = "recall", kept[first]
        elif name in ("add", "concat"):
            does, now = name, now + (kept[first] if name == "concat" else 0)
        elif name == "reflect":
            layer = nn.ReflectionPad2d(first)
        elif name == "groupnorm":
            layer = nn.GroupNorm(first, now)
        elif name == "batchnorm":
            layer = nn.BatchNorm2d(now, given.get("eps", 1e-5), given.get("momentum", 0.1))
        elif name == "maxpool":
            layer = nn.MaxPool2d(first)
        elif name == "up":
            layer = nn.Upsample(scale_factor=first)
        elif name in ACTIVATIONS:
            layer = ACTIVATIONS[name]()
        else:
            raise ValueError(name)
        layers.append(layer)
        self.steps.append((does, layer, first))
        for word in activation:
            layers.append(ACTIVATIONS[word]())
            self.steps.append(("run", layers[-1], None))
        return now

    def forward(self, x):
        kept = {}
        for does, layer, number in self.steps:
            if does == "keep":
                kept[number] = x
            elif does == "add":
                x = x + kept[number]
            elif does == "recall":
                x = kept[number]
            elif does == "concat":
                x = torch.cat([x, kept[number]], 1)
            else:
                x = layer(x)
        return x


def images(count, shape, seed=3):
    """Smooth images with some noise, (count, C, H, W) in [0, 1]."""
    draw = np.random.RandomState(seed)
    C, H, W = shape
    y, x = np.meshgrid(np.arange(H), np.arange(W), indexing="ij")
    wave = draw.uniform(-0.4, 0.4, (count, C, 2, 1, 1))
    value = 0.5 + 0.4 * np.sin(wave[:, :, 0] * y + wave[:, :, 1] * x) + draw.normal(0, 0.05, (count, C, H, W))
    return np.clip(value, 0, 1).astype("f4")


def train(spec, x, start, **options):
    """Ours, on images as they come; what the file then has."""
    np.save(path("x.npy"), np.ascontiguousarray(np.moveaxis(x, 1, -1)))
    write_safetensors(path("start.safetensors"), start)
    hourglass("train", "-q", data=path("x.npy"), model=spec, pretrained=path("start.safetensors"), shuffle="false", val=0,
              pca="false", samples=0, project=RUNS, name="t", exist_ok="true", optimizer="sgd", **options)
    return read_safetensors(os.path.join(RUNS, "t", "weights", "last.safetensors"))


def reconstruct():
    hourglass("reconstruct", "-q", model=os.path.join(RUNS, "t", "weights", "last.safetensors"), data=path("x.npy"), out=path("y.npy"))
    return np.load(path("y.npy"))


def distance(ours, theirs):
    return np.max(np.abs(ours.astype("f8") - theirs.astype("f8"))) / np.max(np.abs(theirs))


def compare(name, spec, shape, count=4, preset=None):
    """Outputs and gradients to 1e-5 of the largest."""
    torch.manual_seed(5)
    theirs = Network(spec, shape)
    with torch.no_grad():
        for value in theirs.parameters():
            value.mul_(2.4 if value.ndim > 1 else 1)  # so that gradients reach the first layer
    x = images(count, shape)
    rows = torch.from_numpy(x)
    start = {key: value.clone() for key, value in theirs.state_dict().items()}
    nn.functional.mse_loss(theirs(rows), rows).backward()
    gradients = {key: value.grad.numpy() for key, value in theirs.named_parameters()}
    rate = 1000  # every weight moves further than it is large: the digits are the gradient's
    moved = min(rate * np.max(np.abs(g)) / max(float(start[key].abs().max()), 1e-6) for key, g in gradients.items())
    ours = train(preset or spec, x, start, epochs=1, batch=count, lr=rate)
    off = {key: distance((start[key].numpy().astype("f8") - ours[key]) / rate, g) for key, g in gradients.items()}
    key = max(off, key=off.get)
    check(name + ": %d gradients" % len(off), off[key] <= 1e-5 and moved > 1, "worst %.2g: %s; moved %.2g" % (off[key], key, moved))
    train(preset or spec, x, start, epochs=1, batch=count, lr=1e-9)
    theirs.eval()
    with torch.no_grad():
        wanted = np.moveaxis(theirs(rows).numpy(), 1, -1)
    off = distance(reconstruct().reshape(wanted.shape), wanted)
    check(name + ": outputs", off <= 1e-5, "worst %.2g" % off)


DNCNN = "keep 1, conv 16 relu, " + 3 * "conv 16 bias=0, batchnorm relu, " + "conv input, add 1"


def follow(name, spec, shape, steps, **options):
    """So many steps of gradient descent from the same weights: every tensor, the running statistics among them."""
    torch.manual_seed(6)
    theirs = Network(spec, shape)
    start = {key: value.clone() for key, value in theirs.state_dict().items()}
    x, batch, losses = images(7, shape), 4, []
    optimiser = torch.optim.SGD(theirs.parameters(), options["lr"])
    epochs = -(-steps // 2)
    ours = train(spec, x, start, epochs=epochs, batch=batch, steps=steps, **options)
    for step in range(steps):
        rows = torch.from_numpy(x[batch * (step % 2):][:batch])  # 4 of them, then the other 3
        optimiser.zero_grad()
        loss = nn.functional.mse_loss(theirs(rows), rows)
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    names = [key for key, value in theirs.state_dict().items() if value.ndim]
    off = {key: distance(ours[key], theirs.state_dict()[key].numpy()) for key in names}
    key = max(off, key=off.get)
    moved = min(distance(start[key].numpy(), theirs.state_dict()[key].numpy()) for key in names)
    good = off[key] <= 1e-5 and moved > 1e-4 and losses[-1] < losses[0] and set(names) <= set(ours)
    check("%s: %d tensors after %d steps" % (name, len(names), steps), good, "worst %.2g: %s; moved %.2g" % (off[key], key, moved))


follow("batch norm, 3 steps", "conv 8 bias=0, batchnorm relu, conv input", (3, 10, 9), 3, lr=0.05)
follow("DnCNN with batch norm", DNCNN, (1, 12, 12), 10, lr=0.05)
follow("batch norm before everything", "batchnorm momentum=0.3, conv 8 s2 relu, batchnorm eps=0.001 | conv 8 bias=0, batchnorm relu, deconv input k4 s2", (3, 8, 8), 4, lr=0.05)
compare("DnCNN with batch norm", DNCNN, (3, 17, 12))
compare("unet, colour", UNET, (3, 32, 32), preset="unet")
compare("unet, grey", UNET, (1, 24, 40), 3, "unet")
compare("kept once, taken three times", "conv 8 relu, keep 1, conv 8 silu, add 1, conv 8 relu, concat 1, conv 8, add 1, conv input", (3, 12, 16))
compare("a way around with layers of its own", "conv 8 relu, keep 1, conv 16 s2 bias=0, batchnorm relu, conv 16 bias=0, batchnorm, keep 2, recall 1, "
        "conv 16 k1 s2 bias=0, batchnorm, add 2, relu, deconv input k2 s2", (3, 12, 16))
compare("reflected edges", "keep 1, reflect 2, conv 12 k5 p0 silu | reflect 1, conv input p0, add 1", (3, 19, 17), 5)
compare("concatenated, groups", "conv 16 relu, keep 1, maxpool 2, conv 24 g4 gelu, groupnorm 6 | up 2, concat 1, conv input sigmoid", (3, 16, 16))
finish()
