"""Against a hill climb by brute force, on spaces small enough to know every score."""

import math
import random
from itertools import islice
from typing import Any

import pytest

from nas.errors import UserError
from nas.searchers.local_search import LocalSearch
from nas.space import Document, Genome, Space
from nas.types import Result, Trial
from tests import cheap
from tests.searchers.traced import asked

FAILING = 0.1  # genomes of a lower score fail


def worth(genome: Genome) -> float:
    """Two hills for each layer: the climb depends on where it starts."""
    found = 0.0
    for answer in genome.answers.values():
        found += {4: 3, 8: 1, 12: 0, 16: 2, 20: 5}[answer] if isinstance(answer, int) else len(answer) % 4
    return found + cheap.score(genome) / 10  # no two are equal


def result(number: int, genome: Genome) -> Result:
    if cheap.score(genome) < FAILING:
        return Result(Trial(number, genome, 0), None, "failed")
    return Result(Trial(number, genome, 0), {"valid_accuracy": worth(genome)})


def value(genome: Genome) -> float:
    return -math.inf if cheap.score(genome) < FAILING else worth(genome)


def run(searcher: LocalSearch, trials: int, seed: int, refused: Any = lambda genome: False) -> list[Genome]:
    """One worker; what `refused` names is asked for again, as the loop does. No genome is evaluated twice."""
    found: list[Genome] = []
    for number in range(trials):
        rng = random.Random(f"{seed}/{number}")
        genome = next(one for one in islice(asked(searcher, rng), 1000) if not refused(one) and one not in found)
        found.append(genome)
        searcher.tell(result(number, genome))
    return found


@pytest.mark.parametrize("seed", range(4))
def test_it_climbs_as_by_brute_force(seed: int) -> None:
    """All neighbours of v, then those of the best of them, until none is better; then a random one that works."""
    space = cheap.space(2)
    found, climbed = run(LocalSearch(space, first=False), 60, seed), 0
    here = 0
    while here < len(found):
        v, here = found[here], here + 1  # a random one
        climbing = value(v) > -math.inf
        while climbing:
            around = set(space.neighbours(v))
            new = around - set(found[:here])
            assert set(found[here : here + len(new)]) <= new
            here += len(new)
            best = max(around, key=value)
            climbing = value(best) > value(v)
            v, climbed = best, climbed + climbing
    assert climbed >= 2


@pytest.mark.parametrize("seed", range(4))
def test_the_first_better_neighbour_is_enough(seed: int) -> None:
    space = cheap.space(2)
    found, climbed = run(LocalSearch(space, first=True), 60, seed), 0
    v: Genome | None = None
    for here, genome in enumerate(found):
        around = set() if v is None else set(space.neighbours(v))
        better = [other for other in around & set(found[:here]) if v is not None and value(other) > value(v)]
        if v is not None and around <= set(found[:here]) and better:  # all were told before v: on to the best of them
            v = max(better, key=value)
            around = set(space.neighbours(v))
        if genome in around:
            assert v is not None
            if value(genome) > value(v):
                v, climbed = genome, climbed + 1
        else:  # a random one
            assert around <= set(found[:here])
            v = genome if value(genome) > -math.inf else None
    assert climbed >= 2


def test_refused_neighbours_do_not_stop_it() -> None:
    space = cheap.space(2)

    def too_large(genome: Genome) -> bool:
        return 20 in genome.answers.values()

    found = run(LocalSearch(space, first=False), 60, 0, too_large)
    assert len(set(found)) == 60
    assert not any(map(too_large, found))
    allowed = [genome for genome in space.enumerate() if not too_large(genome)]
    assert max(map(value, found)) == max(map(value, allowed))


@pytest.mark.parametrize("first", [False, True])
def test_resumed_it_goes_on_as_it_would_have(first: bool) -> None:
    space = cheap.space(2)
    whole = run(LocalSearch(space, first), 40, 3)
    for cut in (1, 2, 7, 20, 39):
        searcher = LocalSearch(space, first)
        for number, genome in enumerate(whole[:cut]):
            searcher.tell(result(number, genome))
        for number in range(cut, 40):
            rng = random.Random(f"3/{number}")
            genome = next(one for one in asked(searcher, rng) if one not in whole[:number])
            assert genome == whole[number]
            searcher.tell(result(number, genome))


def test_what_is_under_way_is_not_asked_for_again() -> None:
    space = cheap.space(1)
    searcher = LocalSearch(space)
    start = space.sample(random.Random(0))
    searcher.tell(result(0, start))
    pending: list[Trial] = []
    for number in range(len(list(space.neighbours(start)))):
        pending.append(Trial(number, searcher.ask(random.Random(number), pending), 0))
    assert {trial.genome for trial in pending} == set(space.neighbours(start))


def test_neighbours_without_end_are_drawn() -> None:
    """Another kind of unit opens two choices in each of twelve places: 4^12 neighbours by that one change."""
    unit = {"choice": [{"conv": {"channels": {"choice": [4, 8]}, "kernel": {"choice": [1, 3]}}}, "identity"]}
    turn = {"when": "=deep == 1", "do": [{"repeat": 12, "body": [unit]}], "else": ["relu"]}
    data = {"name": "deep", "input": [3, 4, 4], "classes": 2, "parameters": {"deep": {"choice": [0, 1]}}}
    space = Space(Document({**data, "network": [turn, "global_avg_pool", {"linear": "=classes"}]}))
    searcher, v = LocalSearch(space), space.genome({"parameters.deep": 0})
    found = list(searcher.neighbours(v))
    assert 90 < len(set(found)) == len(found) <= 100
    assert all(genome.answers["parameters.deep"] == 1 for genome in found)
    assert list(LocalSearch(space).neighbours(v)) == found
    searcher.tell(Result(Trial(0, v, 0), {"valid_accuracy": 0.5}))
    assert searcher.ask(random.Random(0), ()) == found[0]


def test_first_is_true_or_false() -> None:
    with pytest.raises(UserError, match="searcher local_search: first is 1; give true or false"):
        LocalSearch(cheap.space(), first=1)  # type: ignore[arg-type]


def test_more_epochs_of_a_trial_change_its_score_and_not_where_the_search_is() -> None:
    searcher, space = LocalSearch(cheap.space(1)), cheap.space(1)
    told = [result(number, genome) for number, genome in enumerate(cheap.genomes(4, 1))]
    v = next(each for each in told if not each.failed)
    searcher.tell(v)
    near = next(iter(space.neighbours(v.trial.genome)))
    searcher.tell(Result(Trial(4, near, 0), {"valid_accuracy": v.score - 1}))
    assert searcher.better(v.trial.genome) is None
    searcher.retell(Result(Trial(4, near, 0, 3), {"valid_accuracy": v.score + 1}))
    assert searcher.v == v.trial.genome
    assert searcher.better(v.trial.genome) == near
    searcher.retell(Result(Trial(4, near, 0, 9), None, "failed"))
    assert searcher.better(v.trial.genome) is None
