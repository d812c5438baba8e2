"""Where the boxes of a small directed acyclic graph go, in layers from the top down.

Sugiyama, Tagawa and Toda 1981, Methods for Visual Understanding of Hierarchical System Structures: longest-path layers,
a dummy where an edge passes through a layer, an order within each layer by the mean place of the neighbours, and places
as near to the neighbours as the others in the layer allow.
"""

from collections.abc import Hashable, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

Edge = tuple[Hashable, Hashable]
SWEEPS, LANE, GAP, RISE = 12, 8.0, 14.0, 26.0  # LANE: the width of a passing edge; RISE: between layers


class Layout(NamedTuple):
    """(middle, top) of each box, the points (x, top, bottom) that each edge passes on its way, and the whole size."""

    boxes: dict[Hashable, tuple[float, float]]
    ways: dict[Edge, list[tuple[float, float, float]]]
    width: float
    height: float


def layer(order: Sequence[Hashable], edges: Sequence[Edge]) -> dict[Hashable, int]:
    """The layer of each box: one more than its furthest source; inputs stand by their readers. `order`: topological."""
    sources: dict[Hashable, list[Hashable]] = {box: [] for box in order}
    readers: dict[Hashable, list[Hashable]] = {box: [] for box in order}
    for source, target in edges:
        sources[target].append(source)
        readers[source].append(target)
    depth = dict.fromkeys(order, 0)
    for box in order:
        depth[box] = max((depth[source] + 1 for source in sources[box]), default=0)
    for box in reversed(order):
        single = not sources[box] or len(sources[box]) == 1 == len(readers[box])
        if readers[box] and single:  # what is read once stands by its reader: shorter edges, narrower layers
            depth[box] = max(depth[box], min(depth[target] for target in readers[box]) - 1)
    return depth


def arrange(order: Sequence[Hashable], edges: Sequence[Edge], sizes: Mapping[Hashable, tuple[float, float]]) -> Layout:
    """Places for boxes of these (width, height); an edge is listed once, however often it is given."""
    depth = layer(order, edges)
    least = min(depth.values(), default=0)
    layers: list[list[Hashable]] = [[] for _ in range(max(depth.values(), default=0) - least + 1)]
    for box in order:
        layers[depth[box] - least].append(box)
    near: tuple[dict[Hashable, list[Hashable]], ...] = ({}, {})  # sources and readers in the next layers
    ways: dict[Edge, list[Hashable]] = {}
    for source, target in dict.fromkeys(edges):
        between = range(depth[source] - least + 1, depth[target] - least)
        ways[source, target] = [("way", source, target, at) for at in between]
        for at, dummy in zip(between, ways[source, target], strict=True):
            layers[at].append(dummy)
        for upper, lower in pairwise([source, *ways[source, target], target]):
            near[0].setdefault(lower, []).append(upper)
            near[1].setdefault(upper, []).append(lower)
    width = {box: sizes[box][0] if box in sizes else LANE for boxes in layers for box in boxes}
    middle = _across(layers, near, width)
    left = min(middle[box] - width[box] / 2 for box in middle)
    tops, heights, top = [], [], 0.0
    for boxes in layers:
        tops.append(top)
        heights.append(max([sizes[box][1] for box in boxes if box in sizes], default=0.0))
        top += heights[-1] + RISE
    row = {box: at for at, boxes in enumerate(layers) for box in boxes}
    return Layout(
        {box: (middle[box] - left, tops[row[box]] + (heights[row[box]] - sizes[box][1]) / 2) for box in order},
        {
            edge: [(middle[dummy] - left, tops[row[dummy]], tops[row[dummy]] + heights[row[dummy]]) for dummy in way]
            for edge, way in ways.items()
        },
        max(middle[box] + width[box] / 2 for box in middle) - left,
        top - RISE,
    )


def _across(
    layers: list[list[Hashable]], near: tuple[dict[Hashable, list[Hashable]], ...], width: Mapping[Hashable, float]
) -> dict[Hashable, float]:
    """The middle of each box: in the order of its neighbours' means, and as near to them as its layer allows."""
    middle = {box: float(at) for boxes in layers for at, box in enumerate(boxes)}
    for sweep in range(SWEEPS):
        for boxes in layers if sweep % 2 == 0 else reversed(layers):
            wanted = {box: _mean(box, near[sweep % 2], middle) for box in boxes}
            boxes.sort(key=lambda box: wanted[box])
            middle.update((box, at - (len(boxes) - 1) / 2) for at, box in enumerate(boxes))
    for boxes in layers:
        middle.update(_apart(boxes, dict.fromkeys(boxes, 0.0), width))
    for sweep in range(SWEEPS):
        for boxes in layers if sweep % 2 == 0 else reversed(layers):
            middle.update(_apart(boxes, {box: _mean(box, near[sweep % 2], middle) for box in boxes}, width))
    return middle


def _mean(box: Hashable, near: Mapping[Hashable, list[Hashable]], middle: Mapping[Hashable, float]) -> float:
    places = [middle[other] for other in near.get(box, ())]
    return sum(places) / len(places) if places else middle[box]


def _apart(
    boxes: Sequence[Hashable], wanted: Mapping[Hashable, float], width: Mapping[Hashable, float]
) -> dict[Hashable, float]:
    """Places in this order, none upon another, in all as near to the wanted ones as can be (least squares)."""
    offset, at = [], 0.0
    for before, box in pairwise([None, *boxes]):
        at += 0 if before is None else (width[before] + width[box]) / 2 + GAP
        offset.append(at)
    groups: list[list[float]] = []  # [sum, count] of what a run of touching boxes wants of its first place
    for box, away in zip(boxes, offset, strict=True):
        groups.append([wanted[box] - away, 1])
        while len(groups) > 1 and groups[-2][0] / groups[-2][1] > groups[-1][0] / groups[-1][1]:
            total, count = groups.pop()
            groups[-1] = [groups[-1][0] + total, groups[-1][1] + count]
    starts = [total / count for total, count in groups for _ in range(int(count))]
    return {box: start + away for box, start, away in zip(boxes, starts, offset, strict=True)}
