"""What every searcher keeps to, whatever the space; see `nas.types.Searcher`."""

import json
import os
import random
import subprocess
import sys
from collections import Counter
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import pytest

from nas.run.propose import PATIENCE
from nas.searchers import create_searcher, for_budget
from nas.space import Space
from nas.types import Trial
from tests.searchers.contract import LOST, NAMES, NEEDS, SLOW, TOYS, Drive, digests, fresh, made, result
from tests.space.documents import open_documents

TRIALS = 8
QUICK = ["twenty", "conditional", "shrinking"]  # where many more searches take no time
SIZES = {"twenty": 20, "one": 1}

SHIPPED = [pytest.param(place, marks=pytest.mark.slow) for place in open_documents()]  # toys take a tenth of the time
everywhere = pytest.mark.parametrize("place", [*TOYS, *SHIPPED])
quickly = pytest.mark.parametrize("place", QUICK)
quickly_and_shipped = pytest.mark.parametrize("place", [*QUICK, *SHIPPED])


def marks(name: str) -> list[pytest.MarkDecorator]:
    missing = find_spec(NEEDS.get(name, "optuna")) is None
    found = [pytest.mark.skipif(missing, reason=f"the package {NEEDS.get(name)} is not installed")]
    return [*found, pytest.mark.slow] if name in SLOW else found


every = pytest.mark.parametrize("name", [pytest.param(name, marks=marks(name)) for name in NAMES])


@pytest.fixture(autouse=True)
def _not_lost(request: pytest.FixtureRequest) -> None:
    given = getattr(request.node, "callspec", None)
    if given is not None and (given.params.get("name"), given.params.get("place")) == LOST:
        pytest.skip("its first thousands of genomes are one network, and the loop gives up")


@cache
def space(place: str) -> Space:
    return fresh(place)


@every
@everywhere
def test_genomes_are_valid_new_and_can_be_built(name: str, place: str) -> None:
    drive = Drive(name, space(place), TRIALS)
    genomes = drive.run()
    assert len(genomes) == min(TRIALS, SIZES.get(place, TRIALS))
    for genome in genomes:
        assert space(place).genome(genome.answers) == genome
        assert space(place).graph(genome).prune().shape == (space(place).classes,)
    assert len(drive.seen) == len(genomes)


@every
def test_what_cannot_be_built_is_not_even_proposed(name: str) -> None:
    """By the searcher itself: not every tool that drives it refuses as the loop does."""
    toy = space("shrinking")
    searcher = made(name, toy, 30)
    for number in range(30):
        genome = searcher.ask(random.Random(number), ())
        if genome is None:
            break
        toy.graph(genome)
        searcher.tell(result(Trial(number, genome, 0)))


@every
@everywhere
def test_the_same_seed_gives_the_same_genomes_and_another_one_others(name: str, place: str) -> None:
    drives = [Drive(name, place_, TRIALS, seed).run() for place_, seed in ((space(place), 0), (fresh(place), 0))]
    assert [dict(genome.answers) for genome in drives[0]] == [dict(genome.answers) for genome in drives[1]]
    if name != "grid" and place != "one":
        assert Drive(name, space(place), TRIALS, 1).run() != drives[0]


