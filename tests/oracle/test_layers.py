# SPDX-License-Identifier: Apache-2.0
"""Every layer type beside PyTorch's, on images and signals: outputs and all gradients, to 1e-5 of the largest."""
import os
import subprocess

import numpy as np
import torch
from torch import nn

from common import ACTIVATIONS, COMMAND, BatchTopK, TopK, check, divergence, finish

ROWS, PENALTY_SCALE = 7, 0.3  # as in tests/layer_case.h
RUN = os.path.join(os.path.dirname(COMMAND), "tests", "layer_run")
draw = np.random.RandomState(5)
tried = set()


def run(*words, data=b""):
    done = subprocess.run([RUN] + [str(word) for word in words], input=data, capture_output=True)
    if done.returncode:
        raise RuntimeError("%s: %s" % (words, done.stderr.decode()))
    return done.stdout


def to_ours(value):
    """(N, C, H, W) or (N, C, W) as (N, H, W, C); vectors and parameters as they are."""
    value = value.detach().numpy().astype("f4")
    if value.ndim >= 3:
        value = np.moveaxis(value, 1, -1)
    return np.ascontiguousarray(value)


def values(*shape):
    return torch.from_numpy(draw.uniform(-2, 2, shape).astype("f4")).requires_grad_()


def sides(shape):
    """(C, H, W), (C, W) or (N) as the driver's H W C."""
    return (1,) * (3 - len(shape)) + shape[1:] + shape[:1]


def close(name, ours, theirs):
    theirs = to_ours(theirs)
    worst = np.max(np.abs(ours.reshape(theirs.shape) - theirs)) / max(1, np.max(np.abs(theirs)))
    check(name, worst <= 1e-5, "worst difference %.2g" % worst)


def compare(item, shape, theirs, kept=None, pays=None):
    """theirs: a module or a function of x, and of what was kept; pays: of x, what each row is to pay. Shapes are of one row,
    as PyTorch has them."""
    tried.add(item.split()[0])
    if item.split()[0] not in NAMES:
        return
    name = "%s on %s" % (item, "x".join(str(side) for side in shape))
    inputs = [values(ROWS, *shape)] + ([values(ROWS, *kept)] if kept else [])
    weights = list(theirs.parameters()) if isinstance(theirs, nn.Module) else []
    with torch.no_grad():
        for weight in weights:
            weight.copy_(values(*weight.shape) / 3)
        states = [value for value in theirs.buffers() if value.ndim] if isinstance(theirs, nn.Module) else []
    y = theirs(*inputs)
    dy = values(*y.shape)
    paid = pays(inputs[0]) if pays else torch.zeros(0)
    ((y * dy.detach()).sum() + PENALTY_SCALE * paid.sum()).backward()
    given = b"".join(value.detach().numpy().tobytes() for value in weights + states)
    given += b"".join(to_ours(value).tobytes() for value in inputs + [dy])
    words = sides(shape) + (sides(kept) if kept else ())
    out = np.frombuffer(run(item, *words, data=given), "<f4")
    wanted = [("y", y)] + [("dx" if i == 0 else "dx2", value.grad) for i, value in enumerate(inputs)]
    ends = np.cumsum([value.numel() for _, value in wanted])
    parts = np.split(out, ends)
    for (what, value), ours in zip(wanted, parts):
        close("%s: %s" % (name, what), ours, value)
    at = ends[-1]
    for i, weight in enumerate(weights):  # as the file has them: not turned round
        ours, want = out[at:at + weight.numel()].reshape(weight.shape), weight.grad.numpy()
        worst = np.max(np.abs(ours - want)) / max(1, np.max(np.abs(want)))
        check("%s: gradient of parameter %d" % (name, i), worst <= 1e-5, "worst difference %.2g" % worst)
        at += weight.numel()
    if pays:
        close(name + ": what it pays", out[at:at + len(paid)], paid)
    at += len(paid)
    check(name + ": all that came was compared", at == len(out), "%d of %d" % (at, len(out)))


NAMES = run().decode().split()
IMAGES = [(3, 6, 5), (20, 3, 4), (16, 4, 3)]

for activation, module in ACTIVATIONS.items():
    for shape in [(29,)] + IMAGES[:2]:
        compare(activation, shape, module())
compare("dropout 0", (3, 6, 5), nn.Identity())
compare("dense 13", (29,), nn.Linear(29, 13))
compare("layernorm", (29,), nn.LayerNorm(29))

