"""Cells of two inputs as data: which operations their nodes take, and which earlier states these read."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import pairwise

from nas.exports.code.layers import Make
from nas.exports.code.scopes import Item, Part
from nas.graph.graph import Graph

INPUTS = ("before", "last")
MOST_GENOTYPES = 4
FEWEST = 8  # edges of all genotypes together, from which on data are shorter than code


@dataclass(eq=False)
class Edge:
    """An operation on a state, by whose name: an input's, or a node's number. items: none of an identity."""

    source: str
    word: str = ""
    items: list[Item] = field(default_factory=list)
    drop: Item | None = None


@dataclass(eq=False)
class Wiring:
    """One use of a cell. reads: the values that its inputs are, None of one that nothing reads. fits: the chains that
    bring these to the cell's channels. nodes: their edges. output: the states that are joined."""

    part: Part
    reads: list[int | None]
    fits: list[list[Item]]
    nodes: dict[str, list[Edge]]
    output: list[str]
    call: Make | None = None  # of the class


@dataclass(eq=False)
class Genotype:
    """Uses of a cell that are wired alike."""

    template: str
    uses: list[Wiring]

    @property
    def nodes(self) -> dict[str, list[Edge]]:
        return self.uses[0].nodes

    @property
    def states(self) -> dict[str, int]:
        """The number of each state."""
        return {name: number for number, name in enumerate((*INPUTS, *self.nodes))}

    @property
    def unused(self) -> list[str]:
        """The states that no node reads."""
        used = {edge.source for edges in self.nodes.values() for edge in edges}
        return [state for state in self.states if state not in used]


def shape(graph: Graph, use: Wiring, state: str) -> tuple[int, ...]:
    """Of a state of a use."""
    if state in INPUTS:
        at = INPUTS.index(state)
        fit, read = use.fits[at], use.reads[at]
        return graph.nodes[fit[-1].part.output if fit else read or 0].shape
    edge = use.nodes[state][0]
    return graph.nodes[edge.items[-1].part.output].shape if edge.items else shape(graph, use, edge.source)


