"""Graphs for tests, written by hand."""

import random
from collections.abc import Sequence

from nas.graph.graph import Graph, Node, infer
from nas.graph.operation import Operation, Shape
from nas.graph.operations import OPERATIONS, Input


class Builder:
    """Appends nodes: `x = b("conv", 0, channels=8, kernel=3)`; node 0 is the input."""

    def __init__(self, shape: Shape = (3, 8, 8)) -> None:
        self.nodes = [Node(Input(shape), (), shape)]

    def __call__(self, operation: str | Operation, *inputs: int, path: str = "", **arguments: object) -> int:
        op = OPERATIONS[operation](**arguments) if isinstance(operation, str) else operation
        shape, parameters, mult_adds = infer(op, tuple(self.nodes[i].shape for i in inputs))
        path = path or f"network.{len(self.nodes)}"
        self.nodes.append(Node(op, inputs, shape, parameters, mult_adds, path))
        return len(self.nodes) - 1

    def graph(self, output: int = -1, auxiliary: Sequence[int] = ()) -> Graph:
        return Graph(tuple(self.nodes), output % len(self.nodes), tuple(auxiliary))


def relabelled(graph: Graph, rng: random.Random) -> Graph:
    """The same graph with its nodes in another topological order, and the inputs of commutative nodes in any order."""
    waiting = {here: len(set(node.inputs)) for here, node in enumerate(graph.nodes)}
    readers: dict[int, set[int]] = {here: set() for here in waiting}
    for here, node in enumerate(graph.nodes):
        for source in node.inputs:
            readers[source].add(here)
    order: list[int] = []
    ready = [0]
    while ready:
        here = ready.pop(rng.randrange(len(ready)))
        order.append(here)
        for reader in readers[here]:
            waiting[reader] -= 1
            if not waiting[reader]:
                ready.append(reader)
    place = {old: new for new, old in enumerate(order)}
    nodes = []
    for old in order:
        inputs = [place[i] for i in graph.nodes[old].inputs]
        if graph.nodes[old].op.commutative:
            rng.shuffle(inputs)
        nodes.append(graph.nodes[old]._replace(inputs=tuple(inputs), path=f"n{rng.random()}"))
    auxiliary = [place[i] for i in graph.auxiliary]
    rng.shuffle(auxiliary)
    return Graph(tuple(nodes), place[graph.output], tuple(auxiliary))


def nasbench201(operations: Sequence[int], channels: int = 16, cells: int = 5) -> Graph:
    """The NAS-Bench-201 network (Dong and Yang 2020): none, skip, conv 1x1, conv 3x3 and average pooling, by number."""
    b = Builder((3, 32, 32))

    def convolved(x: int, width: int, kernel: int, stride: int = 1) -> int:
        return b("batch_norm", b("conv", b("relu", x), channels=width, kernel=kernel, stride=stride, bias=False))

    def edge(number: int, x: int, width: int) -> int:
        if number < 2:
            return b("none" if number == 0 else "identity", x)
        if number == 4:
            return b("avg_pool", x, kernel=3, stride=1, padding=1, count_include_pad=False)
        return convolved(x, width, 1 if number == 2 else 3)

    x = b("batch_norm", b("conv", 0, channels=channels, kernel=3, bias=False))
    for stage in range(3):
        width = channels * 2**stage
        if stage:
            body = convolved(convolved(x, width, 3, 2), width, 3)
            shortcut = b("conv", b("avg_pool", x, kernel=2), channels=width, kernel=1, bias=False)
            x = b("add", body, shortcut)
        for _ in range(cells):
            nodes, numbers = [x], iter(operations)
            for _ in range(3):
                nodes.append(b("add", *[edge(next(numbers), source, width) for source in nodes]))
            x = nodes[-1]
    b("linear", b("global_avg_pool", b("relu", b("batch_norm", x))), features=10)
    return b.graph()