for shape in IMAGES:
    for k, s, p in ((2, 0, 0), (3, 2, 1), (3, 1, 0), (2, 1, 1), (1, 2, 0)):
        item = "pool k=%d s=%d p=%d" % (k, s, p)
        compare("max" + item, shape, nn.MaxPool2d(k, s or k, p))
        compare("avg" + item, shape, nn.AvgPool2d(k, s or k, p))
    for factor in (1, 2, 3):
        compare("up %d" % factor, shape, nn.Upsample(scale_factor=factor))
        smooth = nn.Upsample(scale_factor=factor, mode="bilinear", align_corners=False)
        compare("up %d bilinear=1" % factor, shape, smooth)
    compare("reflect", shape, nn.ReflectionPad2d(1))
    compare("reflect 2", shape, nn.ReflectionPad2d(2))
    compare("flatten", shape, nn.Flatten())
    compare("keep 1", shape, nn.Identity())
    compare("add 1", shape, torch.add, shape)
    for channels in (1, 5, 16):
        compare("recall 1", shape, lambda x, kept: kept + 0 * x.sum(), (channels,) + shape[1:])
        compare("concat 1", shape, lambda x, kept: torch.cat([x, kept], 1), (channels,) + shape[1:])
compare("maxpool 3 2 1", (5, 41), nn.MaxPool1d(3, 2, 1))
compare("avgpool 4", (5, 41), nn.AvgPool1d(4))
compare("up 3", (17, 9), nn.Upsample(scale_factor=3))
compare("up 2 bilinear=1", (17, 9), nn.Upsample(scale_factor=2, mode="linear", align_corners=False))
compare("concat 2", (17, 9), lambda x, kept: torch.cat([x, kept], 1), (3, 9))
compare("reflect 8", (17, 9), nn.ReflectionPad1d(8))
compare("flatten", (17, 9), nn.Flatten())
compare("unflatten 3 4 5", (60,), nn.Unflatten(1, (3, 4, 5)))
compare("unflatten 20 3 3", (180,), nn.Unflatten(1, (20, 3, 3)))
compare("shuffle 2", (12, 4, 3), nn.PixelShuffle(2))
compare("shuffle 3", (18, 2, 5), nn.PixelShuffle(3))
compare("shuffle 4", (32, 2, 3), nn.PixelShuffle(4))
compare("unshuffle 2", (5, 4, 6), nn.PixelUnshuffle(2))
compare("unshuffle 3", (2, 6, 9), nn.PixelUnshuffle(3))
for shape, groups in (((3, 6, 5), 1), ((20, 4, 6), 4), ((16, 7, 3), 8), ((6, 12, 12), 6), ((6, 31), 2)):
    compare("groupnorm %d" % groups, shape, nn.GroupNorm(groups, shape[0]))

for shape in IMAGES:
    compare("batchnorm", shape, nn.BatchNorm2d(shape[0]))
compare("batchnorm 0.001 0.5", (6, 31), nn.BatchNorm1d(6, 0.001, 0.5))
compare("batchnorm", (29,), nn.BatchNorm1d(29))

compare("conv 8 k=3 p=1", (3, 6, 5), nn.Conv2d(3, 8, 3, 1, 1))
compare("conv 20 k=3 s=2 p=1 d=1 g=1 bias=0", (4, 7, 8), nn.Conv2d(4, 20, 3, 2, 1, bias=False))
compare("conv 6 k=3 p=2 d=2 g=3", (9, 6, 7), nn.Conv2d(9, 6, 3, 1, 2, 2, 3))
compare("conv 1 k=5 p=2", (17, 5, 6), nn.Conv2d(17, 1, 5, 1, 2))
compare("conv1d 7 k=5 s=2 p=2", (3, 23), nn.Conv1d(3, 7, 5, 2, 2))
compare("deconv 5 k=4 s=2 p=1 op=0", (7, 4, 3), nn.ConvTranspose2d(7, 5, 4, 2, 1))
compare("deconv 6 k=3 s=2 p=1 op=1 g=2", (4, 3, 5), nn.ConvTranspose2d(4, 6, 3, 2, 1, 1, 2))
compare("deconv1d 5 k=4 s=2 p=1 op=0", (7, 9), nn.ConvTranspose1d(7, 5, 4, 2, 1))



def normal_divergence(x):
    """From the standard normal, of what the two halves say: means and logarithms of variances."""
    mean, variance = x.chunk(2, 1)
    named = torch.distributions.Normal(mean, torch.exp(variance / 2))
    return torch.distributions.kl_divergence(named, torch.distributions.Normal(0, 1)).sum(1)


