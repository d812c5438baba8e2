from dataclasses import replace
from typing import Any

import pytest
from rich.cells import cell_len

from nas.run import picture
from nas.run.progress import Progress, UnderWay
from nas.run.state import Entry
from nas.types import Result, Trial
from tests import cheap


def entry(number: int, score: float | None, error: str | None = None, **trial: Any) -> Entry:
    of = Trial(number, cheap.genomes(1)[0], 0, **trial)
    metrics = None if score is None else {"valid_accuracy": score}
    return Entry(of, "", {}, result=Result(of, metrics, error, seconds=3.2))


BEST = entry(9, 0.9325)
EVENT = Progress(
    finished=12,
    total=50,
    new=12,
    seconds=100.0,
    best=BEST,
    failed=1,
    remaining_seconds=330.0,
    under_way=(UnderWay(12, 1, 5),),
)
MANY = replace(EVENT, under_way=tuple(UnderWay(n, n % 4, 5) for n in range(12, 30)))
STAGE = Progress(stage="reading a folder of many images with a long name")
FINAL = replace(EVENT, under_way=(), epoch=7, epochs=30, metrics={"train_accuracy": 0.991}, remaining_seconds=125.0)


def test_all_that_there_is_to_say_where_there_is_room() -> None:
    assert picture.lines(EVENT, 0.0, 200, 20) == [
        "trial 12: epoch 2 of 5, 12 of 50 trials, best 93.25 % (trial 9), 1 failed, 432 trials an hour, 5 min 30 s left"
    ]
    assert picture.lines(EVENT, 0.0, 80, 20) == [
        "trial 12: epoch 2 of 5, 12 of 50, best 93.25 % (trial 9), 5 min 30 s left"
    ]


def test_what_must_be_said_where_there_is_little() -> None:
    assert picture.lines(EVENT, 0.0, 70, 20) == ["trial 12: epoch 2 of 5, 12 of 50, best 93.25 %, 5 min 30 s left"]
    assert picture.lines(EVENT, 0.0, 44, 20) == ["epoch 2/5, 12/50, 93.25 %, 5 min 30 s left"]
    assert picture.lines(EVENT, 0.0, 38, 20) == ["12/50, 93.25 %, 5 min 30 s left"]
    assert picture.lines(EVENT, 0.0, 20, 20) == ["12/50, 93.25 %"]
    assert picture.lines(EVENT, 0.0, 10, 20) == ["12/50,..."]


@pytest.mark.parametrize("event", [EVENT, MANY, STAGE, FINAL, Progress(), replace(EVENT, scored=(10, 1000))])
def test_no_line_is_as_wide_as_the_terminal_nor_are_there_more_than_rows(event: Progress) -> None:
    for width in (1, 2, 5, 20, 40, 80, 200):
        for height in (1, 2, 5, 24):
            found = picture.lines(event, 1.0, width, height)
            assert all(cell_len(line) < width for line in found)
            assert 1 <= len(found) <= height


def test_wide_characters_count_twice() -> None:
    line = picture.fitted(["データ集合を読む"], 12)
    assert cell_len(line) < 12
    assert line.startswith("データ")


def test_the_time_left_runs_down_between_events() -> None:
    assert picture.lines(EVENT, 30.0, 200, 1)[0].endswith("5 min 00 s left")
    assert picture.lines(EVENT, 1000.0, 200, 1)[0].endswith("1 s left")
    waiting = replace(EVENT, remaining_seconds=None, seconds=3.0)
    assert picture.lines(waiting, 2.0, 200, 1)[0].endswith("for 5 s")


def test_a_line_for_each_of_several_trials_the_slowest_first() -> None:
    first, *rest = picture.lines(MANY, 0.0, 200, 6)
    assert first.startswith("18 running, 12 of 50 trials")
    assert rest[0] == "  trial 12: epoch 1 of 5"
    assert rest[-1] == "  and 14 more"
    assert len(rest) == 5


def test_the_final_training() -> None:
    assert picture.lines(FINAL, 0.0, 80, 1) == [
        "final training: epoch 7 of 30, train accuracy 99.10 %, 2 min 05 s left"
    ]
    assert picture.lines(FINAL, 0.0, 40, 1) == ["epoch 7 of 30, 99.10 %, 2 min 05 s left"]


def test_a_trial_that_has_ended() -> None:
    assert picture.ended(replace(EVENT, entry=BEST)) == "trial 9: 93.25 % in 3 s"
    paused = entry(3, 0.5, budget=3, horizon=9)
    assert picture.ended(replace(EVENT, entry=paused)) == "trial 3: 50.00 % after 3 of 9 epochs in 3 s"
    failed = entry(4, None, "out of memory\x1b[2J\nat once")
    assert picture.ended(replace(EVENT, entry=failed)) == "trial 4: failed: out of memory [2J at once in 3 s"
    assert picture.state(EVENT) == "12 of 50, best 93.25 % (trial 9), 432 trials an hour, 5 min 30 s left"


def test_an_objective_that_is_no_accuracy() -> None:
    found = entry(3, 0.5)
    assert found.result is not None
    found.result = replace(found.result, metrics={"synflow": 83.04476})
    event = replace(EVENT, best=found, entry=found, objective="synflow")
    assert picture.ended(event) == "trial 3: synflow 83.04 in 3 s"
    assert "best synflow 83.04 (trial 3)" in picture.state(event)


def test_a_search_that_is_asked_to_stop_says_so() -> None:
    stopping = replace(EVENT, stopping=lambda: True)
    assert picture.lines(stopping, 0.0, 80, 1)[0].startswith("stopping after trial 12: epoch 2 of 5, 12 of 50")
    assert picture.lines(stopping, 0.0, 45, 1) == ["stopping, 12/50, 93.25 %, 5 min 30 s left"]
    assert picture.lines(replace(MANY, stopping=lambda: True), 0.0, 80, 1)[0].startswith("stopping, 18 running")


def test_a_score_that_is_no_fraction_is_no_percentage() -> None:
    assert picture.outcome(entry(1, 51.0), "valid_accuracy") == "51"
    assert picture.outcome(entry(1, 1.0), "valid_accuracy") == "100.00 %"
    assert picture.outcome(entry(1, -0.5), "valid_accuracy") == "-0.5"
