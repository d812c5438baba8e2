"""What is best by several objectives at once. Points are tuples of values, larger is better."""

import math
from collections.abc import Sequence

Points = Sequence[Sequence[float]]


def dominates(one: Sequence[float], other: Sequence[float]) -> bool:
    """Whether `one` is nowhere worse and somewhere better; larger is better."""
    return all(a >= b for a, b in zip(one, other, strict=True)) and tuple(one) != tuple(other)


def front(points: Points) -> list[int]:
    """Positions of the points that no other dominates (of equals all), in their order."""
    undominated: list[int] = []
    for new in sorted(range(len(points)), key=lambda i: tuple(points[i]), reverse=True):  # dominating ones come first
        if not any(dominates(points[old], points[new]) for old in undominated):
            undominated.append(new)
    return sorted(undominated)


def fronts(points: Points) -> list[list[int]]:
    """Positions front by front: each is the front of what the ones before it leave (Deb et al. 2002, section III-A)."""
    left, fronts = list(range(len(points))), []
    while left:
        fronts.append([left[i] for i in front([points[j] for j in left])])
        taken = set(fronts[-1])
        left = [i for i in left if i not in taken]
    return fronts


def crowding(points: Points) -> list[float]:
    """Crowding distances within one front (Deb et al. 2002, section III-B): how far apart each point's neighbours are.

    The sum over the objectives of the distance between the next smaller and the next larger value, in parts of the
    objective's range; infinite for the points at an end.
    """
    distances = [0.0] * len(points)
    for objective in range(len(points[0]) if points else 0):
        values = [point[objective] for point in points]
        order = sorted(range(len(points)), key=values.__getitem__)
        distances[order[0]] = distances[order[-1]] = math.inf
        extent = values[order[-1]] - values[order[0]]
        if extent > 0:
            for before, between, after in zip(order, order[1:], order[2:], strict=False):
                distances[between] += (values[after] - values[before]) / extent
    return distances
