"""A walk that makes a graph: asks an oracle for each answer, infers shapes, adds a node a primitive operation."""

import math
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any, NamedTuple

from nas.errors import ShapeError, UserError
from nas.graph.graph import Graph, Node, Scope, infer
from nas.graph.operation import Operation, Shape
from nas.graph.operations import OPERATIONS
from nas.graph.shared import counted_once
from nas.space.answers import AnswerTarget
from nas.space.calls import hashable, make
from nas.space.document import Document, Template
from nas.space.oracles import Oracle
from nas.space.parts import Met, Part, Piece, entering
from nas.space.place import Choice, Flow, Place
from nas.space.target import End

MAX_GRAPH, MAX_NUMBERS = 100_000, 10**10


class Built(NamedTuple):
    """What a walk has built: a graph, the answers by path, and the choices in the order in which they were met."""

    graph: Graph
    answers: dict[str, Any]
    choices: list[Choice]


class Use(NamedTuple):
    """A cell's first use in a walk: its nodes from `start` to `end`, what flows in and out, and where."""

    start: int
    end: int
    flow: Flow
    out: Flow
    at: Place


def build(document: Document, oracle: Oracle, relaxed: bool = False) -> Built:
    """The graph that an oracle's answers give. relaxed: as a supernet reads the document. Raises UserError."""
    target = GraphTarget(document, oracle, relaxed)
    out = target.walk()
    recipe = tuple(target.recipe.items())
    nodes = counted_once(target.nodes) if document.shares else target.nodes
    graph = Graph(tuple(nodes), out.node, tuple(target.heads), document.name, recipe)
    return Built(graph, target.answers, target.choices)


