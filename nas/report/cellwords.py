"""What the figure of a cell says: how its states and operations are called, and which of its edges are sure."""

from collections.abc import Sequence
from itertools import groupby

from nas.report import labels
from nas.report.cells import OUT, Cell, CellEdge, CellState, called
from nas.report.views import View
from nas.space.sketch import Open

HEAVY = ("conv", "linear", "pool", "merge")


class CellWords:
    """Of the cell at `place` in a view that is not pruned."""

    def __init__(self, view: View, cell: Cell, place: str) -> None:
        self.view, self.cell, self.place = view, cell, place
        self.met = view.sketch.met if view.sketch is not None else {}
        self.start = f"cells.{cell.template}.nodes."
        self.vertices = any(state.nodes and state.edges for state in cell.states.values())  # operations in the nodes
        own = [n for n, state in cell.states.items() if state.edges and n != OUT and not self.passed(state)]
        self.names = {number: state.name for number, state in cell.states.items()}
        if self.vertices:
            self.names.update((number, str(at + 1)) for at, number in enumerate(own))

    def name(self, number: int) -> str:
        """Of a state; one that is passed on is called as what it reads."""
        state = self.cell.states[number]
        return self.name(state.edges[0].sources[0]) if self.passed(state) else self.names[number]

    def passed(self, state: CellState) -> bool:
        """Whether a node does no more than its one edge does, beside nodes that have operations of their own."""
        if not self.vertices or state.nodes or len(state.edges) != 1 or len(state.edges[0].sources) != 1:
            return False
        return self.open(state.edges[0].nodes) is None

    def open(self, nodes: Sequence[int]) -> Open | None:
        """The operation among these that is not chosen yet."""
        return next((op for op in (self.view.graph.nodes[i].op for i in nodes) if isinstance(op, Open)), None)

    def operations(self, nodes: Sequence[int]) -> str:
        """What operations do, by the template that they are, or one by one; nothing for a state that is passed on."""
        graph = self.view.graph
        heavy = [i for i in nodes if graph.nodes[i].op.drawn in HEAVY]
        names = [
            scope.template for scope in called(graph, nodes, self.place) if self._is_the_same_everywhere(scope.template)
        ]
        if len(heavy) == 1 and not (names and set(names[0]) & set("0123456789")):
            return self.view.say(nodes, lambda graph, found: labels.layer(graph, found)[1])
        if names:
            return labels.words(names[0])
        words = [self.view.say([i], lambda graph, found: labels.layer(graph, found)[1]) for i in heavy]
        times = {word: words.count(word) for word in words}
        return " · ".join(f"{count} × {word}" if count > 1 else word for word, count in times.items())

    def _is_the_same_everywhere(self, template: str) -> bool:
        """Whether it is the same operations at each of its uses in the cell."""
        uses: dict[str, list[str]] = {}
        for node in self.view.graph.nodes:
            if node.path.startswith(f"{self.place}."):
                for scope in node.scopes:
                    if scope.template == template and scope.turn is None:
                        uses.setdefault(scope.path, []).append(node.operation)
        return len({tuple(found) for found in uses.values()}) == 1

    def may_lack(self, number: int, state: CellState, edge: CellEdge) -> bool:
        """Whether there are genomes without this edge."""
        if number == OUT:
            return self.gives_unused(state)
        start = f"{self.start}{state.number}."
        if f"{start}inputs" in self.met:
            return True
        if edge.nodes:
            return f"{start}{edge.number}.present" in self.met
        return any(path.startswith(start) and path.endswith(".present") for path in self.met)

    def gives_unused(self, state: CellState) -> bool:
        """Whether an output is of the states that no node reads, where what nodes read is open."""
        chosen = any(len(edge.sources) > 1 for other in self.cell.states.values() for edge in other.edges)
        return chosen and any(source in self.cell.inputs for edge in state.edges for source in edge.sources)

    def taken(self) -> str:
        """How many of its edges a node takes, where that is open."""
        mine = [(path, choice) for path, choice in self.met.items() if path.startswith(self.start)]
        sizes = {len(choice.answers[0]) for _, choice in mine if isinstance(choice.answers[0], tuple)}
        if len(sizes) == 1:
            return f"each node takes {sizes.pop()} of the edges into it"
        return "dashed edges may be there or not" if any(path.endswith(".present") for path, _ in mine) else ""


def listed(names: Sequence[str]) -> str:
    """`h_{k−2}, h_{k−1}, 0 … 3, 5`."""
    rest = [name for name in dict.fromkeys(names) if not name.isdecimal()]
    numbers = sorted({int(name) for name in names if name.isdecimal()})
    said = list[str]()
    for _, run in groupby(enumerate(numbers), lambda pair: pair[1] - pair[0]):
        found = [number for _, number in run]
        said += [f"{found[0]} … {found[-1]}"] if len(found) > 2 else map(str, found)
    return ", ".join([*rest, *said])
