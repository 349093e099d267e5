# SPDX-License-Identifier: Apache-2.0
"""An nn.Module as a spec: its forward() traced by torch.fx, then laid out as one line of layers with ways around
them."""

from typing import Any, NamedTuple

import torch
from torch import fx, nn

from ._errors import ModelError, UsageError
from ._torch_rules import ADD, CONCAT, FUNCTIONS, JOINS, RULES, Layer, Refused, Shape, known

KEEP_WIDTH = {
    "dropout",
    "relu",
    "leaky_relu",
    "elu",
    "gelu",
    "silu",
    "tanh",
    "sigmoid",
    "softplus",
    "layernorm",
    "batchnorm",
    "groupnorm",
}


class Item(NamedTuple):
    """A layer of the spec and where it came from. path: of the module, "" of a function; width: numbers of a row behind
    it."""

    layer: Layer
    path: str = ""
    width: int = 0


class _Tracer(fx.Tracer):
    """Layers that have a rule are looked at as a whole, and so are PyTorch's own."""

    def is_leaf_module(self, module: nn.Module, name: str) -> bool:
        return type(module) in RULES or super().is_leaf_module(module, name)


class _Shapes(fx.Interpreter):
    """Runs the graph and notes what comes out of each node."""

    def run_node(self, node: fx.Node) -> Any:
        result = super().run_node(node)
        node.meta["result"] = result
        return result


def _fail(where: str, what: str) -> ModelError:
    return ModelError(f"from_torch: {where}: {what}")


def _place(node: fx.Node, graph: fx.GraphModule) -> str:
    """What a sentence calls a node."""
    if node.op == "call_module":
        return f"'{node.target}' ({type(graph.get_submodule(str(node.target))).__name__})"
    if node.op == "get_attr":
        return f"'{node.target}', a tensor that forward() takes by itself"
    name = node.target if isinstance(node.target, str) else getattr(node.target, "__name__", str(node.target))
    return f"forward(), {name}()"


def _row(node: fx.Node) -> Shape:
    return tuple(node.meta["result"].shape[1:])


def _is_value(argument: Any) -> bool:
    return isinstance(argument, fx.Node) and isinstance(argument.meta["result"], torch.Tensor)


def _plain(argument: Any) -> Any:
    """An argument with the values that its nodes had."""
    return fx.node.map_arg(argument, lambda node: node.meta["result"])


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]


def trace(module: nn.Module, example: torch.Tensor) -> fx.GraphModule:
    """The graph of forward(), with the result of each node."""
    training = [m for m in module.modules() if m.training]
    module.eval()
    try:
        try:
            graph = fx.GraphModule(module, _Tracer().trace(module))
        except Exception as error:
            what = "expected a forward() that torch.fx can follow, without branches on values"
            raise _fail(type(module).__name__, f"{what}; {_first_line(error)}") from error
        graph.graph.eliminate_dead_code()
        try:
            with torch.no_grad():
                _Shapes(graph).run(example)
        except Exception as error:
            what = f"expected rows that {type(module).__name__} takes, got {tuple(example.shape[1:])}"
            raise UsageError(f"from_torch: example: {what}; {_first_line(error)}") from error
    finally:
        for m in training:
            m.training = True
    return graph


