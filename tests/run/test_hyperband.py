"""Algorithm 1 of Li et al. 2016: its table for R = 81 and eta = 3, and halving by hand."""

import random
from collections import Counter

import pytest

from nas.run.hyperband import Hyperband
from nas.run.state import Entry
from tests.run.test_asha import entry

TABLE = [  # n_i and r_i of s = 4, 3, 2, 1, 0
    [(81, 1), (27, 3), (9, 9), (3, 27), (1, 81)],
    [(34, 3), (11, 9), (3, 27), (1, 81)],
    [(15, 9), (5, 27), (1, 81)],
    [(8, 27), (2, 81)],
    [(5, 81)],
]


def run(total: int, seed: int = 0, late: float = 0.0, hyperband: Hyperband | None = None) -> list[Entry]:
    """A whole search with scores at random; `late` of the trials that are under way end after others."""
    hyperband, rng, trials = hyperband or Hyperband(81), random.Random(seed), list[Entry]()
    settled: set[int] = set()
    under_way: list[tuple[int, int]] = []
    while True:
        promotion = hyperband.promotion(trials, total)
        if promotion:
            number, budget = promotion
            assert number not in settled
            trials[number].trial = entry(number, {}, budget).trial
            under_way.append((number, budget))
        elif len(trials) < total:
            under_way.append((len(trials), hyperband.first(len(trials))))
            trials.append(entry(len(trials), {}, under_way[-1][1]))
        elif not under_way:
            return trials
        if under_way and (rng.random() >= late or len(trials) == total):
            number, budget = under_way.pop(rng.randrange(len(under_way)))
            scores = {epochs: result.score for epochs, result in trials[number].results.items() if epochs}
            trials[number] = entry(number, scores | {budget: rng.random()})
            assert settled <= hyperband.settled(trials, total)
            settled = hyperband.settled(trials, total)


@pytest.mark.parametrize("late", [0.0, 0.8])
def test_the_papers_table(late: float) -> None:
    trials, start = run(143, seed=1, late=late), 0
    for bracket in TABLE:
        size = bracket[0][0]
        reached = Counter(budget for trial in trials[start : start + size] for budget in trial.results)
        assert [(reached[r], r) for _, r in bracket] == bracket
        assert set(reached) == {r for _, r in bracket}
        start += size
    assert start == len(trials)


def test_after_the_last_bracket_the_first_again() -> None:
    hyperband = Hyperband(9)
    assert [hyperband.first(number) for number in range(20)] == [1] * 9 + [3] * 5 + [9] * 3 + [1] * 3
    assert [Hyperband(9, min_epochs=3).first(number) for number in range(7)] == [3, 3, 3, 9, 9, 3, 3]
    assert [Hyperband(4, eta=2).first(number) for number in range(11)] == [1] * 4 + [2] * 3 + [4] * 3 + [1]


def test_the_best_are_promoted_once_their_rung_is_complete() -> None:
    hyperband = Hyperband(9)
    trials = [entry(number, {1: number / 10}) for number in range(8)]
    assert hyperband.promotion(trials, 50) is None
    trials.append(entry(8, {}, budget=1))
    assert hyperband.promotion(trials, 50) is None
    trials[8] = entry(8, {1: None})
    promoted = []
    while (promotion := hyperband.promotion(trials, 50)) is not None:
        number, budget = promotion
        promoted.append(promotion)
        trials[number] = entry(number, {1: number / 10, budget: -number / 10} | ({3: -0.5} if budget == 9 else {}))
    assert promoted == [(7, 3), (6, 3), (5, 3), (5, 9)]
    assert hyperband.settled(trials, 50) == set(range(9))


def test_a_bracket_cut_short_promotes_fewer() -> None:
    trials = run(7, hyperband=Hyperband(9))
    assert Counter(budget for trial in trials for budget in trial.results) == {1: 7, 3: 2}


def test_where_most_fail_the_others_go_on() -> None:
    trials = [entry(0, {1: 0.5, 3: 0.5}), *(entry(number, {1: None}) for number in range(1, 9))]
    assert Hyperband(9).promotion(trials, 9) == (0, 9)  # one of one, where three were to be
    trials[0] = entry(0, {1: 0.5, 3: None})
    assert Hyperband(9).promotion(trials, 9) is None
