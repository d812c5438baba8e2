import random
import time

import pytest

from nas.run.propose import End, Proposal, propose
from nas.searchers.random import Random
from nas.space import Document, Space
from tests import cheap


def test_a_duplicate_is_asked_again_with_the_same_generator_and_counted() -> None:
    space = cheap.space(1)
    first = propose(Random(space), space, random.Random("0/0"), (), set(), {})
    assert isinstance(first, Proposal)
    second = propose(Random(space), space, random.Random("0/0"), (), {first.fingerprint}, {})
    assert isinstance(second, Proposal)
    rng = random.Random("0/0")
    drawn = [space.sample(rng) for _ in range(second.duplicates + 1)]
    assert drawn[-1] == second.genome
    assert second.duplicates >= 1
    assert all(genome == first.genome for genome in drawn[:-1])


def test_costs_are_the_pruned_graphs() -> None:
    space = Space(
        Document(
            {
                "network": [
                    {"branches": [["identity"], [{"conv": {"channels": 3, "kernel": 1}}, "none"]], "merge": "add"}
                ]
            }
        )
    )
    found = propose(Random(space), space, random.Random(0), (), set(), {})
    assert isinstance(found, Proposal)
    assert space.graph(found.genome).parameters > 0
    assert found.costs == space.graph(found.genome).prune().costs
    assert found.costs["parameters"] == 0


def test_limits_hold_and_are_counted() -> None:
    space = cheap.space(1)
    limits = {"parameters": 60.0}
    searcher, rng, over = Random(space), random.Random(1), 0
    for _ in range(20):
        found = propose(searcher, space, rng, (), set(), limits)
        assert isinstance(found, Proposal)
        assert found.costs["parameters"] <= 60
        over += found.over_limit
    assert over > 0


def test_both_ways_of_exhaustion_give_their_reason() -> None:
    space = cheap.space(1)
    seen = {space.graph(genome).fingerprint() for genome in cheap.genomes(20, layers=1)}
    start = time.monotonic()
    reason = propose(Random(space), space, random.Random(0), (), seen, {})
    assert reason == End("the last 1000 proposals were all refused: 1000 of networks already tried", duplicates=1000)
    reason = propose(Random(space), space, random.Random(0), (), seen, {"parameters": 1.0})
    assert reason == End("the last 1000 proposals were all refused: 1000 over the limit parameters=1", over_limit=1000)
    assert time.monotonic() - start < 10


def test_chance_finds_what_a_searcher_does_not_ask_for() -> None:
    """Exhausted means tried whole: of a small space every genome, of a large one as many random ones."""

    class Stuck(Random):
        def ask(self, rng: random.Random, pending: object, refused: object = ()) -> object:  # type: ignore[override]
            return next(iter(self.space.enumerate()))

    small, large = cheap.space(1), cheap.space(4)
    genomes = cheap.genomes(20, layers=1)
    for left in (genomes[7], genomes[13]):
        seen = {small.graph(genome).fingerprint() for genome in genomes if genome != left}
        found = propose(Stuck(small), small, random.Random(0), (), seen, {})
        assert isinstance(found, Proposal)
        assert found.genome == left
        assert 1000 <= found.duplicates < 1020
    stuck = next(iter(large.enumerate()))
    found = propose(Stuck(large), large, random.Random(0), (), {large.graph(stuck).fingerprint()}, {})
    assert isinstance(found, Proposal)
    assert (found.genome != stuck, found.duplicates) == (True, 1000)


def test_a_searcher_with_nothing_left() -> None:
    class Done(Random):
        def ask(self, rng: random.Random, pending: object, refused: object = ()) -> None:  # type: ignore[override]
            return None

    space = cheap.space(1)
    found = propose(Done(space), space, random.Random(0), (), set(), {})
    assert found == End("the searcher has nothing left to propose")


def test_genomes_that_cannot_be_built_are_refused_with_the_reason() -> None:
    class Broken(Random):
        def ask(self, rng: random.Random, pending: object, refused: object = ()) -> object:  # type: ignore[override]
            return next(too_deep.enumerate())

    pool = {"max_pool": {"kernel": 2}}
    too_deep = Space(
        Document({"name": "deep", "input": [3, 4, 4], "network": [pool, pool, pool, {"choice": ["relu", "elu"]}]})
    )
    end = propose(Broken(too_deep), too_deep, random.Random(0), (), set(), {})
    assert isinstance(end, End)
    assert "1000 that cannot be built: " in end.reason
    assert "max_pool" in end.reason


@pytest.mark.parametrize("seed", range(3))
def test_it_never_returns_what_was_seen(seed: int) -> None:
    space, seen = cheap.space(1), set()
    for number in range(20):
        found = propose(Random(space), space, random.Random(f"{seed}/{number}"), (), seen, {})
        assert isinstance(found, Proposal)
        assert found.fingerprint not in seen
        seen.add(found.fingerprint)
    assert len(seen) == 20
