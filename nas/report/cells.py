"""A cell as its paper draws it: its inputs, its numbered nodes, the operations on its edges, its output."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from nas.graph.graph import Graph, Node, Scope
from nas.report.outline import OutlinePart

INPUTS = ("before", "last")
OUT = -1  # the state that stands for what the cell gives, where that is no node's


class CellEdge(NamedTuple):
    """Into a state, from one other (several: one of them, not chosen yet), by the operations `nodes` of the graph."""

    sources: tuple[int, ...]
    nodes: tuple[int, ...] = ()
    number: int = 0  # of those into one state


@dataclass
class CellState:
    """An input or a node of a cell: what it is called, its edges, its merge, and the operations after that."""

    name: str
    nodes: tuple[int, ...] = ()  # of an input: those that fit it in; of a node: those after its merge
    edges: list[CellEdge] = field(default_factory=list)
    merge: str = ""
    number: int = -1  # of a node, in the paths of its operations and answers


class Cell(NamedTuple):
    """States in order by number, inputs first (OUT last where the output merges some), and which of them is given."""

    template: str
    states: dict[int, CellState]
    output: int

    @property
    def inputs(self) -> list[int]:
        return [number for number, state in self.states.items() if not state.edges and not state.merge]


def place_of(graph: Graph, block: OutlinePart) -> str:
    """The beginning that the paths of a block's nodes have in common; of a layer, the path of its first node."""
    if not block.name:
        return graph.nodes[block.nodes[0]].path
    return ".".join(graph.nodes[block.nodes[0]].path.split(".")[: block.depth])


def is_cell(graph: Graph, place: str) -> bool:
    """Whether a cell with nodes stands there."""
    return any(
        node.path.startswith(f"{place}.nodes.") and _node_number(node.path, place) is not None for node in graph.nodes
    )


def _node_number(path: str, place: str) -> int | None:
    word = path[len(place) + 7 :].partition(".")[0]
    return int(word) if word.isdecimal() else None


def cell(graph: Graph, place: str) -> Cell | None:
    """The cell there, as far as its output depends on it; the graph is not pruned, for identities are edges as well."""
    groups = _Groups(graph, place)
    if not groups.nodes:
        return None
    states, state_of = groups.inputs()
    first = len(states)
    for number in sorted(groups.nodes):
        found = groups.state(number, state_of)
        if found is not None:
            state, end = found
            states[first + number] = state
            state_of.setdefault(end, first + number) if not state.edges else state_of.update({end: first + number})
    output = max(states)
    merge = groups.merge(groups.output)
    if merge is not None:
        edges = [CellEdge((source,)) for i in graph.nodes[merge].inputs for source in groups.behind(i, state_of)]
        states[OUT] = CellState(graph.nodes[merge].operation, (), edges, graph.nodes[merge].operation)
        output = OUT
    return Cell(groups.template, _reaching(states, output), output)


def _reaching(states: dict[int, CellState], output: int) -> dict[int, CellState]:
    """What the output depends on; an edge from a node that has none is none."""
    fed = {number for number, state in states.items() if not state.edges and not state.merge}
    for number, state in states.items():
        state.edges = [edge for edge in state.edges if fed.intersection(edge.sources)]
        if state.edges:
            fed.add(number)
    wanted, todo = set[int](), [output]
    while todo:
        number = todo.pop()
        if number not in wanted and number in states:
            wanted.add(number)
            todo += [source for edge in states[number].edges for source in edge.sources]
    inputs = [number for number, state in states.items() if not state.edges and not state.merge]
    return {number: state for number, state in states.items() if number in wanted or number in inputs}


