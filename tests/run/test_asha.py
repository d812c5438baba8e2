"""Algorithm 2 of Li et al. 2018, traced by hand."""

import random

from nas.run.asha import Asha
from nas.run.state import Entry
from nas.types import Result, Trial
from tests import cheap

GENOME = cheap.genomes(1)[0]


def entry(number: int, results: dict[int, float | None], budget: int | None = None) -> Entry:
    """A trial with its score at each rung (None: it failed there), and what it was last issued or promoted with."""
    found = Entry(Trial(number, GENOME, 0, budget or max(results), horizon=9), str(number), {})
    for epochs, score in sorted(results.items()):
        metrics = None if score is None else {"valid_accuracy": score}
        found.result = Result(Trial(number, GENOME, 0, epochs, horizon=9), metrics, None if metrics else "why")
        found.results[epochs] = found.result
    return found


def rung_of_one(*scores: float | None) -> list[Entry]:
    return [entry(number, {1: score}) for number, score in enumerate(scores)]


def test_one_of_three_is_promoted_once() -> None:
    asha = Asha(9)
    assert asha.first(0) == asha.first(7) == 1
    assert asha.promotion([], 9) is None
    assert asha.promotion(rung_of_one(0.1, 0.5), 9) is None
    trials = rung_of_one(0.1, 0.5, 0.3)
    assert asha.promotion(trials, 9) == (1, 3)
    trials[1] = entry(1, {1: 0.5}, budget=3)  # promoted, and under way
    assert asha.promotion(trials, 9) is None
    trials[1] = entry(1, {1: 0.5, 3: 0.2})
    assert asha.promotion(trials, 9) is None
    trials += [entry(3, {}, budget=1), entry(4, {1: 0.45}), entry(5, {1: 0.4})]
    assert asha.promotion(trials, 9) is None  # five have ended, of which 1 is the best
    trials[3] = entry(3, {1: 0.7})
    assert asha.promotion(trials, 9) == (3, 3)
    trials[3] = entry(3, {1: 0.7}, budget=3)
    assert asha.promotion(trials, 9) is None
    trials.append(entry(6, {1: 0.6}))
    assert asha.promotion(trials, 9) == (6, 3)  # 3 and 6 are the best two of seven, 1 was a mistake


def test_higher_rungs_come_first_and_of_equals_the_earlier() -> None:
    trials = [entry(number, {1: 0.5, 3: 0.6}) for number in range(3)] + [entry(n, {1: 0.5}) for n in range(3, 12)]
    assert Asha(9).promotion(trials, 12) == (0, 9)
    trials[0] = entry(0, {1: 0.5, 3: 0.6, 9: 0.1})
    assert Asha(9).promotion(trials, 12) == (3, 3)
    assert Asha(3).promotion(trials[:3], 12) is None  # the last rung


def test_a_failure_counts_and_is_never_promoted() -> None:
    assert Asha(9).promotion(rung_of_one(None, None, 0.1), 9) == (2, 3)
    assert Asha(9).promotion(rung_of_one(None, None, None), 9) is None
    trials = [entry(0, {1: 0.9, 3: None}), *rung_of_one(0.0, 0.1, 0.2)[1:]]
    assert Asha(9).promotion(trials, 9) is None


def test_eta_and_the_least_epochs() -> None:
    trials = [entry(number, {2: number / 10}) for number in range(8)]
    assert Asha(8, eta=2, min_epochs=2).first(0) == 2
    assert Asha(8, eta=2, min_epochs=2).promotion(trials, 8) == (7, 4)
    assert Asha(32, eta=4, min_epochs=2).promotion(trials[:3], 8) is None
    assert Asha(32, eta=4, min_epochs=2).promotion(trials[:4], 8) == (3, 8)


def test_settled() -> None:
    trials = rung_of_one(0.1, 0.5, 0.3, None, 0.4)
    assert Asha(9).settled(trials, 9) == {0, 3}  # of nine three are promoted at most
    assert Asha(9).settled(trials, 6) == {0, 2, 3}
    trials = [entry(0, {1: 0.1, 3: 0.9, 9: 0.9}), entry(1, {1: 0.2, 3: None}), entry(2, {1: 0.3}, budget=3)]
    assert Asha(9).settled(trials, 3) == {0, 1}


def test_what_is_settled_is_never_promoted() -> None:
    for seed in range(30):
        rng, trials = random.Random(seed), list[Entry]()
        asha = Asha(27, eta=rng.choice([2, 3]))
        total, settled = rng.randrange(1, 40), set[int]()
        while True:
            promotion = asha.promotion(trials, total)
            if promotion:
                number, budget = promotion
                assert number not in settled
                scores = {epochs: result.score for epochs, result in trials[number].results.items() if epochs}
                trials[number] = entry(number, scores | {budget: rng.random() if rng.random() < 0.9 else None})
            elif len(trials) < total:
                trials.append(entry(len(trials), {1: rng.random()}))
            else:
                break
            assert settled <= asha.settled(trials, total)
            settled = asha.settled(trials, total)
            assert settled <= {trial.trial.number for trial in trials if trial.result}
