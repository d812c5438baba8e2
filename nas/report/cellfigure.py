"""The figure of a cell: states as circles, operations on the edges between them, or in the nodes that have them."""

from collections.abc import Hashable, Sequence
from typing import NamedTuple

from nas.report import labels
from nas.report.cells import OUT, Cell, CellEdge, CellState, called, cell
from nas.report.figure import Box, Figure, costs, kind, layer, placed
from nas.report.layout import Edge
from nas.report.views import View
from nas.space.sketch import Open

MANY = 24  # alternatives in letters, from which on they stand once beneath the title; edges that may be left out
LINES = 2  # sources of which one is chosen, to which lines lead; of more their names stand in the box


class CellFigure(NamedTuple):
    """A figure, and what is said above it."""

    figure: Figure
    notes: tuple[str, ...]


def cell_figure(view: View, place: str) -> CellFigure | None:
    """Of the cell whose nodes' paths begin so; None where none stands there. The view is not pruned."""
    found = cell(view.graph, place)
    if found is None or len(found.states) < 2:
        return None
    return _Drawer(view, found, place).figure()


class _Drawer:
    def __init__(self, view: View, found: Cell, place: str) -> None:
        self.view, self.cell, self.place = view, found, place
        self.boxes: dict[Hashable, Box] = {}
        self.edges: list[Edge] = []
        self.styles: dict[Edge, str] = {}
        self.instead: dict[int, Hashable] = {}
        self.vertices = any(state.nodes and state.edges for state in found.states.values())
        self.names = {number: state.name for number, state in found.states.items()}
        own = [
            number
            for number, state in found.states.items()
            if state.edges and number != OUT and not self._passed(state)
        ]
        if self.vertices:
            self.names.update((number, str(at + 1)) for at, number in enumerate(own))
        maybe = [
            edge for number, state in found.states.items() if self._optional(number, state) for edge in state.edges
        ]
        self.crowded = len(maybe) > MANY
        self.read: set[int] = set()  # by edges that are drawn
        todo = [found.output]
        while todo:
            number = todo.pop()
            if number not in self.read:
                self.read.add(number)
                state = found.states[number]
                drawn = [edge for edge in state.edges if edge not in self._listed(number, state)]
                todo += [source for edge in drawn for source in edge.sources]
        opened = [
            node.op for node in view.graph.nodes if node.path.startswith(f"{place}.") and isinstance(node.op, Open)
        ]
        texts = list(dict.fromkeys(self._among(op) for op in opened))
        self.word = "op" if len(texts) == 1 and len(opened) > 1 and len(texts[0]) > MANY else ""
        self.notes = [f"op ∈ {texts[0]}"] if self.word else []
        if not self.word and len(texts) == 1 and len(opened) > 1:
            self.word = texts[0]

    def _among(self, op: Open) -> str:
        return "{" + ", ".join(map(labels.alternative, op.alternatives)) + "}"

    def figure(self) -> CellFigure:
        for number, state in self.cell.states.items():
            if state.edges:
                self._node(number, state)
            else:
                self.boxes[number] = self._input(state)
        sets = self._sets()
        if sets:
            self.notes.append(sets)
        return CellFigure(placed(self.boxes, self.edges, self.styles), tuple(self.notes))

    def _input(self, state: CellState) -> Box:
        fit = self._operations(state.nodes) if state.nodes else ""
        title = f"fitted by {fit}: {costs(self.view, state.nodes)}" if state.nodes else "as it is"
        return Box(("", state.name, fit), "input", title)

    def _node(self, number: int, state: CellState) -> None:
        if self._passed(state) and number not in self.read:
            return
        if self._passed(state):  # what reads it is drawn to read the one edge into it
            (self.instead[number],) = [source for source, _ in self._edge(number, state.edges[0])]
            return
        listed = self._listed(number, state)
        names = [self._name(source) for edge in listed for source in edge.sources]
        merged: Hashable = number
        if state.nodes and len(state.edges) > 1 and not listed:
            merged = ("merge", number)
            self.boxes[merged] = Box(("", "+" if state.merge == "add" else state.merge, ""), "merge")
        entries = [
            (source, " maybe" if self._may_lack(number, state, edge) else "")
            for edge in state.edges
            if edge not in listed
            for source, _ in self._edge(number, edge)
        ]
        box = self._state(number, state)
        if names:
            box = box._replace(lines=(f"{state.merge} any of {_range(names)}", *box.lines[1:]))
        self.boxes[number] = box
        for source, maybe in entries:
            self._join(source, merged, "edge" + maybe)
        if merged != number:
            self._join(merged, number, "edge")

    def _state(self, number: int, state: CellState) -> Box:
        if number == OUT:
            word = "+" if state.merge == "add" else state.merge
            word += " of those unused" if self._optional(number, state) else ""
            return Box(("", word, ""), "merge", f"the output: {state.merge}")
        if not state.nodes:
            title = f"nodes.{state.number}: {state.merge} of {len(state.edges)}"
            return Box(("", self.names[number] if state.merge in ("add", "mean") else state.merge, ""), "merge", title)
        op = next(
            (node.op for node in map(self.view.graph.nodes.__getitem__, state.nodes) if isinstance(node.op, Open)), None
        )
        if op is not None:
            word = self.word or ""
            box = (
                Box(("", f"{self.names[number]}: {word}", ""), "choice", self._among(op))
                if word
                else layer(self.view, state.nodes)
            )
            return box if word else box._replace(lines=(f"{self.names[number]}: {box.lines[0]}", *box.lines[1:]))
        main = self._operations(state.nodes)
        return Box(
            ("", f"{self.names[number]}: {main}", ""), kind(self.view.graph, state.nodes), costs(self.view, state.nodes)
        )

    def _edge(self, number: int, edge: CellEdge) -> list[tuple[Hashable, bool]]:
        """What leads on into the state, and whether that is an operation's label."""
        nodes = [
            i for i in edge.nodes if "after_edge" not in self.view.graph.nodes[i].path[len(self.place) :].split(".")
        ]
        op = next((self.view.graph.nodes[i].op for i in nodes if self.view.graph.nodes[i].op.drawn == "choice"), None)
        text = (self.word or "") if op is not None else self._operations(nodes)
        label = ("edge", number, edge.number)
        if not text and op is None:
            return [(self.instead.get(source, source), False) for source in edge.sources]
        if isinstance(op, Open):
            several = f"of {_range([self._name(one) for one in edge.sources])}" if len(edge.sources) > LINES else ""
            box = Box(("", text, several), "choice", self._among(op)) if text else layer(self.view, nodes)
            alike = self.cell.states[number].edges
            if text and several and all(other.sources == edge.sources for other in alike):
                label = ("edge", number, 0)
                box = box._replace(lines=("", f"{len(alike)} × {text}", several))
        else:
            several = ""
            box = Box(("", text, ""), f"label {kind(self.view.graph, nodes)}", costs(self.view, nodes))
        self.boxes[label] = box
        lacking = len(edge.sources) > 1 or self._may_lack(number, self.cell.states[number], edge)
        style = "edge plain" + (" maybe" if lacking else "")
        for source in edge.sources if not several else ():
            self._join(self.instead.get(source, source), label, style)
        return [(label, True)]

    def _listed(self, number: int, state: CellState) -> list[CellEdge]:
        """Edges that are told in words, where lines would be too many."""
        if not self.crowded:
            return []
        return [edge for edge in state.edges if self._may_lack(number, state, edge) and not self._text(edge)]

    def _may_lack(self, number: int, state: CellState, edge: CellEdge) -> bool:
        """Whether there are genomes without this edge."""
        if self.view.sketch is None or not edge.nodes or number == OUT:
            return self._optional(number, state)
        start = f"cells.{self.cell.template}.nodes.{state.number}."
        return f"{start}inputs" in self.view.sketch.met or f"{start}{edge.number}.present" in self.view.sketch.met

    def _text(self, edge: CellEdge) -> str:
        return "op" if self._open(edge) else self._operations(edge.nodes)

    def _open(self, edge: CellEdge) -> bool:
        return any(self.view.graph.nodes[i].op.drawn == "choice" for i in edge.nodes)

    def _name(self, number: int) -> str:
        """Of a state, as the drawing calls it: the number of a node that is passed on is that of what it reads."""
        state = self.cell.states[number]
        if self._passed(state):
            return self._name(state.edges[0].sources[0])
        return self.names[number]

    def _passed(self, state: CellState) -> bool:
        """Whether a node does no more than its one edge does, beside nodes that have operations of their own."""
        if not self.vertices or state.nodes or len(state.edges) != 1 or len(state.edges[0].sources) != 1:
            return False
        return not self._open(state.edges[0])

    def _operations(self, nodes: Sequence[int]) -> str:
        """What operations do, by the template that they are, or one by one; nothing for a node that is passed on."""
        graph = self.view.graph
        heavy = [i for i in nodes if graph.nodes[i].op.drawn in ("conv", "linear", "pool", "merge")]
        scopes = called(graph, nodes, self.place)
        names = [scope.template for scope in scopes if self._steady(scope.template)]
        if len(heavy) == 1 and not (names and (set(names[0]) & set("0123456789"))):
            return self.view.say(nodes, lambda graph, found: labels.layer(graph, found)[1])
        if names:
            return labels.words(names[0])
        words = [self.view.say([i], lambda graph, found: labels.layer(graph, found)[1]) for i in heavy]
        return " · ".join(
            f"{words.count(word)} × {word}" if words.count(word) > 1 else word for word in dict.fromkeys(words)
        )

    def _steady(self, template: str) -> bool:
        """Whether a template is the same operations at each of its uses in the cell."""
        uses: dict[str, list[str]] = {}
        for node in self.view.graph.nodes:
            if node.path.startswith(f"{self.place}."):
                for scope in node.scopes:
                    if scope.template == template and scope.turn is None:
                        uses.setdefault(scope.path, []).append(node.operation)
        return len({tuple(found) for found in uses.values()}) == 1

    def _optional(self, number: int, state: CellState) -> bool:
        """Whether not all edges of a state are there in every genome."""
        sketch = self.view.sketch
        if number == OUT:
            return self._chosen() and any(source in self.cell.inputs for edge in state.edges for source in edge.sources)
        if sketch is None:
            return False
        start = f"cells.{self.cell.template}.nodes.{state.number}."
        return any(
            path.startswith(start) and choice.kind == "input" and path.endswith((".present", ".inputs"))
            for path, choice in sketch.met.items()
        )

    def _sets(self) -> str:
        """How many of its edges a node takes, where that is chosen."""
        met = self.view.sketch.met if self.view.sketch is not None else {}
        sizes = {
            len(choice.answers[0])
            for path, choice in met.items()
            if path.startswith(f"cells.{self.cell.template}.nodes.")
            and choice.kind == "input"
            and isinstance(choice.answers[0], tuple)
        }
        if len(sizes) == 1:
            return f"each node takes {sizes.pop()} of the edges into it"
        if any(path.startswith(f"cells.{self.cell.template}.nodes.") and path.endswith(".present") for path in met):
            return "dashed edges may be there or not"
        return ""

    def _chosen(self) -> bool:
        """Whether edges may choose among sources, so that any state may be read by none."""
        return any(len(edge.sources) > 1 for state in self.cell.states.values() for edge in state.edges)

    def _join(self, source: Hashable, target: Hashable, style: str) -> None:
        self.edges.append((source, target))
        self.styles[source, target] = style


def _range(names: Sequence[str]) -> str:
    """`h_{k−2}, h_{k−1}, 0 … 3`."""
    numbers = [name for name in names if name.isdecimal()]
    rest = [name for name in dict.fromkeys(names) if not name.isdecimal()]
    numbers = sorted(dict.fromkeys(numbers), key=int)
    return ", ".join([*rest, *(numbers if len(numbers) < 3 else [f"{numbers[0]} … {numbers[-1]}"])])