@pytest.mark.parametrize("places", ["twenty conditional", *SHIPPED])
def test_another_process_gives_the_same_genomes(places: str) -> None:
    """With another order of sets, too."""
    found = subprocess.run(
        [sys.executable, "-m", "tests.searchers.contract", str(TRIALS), *places.split()],
        env={**os.environ, "PYTHONHASHSEED": "7"},
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(found.stdout) == digests(places.split(), TRIALS)


@every
@everywhere
def test_it_survives_failures_and_results_late_and_out_of_order(name: str, place: str) -> None:
    drive, rng = Drive(name, space(place), 12), random.Random(1)
    while len(drive.issued) < 12:
        while len(drive.pending) < 4 and len(drive.issued) < 12 and drive.issue() is not None:
            pass
        if not drive.pending:
            break
        drive.end(rng.choice(list(drive.pending.values())), lambda trial: trial.number % 3 == 0)
    for trial in list(drive.pending.values()):
        drive.end(trial)
    assert len(drive.told) == min(12, SIZES.get(place, 12))


@every
@quickly
def test_nothing_but_failures_does_not_stop_it(name: str, place: str) -> None:
    assert len(Drive(name, space(place), 15).run(lambda trial: True)) == 15


@every
@quickly_and_shipped
def test_a_resumed_search_goes_on_as_it_would_have(name: str, place: str) -> None:
    """Killed after each trial, with one worker: only what was told is left."""
    trials = 14 if place in QUICK else TRIALS
    genomes = Drive(name, space(place), trials).run()
    going = Drive(name, space(place), trials)
    for cut in range(trials):
        if cut in (1, 6, 11):
            assert going.resumed().run() == genomes, f"resumed after {cut} trials"
        trial = going.issue()
        assert trial is not None
        going.end(trial)


@every
@quickly
def test_a_resumed_search_of_several_workers_asks_for_the_same(name: str, place: str) -> None:
    drive, rng = Drive(name, space(place), 14), random.Random(2)
    for _ in range(14):
        while len(drive.pending) < 3:
            copy = drive.resumed()
            found, again = drive.issue(), copy.issue()
            assert (found and found.genome) == (again and again.genome)
            if found is None:
                break
        drive.end(rng.choice(list(drive.pending.values())))


def course(name: str, kills: int, trials: int = 15) -> Drive:
    """Three workers whose results come in any order, some of them failures; killed so often at random points of that.

    Each time something was asked for and not yet issued. What was told and issued is left, or a snapshot and the rest.
    """
    drive, rng, killer = Drive(name, space("conditional"), trials), random.Random(3), random.Random(kills)
    points = Counter(killer.choices(range(2 * trials), k=kills))
    for point in range(2 * trials):
        for _ in range(points[point]):
            drive.searcher.ask(random.Random(point), tuple(drive.pending.values()))
            drive = drive.resumed(snapshot=killer.random() < 0.5)
        can_issue = len(drive.issued) < trials and len(drive.pending) < 3
        if not drive.pending or (can_issue and rng.random() < 0.6):
            assert drive.issue() is not None
        else:
            drive.end(rng.choice(list(drive.pending.values())), lambda trial: trial.number % 5 == 3)
    return drive


@every
def test_killed_at_fifty_random_points_it_is_as_one_that_never_was(name: str) -> None:
    whole, killed = course(name, kills=0), course(name, kills=50)
    assert [trial.genome for trial in killed.issued] == [trial.genome for trial in whole.issued]
    assert killed.told == whole.told
    assert len(killed.seen) == len(killed.told) == 15


@every
@quickly
def test_asking_changes_nothing(name: str, place: str) -> None:
    """An answer that was thrown away, as when a process dies before it is written down, is as if never asked for."""
    if name == "grid":
        pytest.skip("goes on from what it gave last, until it is made anew")
    drive = Drive(name, space(place), 12)
    for _ in range(5):
        trial = drive.issue()
        assert trial is not None
        drive.end(trial)
    first = drive.searcher.ask(random.Random("a"), ())
    drive.searcher.ask(random.Random("b"), ())
    assert drive.searcher.ask(random.Random("a"), ()) == first


@every
@pytest.mark.parametrize("place", SIZES)
def test_none_means_that_there_is_no_other(name: str, place: str) -> None:
    """Told or under way, every genome was proposed; the loop sees to it that none is twice."""
    drive = Drive(name, space(place), SIZES[place] + 3)
    drive.issue()
    while drive.issue() is not None:
        drive.end(next(iter(drive.pending.values())))
    assert len(drive.issued) == SIZES[place]
    for _ in range(10):
        genome = drive.searcher.ask(random.Random(0), tuple(drive.pending.values()))
        assert genome in {trial.genome for trial in drive.issued} or genome is None


@every
@pytest.mark.parametrize("trials", [1, 2, 10, 1000])
def test_settings_for_a_budget_are_allowed(name: str, trials: int) -> None:
    toy = space("twenty")
    genome = create_searcher(name, toy, for_budget(name, trials)).ask(random.Random(0), ())
    assert genome is not None
    assert toy.genome(genome.answers) == genome


def test_the_loop_asks_more_often_than_these_spaces_are_large() -> None:
    assert max(SIZES.values()) < PATIENCE
