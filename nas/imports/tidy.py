"""A traced graph said in fewer, more usual operations."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace

from nas.graph.graph import Graph, Node, infer
from nas.graph.operation import Operation, Shape
from nas.graph.operations import OPERATIONS


def tidy(graph: Graph) -> Graph:
    """The same function, pruned: dense blocks nested, a pooled map a vector at once, and a gate a map throughout."""
    return _maps(_vectors(_nested(graph))).prune()


def _nested(graph: Graph) -> Graph:
    """Each concat that begins as an earlier one reads that instead."""
    known: dict[tuple[int, ...], int] = {}
    nodes: list[Node] = []
    for number, node in enumerate(graph.nodes):
        if node.operation == "concat":
            known.setdefault(node.inputs, number)
            starts = (known.get(node.inputs[:length]) for length in range(len(node.inputs) - 1, 1, -1))
            earlier = next((start for start in starts if start is not None), None)
            if earlier is not None:
                node = node._replace(inputs=(earlier, *node.inputs[len(graph.nodes[earlier].inputs) :]))
        nodes.append(node)
    return replace(graph, nodes=tuple(nodes))


def _vectors(graph: Graph) -> Graph:
    """A flattening after an average over the whole map stands with it: global_avg_pool, then what was between.

    That is done where what is between works on a vector as it does on a map of one position.
    """

    def instead(pool: Node, end: Node) -> Operation | None:
        averages = pool.operation == "adaptive_avg_pool" and set(pool.shape[1:]) == {1}
        return OPERATIONS["global_avg_pool"]() if end.operation == "flatten" and averages else None

    return _moved(graph, instead, _same)


def _maps(graph: Graph) -> Graph:
    """What follows global_avg_pool up to a reshaping to a map of one position is such a map from the pool on.

    Its linear layers are 1x1 convolutions: so squeeze-and-excitation is one thing, however it was written.
    """

    def instead(pool: Node, end: Node) -> Operation | None:
        to_one = end.operation == "reshape" and len(end.shape) > 1 and set(end.shape[1:]) == {1}
        return OPERATIONS["adaptive_avg_pool"](1) if pool.operation == "global_avg_pool" and to_one else None  # type: ignore[call-arg]

    def on_map(node: Node) -> Operation | None:
        if node.operation != "linear":
            return _same(node)
        features, bias = node.op.arguments.values()
        return OPERATIONS["conv"](channels=features, kernel=1, bias=bias)  # type: ignore[call-arg]

    return _moved(graph, instead, on_map)


def _same(node: Node) -> Operation | None:
    """The operation, where it does to a vector what it does to a map of one position."""
    op = node.op
    return op if op.activation or op.inert or op.name in ("batch_norm", "layer_norm", "identity") else None


def _moved(
    graph: Graph, instead: Callable[[Node, Node], Operation | None], between: Callable[[Node], Operation | None]
) -> Graph:
    """A change of shape at the end of a chain that begins with a pool is made by the pool.

    Args:
        graph: what is changed.
        instead: the operation in place of a pool, for the node that changes the shape; None: they do not go together.
        between: what becomes of an operation between them; None: it may not stand there.
    """
    nodes = list(graph.nodes)
    readers = Counter(source for node in nodes for source in node.inputs)
    readers[graph.output] += 1
    for number, end in enumerate(graph.nodes):
        chain, source = list[int](), end.inputs[0] if end.inputs else 0
        while readers[source] == 1 and between(nodes[source]) is not None:
            chain.append(source)
            (source,) = nodes[source].inputs
        op = instead(nodes[source], end) if readers[source] == 1 else None
        if op is None:
            continue
        nodes[source] = _put(nodes[source], op, nodes[nodes[source].inputs[0]].shape)
        for place in reversed(chain):
            other = between(nodes[place])
            assert other is not None
            nodes[place] = _put(nodes[place], other, nodes[nodes[place].inputs[0]].shape)
        nodes[number] = end._replace(op=OPERATIONS["identity"]())
    return replace(graph, nodes=tuple(nodes))


def _put(node: Node, op: Operation, shape: Shape) -> Node:
    out, parameters, mult_adds = infer(op, (shape,))
    return node._replace(op=op, shape=out, parameters=parameters, mult_adds=mult_adds)
