"""Refusals lead further and further away."""

import random
from collections.abc import Callable
from itertools import islice
from typing import Any

import pytest

from nas.searchers.evolution import Evolution
from nas.searchers.nsga2 import NSGA2
from nas.searchers.refusals import A_MUTATION, TILL_RANDOM, further
from tests.searchers.traced import Letters, asked, told


def test_further_by_one_after_a_few() -> None:
    assert [
        further(refused)
        for refused in (
            0,
            A_MUTATION - 1,
            A_MUTATION,
            2 * A_MUTATION,
            TILL_RANDOM - 1,
        )
    ] == [0, 0, 1, 2, 9]
    assert [further(TILL_RANDOM + refused) for refused in (0, 1, 2, A_MUTATION, A_MUTATION + 1)] == [
        0,
        None,
        0,
        1,
        None,
    ]


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
    found = list(islice(asked(searcher, rng), TILL_RANDOM + 4))
    mutations = [genome.count("-") for genome in found[:TILL_RANDOM]]
    assert mutations == [1 + refused // A_MUTATION for refused in range(TILL_RANDOM)]
    assert found[TILL_RANDOM:] == ["A-", "X", "A-", "Y"]
    assert next(asked(searcher, rng)) == "A-"  # of another trial
    assert list(islice(asked(searcher, rng), A_MUTATION + 1))[-1] == "A--"
