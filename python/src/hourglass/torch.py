# SPDX-License-Identifier: Apache-2.0
"""PyTorch, both ways: modules as models, models as modules, weights under the names of either.

    model = hourglass.from_torch(net, example)      # trains, scores and ships here
    net.load_state_dict(hourglass.torch.state_dict(model))
    net = hourglass.torch.as_module("model.safetensors")
"""

import json
import os
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

from . import _arrays, _safetensors
from ._errors import ModelError, UsageError
from ._layout import module_of
from ._lib import check, lib, new_error
from ._torch_modules import Network, build
from ._torch_trace import Item, Line, Shape, spec_of, trace
from .model import Model

__all__ = ["Network", "as_module", "from_torch", "load_state_dict", "save_state_dict", "state_dict"]

COUNT = ".num_batches_tracked"
CLOSE = 1e-3  # outputs beside the largest of them: what is further off was misunderstood


# ---- from PyTorch ---------------------------------------------------------------------------------


def from_torch(module: torch.nn.Module, example: torch.Tensor) -> Model:
    """The module as a Model with the same weights, bit for bit: reconstruct, score, encode, fit and save take and give
    rows as the module does, images (n, C, H, W).

    example: a batch (n, ...) as the module takes it; its first row is enough. The encoder is what comes before the
    attribute `decoder` of a module that has `encoder` and `decoder`, else what comes before the narrowest place where
    nothing leads around it. docs/PYTORCH.md lists the layers. Raises ModelError, which names what has no place in a
    spec."""
    if not isinstance(example, torch.Tensor) or not 2 <= example.dim() <= 4 or len(example) < 1:
        raise UsageError("from_torch: example: expected a tensor (n, N), (n, C, T) or (n, C, H, W)")
    rows = example[:1].detach().repeat(3, *[1] * (example.dim() - 1))  # so that what is a row and what is not is seen
    shape: Shape = tuple(rows.shape[1:])
    graph = trace(module, rows)
    line = Line(graph)
    output, out_shape = _output(graph, rows)
    line.walk(line.source(output))
    _same_order(line.items, shape, out_shape)
    if not line.items:
        raise ModelError("from_torch: expected a module with a layer, got none")
    items, cut = line.finish(line.cut(int(np.prod(shape)), lambda name: hasattr(module, name)))
    model = Model.new(spec_of(items, cut), _own(shape))
    _take_weights(model, items, module, {"input": list(shape), "output": list(out_shape)})
    _compare(model, output.meta["result"], rows)
    return model


def _own(shape: Shape) -> tuple[int, ...]:
    """A row as the network has it: channels last, a signal as an image of one line."""
    return shape if len(shape) == 1 else (*(1,) * (3 - len(shape)), *shape[1:], shape[0])


def _output(graph: Any, rows: torch.Tensor) -> tuple[Any, Shape]:
    """The node whose value comes out, and its row; of several the one that is like what goes in."""
    given = next(node for node in graph.graph.nodes if node.op == "output").args[0]
    listed = (
        list(given.values())
        if isinstance(given, dict)
        else list(given)
        if isinstance(given, (tuple, list))
        else [given]
    )
    nodes = [node for node in listed if isinstance(getattr(node, "meta", {}).get("result"), torch.Tensor)]
    like = [node for node in nodes if node.meta["result"].shape == rows.shape] if len(nodes) > 1 else nodes
    if len(like) != 1:
        raise ModelError(
            f"from_torch: forward(): expected one tensor that is like its input as output, got {len(listed)} values"
        )
    return like[0], tuple(like[0].meta["result"].shape[1:])


def _same_order(items: list[Item], shape: Shape, out_shape: Shape) -> None:
    """Rows that go in and come out are compared number by number: where one is a vector and the other an image of
    several channels, the last layer brings them into one order."""
    from ._torch_rules import Layer

    if len(shape) > 1 and len(out_shape) == 1 and shape[0] > 1:
        items.append(Item(Layer("unflatten " + " ".join(map(str, (shape[0], *(1,) * (3 - len(shape)), *shape[1:]))))))
    elif len(shape) == 1 and len(out_shape) > 1 and out_shape[0] > 1:
        items.append(Item(Layer("flatten")))


def _take_weights(model: Model, items: list[Item], module: torch.nn.Module, shapes: dict[str, Any]) -> None:
    state = module.state_dict()
    own: dict[str, str] = {}  # the module's names, and ours
    values: dict[str, np.ndarray] = {}
    tensors = model.tensors
    if len(model.layers) != len(items):
        raise ModelError(f"from_torch: expected {len(items)} layers, got {model.spec}")
    for item, layer in zip(items, model.layers):
        for name, theirs in item.layer.names.items():
            key = f"{item.path}.{theirs}".lstrip(".")
            if key not in state or state[key].dtype is not torch.float32:
                got = state[key].dtype if key in state else "none of that name in its state_dict()"
                raise ModelError(f"from_torch: '{key}': expected a tensor of float32, got {got}")
            own[key] = f"{layer.side}.{layer.number}.{name}"
            values[own[key]] = state[key].detach().cpu().numpy()
        for name, value in item.layer.fixed.items():
            ours = f"{layer.side}.{layer.number}.{name}"
            values[ours] = np.full_like(tensors[ours], value)
    names: dict[str, Any] = {}
    for key, value in state.items():
        if key not in own and not key.endswith(COUNT):
            raise ModelError(
                f"from_torch: '{key}': expected all tensors of the module to be in what forward() does, "
                "got one that is not"
            )
        names[key] = own[key] if key in own else int(value)
    _not_shared(state)
    model.set_tensors(values)
    _tell(model, {"class": type(module).__name__, "layout": "channels_first", "names": names, **shapes})


