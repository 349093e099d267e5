# SPDX-License-Identifier: Apache-2.0
"""A network of ours as an nn.Module: a torch layer for each layer of the spec, under the names that the file has."""

from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from ._errors import ModelError
from ._lib import lib, sized, text


class Keep(nn.Module):
    """Remembers what goes through it for what takes it up again."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x


class Join(nn.Module):
    """add, concat or recall: x, and what the Keep at `source` (side, number) saw."""

    def __init__(self, kind: str, source: tuple[str, int], is_set: bool):
        super().__init__()
        self.kind, self.source, self.is_set = kind, source, is_set

    def extra_repr(self) -> str:
        return f"{self.kind}, of {self.source[0]}.{self.source[1]}"

    def forward(self, x: torch.Tensor, kept: torch.Tensor) -> torch.Tensor:
        if self.kind == "recall":
            return kept
        if self.kind == "add":
            return kept - x if self.is_set else x + kept
        return torch.cat([kept, x] if self.is_set else [x, kept], 1)


class Sample(nn.Module):
    """A code drawn from means and log variances, half of the inputs each; outside training the means."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        mean, log_variance = x.chunk(2, 1)
        return mean + torch.randn_like(mean) * (0.5 * log_variance).exp() if self.training else mean


class Nearest(nn.Module):
    """Each vector as the nearest of a codebook that stays as it is; gradients go past it (straight-through)."""

    def __init__(self, codes: int, width: int):
        super().__init__()
        self.register_buffer("codebook", torch.zeros(codes, width))
        self.register_buffer("count", torch.zeros(codes))
        self.register_buffer("sum", torch.zeros(codes, width))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        moved = x.movedim(1, -1)
        parts = moved.detach().reshape(-1, self.codebook.shape[1])
        nearest = (parts @ self.codebook.T - self.codebook.square().sum(1) / 2).argmax(1)
        near = self.codebook[nearest].reshape(moved.shape).movedim(-1, 1)
        return x + (near - x).detach()


class Levels(nn.Module):
    """Each number rounded to one of so many levels, which take turns along the channels (FSQ, straight-through)."""

    def __init__(self, levels: list[int]):
        super().__init__()
        self.levels = levels

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        moved = x.movedim(1, -1).double()
        count = torch.tensor(self.levels, dtype=torch.float64, device=x.device)
        half, offset = (count - 1) * (1 - 1e-3) / 2, (count % 2 == 0) / 2
        parts = moved.reshape(*moved.shape[:-1], -1, len(self.levels))
        bounded = half * torch.tanh(parts + torch.atanh(offset / half)) - offset
        rounded = bounded + ((bounded + 0.5).floor() - bounded).detach()
        return (rounded / (count / 2).floor()).reshape(moved.shape).movedim(-1, 1).to(x.dtype)


class TopK(nn.Module):
    """The k largest numbers of each row, the others 0; of equal ones the first."""

    def __init__(self, k: int):
        super().__init__()
        self.k = k

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        flat = _as_vector(x, x.ndim > 2)
        at = torch.sort(flat, dim=1, descending=True, stable=True).indices[:, : self.k]
        kept = torch.zeros_like(flat).scatter(1, at, flat.gather(1, at))
        return kept.reshape(x.movedim(1, -1).shape).movedim(-1, 1) if x.ndim > 2 else kept.reshape(x.shape)


class BatchTopK(nn.Module):
    """The k times rows largest numbers of a batch, the others 0; outside training what is not below the threshold, which follows
    the least that stayed."""

    def __init__(self, k: int, momentum: float):
        super().__init__()
        self.k, self.momentum = k, momentum
        self.register_buffer("threshold", torch.zeros(1))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if not self.training:
            return x * (x >= self.threshold)
        flat = x.flatten()
        at = flat.argsort(descending=True, stable=True)[: self.k * len(x)]
        with torch.no_grad():
            self.threshold += self.momentum * (flat[at[-1]] - self.threshold)
        return torch.zeros_like(flat).scatter(0, at, flat[at]).reshape(x.shape)


