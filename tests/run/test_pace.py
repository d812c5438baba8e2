from dataclasses import replace
from typing import Any

import pytest

from nas.run.pace import Countdown, Pace
from nas.run.schedule import Schedule, create_schedule
from nas.run.state import Entry
from nas.types import Result, Trial
from tests import cheap

GENOMES = cheap.genomes(20)


class Run:
    """Trials that take a scripted time, as the loop issues, promotes and ends them."""

    def __init__(self, schedule: Schedule, total: int, per_trial: int | None = None) -> None:
        self.schedule, self.time = schedule, 100.0
        self.entries: list[Entry] = []
        self.pace = Pace(schedule, total, per_trial, now=lambda: self.time)
        self.pace.begin()

    def issue(self) -> Entry:
        number = len(self.entries)
        trial = Trial(number, GENOMES[number], 0, self.schedule.first(number), horizon=self.schedule.horizon)
        self.entries.append(Entry(trial, str(number), {}))
        return self.entries[-1]

    def promote(self, entry: Entry, budget: int) -> Entry:
        entry.trial = replace(entry.trial, budget=budget)
        return entry

    def end(self, entry: Entry, score: float | None, **metrics: float) -> None:
        error = "failed" if score is None else None
        found = None if score is None else {"valid_accuracy": score, **metrics}
        result = Result(entry.trial, found, error)
        self.pace.finished(entry, result)
        entry.result = entry.results[entry.trial.budget] = result

    def left(self, *pending: Entry) -> float | None:
        return self.pace.left(self.entries, [entry.trial.number for entry in pending])


def test_epochs_of_the_first_trial_tell_already() -> None:
    run = Run(create_schedule("full", {}, 5), total=4)
    first = run.issue()
    assert run.left(first) is None
    run.time += 3
    run.pace.heard(first, 1)
    assert run.left(first) == 3 * 19  # 20 epochs in all
    run.time += 3
    run.pace.heard(first, 2)
    assert run.left(first) == 3 * 18
    run.time += 9
    run.end(first, 0.5)
    assert run.left() == 3 * 15
    for _ in range(3):
        run.end(run.issue(), 0.5)
    assert run.left() == 0


def test_halving_counts_epochs_and_promotions() -> None:
    """Nine trials of one epoch, three of them go on to three, one of these to nine: 9 + 3 * 2 + 6 = 21 epochs."""
    run = Run(create_schedule("asha", {"eta": 3, "min_epochs": 1}, 9), total=9)
    for score in (0.3, 0.2, 0.1):
        entry = run.issue()
        run.time += 10
        run.end(entry, score)
    assert run.left() == 10 * (21 - 3)
    best = run.promote(run.entries[0], 3)
    assert run.left(best) == 10 * 18
    run.pace.heard(best, 1)  # what it had before its promotion is told again
    assert run.left(best) == 10 * 18
    run.time += 10
    run.pace.heard(best, 2)
    assert run.left(best) == 10 * 17
    run.time += 10
    run.end(best, 0.4)
    assert run.left() == 10 * 16


def test_a_promotion_beyond_one_of_eta_is_counted() -> None:
    run = Run(create_schedule("asha", {"eta": 3, "min_epochs": 1}, 3), total=3)
    for score in (0.1, 0.2, 0.3):
        run.end(run.issue(), score)
    assert run.schedule.expected(run.entries, 3) == 3 + 2
    for entry in run.entries[:2]:
        run.promote(entry, 3)
    assert run.schedule.expected(run.entries, 3) == 3 + 2 * 2


def test_who_failed_is_not_promoted() -> None:
    run = Run(create_schedule("asha", {"eta": 2, "min_epochs": 1}, 2), total=2)
    assert run.schedule.expected([], 2) == 2 + 1
    for _ in range(2):
        run.end(run.issue(), None)
    assert run.schedule.expected(run.entries, 2) == 2


def test_the_brackets_of_hyperband() -> None:
    """The paper's table for R = 9, eta = 3: 9 trials at 1, 3 at 3, 1 at 9; 5 at 3, 1 at 9; 3 at 9."""
    schedule = create_schedule("hyperband", {"eta": 3}, 9)
    assert schedule.expected([], 17) == (9 + 3 * 2 + 6) + (5 * 3 + 6) + 3 * 9
    assert schedule.expected([], 9) == 21
    assert schedule.expected([], 12) == 21 + (3 * 3 + 6)  # the second bracket is cut short


def test_without_epochs_a_trial_is_one() -> None:
    run = Run(create_schedule("full", {}, None), total=10, per_trial=1)
    entry = run.issue()
    run.time += 4
    run.end(entry, 0.5)
    assert run.left() == 4 * 9
    failing = run.issue()
    run.time += 4
    run.end(failing, None)
    assert run.left() == 4 * 8


def test_an_evaluator_whose_epochs_nobody_knows_is_known_after_one_trial() -> None:
    run = Run(create_schedule("full", {}, None), total=3)
    first = run.issue()
    run.time += 2
    run.pace.heard(first, 1)
    assert run.left(first) is None
    run.time += 2
    run.pace.heard(first, 2)
    run.end(first, 0.5)
    assert run.left() == 2 * 4
    second = run.issue()
    run.time += 2
    run.pace.heard(second, 1)
    assert run.left(second) == pytest.approx(2 * 3)


def test_a_trial_that_fails_at_once_makes_the_others_no_quicker() -> None:
    run = Run(create_schedule("full", {}, 10), total=3)
    run.end(run.issue(), None)
    assert run.left() is None
    second = run.issue()
    run.time += 10
    run.end(second, 0.5)
    assert run.left() == 10


def test_several_at_a_time() -> None:
    run = Run(create_schedule("full", {}, 4), total=4)
    both: list[Any] = [run.issue(), run.issue()]
    run.time += 6
    for entry in both:
        run.pace.heard(entry, 2)
    assert run.left(*both) == 12 * 1.5  # twelve epochs at four in six seconds


def test_one_training_counts_down() -> None:
    now = [0.0]
    countdown = Countdown(now=lambda: now[0])
    now[0] = 6.0
    assert countdown.left(21, 30) == 6 * 9  # it went on after 20
    now[0] = 8.0
    assert countdown.left(22, 30) == 4 * 8
    assert countdown.left(22, None) is None
