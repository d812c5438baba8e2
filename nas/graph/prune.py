"""Leaving out what computes nothing: dead nodes, identities, zeros that are added, merges of a single input."""

from dataclasses import replace
from typing import TYPE_CHECKING

from nas.graph.operation import Shape
from nas.graph.operations.tensor import Identity, Zeros

if TYPE_CHECKING:
    from nas.graph.graph import Graph, Node


def prune(graph: "Graph") -> "Graph":
    """The same function by fewer nodes, in time linear in them.

    Keeps what reaches the output or an auxiliary head, and always the input. Drops identities, the `none` inputs of an
    `add` (all `none`: it is one itself) and merges of a single input: their readers read what they read. Zeros do not
    depend on what they are made from, so `none` reads the graph's input, where a stride leads from there to its shape,
    and there is one for each shape. Paths and scopes stay; pruning again changes nothing.
    """
    nodes: list[Node] = []
    instead: list[int] = []  # for each node: the node that its readers read in its place
    zeros: dict[Shape, int] = {}
    for position, node in enumerate(graph.nodes):
        node = _reading(node, tuple([instead[i] for i in node.inputs]))
        if node.operation == "none":
            node = _from_input(node, graph.input)
        elif node.operation == "add":
            node = _without_zeros(node, nodes)
        nodes.append(node)
        if node.operation == "none" and node.inputs == (0,):
            instead.append(zeros.setdefault(node.shape, position))
        elif node.op.neutral_alone and len(node.inputs) == 1:
            instead.append(node.inputs[0])
        else:
            instead.append(position)

    output, auxiliary = instead[graph.output], tuple(instead[i] for i in graph.auxiliary)
    kept = sorted(replace(graph, nodes=tuple(nodes)).ancestors([0, output, *auxiliary]))
    place = {old: new for new, old in enumerate(kept)}
    return replace(
        graph,
        nodes=tuple([_reading(nodes[old], tuple([place[i] for i in nodes[old].inputs])) for old in kept]),
        output=place[output],
        auxiliary=tuple(place[i] for i in auxiliary),
    )


def inference(graph: "Graph") -> "Graph":
    """A pruned graph as it computes once it is trained: without auxiliary heads, and what acts in training alone."""
    if not graph.auxiliary and not any(node.op.inert for node in graph.nodes):
        return graph
    nodes = tuple(node._replace(op=Identity()) if node.op.inert else node for node in graph.nodes)
    return prune(replace(graph, nodes=nodes, auxiliary=()))


def _reading(node: "Node", inputs: tuple[int, ...]) -> "Node":
    """The node with these inputs; `_replace` would take most of a search's time for each proposal."""
    return node if node.inputs == inputs else type(node)(node.op, inputs, *node[2:])


def _from_input(node: "Node", image: Shape) -> "Node":
    """Zeros made from the graph's input, or the node itself where no stride leads from its shape to these zeros'."""
    channels, *sizes = node.shape
    if len(image) != len(node.shape):
        return node
    op = Zeros(tuple(-(-size // wanted) for size, wanted in zip(image[1:], sizes, strict=True)) or 1, channels)
    return node._replace(op=op, inputs=(0,)) if op.shape(image) == node.shape else node


def _without_zeros(node: "Node", nodes: list["Node"]) -> "Node":
    """An `add` without its `none` inputs, but for those that give it its shape; of equal zeros alone it keeps one."""
    some = tuple(i for i in node.inputs if nodes[i].operation != "none")
    if some:
        same = node.op.shape(*(nodes[i].shape for i in some)) == node.shape
        return node._replace(inputs=some) if same else node
    whole = {i for i in node.inputs if nodes[i].shape == node.shape}
    return node._replace(inputs=tuple(whole)) if len(whole) == 1 else node
