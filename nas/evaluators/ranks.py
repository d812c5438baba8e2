"""Several zero-cost proxies as one number: how high they rank a network on average, among random ones of its space.

Ranks need something to rank among, and a searcher is told one result at a time: a sample of the space, the same in
every process, is scored before the first network.
"""

from __future__ import annotations

import random
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from nas.errors import UserError

if TYPE_CHECKING:
    from nas.space import Genome, Space
    from nas.types import Metrics

SAMPLE = 50  # networks; fewer in a space that has fewer


def reference(space: Space, score: Callable[[Genome, int], Metrics]) -> dict[str, list[float]]:
    """Sorted values of each proxy over `SAMPLE` random networks of `space`, all different; `score(genome, seed)`.

    Raises UserError where none of them can be scored.
    """
    values: list[Metrics] = []
    seen: set[str] = set()
    for number in range(10 * SAMPLE):
        rng = random.Random(f"reference/{number}")
        genome = space.sample(rng)
        fingerprint = space.graph(genome).fingerprint()
        if fingerprint in seen:
            continue
        seen.add(fingerprint)
        try:
            metrics = score(genome, number)
        except ValueError:  # nothing in it that a proxy measures: as in a search, no result
            continue
        if all(value == value for value in metrics.values()):
            values.append(metrics)
        if len(values) == SAMPLE:
            break
    if not values:
        raise UserError("proxy", f"none of {len(seen)} networks could be scored", "name other proxies")
    return {name: sorted(metrics[name] for metrics in values) for name in values[0]}


def rank(names: Sequence[str], values: Mapping[str, float], among: Mapping[str, Sequence[float]]) -> float:
    """The mean over `names` of the share of the networks `among` that a value is above, equal ones half."""

    def share(name: str) -> float:
        value, others = values[name], among[name]
        return (bisect_left(others, value) + bisect_right(others, value)) / (2 * len(others))

    return sum(map(share, names)) / len(names)