def sample(item, width, beta):
    """What it draws is its own: found from a first run, at means of 0 and variances of 1."""
    given = b"".join(np.zeros((ROWS, n), "f4").tobytes() for n in (2 * width, width))
    drawn = torch.from_numpy(np.frombuffer(run(item, *sides((2 * width,)), data=given), "<f4")[:ROWS * width].reshape(ROWS, width).copy())
    good = abs(drawn.mean()) < 5 / drawn.numel() ** 0.5 and abs(drawn.std() - 1) < 4 / drawn.numel() ** 0.5
    check(item + ": draws are standard normal", bool(good), "mean %.2g, deviation %.2g" % (drawn.mean(), drawn.std()))

    def theirs(x):
        mean, variance = x.chunk(2, 1)
        return mean + torch.exp(variance / 2) * drawn

    compare(item, (2 * width,), theirs, pays=lambda x: beta * normal_divergence(x))


sample("sample", 13, 1)
sample("sample 4", 200, 4)
sample("sample beta=0.5 warmup=20", 64, 0.5 * 5 / 20)  # at step 5
for shape in [(29,)] + IMAGES[:2]:
    compare("l1 0.3", shape, nn.Identity(), pays=lambda x: 0.3 * x.abs().flatten(1).sum(1))



class Nearest(nn.Module):
    """vq in training, before the codebook follows: straight-through."""

    def __init__(self, codes, width):
        super().__init__()
        self.register_buffer("codebook", values(codes, width).detach() / 2)
        self.register_buffer("count", torch.ones(codes))
        self.register_buffer("sum", self.codebook.clone())

    def nearest(self, x):
        parts = torch.moveaxis(x, 1, -1).reshape(-1, self.codebook.shape[1])
        found = self.codebook[torch.cdist(parts.detach(), self.codebook).argmin(1)]
        return torch.moveaxis(found.reshape(torch.moveaxis(x, 1, -1).shape), -1, 1)

    def forward(self, x):
        return x + (self.nearest(x) - x).detach()


for item, shape, codes, width, beta in (("vq 16 4", (32,), 16, 4, 0.25), ("vq 70 beta=2 restart=0", (6, 4, 3), 70, 6, 2), ("vq 3 1", (29,), 3, 1, 0.25)):
    module = Nearest(codes, width)
    compare(item, shape, module, pays=lambda x: beta * ((x - module.nearest(x)) ** 2).flatten(1).sum(1))


def levels(counts):
    """fsq on vectors: the formulas of the paper's appendix A."""
    L = torch.tensor(counts, dtype=torch.float64)
    h, o, half = (L - 1) * (1 - 1e-3) / 2, (L % 2 == 0) / 2, torch.div(L, 2, rounding_mode="floor")

    def rounded(x):
        z = x.double().reshape(len(x), -1, len(counts))
        b = torch.tanh(z + torch.atanh(o / h)) * h - o
        return ((b + (b.round() - b).detach()) / half).reshape(x.shape).float()

    return rounded


compare("fsq", (29,), levels([8]))
compare("fsq 8 5 5 5", (32,), levels([8, 5, 5, 5]))
compare("fsq 3 6", (70,), levels([3, 6]))

def mean_divergence(target, weight):
    """What each row pays: all the same."""
    return lambda x: (weight * divergence(x.mean([0] + list(range(2, x.ndim))), target).sum()).expand(ROWS)


def nested(item, shape):
    """What it keeps is its own: found from a first run, of ones."""
    count = ROWS * int(np.prod(shape))
    given = np.ones(count, "f4").tobytes() * 2
    kept = np.frombuffer(run(item, *sides(shape), data=given), "<f4")[:count].reshape(ROWS, *shape[1:], shape[0])
    mask = torch.from_numpy(np.moveaxis(kept, -1, 1).copy())
    lengths = mask.flatten(2).amin(2).sum(1) if mask.ndim > 2 else mask.sum(1)
    ordered = bool((mask == (torch.arange(shape[0]) < lengths[:, None]).reshape(ROWS, -1, *[1] * (len(shape) - 1))).all())
    check(item + ": prefixes, of different lengths", ordered and len(set(lengths.tolist())) > 2 and lengths.min() >= 1)
    compare(item, shape, lambda x: x * mask)


for shape in [(29,)] + IMAGES[:2]:
    compare("kl_sparse 0.2 weight=3", shape, nn.Identity(), pays=mean_divergence(0.2, 3))
    nested("nested", shape)
    rising = torch.arange(shape[0]).reshape(-1, *[1] * (len(shape) - 1)) / shape[0]
    compare("ordered 0.3", shape, nn.Identity(), pays=lambda x: 0.3 * (rising * x ** 2).flatten(1).sum(1))
compare("topk 7", (29,), TopK(7))
compare("topk 11", (3, 6, 5), TopK(11))
compare("batch_topk 7", (29,), BatchTopK(7))
compare("batch_topk 11", (3, 6, 5), BatchTopK(11))

missing = [name for name in NAMES if name not in tried]
check("every layer type has a case here", not missing, " ".join(missing))
finish()