class Nested(nn.Module):
    """In training each row keeps a prefix of its numbers (of its channels), drawn evenly, or, a share `whole` of the rows, all;
    else all are kept, or the first `prefix`."""

    def __init__(self, whole: float, prefix: int):
        super().__init__()
        self.whole, self.prefix = whole, prefix

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        channels = x.shape[1]
        lengths = torch.full((len(x),), self.prefix or channels, device=x.device)
        if self.training:
            drawn = torch.randint(1, channels + 1, lengths.shape, device=x.device)
            is_whole = torch.rand(lengths.shape, device=x.device) < self.whole
            lengths = torch.where(is_whole, torch.full_like(drawn, channels), drawn)
        kept = torch.arange(channels, device=x.device) < lengths[:, None]
        return x * kept.reshape(*kept.shape, *[1] * (x.ndim - 2))


class ImageNorm(nn.LayerNorm):
    """Layer norm of whole images: weight and bias (H W C), in the network's order."""

    def __init__(self, shape: tuple[int, ...], eps: float):
        height, width, channels = (1, *shape)[-3:]
        super().__init__(height * width * channels, eps)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        moved = x.movedim(1, -1)
        return super().forward(moved.flatten(1)).reshape(moved.shape).movedim(-1, 1)


def _as_vector(x: torch.Tensor, has_channels: bool) -> torch.Tensor:
    """Pixel by pixel, as the network's own rows are."""
    return x.movedim(1, -1).flatten(1) if has_channels else x.flatten(1)


class Network(nn.Module):
    """A model's network: nn.Sequentials `encoder` and `decoder`, or `body` where there is no neck. Rows are PyTorch's:
    (n, C, H, W), signals (n, C, T), vectors (n, N)."""

    def __init__(
        self, sides: dict[str, list[nn.Module]], flattens: dict[tuple[str, int], bool], image: tuple[int, ...] | None
    ):
        """flattens: places of layers that take images as vectors, and whether of several channels; image: (H, W, C)
        that a vector which comes out is compared with."""
        super().__init__()
        for name, layers in sides.items():
            self.add_module(name, nn.Sequential(*layers))
        self._sides, self._flattens, self._image = tuple(sides), flattens, image

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        kept: dict[tuple[str, int], torch.Tensor] = {}
        for side in self._sides:
            x = self._walk(side, x, kept)
        if self._image and self._image[-1] == 1:
            return x.reshape(-1, 1, *self._image[:-1])
        return x.reshape(-1, *self._image).movedim(-1, 1) if self._image else x

    def encode(self, x: torch.Tensor) -> torch.Tensor:
        return self._walk(self._sides[0], x, {})

    def decode(self, code: torch.Tensor) -> torch.Tensor:
        return self._walk(self._sides[-1], code, {})

    def _walk(self, side: str, x: torch.Tensor, kept: dict[tuple[str, int], torch.Tensor]) -> torch.Tensor:
        for i, layer in enumerate(getattr(self, side)):
            if isinstance(layer, Join):
                x = layer(x, kept[layer.source])
                continue
            if (side, i) in self._flattens:
                x = _as_vector(x, self._flattens[side, i])
            x = layer(x)
            if isinstance(layer, Keep):
                kept[side, i] = x
        return x


# ---- one of each --------------------------------------------------------------------------------


def _standards() -> dict[str, list[tuple[str, float | None]]]:
    """Of each layer its arguments with their defaults, from the library's table."""
    found: dict[str, list[tuple[str, float | None]]] = {}
    row, i = sized("hg_word_info"), 0
    while lib.hg_word_at(b"model", i, row):
        if text(row.list) == "layers":
            pairs = [word.partition("=") for word in text(row.takes).split()]
            found[text(row.name)] = [(name, float(value) if value else None) for name, _, value in pairs]
        i += 1
    return found


def arguments(spec: str, standards: dict[str, list[tuple[str, float | None]]]) -> dict[str, float]:
    """The arguments of a layer: "conv 16 k=3" has channels, k and all its defaults."""
    kind, *words = spec.split()
    given = {name: value for name, value in standards[kind] if value is not None}
    names = [name for name, _ in standards[kind]]
    for i, word in enumerate(words):
        name, equals, value = word.rpartition("=")
        given[name if equals else names[i]] = float(value)
    return given


