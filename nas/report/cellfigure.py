"""The figure of a cell: states as circles, operations on the edges between them, or in the nodes that have them."""

from collections.abc import Hashable
from typing import NamedTuple

from nas.report import labels
from nas.report.cells import OUT, Cell, CellEdge, CellState, cell
from nas.report.cellwords import CellWords, listed
from nas.report.figure import Box, Figure, costs, kind, layer, placed
from nas.report.layout import Edge
from nas.report.views import View
from nas.space.sketch import Open

MANY = 24  # letters of alternatives, from which on they stand once beneath the title; lines without operations
LINES = 2  # sources of which one is chosen, to which lines lead; of more the names stand in the box


class CellFigure(NamedTuple):
    """A figure, and what is said above it."""

    figure: Figure
    notes: tuple[str, ...]


def cell_figure(view: View, place: str) -> CellFigure | None:
    """Of the cell whose nodes' paths begin so; None where none stands there. The view is not pruned."""
    found = cell(view.graph, place)
    if found is None or len(found.states) < 2:
        return None
    return _Drawer(view, found, CellWords(view, found, place)).figure()


class _Drawer:
    """boxes and edges: of the figure so far. word: what stands for an operation that is open, where all are alike."""

    def __init__(self, view: View, found: Cell, words: CellWords) -> None:
        self.view, self.cell, self.words = view, found, words
        self.boxes: dict[Hashable, Box] = {}
        self.edges: list[Edge] = []
        self.styles: dict[Edge, str] = {}
        self.instead: dict[int, Hashable] = {}  # of states that are passed on: the box of what they read
        opened = [
            node.op
            for node in view.graph.nodes
            if node.path.startswith(f"{words.place}.") and isinstance(node.op, Open)
        ]
        texts = list(dict.fromkeys(map(_among, opened)))
        self.word = "" if len(texts) != 1 or len(opened) < 2 else "op" if len(texts[0]) > MANY else texts[0]
        self.notes = [f"op ∈ {texts[0]}"] if self.word == "op" else []
        plain = [edge for state in found.states.values() for edge in state.edges if self._is_plain(edge)]
        self.crowded = words.vertices and len(plain) > MANY
        self.read = self._read()

    def figure(self) -> CellFigure:
        for number, state in self.cell.states.items():
            if not state.edges:
                self.boxes[number] = self._input(state)
            elif not self.words.passed(state):
                self._node(number, state)
            elif number in self.read:  # what reads it is drawn to read the one edge into it
                (self.instead[number],) = self._edge(number, state.edges[0])
        taken = self.words.taken()
        return CellFigure(placed(self.boxes, self.edges, self.styles), (*self.notes, *([taken] if taken else [])))

    def _is_plain(self, edge: CellEdge) -> bool:
        return self.words.open(edge.nodes) is None and not self.words.operations(edge.nodes)

    def _told(self, number: int, state: CellState) -> list[CellEdge]:
        """The edges that are told in words, where lines would be too many: all plain ones, but where there are no
        others the one that is read from the state before."""
        if not self.crowded or not state.edges or number == OUT:
            return []
        plain = [edge for edge in state.edges if self._is_plain(edge)]
        if len(plain) == len(state.edges):
            plain.remove(max(plain, key=lambda edge: edge.sources))
        return plain

    def _read(self) -> set[int]:
        """The states that edges which are drawn lead from."""
        found, todo = set[int](), [self.cell.output]
        while todo:
            number = todo.pop()
            if number not in found:
                found.add(number)
                state = self.cell.states[number]
                told = self._told(number, state)
                todo += [source for edge in state.edges if edge not in told for source in edge.sources]
        return found

    def _input(self, state: CellState) -> Box:
        fit = self.words.operations(state.nodes) if state.nodes else ""
        title = f"fitted by {fit}: {costs(self.view, state.nodes)}" if state.nodes else "as it is"
        return Box(("", state.name, fit), "input", title)

    def _node(self, number: int, state: CellState) -> None:
        told, box = self._told(number, state), self._state(number, state)
        into: Hashable = number
        if told:
            word = "any of" if self.words.may_lack(number, state, told[0]) else "of"
            plain = [edge for edge in state.edges if self._is_plain(edge)]
            names = listed([self.words.name(source) for edge in plain for source in edge.sources])
            box = box._replace(lines=(f"{state.merge} {word} {names}", *box.lines[1:]))
        elif state.nodes and len(state.edges) > 1:
            into = ("merge", number)
            self.boxes[into] = Box(("", "+" if state.merge == "add" else state.merge, ""), "merge")
            self._join(into, number, "edge")
        for edge in state.edges:
            if edge not in told:
                style = "edge maybe" if self.words.may_lack(number, state, edge) else "edge"
                for source in self._edge(number, edge):
                    self._join(source, into, style)
        self.boxes[number] = box

    def _state(self, number: int, state: CellState) -> Box:
        name = self.words.names[number]
        if number == OUT:
            unused = " of those unused" if self.words.gives_unused(state) else ""
            merge = "+" if state.merge == "add" else state.merge
            return Box(("", merge + unused, ""), "merge", f"the output: {state.merge}")
        if not state.nodes:
            title = f"nodes.{state.number}: {state.merge} of {len(state.edges)}"
            return Box(("", name if state.merge in ("add", "mean") else state.merge, ""), "merge", title)
        op = self.words.open(state.nodes)
        if op is None:
            text = f"{name}: {self.words.operations(state.nodes)}"
            return Box(("", text, ""), kind(self.view.graph, state.nodes), costs(self.view, state.nodes))
        if self.word:
            return Box(("", f"{name}: {self.word}", ""), "choice", _among(op))
        box = layer(self.view, state.nodes)
        return box._replace(lines=(f"{name}: {box.lines[0]}", *box.lines[1:]))

    def _edge(self, number: int, edge: CellEdge) -> list[Hashable]:
        """The boxes that lead on into the state: that of the edge's operation, or of what it reads as it is."""
        nodes = [i for i in edge.nodes if "after_edge" not in self._path(i)]
        op = self.words.open(nodes)
        text = self.word if op is not None else self.words.operations(nodes)
        sources = [self.instead.get(source, source) for source in edge.sources]
        if not text and op is None:
            return sources
        label, state = ("edge", number, edge.number), self.cell.states[number]
        box = Box(("", text, ""), f"label {kind(self.view.graph, nodes)}", costs(self.view, nodes))
        if op is not None:
            box = Box(("", text, ""), "choice", _among(op)) if text else layer(self.view, nodes)
            if len(edge.sources) > LINES:
                box = box._replace(lines=(*box.lines[:2], f"of {listed([self.words.name(i) for i in edge.sources])}"))
            if text and len(edge.sources) > 1 and all(other.sources == edge.sources for other in state.edges):
                label = ("edge", number, 0)  # one box for all that are alike
                box = box._replace(lines=("", f"{len(state.edges)} × {text}", box.lines[2]))
        self.boxes[label] = box
        lacking = len(edge.sources) > 1 or self.words.may_lack(number, state, edge)
        for source in sources if op is None or len(sources) <= LINES else ():
            self._join(source, label, "edge plain" + (" maybe" if lacking else ""))
        return [label]

    def _path(self, i: int) -> list[str]:
        return self.view.graph.nodes[i].path[len(self.words.place) :].split(".")

    def _join(self, source: Hashable, target: Hashable, style: str) -> None:
        self.edges.append((source, target))
        self.styles[source, target] = style


def _among(op: Open) -> str:
    return "{" + ", ".join(map(labels.alternative, op.alternatives)) + "}"
