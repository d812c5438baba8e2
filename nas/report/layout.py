"""Where the boxes of a small directed acyclic graph go, in layers from left to right.

Sugiyama, Tagawa and Toda 1981, Methods for Visual Understanding of Hierarchical System Structures: longest-path layers,
a dummy where an edge passes through a layer, and an order within each layer by the mean place of the neighbours.
"""

from collections.abc import Hashable, Mapping, Sequence
from itertools import pairwise

Edge = tuple[Hashable, Hashable]
Point = tuple[int, float]  # layer, row
SWEEPS = 8


def layer(order: Sequence[Hashable], edges: Sequence[Edge]) -> dict[Hashable, int]:
    """The layer of each box: one more than its furthest source; inputs stand by their readers. `order`: topological."""
    depth = dict.fromkeys(order, 0)
    for box in order:
        depth[box] = max((depth[source] + 1 for source, target in edges if target == box), default=0)
    for box in order:
        if all(target != box for _, target in edges):  # an input stands just before the first that reads it
            depth[box] = min((depth[target] - 1 for source, target in edges if source == box), default=0)
    return depth


def place(order: Sequence[Hashable], edges: Sequence[Edge]) -> tuple[dict[Hashable, Point], dict[Edge, list[Point]]]:
    """(layer, row) of each box, and the points that each edge passes on its way, its ends left out.

    Rows are centred on 0 and one apart. An edge is listed once, however often it is given.
    """
    depth = layer(order, edges)
    layers: list[list[Hashable]] = [[] for _ in range(max(depth.values(), default=0) + 1)]
    for box in order:
        layers[depth[box]].append(box)
    links: list[Edge] = []  # between neighbouring layers
    ways: dict[Edge, list[Hashable]] = {}
    for source, target in dict.fromkeys(edges):
        ways[source, target] = [("way", source, target, at) for at in range(depth[source] + 1, depth[target])]
        for dummy in ways[source, target]:
            layers[dummy[3]].append(dummy)  # type: ignore[index]
        stops = [source, *ways[source, target], target]
        links += pairwise(stops)
    row = {box: float(at) for boxes in layers for at, box in enumerate(boxes)}
    for sweep in range(SWEEPS):
        forth = sweep % 2 == 0
        for boxes in layers if forth else reversed(layers):
            wanted = {box: _mean(box, links, row, forth) for box in boxes}
            boxes.sort(key=lambda box: wanted[box])
            row.update((box, at - (len(boxes) - 1) / 2) for at, box in enumerate(boxes))
    points: Mapping[Hashable, Point] = {box: (at, row[box]) for at, boxes in enumerate(layers) for box in boxes}
    return {box: points[box] for box in order}, {edge: [points[dummy] for dummy in way] for edge, way in ways.items()}


def _mean(box: Hashable, links: Sequence[Edge], row: Mapping[Hashable, float], forth: bool) -> float:
    near = (
        [row[source] for source, target in links if target == box] if forth else [row[t] for s, t in links if s == box]
    )
    return sum(near) / len(near) if near else row[box]