class _Groups:
    """The nodes of a cell by what their paths say that they are."""

    def __init__(self, graph: Graph, place: str) -> None:
        self.graph, self.template = graph, ""
        self.fits: dict[str, list[int]] = {}
        self.nodes: dict[int, dict[str, list[int]]] = {}
        self.output: list[int] = []
        self.within: set[int] = set()
        self.single = False  # whether there is one input
        for i, node in enumerate(graph.nodes):
            if not node.path.startswith(f"{place}."):
                continue
            self.within.add(i)
            self.template = self.template or _template(node, place)
            word, *rest = node.path[len(place) + 1 :].split(".")
            if word == "inputs" and rest:
                self.fits.setdefault(rest[0], []).append(i)
            elif word == "nodes" and len(rest) > 1 and rest[0].isdecimal():
                self.nodes.setdefault(int(rest[0]), {}).setdefault(rest[1], []).append(i)
            elif word == "output":
                self.output.append(i)

    def inputs(self) -> tuple[dict[int, CellState], dict[int, int]]:
        """The states that are inputs, and of the graph's nodes the states that they give."""
        fitted = {i for nodes in self.fits.values() for i in nodes}
        raw = dict.fromkeys(
            i for node in sorted(self.within - fitted) for i in self.graph.nodes[node].inputs if i not in self.within
        )
        ends = {name: (max(self.fits[name]), tuple(self.fits[name])) for name in INPUTS if name in self.fits}
        left = [name for name in INPUTS if name not in ends]
        if not ends and len(raw) == 1:
            left = ["last"]
        for i, name in zip(raw, left, strict=False):
            ends[name] = i, ()
        names = [name for name in INPUTS if name in ends]
        states, state_of = dict[int, CellState](), dict[int, int]()
        for number, name in enumerate(names):
            called = ("h_{k−2}" if name == "before" else "h_{k−1}") if len(names) > 1 else "in"
            end, nodes = ends[name]
            states[number] = CellState(called, nodes)
            state_of[end] = number
        self.single = len(names) == 1
        return states, state_of

    def state(self, number: int, state_of: dict[int, int]) -> tuple[CellState, int] | None:
        """A node, and the graph's node that gives it; None for one that is another state as it stands."""
        parts = self.nodes[number]
        merge = self.merge([i for word, nodes in parts.items() if not word.isdecimal() and word != "do" for i in nodes])
        after = parts.get("do", [])
        edge_of = {i: int(word) for word, nodes in parts.items() if word.isdecimal() for i in nodes}
        if merge is not None:
            entries = [merge] if self.graph.nodes[merge].operation == "none" else list(self.graph.nodes[merge].inputs)
        elif after:
            entries = list(dict.fromkeys(i for node in after for i in self.graph.nodes[node].inputs if i not in after))
        else:
            entries = [max(edge_of)] if edge_of else []
        edges = []
        for position, i in enumerate(entries):
            if i == merge or self.graph.nodes[i].operation == "none":
                continue
            nodes = [j for j, word in edge_of.items() if word == edge_of[i]] if i in edge_of else []
            sources = tuple(
                dict.fromkeys(
                    s
                    for j in nodes
                    for r in self.graph.nodes[j].inputs
                    if r not in nodes
                    for s in self.behind(r, state_of)
                )
            )
            sources = sources or (tuple(self.behind(i, state_of)) if i not in edge_of else ())
            if sources:
                edges.append(CellEdge(sources, tuple(nodes), edge_of.get(i, position)))
        word = self.graph.nodes[merge].operation if merge is not None else "add"
        end = max(after, default=merge if merge is not None else max(edge_of, default=-1))
        name = str(number + self.single)  # of one input papers count it as 0, of two they count the nodes alone
        return (CellState(name, tuple(after), edges, word, number), end) if end >= 0 else None

    def merge(self, nodes: Sequence[int]) -> int | None:
        """The last of these that merges, or that stands for no edge at all."""
        return max(
            (i for i in nodes if self.graph.nodes[i].op.merges or self.graph.nodes[i].operation == "none"), default=None
        )

    def behind(self, i: int, state_of: dict[int, int]) -> Iterator[int]:
        """The state that a node of the graph is, or that it is made from (where the output fits a state in)."""
        if i in state_of:
            yield state_of[i]
        elif i in self.within:
            yield from dict.fromkeys(
                state for source in self.graph.nodes[i].inputs for state in self.behind(source, state_of)
            )


def _template(node: Node, place: str) -> str:
    return next((s.template for s in reversed(node.scopes) if s.path == place and s.turn is None), "")


def called(graph: Graph, nodes: Sequence[int], place: str) -> list[Scope]:
    """The templates inside a cell that hold all of these nodes, the outermost first."""
    scopes = [[s for s in graph.nodes[i].scopes if s.turn is None and s.path.startswith(f"{place}.")] for i in nodes]
    return [scope for scope in scopes[0] if all(scope in other for other in scopes)] if scopes else []
