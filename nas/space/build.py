"""A walk that makes a graph: asks an oracle for each answer, infers shapes, adds a node a primitive operation."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from nas.errors import ShapeError, UserError
from nas.graph.graph import Graph, Node, infer
from nas.graph.operation import Shape
from nas.graph.operations import OPERATIONS
from nas.space.answers import AnswerTarget
from nas.space.calls import hashable, make
from nas.space.document import Document, Template
from nas.space.fragment import Fragment
from nas.space.oracles import Oracle
from nas.space.place import Choice, Flow, Place

MAX_GRAPH, MAX_FRAGMENTS, MAX_NUMBERS = 100_000, 4096, 10**10


class Built(NamedTuple):
    """What a walk has built: a graph, the answers by path, and the choices in the order in which they were met."""

    graph: Graph
    answers: dict[str, Any]
    choices: list[Choice]


def build(document: Document, oracle: Oracle, relaxed: bool = False) -> Built:
    """The graph that an oracle's answers give. relaxed: as a supernet reads the document. Raises UserError."""
    target = GraphTarget(document, oracle, relaxed)
    out = target.walk()
    recipe = tuple(target.recipe.items())
    graph = Graph(tuple(target.nodes), out.node, tuple(target.heads), document.name, recipe)
    return Built(graph, target.answers, target.choices)


class GraphTarget(AnswerTarget):
    """The walk that knows shapes."""

    def __init__(self, document: Document, oracle: Oracle, relaxed: bool = False) -> None:
        super().__init__(document, oracle, relaxed)
        self.nodes = [Node(OPERATIONS["input"](document.input), (), document.input, path="input")]  # type: ignore[call-arg]
        self.axes: list[tuple[int, ...]] = [(1,) * (len(document.input) - 1)]  # strides from the network's input
        self.heads: list[int] = []
        self.cells: dict[Any, Fragment] = {}
        self.decided: tuple[tuple[str, Any], ...] | None = None  # answers that all of the network may depend on

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
        op, inputs = make(name, arguments), tuple([flow.node for flow in flows])
        self.room_for(1, at)
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

    def room_for(self, nodes: int, at: Place) -> None:
        """Refuses more operations than a network may have."""
        if len(self.nodes) + nodes > MAX_GRAPH:
            raise UserError(at.path, f"more than {MAX_GRAPH} operations in one network", "make its loops shorter")

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
        before = flow.before if self.document.reads_before else None
        try:
            key = (
                template.name,
                hashable(own),
                self.shape(flow),
                self.strides(flow),
                before and (before.node == flow.node, self.shape(before)),
            )
        except TypeError:  # an operation among the arguments
            return walk()
        if self.decided is None:
            self.decided = tuple(item for item in self.answers.items() if item[0].startswith("parameters."))
        kept = self.document.fragments
        lasting = (self.relaxed, self.decided, key)
        fragment = self.cells.get(key) if template.is_cell else kept.get(lasting)
        if fragment is not None:
            return fragment.place(self, flow, at)
        start, asked, heads = len(self.nodes), self.asked, len(self.heads)
        out = walk()
        if len(self.heads) == heads:
            if template.is_cell:
                self.cells[key] = Fragment.cut(self, start, flow, at, out)
            elif self.asked == asked:
                if len(kept) >= MAX_FRAGMENTS:
                    kept.clear()
                kept[lasting] = Fragment.cut(self, start, flow, at, out)
        return out