class GraphTarget(AnswerTarget):
    """The walk that knows shapes."""

    def __init__(self, document: Document, oracle: Oracle, relaxed: bool = False) -> None:
        super().__init__(document, oracle, relaxed)
        self.nodes = [Node(OPERATIONS["input"](document.input), (), document.input, path="input")]  # type: ignore[call-arg]
        self.axes: list[tuple[int, ...]] = [(1,) * (len(document.input) - 1)]  # strides from the network's input
        self.heads: list[int] = []
        self.met: list[Met] = []  # in the part under way
        self.cells = 0  # how many were used so far
        self.used: dict[Part, Use] = {}  # cells of this walk, where they were used first
        self.copies: dict[Part, tuple[Piece, int]] = {}  # those that were used again, each with its end
        self.decided: tuple[tuple[str, Any], ...] | None = None  # answers that all of the network may depend on
        self.root: Mapping[str, Any] = {}  # the names that follow from these

    def shape(self, flow: Flow) -> Shape:
        return self.nodes[flow.node].shape

    def strides(self, flow: Flow) -> tuple[int, ...]:
        return self.axes[flow.node]

    def operation(self, flow: Flow) -> tuple[int, str]:
        node = flow.node
        while self.nodes[node].operation == "identity":
            node = self.nodes[node].inputs[0]
        return node, self.nodes[node].operation

    def add(self, name: str, arguments: Mapping[str, Any], flows: Sequence[Flow], at: Place) -> Flow:
        if OPERATIONS[name].channels_of_input and arguments.get("channels") is None:
            arguments = {**arguments, "channels": self.shape(flows[0])[0]}
        return self.place(make(name, arguments), flows, at)

    def place(self, op: Operation, flows: Sequence[Flow], at: Place) -> Flow:
        """A node for an operation on what flows in."""
        inputs = tuple([flow.node for flow in flows])
        if not self.has_room(1):
            raise UserError(at.path, f"more than {MAX_GRAPH} operations in one network", "make its loops shorter")
        shapes = tuple([self.nodes[source].shape for source in inputs])
        try:
            shape, parameters, mult_adds = infer(op, shapes)
        except ShapeError as error:
            raise ShapeError(f"{op.name}: {error}") from None
        if math.prod(shape) > MAX_NUMBERS or parameters > MAX_NUMBERS:
            raise ShapeError(f"{op.name}: more than {MAX_NUMBERS:.0e} numbers in one map or one operation's weights")
        self.nodes.append(Node(op, inputs, shape, parameters, mult_adds, at.path, at.scopes))
        before, own = self.axes[inputs[0]], op.window(*shapes)[1]
        self.axes.append(tuple(a * b for a, b in zip(before, own, strict=True)) if len(own) == len(before) else own)
        return Flow(len(self.nodes) - 1, flows[0].before)

    def has_room(self, nodes: int) -> bool:
        """Whether so many operations more are no more than a network may have."""
        return len(self.nodes) + nodes <= MAX_GRAPH

    def auxiliary(self, flow: Flow) -> None:
        next_node = len(self.nodes)
        self.heads.append(flow.node)
        self.met.append(Met(None, None, next_node, next_node, flow.node))

    def either(self, walks: Sequence[Callable[[], Any]], flow: Flow) -> Flow:
        raise AssertionError("shapes are known here")

    def branch(self, choice: Choice, flow: Flow, then: Callable[[Any], End]) -> End:
        answer, next_node = self.answer(choice), len(self.nodes)
        self.met.append(Met(choice, answer, next_node, next_node))
        return then(answer)

    def reuse(
        self, template: Template | None, own: tuple[Any, ...], flow: Flow, at: Place, walk: Callable[[], Flow]
    ) -> Flow:
        """Parts outlive the walk: they are the same for all genomes that agree in the document's parameters."""
        is_cell, parts = template is not None and template.is_cell, self.document.parts
        self.cells += is_cell
        try:
            key = self._key(template, own, flow, at)
            part = parts.kept.get(key) or parts.kept.get((key, at.answers))
        except TypeError:  # an operation among the arguments
            return walk()
        start, cells = len(self.nodes), self.cells
        out = self.again(part, flow, at.path, at.scopes) if part else None
        if part is None or out is None:
            outer, self.met, heads = self.met, [], len(self.heads)
            out = walk()
            met, self.met = self.met, outer
            if part is None:
                part = parts.kept[key if is_cell or not met else (key, at.answers)] = Part(
                    is_cell, at.given is not None
                )
            part.asks = bool(met)
            outside = self.document.reads_before and self.cells > cells  # cells in it may read what it does not know
            if not outside and part.is_worth_keeping(met):
                parts.grow(part.learn(self, met, start, flow, at, out))
            if is_cell and len(self.heads) == heads:
                self.used[part] = Use(start, len(self.nodes), flow, out, at)
        if part.asks:
            self.met.append(Met(part, self.seen(part, flow, out), start, len(self.nodes), flow.node, out.node, at))
        return out

    def _key(self, template: Template | None, own: tuple[Any, ...], flow: Flow, at: Place) -> Any:
        """What a part depends on, but for answers. Raises TypeError where that has no value to compare."""
        if self.decided is None:
            self.decided = tuple(item for item in self.answers.items() if item[0].startswith("parameters."))
            self.root = at.names
        before = None
        if template is None:
            own += tuple([item for item in at.names.items() if self.root.get(item[0]) is not item[1]])
            own += (at.answers, *(at.given or {}).items())
        elif template.is_cell and self.document.reads_before and flow.before:
            before = flow.before.node == flow.node, self.shape(flow.before)
        name = template and template.name
        return self.relaxed, self.decided, name, hashable(own), self.shape(flow), self.strides(flow), before

    def again(self, part: Part, flow: Flow, path: str, scopes: tuple[Scope, ...]) -> Flow | None:
        """A part that was walked before, at `path` within `scopes`; None where this way of it is not known."""
        if part not in self.used:
            start, heads = len(self.nodes), len(self.heads)
            out = part.follow(self, flow, path, scopes)
            if out and part.is_cell and len(self.heads) == heads:
                self.used[part] = Use(start, len(self.nodes), flow, out, Place(path, "", {}, scopes))
            return out
        start, used, source_nodes = len(self.nodes), self.used[part], entering(flow)
        if not self.has_room(used.end - used.start):
            return None
        if part not in self.copies:
            source_numbers = {node: number for number, node in reversed(list(enumerate(entering(used.flow))))}
            piece, last = Piece.cut(self, used.start, used.end, source_numbers, used.at), used.out.node
            self.copies[part] = piece, last - used.start if last >= used.start else ~source_numbers[last]
        piece, end = self.copies[part]
        piece.place(self, source_nodes, path, scopes)
        return Flow(start + end if end >= 0 else source_nodes[~end], flow)

    def seen(self, part: Part, flow: Flow, out: Flow) -> Hashable:
        """All that a walk can see of the end of a part into which `flow` went."""
        end = self.shape(out), self.strides(out), out.node == flow.node
        if part.is_edge or not self.document.follows_edges:
            return end
        operation = self.operation(out)
        return *end, operation == self.operation(flow), operation[1] == "none"
