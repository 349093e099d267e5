# SPDX-License-Identifier: Apache-2.0
"""What PyTorch's layers and functions are in a spec: one row a layer, and for each function the layer that it is."""

import operator
from collections.abc import Callable
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import nn

Shape = tuple[int, ...]  # of a row: (C, H, W), (C, T), (N)


class Refused(Exception):
    """Why a layer has no place in a spec: ends a sentence."""


class Layer(NamedTuple):
    """A layer of a spec, and of which of the module's tensors its own are made: {"weight": "weight"}. fixed: values of
    those that the module has none for."""

    spec: str
    names: dict[str, str] = {}
    fixed: dict[str, float] = {}


def _one(value: Any, what: str) -> int:
    """The number of (3, 3), or of 3."""
    values = tuple(value) if isinstance(value, (tuple, list)) else (value,)
    if len(set(values)) != 1:
        raise Refused(f"{what} alike along both sides is known, got {tuple(values)}")
    return int(values[0])


def _words(*pairs: tuple[str, Any, Any]) -> str:
    """Arguments that differ from their defaults: (name, value, default)."""
    return "".join(f" {name}={value!r}" for name, value, standard in pairs if value != standard)


def _owned(module: nn.Module, *names: str) -> tuple[dict[str, str], dict[str, float]]:
    """Which of these tensors the module has; a weight that it lacks is 1, a bias 0."""
    there = {name: name for name in names if getattr(module, name) is not None}
    return there, {name: float(name == "weight") for name in names if name not in there}


# ---- layers ---------------------------------------------------------------------------------------


def _linear(m: nn.Linear, x: Shape, y: Shape) -> list[Layer]:
    if len(x) != 1:
        raise Refused(f"vectors (n, {m.in_features}) are known, got rows of {x}")
    return [Layer(f"dense {m.out_features}", *_owned(m, "weight", "bias"))]


def _conv(m: Any, x: Shape, y: Shape) -> list[Layer]:
    dims = len(m.kernel_size)
    pad: Any = m.padding
    if isinstance(pad, str):
        k, d = _one(m.kernel_size, "a kernel"), _one(m.dilation, "dilation")
        if pad == "same" and k % 2 == 0:
            raise Refused(f"padding of the same size on both sides is known, got 'same' with a kernel of {k}")
        pad = d * (k - 1) // 2 if pad == "same" else 0
    padding, before = _one(pad, "padding"), []
    if padding and m.padding_mode == "reflect":
        before, padding = [Layer(f"reflect {padding}")], 0
    elif padding and m.padding_mode != "zeros":
        raise Refused(f"padding_mode zeros and reflect are known, got {m.padding_mode}")
    names, _ = _owned(m, "weight", "bias")
    words = _words(
        ("k", _one(m.kernel_size, "a kernel"), 3),
        ("s", _one(m.stride, "a stride"), 1),
        ("d", _one(m.dilation, "dilation"), 1),
        ("g", m.groups, 1),
        ("bias", int("bias" in names), 1),
    )
    return [*before, Layer(f"conv{'1d' if dims == 1 else ''} {m.out_channels} p={padding}{words}", names)]


def _deconv(m: Any, x: Shape, y: Shape) -> list[Layer]:
    names, _ = _owned(m, "weight", "bias")
    words = _words(
        ("k", _one(m.kernel_size, "a kernel"), 4),
        ("s", _one(m.stride, "a stride"), 2),
        ("d", _one(m.dilation, "dilation"), 1),
        ("g", m.groups, 1),
        ("bias", int("bias" in names), 1),
        ("op", _one(m.output_padding, "output_padding"), 0),
    )
    kind = "deconv1d" if len(m.kernel_size) == 1 else "deconv"
    return [Layer(f"{kind} {m.out_channels} p={_one(m.padding, 'padding')}{words}", names)]


def _batchnorm(m: Any, x: Shape, y: Shape) -> list[Layer]:
    if not m.track_running_stats:
        raise Refused("track_running_stats=True is known, got False")
    names, fixed = _owned(m, "weight", "bias")
    names = {**names, "running_mean": "running_mean", "running_var": "running_var"}
    if m.momentum is None:
        raise Refused("a momentum is known, got None, the mean over all batches")
    return [Layer("batchnorm" + _words(("eps", m.eps, 1e-5), ("momentum", m.momentum, 0.1)), names, fixed)]


def _groupnorm(m: Any, x: Shape, y: Shape) -> list[Layer]:
    return [
        Layer("groupnorm" + _words(("groups", m.num_groups, 8), ("eps", m.eps, 1e-5)), *_owned(m, "weight", "bias"))
    ]


def _instancenorm(m: Any, x: Shape, y: Shape) -> list[Layer]:
    if m.track_running_stats:
        raise Refused("track_running_stats=False is known, got True")
    return [
        Layer("groupnorm" + _words(("groups", m.num_features, 8), ("eps", m.eps, 1e-5)), *_owned(m, "weight", "bias"))
    ]


