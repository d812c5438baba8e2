"""Leaving out what computes nothing: dead nodes, identities, zeros that are added, merges of a single input."""

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING

from nas.graph.operation import Operation, Shape
from nas.graph.operations.tensor import Identity, Zeros

if TYPE_CHECKING:
    from nas.graph.graph import Graph, Node

_new = tuple.__new__  # a node without its constructor's call, which would be most of a search's time for each proposal


def prune(graph: "Graph") -> "Graph":
    """The same function by fewer nodes, in time linear in them.

    Keeps what reaches the output or an auxiliary head, and always the input. Drops identities, the `none` inputs of an
    `add` (all `none`: it is one itself) and merges of a single input: their readers read what they read. Zeros do not
    depend on what they are made from, so `none` reads the graph's input, where a stride leads from there to its shape,
    and there is one for each shape. Paths and scopes stay; pruning again changes nothing.
    """
    nodes = graph.nodes
    ops: list[Operation] = []
    reads: list[tuple[int, ...]] = []
    instead: list[int] = []  # for each node: the node that its readers read in its place
    zeros: dict[Shape, int] = {}
    for position, node in enumerate(nodes):
        op, inputs = node.op, tuple([instead[i] for i in node.inputs])
        if op.name == "none":
            from_input = _zeros(graph.input, node.shape)
            op, inputs = (from_input, (0,)) if from_input else (op, inputs)
        elif op.name == "add":
            inputs = _without_zeros(node, inputs, ops, nodes)
        ops.append(op)
        reads.append(inputs)
        if op.name == "none" and inputs == (0,):
            instead.append(zeros.setdefault(node.shape, position))
        elif op.neutral_alone and len(inputs) == 1:
            instead.append(inputs[0])
        else:
            instead.append(position)

    output, auxiliary = instead[graph.output], tuple([instead[i] for i in graph.auxiliary])
    kept = {0, output, *auxiliary}
    for position in range(len(nodes) - 1, 0, -1):
        if position in kept:
            kept.update(reads[position])
    place = {old: new for new, old in enumerate(sorted(kept))}
    kind = type(nodes[0])
    return replace(
        graph,
        nodes=tuple([_new(kind, (ops[old], tuple([place[i] for i in reads[old]]), *nodes[old][2:])) for old in place]),
        output=place[output],
        auxiliary=tuple([place[i] for i in auxiliary]),
    )


def inference(graph: "Graph") -> "Graph":
    """A pruned graph as it computes once it is trained: without auxiliary heads, and what acts in training alone."""
    if not graph.auxiliary and not any(node.op.inert for node in graph.nodes):
        return graph
    nodes = tuple(node._replace(op=Identity()) if node.op.inert else node for node in graph.nodes)
    return prune(replace(graph, nodes=nodes, auxiliary=()))


@lru_cache
def _zeros(image: Shape, shape: Shape) -> Zeros | None:
    """Zeros of a shape made from the graph's input; None where no stride leads from there to it."""
    if len(image) != len(shape):
        return None
    channels, *sizes = shape
    op = Zeros(tuple(-(-size // wanted) for size, wanted in zip(image[1:], sizes, strict=True)) or 1, channels)
    return op if op.shape(image) == shape else None


def _without_zeros(
    node: "Node", inputs: tuple[int, ...], ops: "Sequence[Operation]", nodes: "Sequence[Node]"
) -> tuple[int, ...]:
    """What an `add` reads but `none`, where that gives it its shape; of equal zeros alone it keeps one."""
    some = tuple([i for i in inputs if ops[i].name != "none"])
    if len(some) == len(inputs):
        return inputs
    if some:
        return some if node.op.shape(*[nodes[i].shape for i in some]) == node.shape else inputs
    whole = {i for i in inputs if nodes[i].shape == node.shape}
    return tuple(whole) if len(whole) == 1 else inputs
