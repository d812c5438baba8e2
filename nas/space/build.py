"""A walk that makes a graph: asks an oracle for each answer, infers shapes, adds a node a primitive operation."""

import dataclasses
import math
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from nas.errors import ArgumentError, ShapeError, UserError
from nas.graph.graph import Graph, Node, infer
from nas.graph.operation import Operation, Shape
from nas.graph.operations import OPERATIONS
from nas.space.document import Document, Template
from nas.space.expressions import UNKNOWN, ExpressionError
from nas.space.interpreter import CHANNELS_OF_INPUT, Interpreter
from nas.space.oracles import ConstraintBroken, Oracle
from nas.space.stamp import Stamp
from nas.space.values import read
from nas.space.walk import Choice, Closure, Flow, Place, Then

MAX_GRAPH, MAX_STAMPS, MAX_NUMBERS = 100_000, 4096, 10**10


def build(document: Document, oracle: Oracle) -> tuple[Graph, dict[str, Any], list[Choice]]:
    """(graph, answers by path, the choices in the order in which they were met)."""
    target = GraphTarget(document, oracle)
    out = Interpreter(document, target).run(lambda flow: flow)
    recipe = tuple(target.recipe.items())
    graph = Graph(tuple(target.nodes), out.node, tuple(target.heads), document.name, recipe)
    return graph, target.answers, target.choices


class AnswerTarget:
    """A walk with names alone: asks the oracle for each answer, and makes nothing."""

    names_only = True
    holds = False

    def __init__(self, document: Document, oracle: Oracle) -> None:
        self.document, self.oracle = document, oracle
        self.answers: dict[str, Any] = {}
        self.choices: list[Choice] = []
        self.recipe: dict[str, Any] = {}
        self.asked = 0
        self.walked: set[Any] = set()

    def branch(self, choice: Choice, flow: Flow, then: Then) -> Any:
        self.asked += 1
        if choice.path in self.answers:  # a cell's choice, answered where the cell was used first
            answer = self.answers[choice.path]
            if answer not in choice.answers:
                what = f"{choice.path} was answered {answer!r}, which is no alternative here"
                raise ExpressionError(f"{what}; a cell's choices are the same at every use")
        else:
            answer = self.answers[choice.path] = self.oracle(choice)
            self.choices.append(choice)
        return then(answer)

    def hold(self, raw: Any, flow: Flow, at: Place, opened: list[Any]) -> Any:
        return read(self, raw, flow, at, lambda value: value)

    def closing(self, opened: Sequence[Any], walk: Callable[[], Any]) -> Any:
        return walk()

    def pending(self, value: Any) -> bool:
        return False

    def force(self, value: Any, flow: Flow, at: Place, then: Then) -> Any:
        return then(value)

    def setting(self, name: str, value: Any) -> None:
        self.recipe[name] = value

    def start(self) -> Flow:
        return Flow(0)

    def channels(self, flow: Flow) -> Any:
        return UNKNOWN

    def scale(self, flow: Flow, last: Flow) -> Any:
        return UNKNOWN

    def primitive(self, name: str, arguments: dict[str, Any], flow: Flow, at: Place) -> Flow:
        return flow

    def merge(self, name: str, flows: Sequence[Flow], at: Place, arguments: Mapping[str, Any]) -> Flow:
        return flows[0]

    def shortcut(self, walk: Interpreter, form: str, flow: Flow, out: Flow, at: Place) -> Flow | None:
        return flow

    def align(self, walk: Interpreter, flows: Sequence[Flow], at: Place) -> Sequence[Flow]:
        return flows or [Flow(0)]

    def is_identity(self, flow: Flow, out: Flow) -> bool:
        return False

    def auxiliary(self, flow: Flow) -> None:
        pass

    def either(self, walks: Sequence[Callable[[], Any]], flow: Flow) -> Flow:
        return flow  # no choice hangs on a shape (`nas.space.size` makes sure)

    def edge(self) -> None:
        pass

    def constrain(self, holds: Callable[[int], Any], edges: int, cell: str) -> None:
        if not holds(edges):
            raise ConstraintBroken(f"a cell with {edges} edges breaks its 'where'", cell)

    def reuse(
        self, template: Template, own: tuple[tuple[str, Any], ...], flow: Flow, at: Place, walk: Callable[[], Flow]
    ) -> Flow:
        """What was walked with the same arguments asks nothing new: a cell, or a block without choices."""
        try:
            key = (template.name, hashable(own))
        except TypeError:  # an operation among the arguments
            return walk()
        if key in self.walked:
            return flow
        asked, out = self.asked, walk()
        if template.is_cell or self.asked == asked:
            self.walked.add(key)
        return out