def _not_shared(state: Mapping[str, torch.Tensor]) -> None:
    owners: dict[int, str] = {}
    for key, value in state.items():
        if value.numel() and owners.setdefault(value.data_ptr(), key) != key:
            raise ModelError(
                f"from_torch: '{key}': expected a tensor of its own, got that of '{owners[value.data_ptr()]}': "
                "weights that two layers share are unknown here"
            )


def _tell(model: Model, told: dict[str, Any]) -> None:
    """Keeps in the model what is known of the module."""
    error, weights = new_error(), model._weights.copy()
    check(lib.hg_model_set_module(weights.pointer, json.dumps(told).encode(), error), error)
    model._weights = weights.copy()


def _compare(model: Model, wanted: torch.Tensor, rows: torch.Tensor) -> None:
    want, got = wanted.detach().cpu().numpy(), model.reconstruct(rows.cpu())
    far = float(np.abs(got - want).max())
    if not far <= CLOSE * max(1.0, float(np.abs(want).max())):
        raise ModelError(
            f"from_torch: expected the module's outputs of the example, got others by {far:.3g}: {model.spec}"
        )


# ---- to PyTorch -----------------------------------------------------------------------------------


def as_module(model: Model | str | os.PathLike) -> Network:
    """The network of a Model, or of a model's file or folder, as an nn.Module with its weights, in eval mode:
    nn.Sequentials `encoder` and `decoder` (`body` where there is no neck), and encode() and decode(). state_dict() has
    the names of the file. Rows are PyTorch's: images (n, C, H, W), signals (n, C, T), vectors (n, N)."""
    model = model if isinstance(model, Model) else Model.load(model)
    network = build(model)
    state = {name: torch.from_numpy(value) for name, value in model.tensors.items()}
    network.load_state_dict({**state, **_counts(state)}, strict=True)
    return network.eval()


def _counts(state: Mapping[str, Any]) -> dict[str, torch.Tensor]:
    return {name[: -len(".running_var")] + COUNT: torch.tensor(0) for name in state if name.endswith(".running_var")}


def state_dict(model: Model) -> "OrderedDict[str, torch.Tensor]":
    """All weights under the names of the module that they came from, in its order, for module.load_state_dict(...,
    strict=True); of a model that came from none under the names of as_module(). Raises ModelError where training has
    given a value to what the module has no tensor for."""
    module, tensors = module_of(model._weights.pointer), model.tensors
    if not module:
        state = {name: torch.from_numpy(value) for name, value in tensors.items()}
        return OrderedDict({**state, **_counts(state)})
    names = module["names"]
    for name in set(tensors) - set(map(str, names.values())):
        value = float(name.endswith(".weight"))
        if (tensors[name] != value).any():
            raise ModelError(
                f"state_dict: '{name}': expected {value:g} throughout, for {module['class']} has no such tensor, "
                "got what training made of it"
            )
    return OrderedDict(
        (key, torch.tensor(own) if isinstance(own, int) else torch.from_numpy(tensors[own]))
        for key, own in names.items()
    )


def load_state_dict(model: Model, state: Mapping[str, Any] | str | os.PathLike) -> None:
    """Sets all weights from what state_dict() gives, or from a safetensors file of it. Raises ModelError where a name
    is missing or is not the model's."""
    if isinstance(state, (str, os.PathLike)):
        state = _safetensors.read(state)
    module = module_of(model._weights.pointer)
    names = dict(module["names"]) if module else {name: name for name in model.tensors}
    given = {key for key in state if not (key.endswith(COUNT) and not module)}
    for key in sorted(given ^ set(names)):
        got = "one more" if key in given else "none of it"
        raise ModelError(f"load_state_dict: '{key}': expected the names of state_dict(), got {got}")
    model.set_tensors({own: _array(state[key]) for key, own in names.items() if isinstance(own, str)})
    if module:
        counts = {key: int(state[key]) for key, own in names.items() if isinstance(own, int)}
        _tell(model, {**module, "names": {**names, **counts}})


def _array(value: Any) -> np.ndarray:
    return _arrays.as_array(value.cpu() if isinstance(value, torch.Tensor) and value.is_cuda else value)


def save_state_dict(model: Model, path: str | os.PathLike) -> None:
    """state_dict() as a safetensors file, which safetensors.torch.load_file() reads."""
    _safetensors.write(path, {key: value.numpy() for key, value in state_dict(model).items()})
