from pathlib import Path

import optuna
import pytest

import nas
from nas.errors import UserError
from nas.integrations import study, suggest
from tests import cheap


def test_a_run_is_seen_as_a_study(tmp_path: Path) -> None:
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    objectives = ("valid_accuracy", "parameters:min")
    run = nas.search(cheap.space(), evaluator=cheap.some_fail, trials=6, objectives=objectives, runs=tmp_path)
    storage = f"sqlite:///{tmp_path}/runs.db"
    seen = study(run.path, storage, "mine")
    assert [direction.name for direction in seen.directions] == ["MAXIMIZE", "MINIMIZE"]
    for entry, trial in zip(run.trials, seen.trials, strict=True):
        assert entry.result is not None
        assert suggest(trial, run.space) == entry.trial.genome
        assert trial.user_attrs["fingerprint"] == entry.fingerprint
        if entry.result.metrics is None:
            assert (trial.state.name, trial.values) == ("FAIL", None)
            assert "a quarter fails" in trial.user_attrs["error"]
        else:
            assert trial.values == [entry.result.metrics["valid_accuracy"], entry.costs["parameters"]]
    assert {trial.number for trial in seen.best_trials} == {entry.trial.number for entry in run.front()}
    assert study(run).study_name == run.path.name
    with pytest.raises(UserError, match="has a study mine already"):
        study(run, storage, "mine")