class GraphTarget(AnswerTarget):
    """The walk that knows shapes."""

    names_only = False

    def __init__(self, document: Document, oracle: Oracle) -> None:
        super().__init__(document, oracle)
        self.nodes = [Node(OPERATIONS["input"](document.input), (), document.input, path="input")]  # type: ignore[call-arg]
        self.strides: list[tuple[int, ...]] = [(1,) * (len(document.input) - 1)]  # from the network's input, by axis
        self.heads: list[int] = []
        self.cells: dict[Any, Stamp] = {}
        self.decided: tuple[tuple[str, Any], ...] | None = None  # answers that all of the network may depend on

    def shape(self, flow: Flow) -> Shape:
        return self.nodes[flow.node].shape

    def channels(self, flow: Flow) -> int:
        return self.shape(flow)[0]

    def scale(self, flow: Flow, last: Flow) -> int:
        """How much larger `flow` is than `last`, rounded up."""
        return max(
            (math.ceil(a / b) for a, b in zip(self.shape(flow)[1:], self.shape(last)[1:], strict=False)), default=1
        )

    def primitive(self, name: str, arguments: dict[str, Any], flow: Flow, at: Place) -> Flow:
        if name in CHANNELS_OF_INPUT and arguments.get("channels") is None:
            arguments = {**arguments, "channels": self.channels(flow)}
        return self.add(make(name, arguments), (flow.node,), flow, at)

    def merge(self, name: str, flows: Sequence[Flow], at: Place, arguments: Mapping[str, Any]) -> Flow:
        return self.add(make(name, dict(arguments)), tuple(flow.node for flow in flows), flows[0], at)

    def add(self, op: Operation, inputs: tuple[int, ...], flow: Flow, at: Place) -> Flow:
        self.room_for(1, at)
        shapes = tuple(self.nodes[source].shape for source in inputs)
        try:
            shape, parameters, mult_adds = infer(op, shapes)
        except ShapeError as error:
            raise ShapeError(f"{op.name}: {error}") from None
        if math.prod(shape) > MAX_NUMBERS or parameters > MAX_NUMBERS:
            raise ShapeError(f"{op.name}: more than {MAX_NUMBERS:.0e} numbers in one map or one operation's weights")
        self.nodes.append(Node(op, inputs, shape, parameters, mult_adds, at.path, at.scopes))
        before, own = self.strides[inputs[0]], op.window(*shapes)[1]
        self.strides.append(tuple(a * b for a, b in zip(before, own, strict=True)) if len(own) == len(before) else own)
        return Flow(len(self.nodes) - 1, flow.before)

    def room_for(self, nodes: int, at: Place) -> None:
        """Refuses more operations than a network may have."""
        if len(self.nodes) + nodes > MAX_GRAPH:
            raise UserError(at.path, f"more than {MAX_GRAPH} operations in one network", "make its loops shorter")

    def shortcut(self, walk: Interpreter, form: str, flow: Flow, out: Flow, at: Place) -> Flow | None:
        """The shortcut's end; None where `if_same` finds that the shapes differ."""
        here, there = self.shape(flow), self.shape(out)
        if here == there or form == "identity":
            return flow
        if form == "if_same":
            return None
        outer, inner = self.strides[out.node], self.strides[flow.node]
        stride = [a // b for a, b in zip(outer, inner, strict=False)] or [1]
        if form == "projection":
            return walk.call("conv_bn", {"channels": there[0], "kernel": 1, "stride": stride}, flow, at)
        if there[0] < here[0]:
            raise ShapeError(f"a shortcut 'pad' adds channels and cannot lose them: {here[0]} to {there[0]}")
        if len(set(stride)) > 1:
            raise ShapeError(f"a shortcut 'pad' takes one stride for all axes, not {stride}")
        if stride[0] > 1:
            flow = self.primitive("slice", {"step": stride[0], "axis": "spatial"}, flow, at.child("subsample"))
        extra = there[0] - here[0]
        return (
            self.primitive("pad", {"channels": (extra // 2, extra - extra // 2)}, flow, at.child("pad"))
            if extra
            else flow
        )

    def align(self, walk: Interpreter, flows: Sequence[Flow], at: Place) -> Sequence[Flow]:
        """States of a cell brought to the size of the smallest: larger ones pass a factorized reduction (NASNet)."""
        if not flows:
            raise ExpressionError("the cell's output reads no state")
        smallest = min(self.shape(flow)[1:] for flow in flows)
        channels = {"channels": at.names["channels"]}
        return [
            flow
            if self.shape(flow)[1:] == smallest
            else walk.call("factorized_reduce", channels, flow, at.child(f"reduce_{position}"))
            for position, flow in enumerate(flows)
        ]

    def is_identity(self, flow: Flow, out: Flow) -> bool:
        node = out.node
        while node != flow.node and self.nodes[node].operation == "identity":
            node = self.nodes[node].inputs[0]
        return node == flow.node or self.nodes[node].operation == "none"

    def auxiliary(self, flow: Flow) -> None:
        self.heads.append(flow.node)

    def either(self, walks: Sequence[Callable[[], Any]], flow: Flow) -> Flow:
        raise AssertionError("shapes are known here")

    def reuse(
        self, template: Template, own: tuple[tuple[str, Any], ...], flow: Flow, at: Place, walk: Callable[[], Flow]
    ) -> Flow:
        """A template used again with the same arguments on the same shapes is copied: a cell, a block without choices.

        Blocks without choices are the same for all genomes that agree in the document's parameters, so they outlive
        the walk.
        """
        before = flow.before and (flow.before.node == flow.node, self.shape(flow.before))
        try:
            key = (template.name, hashable(own), self.shape(flow), self.strides[flow.node], before)
        except TypeError:  # an operation among the arguments
            return walk()
        if self.decided is None:
            self.decided = tuple(item for item in self.answers.items() if item[0].startswith("parameters."))
        stamp = self.cells.get(key) if template.is_cell else self.document.stamps.get((self.decided, key))
        if stamp is not None:
            return stamp.place(self, flow, at)
        start, asked, heads = len(self.nodes), self.asked, len(self.heads)
        out = walk()
        if len(self.heads) == heads:
            if template.is_cell:
                self.cells[key] = Stamp.cut(self, start, flow, at, out)
            elif self.asked == asked:
                if len(self.document.stamps) >= MAX_STAMPS:
                    self.document.stamps.clear()
                self.document.stamps[self.decided, key] = Stamp.cut(self, start, flow, at, out)
        return out


@lru_cache(maxsize=65536, typed=True)  # typed: a `true` is no 1
def _make(name: str, /, **arguments: Any) -> Operation:
    return OPERATIONS[name](**arguments)


def make(name: str, arguments: dict[str, Any]) -> Operation:
    """The operation with these arguments. Raises ExpressionError (`name: argument is ...`)."""
    try:
        return _make(name, **arguments)
    except ArgumentError as error:
        raise ExpressionError(f"{name}: {error}") from None
    except TypeError:  # a list among the arguments, or what is worse
        pass
    for key, value in arguments.items():
        if isinstance(value, dict | Closure):
            raise ExpressionError(f"{name}: {key} is an operation, expected a value")
    fields: Any = dataclasses.fields(OPERATIONS[name])  # type: ignore[arg-type]
    required = [field.name for field in fields if field.default is dataclasses.MISSING]
    missing = [field for field in required if field not in arguments]
    if missing:
        raise ExpressionError(f"{name}: needs {' and '.join(missing)}")
    try:
        return _make(name, **{key: freeze(value) for key, value in arguments.items()})
    except (ArgumentError, TypeError) as error:
        raise ExpressionError(f"{name}: {error}") from None


def hashable(value: tuple[Any, ...]) -> tuple[Any, ...]:
    """The value itself where it can be hashed, else with its lists as tuples; raises TypeError for operations in it."""
    try:
        hash(value)
    except TypeError:
        return freeze(value)
    return value


def freeze(value: Any) -> Any:
    """Lists as tuples, all the way down; raises TypeError for what has no value to compare."""
    if isinstance(value, list | tuple) and not isinstance(value, Closure):
        return tuple(map(freeze, value))
    if isinstance(value, dict | Closure):
        raise TypeError("not a plain value")
    return value