class _Making:
    """What is known while a layer is made: its arguments, what comes in, whether rows are signals (n, C, T)."""

    def __init__(self, spec: str, a: dict[str, float], shape: tuple[int, ...], out: tuple[int, ...], is_signal: bool):
        self.spec, self.a, self.shape, self.out, self.is_signal = spec, a, shape, out, is_signal
        self.channels = shape[-1] if len(shape) != 2 or is_signal else 1
        self.features = 1
        for size in shape:
            self.features *= size
        self.is_line = len(shape) == 3 and shape[0] == 1

    def whole(self, name: str) -> int:
        return int(self.a[name])

    def pick(self, of_signals: Any, of_images: Any) -> Any:
        return of_signals if self.is_signal else of_images

    def window(self, name: str, flat: int) -> Any:
        """Along both sides of an image; of one line along it only."""
        return (flat, self.whole(name)) if self.is_line and not self.is_signal else self.whole(name)


def _conv(m: _Making, of_signals: Any, of_images: Any) -> nn.Module:
    span = m.whole("d") * (m.whole("k") - 1)
    padding = m.whole("p") if m.whole("p") >= 0 else span // 2
    return m.pick(of_signals, of_images)(
        m.channels,
        m.whole("channels"),
        m.whole("k"),
        m.whole("s"),
        padding,
        m.whole("d"),
        m.whole("g"),
        bool(m.a["bias"]),
    )


