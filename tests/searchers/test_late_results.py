"""Local search with several workers: late results move it only to what is better; then it begins again."""

import random

import pytest

from nas.run.propose import End, propose
from nas.searchers.local_search import LocalSearch
from nas.space import Genome, Space
from nas.types import Result, Trial, trial_random
from tests import cheap


def told(number: int, genome: Genome, accuracy: float) -> Result:
    return Result(Trial(number, genome, 0), {"valid_accuracy": accuracy})


def course(space: Space, workers: int, trials: int, seed: int, first: bool = True) -> tuple[LocalSearch, list[str]]:
    """A search with so many workers, whose results come in any order; what went wrong."""
    searcher, clock, wrong = LocalSearch(space, first), random.Random(seed), list[str]()
    pending: dict[int, Trial] = {}
    seen: set[str] = set()
    issued = 0
    while issued < trials or pending:
        while len(pending) < workers and issued < trials:
            found = propose(searcher, space, trial_random(seed, issued), tuple(pending.values()), seen, {})
            if isinstance(found, End):
                trials = issued
                break
            seen.add(found.fingerprint)
            pending[issued] = Trial(issued, found.genome, 0)
            issued += 1
        trial = pending.pop(clock.choice(list(pending)))
        before = searcher.v
        searcher.tell(told(trial.number, trial.genome, cheap.score(trial.genome)))
        if before is not None and searcher.v != before and cheap.score(searcher.v) < cheap.score(before):
            untried = [near for near in space.neighbours(before) if near not in searcher.scores]
            under_way = {other.genome for other in pending.values()}
            if set(untried) - under_way:
                wrong.append(f"trial {trial.number}: left with {len(untried)} neighbours untried")
    return searcher, wrong


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize("workers", [1, 2, 8])
def test_a_late_result_never_replaces_a_better_one(workers: int, first: bool) -> None:
    space = cheap.space(3)
    left = 0
    for seed in range(3):
        searcher, wrong = course(space, workers, 100, seed, first)
        assert not wrong
        left += len(searcher.left)
    assert left >= 6


def test_of_the_random_ones_that_eight_workers_begin_with_the_best_is_climbed_from() -> None:
    space = cheap.space(4)
    genomes = cheap.genomes(8, 4)
    searcher = LocalSearch(space)
    for number, accuracy in enumerate((0.3, 0.8, 0.5, 0.9, 0.1, 0.7, 0.2, 0.6)):
        searcher.tell(told(number, genomes[number], accuracy))
    assert searcher.v == genomes[3]
    assert searcher.ask(random.Random(0), ()) in set(space.neighbours(genomes[3]))


def test_a_neighbour_of_what_was_left_changes_nothing_but_where_it_is_better() -> None:
    space = cheap.space(3)
    searcher, start = LocalSearch(space), cheap.genomes(1)[0]
    searcher.tell(told(0, start, 0.5))
    near = list(searcher.neighbours(start))[:4]
    searcher.tell(told(1, near[0], 0.6))
    assert searcher.v == near[0]
    for number, accuracy in ((2, 0.1), (3, 0.55)):
        searcher.tell(told(number, near[number - 1], accuracy))
        assert searcher.v == near[0]
    searcher.tell(told(4, near[3], 0.7))
    assert searcher.v == near[3]


def test_it_begins_again_at_a_random_genome_of_any_worth() -> None:
    """With all neighbours of v under way, workers get random ones: the first to be told is v, if v was no further."""
    space = cheap.space(2)
    searcher, start = LocalSearch(space), cheap.genomes(1, 2)[0]
    searcher.tell(told(0, start, 0.5))
    around = [Trial(number, genome, 0) for number, genome in enumerate(searcher.neighbours(start), start=1)]
    for trial in around[:-1]:
        searcher.tell(told(trial.number, trial.genome, 0.1))
    again = searcher.ask(random.Random(1), around[-1:])
    assert again not in set(space.neighbours(start))
    assert searcher.ask(random.Random(2), around[-1:]) == again  # as after a resume
    searcher.tell(told(len(around) + 1, again, 0.05))
    assert searcher.v == again
    searcher.tell(told(len(around), around[-1].genome, 0.01))
    assert searcher.v == again


def test_under_a_schedule_like_is_compared_with_like() -> None:
    """A promoted v has its score of more epochs; its neighbours of one epoch are compared with its own of one."""
    space = cheap.space(2)
    searcher, start = LocalSearch(space), cheap.genomes(1, 2)[0]
    near = list(searcher.neighbours(start))[:2]
    searcher.tell(Result(Trial(0, start, 0, 1), {"valid_accuracy": 0.5}))
    searcher.retell(Result(Trial(0, start, 0, 9), {"valid_accuracy": 0.9}))
    searcher.tell(Result(Trial(1, near[0], 0, 1), {"valid_accuracy": 0.4}))
    assert searcher.v == start
    searcher.tell(Result(Trial(2, near[1], 0, 1), {"valid_accuracy": 0.6}))
    assert searcher.v == near[1]
    searcher.retell(Result(Trial(2, near[1], 0, 9), {"valid_accuracy": 0.8}))
    assert searcher.beats(start, near[1])
