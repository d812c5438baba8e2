"""Which parts of what flows through a supernet other answers leave out: of concats of what nothing else uses."""

from collections.abc import Sequence
from typing import NamedTuple

from nas.graph.graph import Graph, Node
from nas.graph.operation import Shape
from nas.network.sharing import READS_CHANNELS
from nas.space.place import Answered

Uses = frozenset[Answered]  # answers that are all given: where one of these is, a part is left out; none: never


class Piece(NamedTuple):
    """A share of a node's channels, or of its cost, that is there unless one of `uses` is given."""

    share: float
    uses: Uses


ALWAYS = Piece(1.0, frozenset())


def pieces(graph: Graph) -> list[list[Piece]]:
    """Of the cost of each node of a walk of all answers, which is taken to be in proportion to the channels it reads.

    What serves a part alone, as what brings it to the others' size does, is left out with it.
    """
    channels: list[list[Piece]] = []
    costs: list[list[Piece]] = []
    for node in graph.nodes:
        read = [channels[i] for i in node.inputs]
        channels.append(_gives(node, [graph.nodes[i].shape for i in node.inputs], read))
        costs.append(read[0] if len(read) == 1 else channels[-1])
    return [
        [Piece(share, uses | serves) for share, uses in own] for own, serves in zip(costs, _serve(graph), strict=True)
    ]


def _gives(node: Node, shapes: Sequence[Shape], read: Sequence[list[Piece]]) -> list[Piece]:
    """The pieces of a node's channels."""
    if node.operation == "concat":
        widths = [shape[0] / node.shape[0] for shape in shapes]
        return [Piece(width * share, uses) for width, own in zip(widths, read, strict=True) for share, uses in own]
    if not read or any(own != read[0] for own in read):
        return [ALWAYS]
    if node.operation in (*READS_CHANNELS, "none") and node.arguments.get("groups", 1) != shapes[0][0]:
        return [ALWAYS]
    absent = frozenset(node.arguments["uses"]) if _leaves_out(node) else frozenset[Answered]()
    return [Piece(share, uses | absent) for share, uses in read[0]]


def _serve(graph: Graph) -> list[Uses]:
    """Of each node: under which answers all that reads it is left out."""
    serves: list[Uses] = [frozenset() for _ in graph.nodes]
    readers: list[set[Uses]] = [set() for _ in graph.nodes]
    needed = graph.ancestors([graph.output])
    for number in range(len(graph.nodes) - 1, -1, -1):
        node = graph.nodes[number]
        if number in needed:
            serves[number] = next(iter(readers[number])) if len(readers[number]) == 1 else frozenset()
            for i in node.inputs:
                readers[i].add(
                    serves[number] | (frozenset(node.arguments["uses"]) if _leaves_out(node) else frozenset())
                )
    return serves


def _leaves_out(node: Node) -> bool:
    return node.operation == "held" and bool(node.arguments["absent"])
