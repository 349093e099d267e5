# SPDX-License-Identifier: Apache-2.0
"""PyTorch on images: single layers, training steps of convolutional autoencoders, large images through a network.

Networks are read from the specs that Hourglass is given, so both have the same layers."""
import torch
from torch import nn
from torch.nn import functional as F

from conv_cases import IMAGES, LAYERS, PASSES, SCENES
from worker import best_of, seconds_of

LAYOUT = {"channels last": torch.channels_last, "default layout": torch.contiguous_format}
NONLINEAR = {"relu": nn.ReLU, "sigmoid": nn.Sigmoid, "silu": nn.SiLU, "gelu": nn.GELU, "tanh": nn.Tanh}


# ---- one layer ------------------------------------------------------------------------------------

def layer_job(case, direction, layout):
    def make(threads):
        torch.set_num_threads(threads)
        images = 1 if direction == "forward" else threads
        transposed = case.kind == "deconv"
        padding = (case.kernel - case.stride) // 2 if transposed else (case.kernel - 1) // 2
        kind = nn.ConvTranspose2d if transposed else nn.Conv2d
        layer = kind(case.inputs, case.outputs, case.kernel, case.stride, padding).to(memory_format=LAYOUT[layout])
        x = torch.rand(images, case.inputs, case.side, case.side).to(memory_format=LAYOUT[layout])
        with torch.inference_mode():
            dy = torch.rand_like(layer(x))
        wanted = (False, False, False) if direction == "forward" else (direction == "data", direction == "weights", direction == "weights")

        @torch.inference_mode()
        def once():
            if direction == "forward":
                layer(x)
            else:
                torch.ops.aten.convolution_backward(dy, x, layer.weight, [case.outputs], [case.stride] * 2, [padding] * 2, [1, 1],
                                                    transposed, [0, 0], 1, wanted)

        return lambda: best_of(once) / images
    return make


# ---- networks from specs --------------------------------------------------------------------------

class Keep:
    def __init__(self, slot):
        self.slot = slot


class Take(Keep):
    def __init__(self, kind, slot):
        super().__init__(slot)
        self.join = torch.add if kind == "add" else lambda a, b: torch.cat((a, b), 1)


