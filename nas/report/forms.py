"""The forms that a network's parts have: equal blocks and layers counted, so that all together are the network."""

from collections.abc import Callable, Hashable, Sequence
from typing import NamedTuple

from nas.graph.graph import Graph
from nas.graph.operation import Shape
from nas.report import labels
from nas.report.outline import OutlinePart

SIZES = 5  # shapes that are listed one by one
HEAVY, LIGHT = ("conv", "linear", "pool", "merge"), ("plain", "beside", "before")  # how operations are drawn
FEW = 3  # differences that are written out
WORDS = {"+": "sum", "×": "product"}


class Form(NamedTuple):
    """Parts that are equal in all: their operations, edges and sizes. parameters: of each of them."""

    name: str
    parts: tuple[OutlinePart, ...]
    parameters: int


class Size(NamedTuple):
    """Blocks of one name that end at one size: how many times, and the parameters of all of them.

    shape: as it is written, `96 … 256 × 56 × 56` where they end in several numbers of channels.
    """

    shape: str
    times: int
    parameters: int


def forms(graph: Graph, parts: Sequence[OutlinePart]) -> list[Form]:
    """Of the parts of an outline, in the order in which they come: counts times parameters are the network's."""
    groups: dict[object, list[OutlinePart]] = {}
    for part in parts:
        groups.setdefault((part.name, inside(graph, part, sizes=True)), []).append(part)
    return [Form(alike[0].name, tuple(alike), parameters(graph, alike[0])) for alike in groups.values()]


def sizes(graph: Graph, parts: Sequence[OutlinePart]) -> list[Size]:
    """Parts by their shape, or, where these are many, by its height and width, in the order in which they come."""
    shapes = [graph.nodes[part.nodes[-1]].shape for part in parts]
    by: Callable[[Shape], Hashable] = (lambda shape: shape) if len(set(shapes)) <= SIZES else (lambda shape: shape[1:])
    groups: dict[Hashable, list[tuple[Shape, OutlinePart]]] = {}
    for shape, part in zip(shapes, parts, strict=True):
        groups.setdefault(by(shape), []).append((shape, part))
    found = []
    for alike in groups.values():
        channels = sorted({shape[0] for shape, _ in alike})
        first = f"{channels[0]} … " if len(channels) > 1 else ""
        written = first + labels.shape((channels[-1], *alike[0][0][1:]))
        found.append(Size(written, len(alike), sum(parameters(graph, part) for _, part in alike)))
    return found


def parameters(graph: Graph, part: OutlinePart) -> int:
    return sum(graph.nodes[i].parameters for i in part.nodes)


def inside(graph: Graph, part: OutlinePart, sizes: bool = False) -> object:
    """What tells parts of one name apart: the operations that a drawing shows and their edges; with `sizes` all of
    them, with their arguments and shapes."""
    shown = [i for i in part.nodes if sizes or graph.nodes[i].op.drawn != "unsaid"]
    place, within = {node: at for at, node in enumerate(shown)}, set(part.nodes)
    outside: dict[int, int] = {}

    def read(i: int) -> object:
        while i in within and i not in place:
            (i,) = graph.nodes[i].inputs
        if i in place:
            return place[i]
        return ~outside.setdefault(i, len(outside)), graph.nodes[i].shape if sizes else ()

    nodes = [graph.nodes[i] for i in shown]
    return tuple((node.op if sizes else node.operation, tuple(read(i) for i in node.inputs)) for node in nodes)


def difference(graph: Graph, part: OutlinePart, usual: OutlinePart) -> str:
    """What a block has, or lacks, beside one of the same name: `+ conv 1×1`, `− sum`; nothing where that is much."""
    changes = _changes(graph, part, usual, HEAVY) or _changes(graph, part, usual, LIGHT)
    return " ".join(changes) if len(changes) <= FEW else ""


def _changes(graph: Graph, part: OutlinePart, usual: OutlinePart, drawn: Sequence[str]) -> list[str]:
    def said(one: OutlinePart) -> list[str]:
        texts = [labels.layer(graph, [i])[1] for i in one.nodes if graph.nodes[i].op.drawn in drawn]
        return [WORDS.get(text, text.partition(",")[0].partition(" /")[0]) for text in texts]

    own, other = said(part), said(usual)
    signs = (("+", _without(own, other)), ("−", _without(other, own)))
    return [f"{sign} {_times(word, words)}" for sign, words in signs for word in dict.fromkeys(words)]


def _times(word: str, words: list[str]) -> str:
    return f"{words.count(word)} {word}" if words.count(word) > 1 else word


def _without(words: list[str], others: list[str]) -> list[str]:
    left = list(words)
    for word in others:
        if word in left:
            left.remove(word)
    return left