def _layernorm(m: nn.LayerNorm, x: Shape, y: Shape) -> list[Layer]:
    if len(x) != 1:
        raise Refused(f"vectors are known, got rows of {x}")
    return [Layer("layernorm" + _words(("eps", m.eps, 1e-5)), *_owned(m, "weight", "bias"))]


def _reshaped(m: Any, x: Shape, y: Shape) -> list[Layer]:
    """Flatten, Unflatten, view and their like: what they do is in the shapes."""
    if x == y:
        return []
    if len(y) == 1 and len(x) > 1:
        return [Layer("flatten")]
    if len(x) == 1 and len(y) in (2, 3):
        return [Layer("unflatten " + " ".join(map(str, y if len(y) == 3 else (y[0], 1, y[1]))))]
    raise Refused(f"images to vectors and back are known, got {x} to {y}")


def _pool(kind: str) -> Callable[[Any, Shape, Shape], list[Layer]]:
    def rule(m: Any, x: Shape, y: Shape) -> list[Layer]:
        k, p = _one(m.kernel_size, "a kernel"), _one(m.padding, "padding")
        s = _one(m.stride if m.stride is not None else m.kernel_size, "a stride")
        if m.ceil_mode and any(b != (a + 2 * p - k) // s + 1 for a, b in zip(x[1:], y[1:])):
            raise Refused("ceil_mode=False is known, got True")
        if _one(getattr(m, "dilation", 1), "dilation") != 1:
            raise Refused(f"a dilation of 1 is known, got {m.dilation}")
        if p and not getattr(m, "count_include_pad", True):
            raise Refused("count_include_pad=True is known, got False")
        if getattr(m, "divisor_override", None):
            raise Refused(f"the mean is known, got divisor_override={m.divisor_override}")
        return [Layer(kind + _words(("k", k, 2), ("s", 0 if s == k else s, 0), ("p", p, 0)))]

    return rule


def _adaptive(m: Any, x: Shape, y: Shape) -> list[Layer]:
    factors = [a // b for a, b in zip(x[1:], y[1:])]
    if any(a % b for a, b in zip(x[1:], y[1:])) or len(set(factors)) != 1:
        raise Refused(f"a size that divides both sides alike is known, got {x} to {y}")
    return [Layer(f"avgpool k={factors[0]}")]


def _upsample(m: nn.Upsample, x: Shape, y: Shape) -> list[Layer]:
    factors = {b / a for a, b in zip(x[1:], y[1:])}
    factor = next(iter(factors))
    if len(factors) != 1 or factor != int(factor):
        raise Refused(f"a whole factor along both sides is known, got {x} to {y}")
    if m.mode not in ("nearest", "nearest-exact", "bilinear", "linear") or m.align_corners:
        raise Refused(
            f"nearest, bilinear and linear with align_corners=False are known, got {m.mode}, "
            f"align_corners={m.align_corners}"
        )
    return [Layer("up" + _words(("factor", int(factor), 2), ("bilinear", int("linear" in m.mode), 0)))]


def _gelu(m: nn.GELU, x: Shape, y: Shape) -> list[Layer]:
    if getattr(m, "approximate", "none") != "none":
        raise Refused(f"the erf form is known, got approximate='{m.approximate}'")
    return [Layer("gelu")]


def _softplus(m: nn.Softplus, x: Shape, y: Shape) -> list[Layer]:
    if m.beta != 1:
        raise Refused(f"beta=1 is known, got {m.beta}")
    return [Layer("softplus")]


def _plain(spec: str) -> Callable[[Any, Shape, Shape], list[Layer]]:
    return lambda m, x, y: [Layer(spec)]


def _nothing(m: Any, x: Shape, y: Shape) -> list[Layer]:
    return []


RULES: dict[type, Callable[[Any, Shape, Shape], list[Layer]]] = {
    nn.Linear: _linear,
    nn.Conv1d: _conv,
    nn.Conv2d: _conv,
    nn.ConvTranspose1d: _deconv,
    nn.ConvTranspose2d: _deconv,
    nn.BatchNorm1d: _batchnorm,
    nn.BatchNorm2d: _batchnorm,
    nn.GroupNorm: _groupnorm,
    nn.LayerNorm: _layernorm,
    nn.InstanceNorm1d: _instancenorm,
    nn.InstanceNorm2d: _instancenorm,
    nn.Dropout: lambda m, x, y: [Layer(f"dropout p={m.p!r}")] if m.p else [],
    nn.Identity: _nothing,
    nn.ReLU: _plain("relu"),
    nn.SiLU: _plain("silu"),
    nn.Tanh: _plain("tanh"),
    nn.Sigmoid: _plain("sigmoid"),
    nn.LeakyReLU: lambda m, x, y: [Layer("leaky_relu" + _words(("slope", m.negative_slope, 0.01)))],
    nn.ELU: lambda m, x, y: [Layer("elu" + _words(("alpha", m.alpha, 1)))],
    nn.GELU: _gelu,
    nn.Softplus: _softplus,
    nn.Flatten: _reshaped,
    nn.Unflatten: _reshaped,
    nn.MaxPool1d: _pool("maxpool"),
    nn.MaxPool2d: _pool("maxpool"),
    nn.AvgPool1d: _pool("avgpool"),
    nn.AvgPool2d: _pool("avgpool"),
    nn.AdaptiveAvgPool1d: _adaptive,
    nn.AdaptiveAvgPool2d: _adaptive,
    nn.Upsample: _upsample,
    nn.UpsamplingNearest2d: _upsample,
    nn.PixelShuffle: lambda m, x, y: [Layer(f"shuffle {m.upscale_factor}")],
    nn.PixelUnshuffle: lambda m, x, y: [Layer(f"unshuffle {m.downscale_factor}")],
    nn.ReflectionPad1d: lambda m, x, y: [Layer(f"reflect {_one(m.padding, 'padding')}")],
    nn.ReflectionPad2d: lambda m, x, y: [Layer(f"reflect {_one(m.padding, 'padding')}")],
}


# ---- functions: the layer that each is ------------------------------------------------------------


def _pad(pad: Any, mode: str = "constant", value: Any = None) -> nn.Module:
    if not any(pad):
        return nn.Identity()
    if mode != "reflect":
        raise Refused(f"mode='reflect' is known, got '{mode}'")
    return nn.ReflectionPad1d(pad) if len(pad) == 2 else nn.ReflectionPad2d(pad)


def _interpolate(
    size: Any = None, scale_factor: Any = None, mode: str = "nearest", align_corners: Any = None, **_: Any
) -> nn.Module:
    return nn.Upsample(size, scale_factor, mode, align_corners)


def _reshape(*_: Any, **__: Any) -> nn.Module:
    return nn.Flatten()


def _is(kind: type[nn.Module]) -> Callable[..., nn.Module]:
    """Of a function whose arguments are those of the layer, but for inplace and training."""
    return lambda *args, inplace=False, training=False, **more: kind(*args, **more)


FUNCTIONS: dict[Any, Callable[..., nn.Module]] = {
    F.relu: _is(nn.ReLU),
    torch.relu: _is(nn.ReLU),
    torch.relu_: _is(nn.ReLU),
    "relu": _is(nn.ReLU),
    "relu_": _is(nn.ReLU),
    F.sigmoid: _is(nn.Sigmoid),
    torch.sigmoid: _is(nn.Sigmoid),
    "sigmoid": _is(nn.Sigmoid),
    "sigmoid_": _is(nn.Sigmoid),
    F.tanh: _is(nn.Tanh),
    torch.tanh: _is(nn.Tanh),
    "tanh": _is(nn.Tanh),
    "tanh_": _is(nn.Tanh),
    F.leaky_relu: _is(nn.LeakyReLU),
    F.elu: _is(nn.ELU),
    F.gelu: _is(nn.GELU),
    F.silu: _is(nn.SiLU),
    F.softplus: _is(nn.Softplus),
    F.dropout: lambda p=0.5, *_, **__: nn.Dropout(p),
    torch.dropout: lambda p, *_, **__: nn.Dropout(p),
    F.max_pool1d: _is(nn.MaxPool1d),
    F.max_pool2d: _is(nn.MaxPool2d),
    torch.max_pool2d: _is(nn.MaxPool2d),
    F.avg_pool1d: _is(nn.AvgPool1d),
    F.avg_pool2d: _is(nn.AvgPool2d),
    F.adaptive_avg_pool1d: _is(nn.AdaptiveAvgPool1d),
    F.adaptive_avg_pool2d: _is(nn.AdaptiveAvgPool2d),
    F.interpolate: _interpolate,
    F.upsample: _interpolate,
    F.pixel_shuffle: _is(nn.PixelShuffle),
    F.pixel_unshuffle: _is(nn.PixelUnshuffle),
    F.pad: _pad,
    torch.flatten: _reshape,
    torch.reshape: _reshape,
    "flatten": _reshape,
    "reshape": _reshape,
    "view": _reshape,
    "unflatten": _reshape,
    "view_as": _reshape,
    "reshape_as": _reshape,
    torch.squeeze: _reshape,
    "squeeze": _reshape,
    torch.unsqueeze: _reshape,
    "unsqueeze": _reshape,
    "contiguous": lambda *_, **__: nn.Identity(),
    "clone": lambda *_, **__: nn.Identity(),
    "float": lambda: nn.Identity(),
}
# Of two values: how they are joined.
ADD, SUBTRACT, CONCAT = "add", "subtract", "concat"
JOINS: dict[Any, str] = {
    operator.add: ADD,
    operator.iadd: ADD,
    torch.add: ADD,
    "add": ADD,
    "add_": ADD,
    operator.sub: SUBTRACT,
    operator.isub: SUBTRACT,
    torch.sub: SUBTRACT,
    torch.subtract: SUBTRACT,
    "sub": SUBTRACT,
    torch.cat: CONCAT,
    getattr(torch, "concat", torch.cat): CONCAT,
    getattr(torch, "concatenate", torch.cat): CONCAT,
}


def known() -> str:
    """What can be translated, for sentences."""
    return ", ".join(kind.__name__ for kind in RULES) + ", their functions, x + y, x - y and torch.cat"