def stride(graph: Graph, use: Wiring) -> int | None:
    """Of all operations on inputs, where those on nodes have none; None where this is otherwise."""
    found = {True: set[int](), False: {1}}
    for name, edges in use.nodes.items():
        for edge in edges:
            sizes = shape(graph, use, edge.source)[-1], shape(graph, use, name)[-1]
            found[edge.source in INPUTS].add(-(-sizes[0] // sizes[1]))
    return found[True].pop() if len(found[True]) == 1 and found[False] == {1} else None


def genotypes(graph: Graph, parts: Iterable[Part], drops: Callable[[Part], bool]) -> list[Genotype]:
    """Of the cells among the parts; none where one of them is no such cell or reads one input alone, or all are small.

    drops: whether a part is a drop_path.
    """
    cells = [part for part in parts if part.templates and any(item.name[:1] == ("nodes",) for item in part.items)]
    wirings = [wiring(graph, part, drops) for part in cells]
    found: list[Genotype] = []
    for wired in sorted(filter(None, wirings), key=lambda wired: -len(wired.nodes)):
        template = wired.part.templates[-1].template
        if not any(genotype.template == template and _added(genotype, wired) for genotype in found):
            found.append(Genotype(template, [wired]))
    edges = sum(len(node) for genotype in found for node in genotype.nodes.values())
    unread = any(wired is None or wired.reads[0] is None for wired in wirings)
    if unread or len(wirings) < 2 or edges < FEWEST or len(found) > MOST_GENOTYPES:
        return []
    order = {id(part): number for number, part in enumerate(cells)}
    for genotype in found:
        genotype.uses.sort(key=lambda wired: order[id(wired.part)])
    return sorted(found, key=lambda genotype: order[id(genotype.uses[0].part)])


def wiring(graph: Graph, part: Part, drops: Callable[[Part], bool]) -> Wiring | None:
    """None of a part that is wired in another way."""
    producers = {item.part.output: item for item in part.items}
    if any(item.name[:1] not in (("inputs",), ("nodes",), ("output",)) for item in part.items):
        return None
    fits = [[item for item in part.items if item.name[:2] == ("inputs", word)] for word in INPUTS]
    inside = [value for item in part.items if item.name[0] != "inputs" for value in item.reads]
    raw = list(dict.fromkeys(value for value in inside if value not in producers))
    if not fits[1] or len(raw) > (not fits[0]) or any(not _chain(fit) for fit in fits):
        return None
    reads = [fits[0][0].reads[0] if fits[0] else raw[0] if raw else None, fits[1][0].reads[0]]
    states = {fit[-1].part.output if fit else read: word for word, fit, read in zip(INPUTS, fits, reads, strict=True)}
    nodes: dict[str, list[Edge]] = {}
    groups: dict[str, list[Item]] = {}
    for item in part.items:
        if item.name[0] == "nodes":  # twice in a row, where the nodes are a part of their own
            groups.setdefault(item.name[1 + (item.name[1] == "nodes")], []).append(item)
    for name, items in groups.items():
        last = items[-1]
        merged = last.part.node is not None and graph.nodes[last.part.node].operation == "add"
        edges = [_edge(graph, value, producers, states, items, drops) for value in last.reads] if merged else []
        edges = edges or [_edge(graph, last.part.output, producers, states, items, drops)]
        if None in edges or len(items) != merged + sum(len(e.items) + (e.drop is not None) for e in edges if e):
            return None
        nodes[name] = [edge for edge in edges if edge]
        states[last.part.output] = name
    end = producers[part.output]
    joined = end.reads if end.name[0] == "output" and end.part.word == "concat" else (part.output,)
    if any(value not in states for value in joined):
        return None
    return Wiring(part, list(reads), fits, nodes, [states[value] for value in joined])


def _chain(items: list[Item]) -> bool:
    pairs = pairwise(items)
    return all(len(item.reads) == 1 for item in items) and all(b.reads[0] == a.part.output for a, b in pairs)


def _edge(
    graph: Graph,
    value: int,
    producers: dict[int, Item],
    states: dict[int | None, str],
    inside: list[Item],
    drops: Callable[[Part], bool],
) -> Edge | None:
    """The operations from a state to a value."""
    items: list[Item] = []
    while value not in states:
        item = producers.get(value)
        if item is None or item not in inside or len(item.reads) != 1:
            return None
        items.insert(0, item)
        (value,) = item.reads
    drop = items.pop() if items and drops(items[-1].part) else None
    if drop is not None and not items:
        return None
    return Edge(states[value], _word(graph, items[0]) if items else "", items, drop)


def _word(graph: Graph, item: Item) -> str:
    """What the document calls an operation: the outermost block in the edge, or the operation itself."""
    part = item.part
    while part.node is None:
        part = part.items[0].part
    node = graph.nodes[part.node]
    words = (node.path or "").split(".")
    depth = len(words) - 1 - words[::-1].index("nodes") if "nodes" in words else 0
    inner = [scope for scope in node.scopes if scope.turn is None and len(scope.path.split(".")) > depth + 2]
    return inner[0].template if inner else node.operation


def _added(genotype: Genotype, wired: Wiring) -> bool:
    """Adds a use to a genotype if it is one, with identities where those of the genotype are more than that.

    Edges that are identities in a use take the words that they have in others.
    """
    nodes: dict[str, list[Edge]] = {}
    same = {name: name for name in INPUTS}  # states of the genotype: those of the use
    for name, edges in genotype.nodes.items():
        own = wired.nodes.get(name)
        if own is None and (len(edges) > 1 or edges[0].drop is not None):
            return False
        own = own or [Edge(same[edges[0].source], edges[0].word)]
        if [edge.source for edge in own] != [same[edge.source] for edge in edges]:
            return False
        if any(a.word and b.word and a.word != b.word for a, b in zip(own, edges, strict=True)):
            return False
        nodes[name] = own
        same[name] = name if name in wired.nodes else own[0].source
    if wired.output != [same[name] for name in genotype.uses[0].output] or not set(wired.nodes) <= set(nodes):
        return False
    for name, edges in nodes.items():
        for edge, known in zip(edges, genotype.nodes[name], strict=True):
            edge.source = known.source
            edge.word = known.word = edge.word or known.word
    wired.nodes, wired.output = nodes, genotype.uses[0].output
    genotype.uses.append(wired)
    for use in genotype.uses:
        for name, edges in use.nodes.items():
            for edge, known in zip(edges, nodes[name], strict=True):
                edge.word = edge.word or known.word
    return True
