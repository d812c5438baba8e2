"""Zeros where they are used: a pruned graph makes those of all cells once, from the network's input."""

from collections.abc import Sequence
from dataclasses import replace

from nas.graph.graph import Graph, Node, Scope


def localised(graph: Graph) -> tuple[Graph, list[int]]:
    """The graph with zeros of its own in each block, which read what the block does; of each node its old number."""
    zeros = {i for i, node in enumerate(graph.nodes) if node.operation == "none" and node.inputs == (0,)}
    if not zeros:
        return graph, list(range(len(graph.nodes)))
    nodes: list[Node] = []
    old: list[int] = []
    new: dict[int, int] = {}
    made: dict[tuple[int, str], int] = {}

    def add(number: int, node: Node) -> int:
        nodes.append(node)
        old.append(number)
        return len(nodes) - 1

    for number, node in enumerate(graph.nodes):
        inputs = []
        for source in node.inputs:
            place = _place(graph.nodes[source], node) if source in zeros else None
            if place is None or (value := _read(graph, node, place[0], zeros)) is None:
                if source not in new:
                    new[source] = add(source, graph.nodes[source])
                inputs.append(new[source])
                continue
            key = source, place[0].path
            if key not in made:
                path, scopes = f"{place[0].path}{place[1]}", (*_until(node, place[0]), *place[2])
                clone = graph.nodes[source]._replace(inputs=(new[value],), path=path, scopes=scopes)
                made[key] = add(source, clone)
            inputs.append(made[key])
        if number not in zeros:
            new[number] = add(number, node._replace(inputs=tuple(inputs)))
    for end in (graph.output, *graph.auxiliary):
        if end not in new:
            new[end] = add(end, graph.nodes[end])
    ends = tuple(new[end] for end in graph.auxiliary)
    return replace(graph, nodes=tuple(nodes), output=new[graph.output], auxiliary=ends), old


def _place(zero: Node, reader: Node) -> tuple[Scope, str, Sequence[Scope]] | None:
    """The block of the reader that zeros are from as well, where they are in it, and the scopes there."""
    blocks = [scope for scope in zero.scopes if scope.turn is None]
    for at in reversed([i for i, scope in enumerate(zero.scopes) if scope.turn is None]):
        scope = zero.scopes[at]
        mine = next((s for s in reversed(reader.scopes) if s.turn is None and s.template == scope.template), None)
        if mine is not None and blocks:
            return mine, zero.path[len(scope.path) :], zero.scopes[at + 1 :]
    return None


def _until(node: Node, scope: Scope) -> Sequence[Scope]:
    return node.scopes[: node.scopes.index(scope) + 1]


def _read(graph: Graph, reader: Node, scope: Scope, zeros: set[int]) -> int | None:
    """The first value from outside that a block reads."""
    inside = {i for i, node in enumerate(graph.nodes) if scope in node.scopes}
    return next((i for n in sorted(inside - zeros) for i in graph.nodes[n].inputs if i not in inside | zeros), None)
