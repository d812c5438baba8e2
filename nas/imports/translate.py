"""From calls of torch's to a graph: what is known of each value, and the nodes that come of them."""

import math
import operator
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, fx

from nas.errors import ArgumentError, ShapeError, UserError
from nas.graph.graph import Graph, Node, Scope, infer
from nas.graph.operation import Operation, Shape
from nas.graph.operations import OPERATIONS
from nas.imports.trace import Trace, Weight, scopes
from nas.imports.view import Bordered, View, aligned, joined, sizes

HINT = "import a part of the network, or replace it there"
LAYOUT = ("flatten", "reshape", "channel_shuffle", "split", "slice")  # there once for all that read the same


class Unknown(Exception):
    """A call that no operation can say: what it does, in words that follow its name."""


class Translator:
    """Goes through a trace. `values` has what each of its nodes is: a View, a Weight, a list of them."""

    def __init__(self, trace: Trace, shape: Shape, name: str) -> None:
        self.trace, self.name = trace, name
        self.nodes = [Node(OPERATIONS["input"](shape), (), shape, path="input")]  # type: ignore[call-arg]
        self.values: dict[str, Any] = {**trace.weights, trace.image: View.of(0, shape)}
        self.known: dict[tuple[Operation, tuple[int, ...]], int] = {}
        self.path, self.scopes = "", tuple[Scope, ...]()

    def run(self, rules: dict[str, Callable[..., Any]]) -> Graph:
        """The graph, pruned. Raises UserError for a call that has no rule, or that its rule cannot say."""
        for call in self.trace.calls:
            self.scopes = scopes(call)
            self.path = self.scopes[-1].path if self.scopes else ""
            kind = call.target if isinstance(call.target, str) else getattr(call.target, "__name__", str(call.target))
            kind = kind.split(".")[0]
            try:
                value = self._call(call, kind, rules)
            except (Unknown, ShapeError, ArgumentError) as error:
                where = f"{self.name}: {self.path}" if self.path else self.name
                raise UserError(where, f"{kind} {error}", HINT) from None
            self.values[call.name] = value
        output = self.values[self.trace.output.name]
        if not isinstance(output, View):
            raise UserError(self.name, "its result does not depend on the image", "")
        try:
            node = self.plain(output)
        except Unknown as error:
            raise UserError(self.name, f"its result {error}", HINT) from None
        return Graph(tuple(self.nodes), node, name=self.name).prune()

    def _call(self, call: fx.Node, kind: str, rules: dict[str, Callable[..., Any]]) -> Any:
        args, named = self._read(call.args), self._read(call.kwargs)
        if call.target is operator.getitem:
            return args[0][args[1]]
        if not _has_view(args):
            return self._constant(call, args, named)
        if self.path in self.trace.marked and kind.rstrip("_") == "dropout":
            return self.same(args[0], self.trace.marked[self.path])
        if kind[:8] != "max_pool" and any(isinstance(item, Bordered) for item in _flat(args)):
            raise Unknown("of a border of minus infinity has no operation here")
        in_place = kind.endswith("_")
        rule = rules.get(kind.rstrip("_"))
        if rule is None:
            raise Unknown("has no operation here")
        result = call.meta.get("val")
        shape = result.shape if isinstance(result, Tensor) else None
        if isinstance(result, Tensor) and result.dtype != torch.float32:
            raise Unknown(f"that gives {result.dtype} has no operation here")
        value = rule(self, shape, *args, **named)
        if isinstance(value, View) and shape is not None and value.sizes != tuple(shape[1:]) and kind[:6] != "expand":
            raise Unknown(f"gives {'x'.join(map(str, shape[1:]))}, which it cannot say on what it reads")
        if in_place:
            self._overwrite(call, args[0], value)
        return value

    def _read(self, item: Any) -> Any:
        """An argument of a call, with values in place of the calls that give them."""
        if isinstance(item, fx.Node):
            return self.values[item.name]
        if isinstance(item, list | tuple):
            return [self._read(part) for part in item]
        return {key: self._read(part) for key, part in item.items()} if isinstance(item, dict) else item

    def _overwrite(self, call: fx.Node, old: View, new: View) -> None:
        """Whoever reads the overwritten tensor from now on reads what is in it."""
        read = call.args[0]
        assert isinstance(read, fx.Node)
        for name, value in self.values.items():
            if name == read.name:
                self.values[name] = new
            elif isinstance(value, View) and value.node == old.node and old.base == new.base == value.base:
                self.values[name] = value.on(new.node)

    def _constant(self, call: fx.Node, args: Any, named: Any) -> Any:
        """What becomes of weights and constants without an image: a weight still, where it is only reshaped."""
        weights = [item for item in _flat([*args, *named.values()]) if isinstance(item, Weight)]
        plain = _tensors(args)
        target: Any = call.target
        result = target(*plain, **_tensors(named))
        if not isinstance(result, Tensor):
            raise Unknown("of weights has no operation here")
        learned = any(weight.learned for weight in weights)
        shape_alone = len(weights) == 1 and _is_reshape(call) and _long(result) == _long(weights[0].tensor)
        computed = (learned and not shape_alone) or any(weight.computed for weight in weights)
        return Weight(weights[0].name if weights else "", result, learned, computed)

    def add(self, op: Operation, *inputs: int) -> int:
        """A node; its number."""
        if op.name in LAYOUT and (op, inputs) in self.known:
            return self.known[op, inputs]
        shapes = tuple(self.nodes[number].shape for number in inputs)
        self.nodes.append(Node(op, inputs, *infer(op, shapes), path=self.path, scopes=self.scopes))
        self.known[op, inputs] = len(self.nodes) - 1
        return len(self.nodes) - 1

    def fresh(self, op: Operation, *inputs: int) -> View:
        """A node and a look at it as it is."""
        node = self.add(op, *inputs)
        return View.of(node, self.nodes[node].shape)

    def same(self, view: View, op: Operation) -> View:
        """An operation that works number by number, however the tensor is looked at."""
        if view.in_order and len(view.dims) == 1:  # as it is written: after the flattening
            view = View.of(node := self.plain(view), self.nodes[node].shape)
        return view.on(self.add(op, view.node))

    def plain(self, view: View) -> int:
        """A node of the tensor's own shape. Raises Unknown where no operation moves the numbers there."""
        node, shape = view.node, view.sizes
        if not view.in_order:
            node = self._shuffled(view)
        if self.nodes[node].shape == shape:
            return node
        source = self.nodes[node]
        if len(shape) == 1:
            if source.operation == "adaptive_avg_pool" and shape == source.shape[:1]:
                return self.add(OPERATIONS["global_avg_pool"](), *source.inputs)
            return self.add(OPERATIONS["flatten"](), node)
        return self.add(OPERATIONS["reshape"](shape), node)  # type: ignore[call-arg]

    def _shuffled(self, view: View) -> int:
        """The node with its channels in the order of the tensor."""
        channels, rest, found = view.base[0], joined(view.base[1:]), joined(view.dims)
        if len(channels) == 2 and found == (channels[1], channels[0], *rest):
            return self.add(OPERATIONS["channel_shuffle"](channels[0].size), view.node)  # type: ignore[call-arg]
        raise Unknown("moves axes in a way that has no operation here")

    def merged(self, op: Operation, views: Sequence[View]) -> View:
        """An operation of several tensors, number by number, with broadcasting."""
        lead = max(views, key=lambda view: (math.prod(view.sizes), not view.in_order))
        others = [lead if view is lead else aligned(lead, view) for view in views]
        if lead.in_order and (sizes(lead.base) == lead.sizes or None in others):
            return self.fresh(op, *(self.plain(view) for view in views))
        if None in others:
            raise Unknown("of tensors whose axes do not stand in the same order has no operation here")
        node = self.add(op, *(lead.node if view is lead else self.plain(view) for view in others if view is not None))
        if self.nodes[node].shape != self.nodes[lead.node].shape:
            raise Unknown("of tensors whose axes were moved may not broadcast the larger one")
        return lead.on(node)


def _flat(item: Any) -> list[Any]:
    return [leaf for part in item for leaf in _flat(part)] if type(item) is list else [item]


def _has_view(args: Any) -> bool:
    return any(isinstance(item, View | Bordered) for item in _flat(args))


def _tensors(item: Any) -> Any:
    if isinstance(item, Weight):
        return item.tensor
    if isinstance(item, list):
        return [_tensors(part) for part in item]
    return {key: _tensors(part) for key, part in item.items()} if isinstance(item, dict) else item


def _is_reshape(call: fx.Node) -> bool:
    words = ("view", "reshape", "unsqueeze", "squeeze", "flatten", "alias", "contiguous")
    return getattr(call.target, "__name__", "").split(".")[0] in words


def _long(tensor: Tensor) -> list[int]:
    """The sizes above 1."""
    return [size for size in tensor.shape if size > 1]