def _deconv(m: _Making, of_signals: Any, of_images: Any) -> nn.Module:
    span = m.whole("d") * (m.whole("k") - 1)
    rest = span + 1 - m.whole("s")
    padding = m.whole("p") if m.whole("p") >= 0 else max(0, (rest + 1) // 2)
    more = m.whole("op") if m.whole("op") >= 0 else 2 * padding - rest if m.whole("p") < 0 else 0
    return m.pick(of_signals, of_images)(
        m.channels,
        m.whole("channels"),
        m.whole("k"),
        m.whole("s"),
        padding,
        more,
        m.whole("g"),
        bool(m.a["bias"]),
        m.whole("d"),
    )


def _pool(m: _Making, of_signals: Any, of_images: Any) -> nn.Module:
    stride = m.window("s", 1) if m.whole("s") else m.window("k", 1)
    return m.pick(of_signals, of_images)(m.window("k", 1), stride, m.window("p", 0))


def _up(m: _Making) -> nn.Module:
    factor = (1.0, m.a["factor"]) if m.is_line and not m.is_signal else m.a["factor"]
    mode = m.pick("linear", "bilinear") if m.a["bilinear"] else "nearest"
    return nn.Upsample(scale_factor=factor, mode=mode, align_corners=False if m.a["bilinear"] else None)


def _reflect(m: _Making) -> nn.Module:
    by = m.whole("by")
    return nn.ReflectionPad1d(by) if m.is_signal else nn.ReflectionPad2d((by, by, 0, 0) if m.is_line else by)


def _unflatten(m: _Making) -> nn.Module:
    channels, height, width = m.whole("C"), m.whole("H"), m.whole("W")
    return nn.Unflatten(1, (channels, height * width) if m.is_signal else (channels, height, width))


def _batchnorm(m: _Making) -> nn.Module:
    kind = nn.BatchNorm1d if m.is_signal or len(m.shape) == 1 else nn.BatchNorm2d
    return kind(m.channels, m.a["eps"], m.a["momentum"])


def _vq(m: _Making) -> nn.Module:
    return Nearest(m.whole("codes"), m.whole("width") or m.channels)


def _fsq(m: _Making) -> nn.Module:
    return Levels([int(m.a[name]) for name in ("levels", "l2", "l3", "l4") if m.a[name]])


MAKERS: dict[str, Callable[[_Making], nn.Module]] = {
    "dense": lambda m: nn.Linear(m.features, m.whole("units")),
    "conv": lambda m: _conv(m, nn.Conv2d, nn.Conv2d),
    "conv1d": lambda m: _conv(m, nn.Conv1d, nn.Conv1d),
    "deconv": lambda m: _deconv(m, nn.ConvTranspose2d, nn.ConvTranspose2d),
    "deconv1d": lambda m: _deconv(m, nn.ConvTranspose1d, nn.ConvTranspose1d),
    "layernorm": lambda m: (
        nn.LayerNorm(m.features, m.a["eps"]) if len(m.shape) == 1 else ImageNorm(m.shape, m.a["eps"])
    ),
    "groupnorm": lambda m: nn.GroupNorm(m.whole("groups"), m.channels, m.a["eps"]),
    "batchnorm": _batchnorm,
    "dropout": lambda m: nn.Dropout(m.a["p"]),
    "sample": lambda m: Sample(),
    "l1": lambda m: nn.Identity(),
    "vq": _vq,
    "fsq": _fsq,
    "contractive": lambda m: nn.Identity(),
    "kl_sparse": lambda m: nn.Identity(),
    "ordered": lambda m: nn.Identity(),
    "topk": lambda m: TopK(m.whole("k")),
    "batch_topk": lambda m: BatchTopK(m.whole("k"), m.a["momentum"]),
    "nested": lambda m: Nested(m.a["whole"], m.whole("prefix")),
    "linear": lambda m: nn.Identity(),
    "relu": lambda m: nn.ReLU(),
    "leaky_relu": lambda m: nn.LeakyReLU(m.a["slope"]),
    "elu": lambda m: nn.ELU(m.a["alpha"]),
    "gelu": lambda m: nn.GELU(),
    "silu": lambda m: nn.SiLU(),
    "tanh": lambda m: nn.Tanh(),
    "sigmoid": lambda m: nn.Sigmoid(),
    "softplus": lambda m: nn.Softplus(),
    "flatten": lambda m: nn.Flatten(),
    "unflatten": _unflatten,
    "keep": lambda m: Keep(),
    "maxpool": lambda m: _pool(m, nn.MaxPool1d, nn.MaxPool2d),
    "avgpool": lambda m: _pool(m, nn.AvgPool1d, nn.AvgPool2d),
    "up": _up,
    "shuffle": lambda m: nn.PixelShuffle(m.whole("factor")),
    "unshuffle": lambda m: nn.PixelUnshuffle(m.whole("factor")),
    "reflect": _reflect,
}
JOINS = {"add": "minus", "concat": "first", "recall": ""}


def build(model: Any) -> Network:
    """The network of a Model, with fresh weights."""
    standards, layers = _standards(), model.layers
    is_signal = any(layer.type.endswith("1d") for layer in layers)
    sides: dict[str, list[nn.Module]] = {}
    keeps: list[list[Any]] = []  # slot, place, how often it was taken up
    flattens: dict[tuple[str, int], bool] = {}
    shape = model.shape
    for layer in layers:
        a = arguments(layer.spec, standards)
        if layer.type in JOINS:
            made: nn.Module = Join(layer.type, _taken_up(keeps, a["slot"]), bool(a.get(JOINS[layer.type])))
        elif layer.type in MAKERS:
            made = MAKERS[layer.type](_Making(layer.spec, a, shape, layer.shape, is_signal))
        else:
            raise ModelError(f"as_module: {layer.side}.{layer.number}: there is no module for '{layer.spec}'")
        if layer.type == "keep":
            keeps.append([a["slot"], (layer.side, layer.number), 0])
        if layer.type == "dense" and len(shape) > 1:
            flattens[layer.side, layer.number] = len(shape) == 3 and shape[-1] > 1
        sides.setdefault(layer.side, []).append(made)
        shape = layer.shape
    is_vector = len(shape) == 1 < len(model.shape)
    image = (*model.shape, 1) if len(model.shape) == 2 and not is_signal else model.shape
    return Network(sides, flattens, image if is_vector else None)


def _taken_up(keeps: list[list[Any]], slot: float) -> Any:
    """The place of the keep that a layer takes from: of this slot the nearest that nobody takes from yet, else the
    nearest."""
    mine = [keep for keep in reversed(keeps) if keep[0] == slot]
    found = next((keep for keep in mine if keep[2] == 0), mine[0])
    found[2] += 1
    return found[1]
