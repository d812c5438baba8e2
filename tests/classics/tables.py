"""Networks as the tables of papers print them: a row a module."""

import nas
from nas.graph.costs import by_module
from nas.graph.operation import Shape


def stages(name: str, prefix: str = "stages") -> list[tuple[int, int]]:
    """(size, channels) of the maps that come out of each turn of the loop `prefix`."""
    graph = nas.load(name).graph().prune()
    rows = by_module(graph, 2).items()
    return [size_and_channels(row.shape) for module, row in rows if module.startswith(f"{prefix}.")]


def size_and_channels(shape: Shape) -> tuple[int, int]:
    channels, height, width = shape
    assert height == width
    return height, channels


def rates(name: str, operation: str) -> list[float]:
    """The rates of a document's dropouts or drop paths, in order."""
    return [node.arguments["rate"] for node in nas.load(name).graph().prune().nodes if node.operation == operation]


def norms(name: str) -> set[tuple[float, float]]:
    """(eps, momentum) of the batch norms."""
    nodes = nas.load(name).graph().nodes
    return {(n.arguments["eps"], n.arguments["momentum"]) for n in nodes if n.operation == "batch_norm"}