class Line:
    """Nodes of a graph, one after another, as layers of a spec."""

    def __init__(self, graph: fx.GraphModule):
        self.graph = graph
        self.items: list[Item] = []
        self.same: dict[fx.Node, fx.Node] = {}  # what a node that does nothing gives
        self.slots: dict[fx.Node, int] = {}
        self.made: dict[fx.Node, int] = {}  # items when the node's value was there
        self.now: fx.Node | None = None  # whose value has just been made
        self.seen: set[str] = set()  # modules with tensors, which have one place each

    def source(self, node: fx.Node) -> fx.Node:
        while node in self.same:
            node = self.same[node]
        return node

    def add(self, layer: Layer, node: fx.Node, width: int) -> None:
        self.items.append(Item(layer, str(node.target) if node.op == "call_module" else "", width))

    def make(self, node: fx.Node) -> None:
        self.now = node
        self.made[node] = len(self.items)

    def keep(self, node: fx.Node) -> int:
        """The slot in which a value that was made is kept."""
        return self.slots.setdefault(node, len(self.slots) + 1)

    def move_to(self, node: fx.Node, taker: fx.Node) -> None:
        """Makes `node` what has just been made, by a recall where it is not."""
        if self.now is node:
            return
        assert self.now is not None
        self.keep(self.now)  # it is used later, or the graph would not have it
        self.add(Layer(f"recall {self.keep(node)}"), taker, 0)
        self.now = node

    # ---- each kind of node --------------------------------------------------------------------

    def walk(self, output: fx.Node) -> None:
        for node in self.graph.graph.nodes:
            if node.op == "placeholder":
                if self.now:
                    raise _fail("forward()", f"expected one input, got a second, '{node.target}'")
                self.make(node)
            elif node.op != "output" and _is_value(node):
                self.take(node)
        if self.source(output) is not self.now:
            raise _fail("forward()", "expected the last value that it makes as its output")

    def take(self, node: fx.Node) -> None:
        join = JOINS.get(node.target) if node.op in ("call_function", "call_method") else None
        try:
            if node.op == "get_attr":
                raise Refused("tensors of layers are known")
            if join:
                self.join(join, node)
            else:
                self.layer(node)
        except Refused as why:
            raise _fail(_place(node, self.graph), str(why)) from None

    def layer(self, node: fx.Node) -> None:
        source: Any = next(argument for argument in (*node.args, *node.all_input_nodes) if _is_value(argument))
        module = self.module_of(node)
        rule = RULES.get(type(module))
        if not rule:
            raise Refused(f"it is none of {known()}")
        if len(node.meta["result"]) != len(source.meta["result"]):
            raise Refused("rows that stay rows are known: the first dimension")
        layers = rule(module, _row(source), _row(node))
        if not layers:
            self.same[node] = source
            return
        self.move_to(self.source(source), node)
        for layer in layers:
            self.add(layer, node, int(node.meta["result"][0].numel()))
        if any(layer.names for layer in layers):
            if str(node.target) in self.seen:
                raise Refused("its weights are used twice; each layer with weights of its own is known")
            self.seen.add(str(node.target))
        self.make(node)

    def module_of(self, node: fx.Node) -> nn.Module:
        if node.op == "call_module":
            return self.graph.get_submodule(str(node.target))
        builder = FUNCTIONS.get(node.target)
        if not builder:
            raise Refused(f"it is none of {known()}")
        try:
            return builder(
                *_plain(node.args[1:]),
                **{name: _plain(value) for name, value in node.kwargs.items() if name != "input"},
            )
        except TypeError as error:
            raise Refused(f"its arguments are not those that are known: {error}") from None

    def join(self, kind: str, node: fx.Node) -> None:
        listed: Any = node.args[0] if node.args else node.kwargs.get("tensors")
        operands: list[Any] = list(listed) if kind == CONCAT else list(node.args[:2])
        if not all(map(_is_value, operands)) or len(operands) < 2:
            raise Refused("two tensors that forward() made are known")
        sources = [self.source(operand) for operand in operands]
        if len({id(s) for s in sources}) != len(sources):
            raise Refused("two different tensors are known, got one twice")
        if node.kwargs.get("alpha", 1) != 1:
            raise Refused(f"alpha=1 is known, got {node.kwargs['alpha']}")
        if any(
            _row(source)[1:] != _row(sources[0])[1:] or (kind != CONCAT and _row(source) != _row(sources[0]))
            for source in operands
        ):
            raise Refused(f"rows of one shape are known, got {' and '.join(str(_row(o)) for o in operands)}")
        if kind == CONCAT:
            self.concat(node, sources)
        elif kind == ADD:
            own, kept = sources if self.now is sources[0] else sources[::-1]
            self.move_to(own, node)
            self.add(Layer(f"add {self.keep(kept)}"), node, int(node.meta["result"][0].numel()))
        else:
            self.move_to(sources[1], node)
            self.add(Layer(f"add {self.keep(sources[0])} minus=1"), node, int(node.meta["result"][0].numel()))
        self.make(node)

    def concat(self, node: fx.Node, sources: list[fx.Node]) -> None:
        dim = _plain(node.args[1] if len(node.args) > 1 else node.kwargs.get("dim", node.kwargs.get("axis", 0)))
        rank = node.meta["result"].dim()
        if dim % rank != 1:
            raise Refused(f"dim=1, channels, is known, got {dim}")
        at = next((i for i, source in enumerate(sources) if source is self.now), 0)
        self.move_to(sources[at], node)
        width = int(node.meta["result"][0].numel())
        for source in sources[at + 1 :]:
            self.add(Layer(f"concat {self.keep(source)}"), node, width)
        for source in reversed(sources[:at]):
            self.add(Layer(f"concat {self.keep(source)} first=1"), node, width)

    # ---- the whole ------------------------------------------------------------------------------

    def cut(self, width: int, has: Any) -> int:
        """How many items come before the neck; 0: there is none."""
        if has("encoder") and has("decoder"):
            first = next((i for i, item in enumerate(self.items) if item.path.split(".")[0] == "decoder"), 0)
            if first and not any(item.path.split(".")[0] == "encoder" for item in self.items[first:]):
                return first
        if self.slots:
            return 0  # what goes round a neck makes it none
        narrow = min((item.width for item in self.items[:-1]), default=width)
        if narrow >= width:
            return 0
        first = next(i for i, item in enumerate(self.items) if item.width == narrow)
        after = first + 1
        while (
            after < len(self.items) - 1
            and self.items[after].width == narrow
            and self.items[after].layer.spec.split()[0] in KEEP_WIDTH
        ):
            after += 1
        return after

    def finish(self, cut: int) -> tuple[list[Item], int]:
        """All items, with each keep behind what it keeps; and the cut among them."""
        keeps = sorted((self.made[node], slot) for node, slot in self.slots.items())
        items, at = list(self.items), cut
        for place, slot in reversed(keeps):
            items.insert(place, Item(Layer(f"keep {slot}")))
            at += bool(cut) and place < cut
        return items, at


def spec_of(items: list[Item], cut: int) -> str:
    words = [item.layer.spec for item in items]
    return " | ".join(", ".join(side) for side in (words[:cut], words[cut:]) if side)
