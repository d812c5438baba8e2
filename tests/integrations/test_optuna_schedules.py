"""Optuna's samplers where trials are paused and promoted, and where there are several objectives: whole searches."""

from pathlib import Path
from typing import Any

import pytest

import nas
from nas.objectives import parse_objectives
from nas.run import Run
from nas.run.journal import read_journal
from nas.run.state import State, replay
from nas.searchers import create_searcher
from nas.searchers.pareto import front
from tests import cheap
from tests.run.test_faults import timeless
from tests.searchers.contract import SMALL
from tests.searchers.test_contract import marks

SAMPLERS = [pytest.param(name, marks=marks(name)) for name in SMALL if name.startswith("optuna:")]
BOTH = ["valid_accuracy", "parameters:min"]


def search(tmp_path: Path, name: str, **options: Any) -> Run:
    given = {"searcher_options": SMALL[name], "seed": 1, "runs": tmp_path, **options}
    return nas.search(cheap.space(), searcher=name, **given)


def studied(run: Run) -> dict[int, list[float] | None]:
    """By trial number, the values that the sampler's study has once a journal is replayed."""
    state = State(run.space.document, parse_objectives(run.config.objectives))
    searcher: Any = create_searcher(run.config.searcher, run.space, run.config.searcher_options)
    replay(read_journal(run.path / "journal.jsonl")[0], state, searcher.tell, "", searcher.retell)
    return {number: trial.values for number, trial in searcher.told.items()}


def resumes(run: Run, evaluator: Any) -> None:
    """From two lines of its journal it comes to the same."""
    whole, lines = timeless(run.path), (run.path / "journal.jsonl").read_bytes().splitlines(keepends=True)
    for count in (len(lines) // 3, 2 * len(lines) // 3):
        (run.path / "journal.jsonl").write_bytes(b"".join(lines[:count]))
        assert timeless(nas.resume(run.path, evaluator=evaluator).path) == whole


@pytest.mark.parametrize("schedule", ["asha", pytest.param("hyperband", marks=pytest.mark.slow)])
@pytest.mark.parametrize("name", SAMPLERS)
def test_samplers_are_told_again_of_promoted_trials(name: str, schedule: str, tmp_path: Path) -> None:
    run = search(tmp_path, name, evaluator=cheap.trained, trials=24, epochs=9, schedule=schedule)
    assert run.reason == "all trials done"
    assert len(run.trials) == 24
    assert sum(entry.retold for entry in run.trials) >= 6
    assert {entry.trial.budget for entry in run.trials} == {1, 3, 9}
    assert studied(run) == {entry.trial.number: [entry.score] for entry in run.trials}
    resumes(run, cheap.trained)


def falls_over(trial: Any, report: Any) -> dict[str, float]:
    """Every third that was promoted fails then."""
    if trial.budget > 1 and int(cheap.score(trial.genome) * 1000) % 3 == 0:
        raise RuntimeError("with more epochs it is too large")
    return {"valid_accuracy": cheap.score(trial.genome) + 0.01 * trial.budget}


@pytest.mark.parametrize("name", ["optuna:tpe", "optuna:nsga2"])
def test_a_trial_that_fails_once_promoted_has_failed_for_the_sampler(name: str, tmp_path: Path) -> None:
    run = search(tmp_path, name, evaluator=falls_over, trials=24, epochs=9, schedule="asha")
    failed = [entry for entry in run.trials if entry.score is None]
    assert failed
    values = studied(run)
    assert all(values[entry.trial.number] is None for entry in failed)
    assert sum(value is None for value in values.values()) == len(failed)
    resumes(run, falls_over)


@pytest.mark.parametrize("schedule", ["full", "asha"])
@pytest.mark.parametrize("name", ["optuna:nsga2", "optuna:nsga3", "optuna:tpe", "optuna:random"])
def test_several_objectives(name: str, schedule: str, tmp_path: Path) -> None:
    evaluator = cheap.some_fail if schedule == "full" else cheap.trained
    epochs = None if schedule == "full" else 9
    options = {"trials": 24, "epochs": epochs, "schedule": schedule, "objectives": BOTH}
    run = search(tmp_path, name, evaluator=evaluator, **options)
    assert len(run.trials) == 24
    ended = {entry.trial.number: entry for entry in run.trials if entry.score is not None}
    values = {number: list(entry.result.values) for number, entry in ended.items()}
    assert {number: value for number, value in studied(run).items() if value is not None} == values
    assert all(value[1] == -ended[number].costs["parameters"] for number, value in values.items())
    most = max(entry.worth[0] for entry in ended.values())
    points = [entry.result.values for entry in ended.values() if entry.worth[0] == most]
    assert {entry.result.values for entry in run.front()} == {points[i] for i in front(points)}
    resumes(run, evaluator)
