"""What the numbers of a fixed document decide: which are widths, which depths, which kernels.

A number's name says little: `width: 64` counts channels in one document and multiplies them in another. So the network
is built once from numbers that remember where they came from (`nas.space.marks`), and what they end up in says it.
"""

import copy
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from nas.graph.graph import Graph, Node
from nas.graph.operations import OPERATIONS
from nas.space.build import GraphTarget
from nas.space.document import Document, Template
from nas.space.expressions import is_expression
from nas.space.interpreter import Interpreter
from nas.space.language import EDGE_SETS, NODE_MERGES
from nas.space.marks import Place, Slopes, bare, marked, slopes_of, times, total
from nas.space.oracles import fixed
from nas.space.place import Flow
from nas.space.place import Place as Where
from nas.space.rewrite import at, values
from nas.space.values import read_value

WIDTHS = ("channels", "features")  # arguments that say how many channels an operation gives
RANGE = re.compile(r"=range\((\w+)\)")
NO_NUMBERS = {*NODE_MERGES, *EDGE_SETS, "output", "of"}  # of a cell: positions of its states


class Width(NamedTuple):
    """How many channels a node gives, and the slopes of that by the document's numbers."""

    path: str
    channels: int
    slopes: Slopes


class Trace(NamedTuple):
    """What one walk found.

    graph: the network. numbers: by their places. uses: the arguments (operation, argument) that each place reaches.
    widths: of the nodes that say how many channels they give, by their numbers in the graph. repeats: path, slopes.
    """

    graph: Graph
    numbers: Mapping[Place, int | float]
    uses: Mapping[Place, set[tuple[str, str]]]
    widths: Mapping[int, Width]
    repeats: Sequence[tuple[str, Slopes]]


class _Target(GraphTarget):
    def __init__(self, document: Document) -> None:
        super().__init__(document, fixed)
        self.uses: dict[Place, set[tuple[str, str]]] = {}
        self.widths: dict[int, Width] = {}
        self.slopes: list[Slopes] = [{}]  # of each node's channels

    def reuse(
        self, template: Template | None, own: tuple[Any, ...], flow: Flow, at: Where, walk: Callable[[], Flow]
    ) -> Flow:
        return walk()  # equal numbers may come from different places

    def shape(self, flow: Flow) -> tuple[int, ...]:
        channels, *sizes = self.nodes[flow.node].shape
        return (marked(channels, self.slopes[flow.node]), *sizes)

    def use(self, slopes: Slopes, operation: str, argument: str) -> None:
        for place in slopes:
            self.uses.setdefault(place, set()).add((operation, argument))

    def add(self, name: str, arguments: Mapping[str, Any], flows: Sequence[Flow], at: Where) -> Flow:
        if OPERATIONS[name].channels_of_input and arguments.get("channels") is None:
            arguments = {**arguments, "channels": self.shape(flows[0])[0]}
        own = {argument: slopes_of(value) for argument, value in arguments.items()}
        for argument, slopes in own.items():
            self.use(slopes, name, argument)
        out = super().add(name, {argument: bare(value) for argument, value in arguments.items()}, flows, at)
        node = self.nodes[out.node]
        width = next((argument for argument in WIDTHS if arguments.get(argument) == node.shape[0]), None)
        if width and name != "pad":
            self.widths[out.node] = Width(node.path, node.shape[0], own[width])
        self.slopes.append(own[width] if width and name != "pad" else self._passed(node, own.get("channels", {})))
        return out

    def _passed(self, node: Node, own: Slopes) -> Slopes:
        """Slopes of the channels that come out of what says nothing of them."""
        before = [(self.nodes[source].shape, self.slopes[source]) for source in node.inputs]
        if node.operation == "concat":
            return total(*(slopes for _, slopes in before))
        if node.operation == "pad":  # on both sides
            return total(before[0][1], times(own, 2) if isinstance(node.arguments["channels"], int) else own)
        shape, slopes = max(before, key=lambda one: one[0][0])
        return slopes if node.shape[0] == shape[0] else times(slopes, node.shape[0] / shape[0])


class _Interpreter(Interpreter):
    def __init__(self, document: Document, target: _Target) -> None:
        super().__init__(document, target)
        self.repeats: list[tuple[str, Slopes]] = []

    def _item(self, item: Any, flow: Flow, at: Where) -> Flow:
        head = self.document.head(item) if isinstance(item, dict) else ""
        if head in ("repeat", "for"):
            for count in [item["repeat"]] if head == "repeat" else _turns(item["for"]):
                slopes = slopes_of(read_value(self.target, count, flow, at.child("repeat"), []))
                assert isinstance(self.target, _Target)
                self.target.use(slopes, "repeat", "repeat")
                self.repeats.append((at.path, slopes))
        return super()._item(item, flow, at)


def _turns(variables: Any) -> Iterator[str]:
    """Of `for: {i: =range(layers)}` the number of turns, as it is written."""
    for written in variables.values() if isinstance(variables, dict) else ():
        if match := RANGE.fullmatch(written if isinstance(written, str) else ""):
            yield f"={match[1]}"


def trace(document: Document) -> Trace:
    """Follow the numbers of a document without choices. Raises UserError where it cannot be built."""
    plain = Interpreter(document, GraphTarget(document, fixed))
    plain.run(lambda flow: flow)
    data: Any = copy.deepcopy(document.data)
    numbers: dict[Place, int | float] = {}
    for place, value in values(document.data):
        if place[0] == "cells" and not NO_NUMBERS.isdisjoint(place):
            continue
        if len(place) == 2 and place[0] == "parameters" and is_expression(value):
            value = plain.root.get(place[1])  # type: ignore[arg-type]  # its name
            if not isinstance(value, float):  # one that multiplies stands for what it was computed from
                continue
        if isinstance(value, int | float) and not isinstance(value, bool):
            numbers[place] = value
            at(data, place[:-1])[place[-1]] = marked(value, {place: float(value)})
    with_marks = Document(data)
    vars(with_marks)["input"] = document.input  # not what its numbers say
    target = _Target(with_marks)
    walk = _Interpreter(with_marks, target)
    out = walk.run(lambda flow: flow)
    graph = Graph(tuple(target.nodes), out.node, tuple(target.heads), document.name)
    return Trace(graph, numbers, target.uses, target.widths, walk.repeats)
