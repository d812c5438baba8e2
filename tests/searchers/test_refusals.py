"""Refusals lead further and further away."""

import random
from collections.abc import Callable
from itertools import islice
from typing import Any

import pytest

from nas.searchers.evolution import Evolution
from nas.searchers.nsga2 import NSGA2
from nas.searchers.refusals import FEW, MANY, further
from tests.searchers.traced import Letters, asked, told


def test_further_by_one_after_a_few() -> None:
    assert [further(refused) for refused in (0, FEW - 1, FEW, 2 * FEW, MANY - 1)] == [0, 0, 1, 2, 9]
    assert [further(MANY + refused) for refused in (0, 1, 2, FEW, FEW + 1)] == [0, None, 0, 1, None]


@pytest.mark.parametrize(
    "made",
    [
        lambda space: Evolution(space, population=1, sample=1, mutations=1),
        lambda space: NSGA2(space, population=1, crossover=0),
    ],
)
def test_a_settled_population_is_left_behind(made: Callable[[Any], Any]) -> None:
    searcher, rng = made(Letters("XYZ")), random.Random(0)
    told(searcher, "A", 0.5)
    found = list(islice(asked(searcher, rng), MANY + 4))
    mutations = [genome.count("-") for genome in found[:MANY]]
    assert mutations == [1 + refused // FEW for refused in range(MANY)]
    assert found[MANY:] == ["A-", "X", "A-", "Y"]
    assert next(asked(searcher, rng)) == "A-"  # of another trial
    assert list(islice(asked(searcher, rng), FEW + 1))[-1] == "A--"
