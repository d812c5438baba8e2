"""Against populations traced by hand and fronts by brute force."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nas.errors import UserError
from nas.searchers.nsga2 import NSGA2, ranked
from nas.searchers.pareto import crowding, dominates, front
from nas.types import Result, Trial
from tests import cheap
from tests.searchers.traced import Letters, Script, told

POINTS = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=1, max_size=25)


def nsga2(space: object, **options: float) -> NSGA2:
    return NSGA2(space, **options)  # type: ignore[arg-type]


def test_a_run_traced_by_hand() -> None:
    searcher = nsga2(Letters(), population=3, crossover=0.9)
    for name, values in (("A", (0.9, 0.1)), ("B", (0.5, 0.5)), ("C", (0.1, 0.9))):
        assert searcher.ask(Script(), ()) == name
        told(searcher, name, *values, number=ord(name))
    genomes = [one.genome for one in searcher.population]
    assert sorted(genomes[:2]) == ["A", "C"]  # one front; the ends of it are the least crowded
    assert genomes[2] == "B"
    # Tournament of the third, B, against the second: the second. Then B against B. 0.8 < 0.9: crossover.
    assert searcher.ask(Script([2, 1, 2, 2], [0.8]), ()) == f"{genomes[1]}+B-"
    assert searcher.parents == (ord(str(genomes[1])), ord("B"))
    assert searcher.ask(Script([2, 2], [0.95]), ()) == "B-"  # no crossover
    assert searcher.parents == (ord("B"),)
    told(searcher, "D", 0.6, 0.6, number=1)  # dominates B
    assert {one.genome for one in searcher.population} == {"A", "C", "D"}
    told(searcher, "E", 0.2, 0.2, number=2)  # dominated by D
    assert {one.genome for one in searcher.population} == {"A", "C", "D"}
    # One front of four. In sum F's neighbours D and A are 0.3 + 0.5 apart, D's neighbours C and F 0.6 + 0.31: F goes.
    told(searcher, "F", 0.7, 0.59, number=3)
    assert {one.genome for one in searcher.population} == {"A", "C", "D"}


def test_failures_never_join() -> None:
    searcher = nsga2(Letters(), population=1)
    told(searcher, "A")
    assert searcher.ask(Script(), ()) == "A"
    assert searcher.population == []


def test_told_again_with_more_epochs() -> None:
    searcher = nsga2(Letters(), population=2)
    told(searcher, "A", 0.5, 0.5, number=0)
    told(searcher, "B", 0.4, 0.4, number=1)
    searcher.retell(Result(Trial(1, "B", 0), {"valid_accuracy": 0.6}, values=(0.6, 0.6)))  # type: ignore[arg-type]
    assert [(one.genome, one.values) for one in searcher.population] == [("B", (0.6, 0.6)), ("A", (0.5, 0.5))]
    searcher.retell(Result(Trial(1, "B", 0), None, "failed"))  # type: ignore[arg-type]
    assert [one.genome for one in searcher.population] == ["A"]


@given(POINTS)
def test_the_population_is_the_best_by_front_then_by_crowding(points: list[tuple[int, ...]]) -> None:
    searcher = nsga2(Letters(), population=8)
    everyone: list[tuple[int, ...]] = []
    for number, point in enumerate(points):
        told(searcher, f"g{number}", *point, number=number)
        everyone = [*[one.values for one in searcher.population if one.number != number], point]  # type: ignore[list-item]
        kept = [one.values for one in searcher.population]
        assert len(kept) == min(8, number + 1)
        # By brute force: nothing in the population is dominated by what was dropped for it.
        dropped = [values for values in everyone if values not in kept]
        assert not any(dominates(lost, one) for lost in dropped for one in kept)
    best = {tuple(points[here]) for here in front(points)}
    found = {tuple(one.values) for one in searcher.population}
    assert found <= best if len(front(points)) >= 8 else found >= best  # the front survives where it fits


@given(POINTS)
def test_ranks_are_fronts_and_distances(points: list[tuple[int, ...]]) -> None:
    ranks = ranked(points)
    first = front(points)
    assert [here for here, (number, _) in enumerate(ranks) if number == 0] == first
    assert [-ranks[here][1] for here in first] == crowding([points[here] for here in first])


def test_options_out_of_range() -> None:
    with pytest.raises(UserError, match=r"crossover is 1\.5; give a number of at least 0 and at most 1"):
        nsga2(cheap.space(), crossover=1.5)
    nsga2(cheap.space(), crossover=1)


def test_children_mix_their_parents_and_change_one_answer() -> None:
    space, rng = cheap.space(), random.Random(0)
    searcher = nsga2(space, population=2, crossover=1)
    parents = [space.sample(rng) for _ in range(2)]
    for number, parent in enumerate(parents):
        told(searcher, parent, number, -number, number=number)
    for number in range(50):
        child = searcher.ask(random.Random(number), ())
        new = [path for path, answer in child.answers.items() if all(p.answers[path] != answer for p in parents)]
        assert len(new) <= 1
