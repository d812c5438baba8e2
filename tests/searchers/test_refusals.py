"""Refusals are known by the generator, and lead further and further away."""

import random
from collections.abc import Callable
from typing import Any

import pytest

from nas.searchers.evolution import Evolution
from nas.searchers.nsga2 import NSGA2
from nas.searchers.refusals import FEW, MANY, Refusals, further
from tests.searchers.traced import Letters, told


def test_the_same_generator_means_refused() -> None:
    refusals, rng = Refusals(), random.Random(0)
    assert [refusals.before(rng) for _ in range(3)] == [0, 1, 2]
    other = random.Random(0)  # another trial, though its draws are the same
    assert [refusals.before(other), refusals.before(rng), refusals.before(rng)] == [0, 0, 1]
    refusals.end()
    assert refusals.before(rng) == 0


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
    asked = [searcher.ask(rng, ()) for _ in range(MANY + 4)]
    mutations = [genome.count("-") for genome in asked[:MANY]]
    assert mutations == [1 + refused // FEW for refused in range(MANY)]
    assert asked[MANY:] == ["A-", "X", "A-", "Y"]
    assert searcher.ask(random.Random(0), ()) == "A-"  # of another trial
    assert [searcher.ask(rng, ()) for _ in range(FEW + 1)][-1] == "A--"
    told(searcher, "worse", 0.1, number=1)
    assert searcher.ask(rng, ()) == "A-"
