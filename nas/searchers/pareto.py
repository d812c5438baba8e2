"""What is best by several objectives at once. Points are tuples of values, larger is better."""

import math
from collections.abc import Sequence

Points = Sequence[Sequence[float]]


def dominates(one: Sequence[float], other: Sequence[float]) -> bool:
    """Whether `one` is nowhere worse and somewhere better; larger is better."""
    return all(a >= b for a, b in zip(one, other, strict=True)) and tuple(one) != tuple(other)


def front(points: Points) -> list[int]:
    """Positions of the points that no other dominates (of equals all), in their order."""
    found: list[int] = []
    for here in sorted(range(len(points)), key=lambda i: tuple(points[i]), reverse=True):  # dominating ones come first
        if not any(dominates(points[other], points[here]) for other in found):
            found.append(here)
    return sorted(found)


def fronts(points: Points) -> list[list[int]]:
    """Positions front by front: each is the front of what the ones before it leave (Deb et al. 2002, section III-A)."""
    left, found = list(range(len(points))), []
    while left:
        found.append([left[i] for i in front([points[here] for here in left])])
        taken = set(found[-1])
        left = [here for here in left if here not in taken]
    return found


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
            for before, here, after in zip(order, order[1:], order[2:], strict=False):
                distances[here] += (values[after] - values[before]) / extent
    return distances