class Network(nn.Module):
    """conv, deconv, dense, upsample (nearest), maxpool, avgpool, keep/add/concat and activations of a spec, for (C, H, W)."""

    def __init__(self, spec, shape):
        super().__init__()
        self.steps, self.parts = [], nn.ModuleList()
        x, kept, before = torch.zeros(1, *shape), {}, []
        for item in spec.replace("|", ",").split(","):
            for words in self.split(item.split()):
                step, made = self.make(words, x, shape, before)
                before += made
                x = self.run(step, x, kept)
                self.steps.append(step)

    @staticmethod
    def split(words):
        """An item is a layer and, behind it, activations that take no arguments."""
        first = [word for word in words if word == words[0] or word not in NONLINEAR]
        return [first] + [[word] for word in words[1:] if word in NONLINEAR]

    def add(self, part):
        self.parts.append(part)
        return part

    def make(self, words, x, shape, before):
        kind, plain, named = words[0], [w for w in words[1:] if w[0].isdigit() or w in ("like", "input")], words[1:]
        option = {w[0]: int(w[1:]) for w in named if len(w) > 1 and w[0] in "ksg" and w[1:].isdigit()}
        k, s = option.get("k", 3), option.get("s", 1)
        channels = {"input": shape[0]}.get(plain[0], None) if plain else None
        if kind in ("conv", "deconv"):
            x = self.as_image(x, before)
            before_flat = x.shape[1:]
            channels = channels or int(plain[0])
            part = (nn.Conv2d(x.shape[1], channels, k, s, (k - 1) // 2) if kind == "conv"
                    else nn.ConvTranspose2d(x.shape[1], channels, k, s, (k - s) // 2))
            return (lambda y, part=self.add(part), size=before_flat: part(y.reshape(-1, *size) if y.dim() == 2 else y)), [before_flat]
        if kind == "dense":
            units = self.flat(before[-1]) if plain[0] == "like" else int(plain[0])
            part = self.add(nn.Linear(x[0].numel(), units))
            image = [tuple(x.shape[1:])] if x.dim() == 4 else []
            return (lambda y: part(y.flatten(1))), image
        if kind in NONLINEAR:
            return self.add(NONLINEAR[kind]()), []
        if kind == "keep":
            return Keep(plain[0]), []
        if kind in ("add", "concat"):
            return Take(kind, plain[0]), []
        factor = int(plain[0]) if plain else 2
        rest = {"upsample": lambda y: F.interpolate(y, scale_factor=factor), "maxpool": lambda y: F.max_pool2d(y, factor),
                "avgpool": lambda y: F.avg_pool2d(y, factor)}
        return rest[kind], []

    @staticmethod
    def flat(size):
        return size[0] * size[1] * size[2]

    def as_image(self, x, before):
        """A flat row goes back to the image it was flattened from."""
        if x.dim() == 4:
            return x
        return x.reshape(-1, *next(size for size in reversed(before) if self.flat(size) == x.shape[1]))

    @staticmethod
    def run(step, x, kept):
        if isinstance(step, Take):
            return step.join(x, kept[step.slot])
        if isinstance(step, Keep):
            kept[step.slot] = x
            return x
        return step(x)

    def forward(self, x):
        kept = {}
        for step in self.steps:
            x = self.run(step, x, kept)
        return x


# ---- training -------------------------------------------------------------------------------------

def training_job(scene, layout, compiled):
    def make(threads):
        torch.set_num_threads(threads)
        model, loss = Network(scene.spec, scene.shape).to(memory_format=LAYOUT[layout]), nn.MSELoss()
        optimiser = torch.optim.Adam(model.parameters(), 1e-3, fused=True)
        rows = torch.randint(0, 256, (scene.rows, *scene.shape), dtype=torch.uint8).to(memory_format=LAYOUT[layout])

        def forward(bytes_now):
            x = bytes_now.float() * (1 / 255)
            return loss(model(x), x)

        run = torch.compile(forward) if compiled else forward

        def epoch():
            total, order = 0.0, torch.randperm(scene.rows)
            for first in range(0, scene.rows, scene.batch):
                optimiser.zero_grad(set_to_none=True)
                value = run(rows[order[first:first + scene.batch]])
                value.backward()
                optimiser.step()
                total += value.item()
            return total

        epoch()
        return lambda: min(seconds_of(epoch, scene.rows // scene.batch) for _ in range(3))
    return make


# ---- one large image ------------------------------------------------------------------------------

def image_job(image, layout, compiled, dtype=torch.float32):
    def make(threads):
        torch.set_num_threads(threads)
        model = Network(image.spec(), (image.channels, image.side, image.side)).eval().to(dtype=dtype, memory_format=LAYOUT[layout])
        x = torch.rand(1, image.channels, image.side, image.side).to(dtype=dtype, memory_format=LAYOUT[layout])
        run = torch.compile(model) if compiled else model

        @torch.inference_mode()
        def once():
            run(x)

        once()
        return lambda: best_of(once, image.repeat)
    return make


JOBS = {}
for one in LAYERS:
    for way in PASSES:
        for how in LAYOUT:
            JOBS["%s %s: eager, %s" % (one.name, way, how)] = layer_job(one, way, how)
for one in SCENES:
    for how in LAYOUT:
        JOBS["%s: eager, %s" % (one.name, how)] = training_job(one, how, False)
        JOBS["%s: compile, %s" % (one.name, how)] = training_job(one, how, True)
for one in IMAGES:
    for how in LAYOUT:
        JOBS["%s: eager, %s" % (one.name, how)] = image_job(one, how, False)
        JOBS["%s: compile, %s" % (one.name, how)] = image_job(one, how, True)
    JOBS["%s: eager, channels last, bf16" % one.name] = image_job(one, "channels last", False, torch.bfloat16)
    JOBS["%s: compile, channels last, bf16" % one.name] = image_job(one, "channels last", True, torch.bfloat16)
