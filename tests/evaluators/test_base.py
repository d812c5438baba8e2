"""A new kind of evaluator is one class: a search, its resumption and its report ask it and nobody else."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import pytest

import nas
from nas import evaluators
from nas.errors import UserError
from nas.evaluators import Evaluator, Train
from nas.space import Genome, Space
from nas.types import Metrics, Report, Trial
from tests import cheap


@dataclass(frozen=True)
class Wide(Evaluator):
    """How wide a network of three layers is, in all; it knows nothing of those whose first layer has 20 channels."""

    most: int = 60
    counts_epochs: ClassVar = False
    measures: ClassVar = ("width",)
    objectives: ClassVar = ("width",)

    def __call__(self, trial: Trial, report: Report, checkpoint: Path | None = None) -> Metrics:
        return {"width": sum(v for v in trial.genome.answers.values() if isinstance(v, int)) / self.most}

    def check(self, space: Space) -> None:
        if space.name != "cheap":
            raise UserError(space.name, "is not cheap")

    def has(self, genome: Genome, epochs: int | None) -> bool:
        return 20 not in genome.answers.values()

    def about(self) -> dict[str, str]:
        return {"width": f"of {self.most}"}

    def final(self, genome: Genome, *rest: Any) -> Metrics:
        return {"test_accuracy": 0.5}


@pytest.fixture
def named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(evaluators.NAMED, "wide", Wide)


SETTINGS: dict[str, Any] = {"trials": 8, "searcher": "random", "name": "r"}


@pytest.mark.usefixtures("named")
def test_a_new_evaluator_searches_resumes_and_reports(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = nas.search(cheap.space(), evaluator="wide", runs=tmp_path, progress=True, **SETTINGS)
    assert run.config.objectives == ["width"] and run.config.deduplicate == "genome"
    assert run.best is not None and run.best.score == max(entry.score or 0.0 for entry in run.trials)
    assert not any(20 in entry.trial.genome.answers.values() for entry in run.trials)
    assert run.final == {"test_accuracy": 0.5}
    assert "width     of 60\n" in capsys.readouterr().err
    again = nas.resume(run.path, trials=12)
    assert len(again.trials) == 12 and again.config.evaluator == {"name": "wide", "most": 60}
    assert "width" in again.report().read_text(encoding="utf-8")
    assert json.loads((run.path / "best" / "result.json").read_text())["search"].keys() == {"width"}


@pytest.mark.usefixtures("named")
def test_what_a_new_evaluator_refuses_leaves_no_run(tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    for wrong, message in (
        ({"space": "nasbench_digits"}, "is not cheap"),
        ({"objectives": ["valid_accuracy"]}, "objective valid_accuracy: the evaluator does not measure it"),
        ({"flip": False}, "it is another, and takes no flip"),
        ({"table": "t.csv"}, "the evaluator 'table' reads one"),
        ({"proxies": ["synflow"]}, "proxy: the evaluator is another"),
        ({"class_weights": "balanced"}, "class_weights: only the evaluators"),
        ({"device": "cpu"}, "device: the evaluator trains no networks"),
        ({"warm_start": "synflow:9"}, "warm start: proxies look at images"),
    ):
        with pytest.raises(UserError, match=message):
            nas.search(**{"space": cheap.space(), "evaluator": "wide", "runs": runs, **SETTINGS, **wrong})
    assert not runs.exists()


def test_one_without_a_name_is_given_again(tmp_path: Path) -> None:
    run = nas.search(cheap.space(), evaluator=Wide(most=30), runs=tmp_path, **SETTINGS)
    assert run.config.evaluator == {"function": f"{__name__}:Wide"}
    with pytest.raises(UserError, match="its evaluator was the function"):
        nas.resume(run.path, trials=9)
    assert len(nas.resume(run.path, trials=9, evaluator=Wide(most=30)).trials) == 9


@dataclass(frozen=True)
class Untrained(Evaluator):
    """Looks at networks as they are drawn; images and the winner's training are its trainer's."""

    train: Train = field(default_factory=lambda: Train(dataset="digits"))

    @property
    def trainer(self) -> Train:
        return self.train

    def with_trainer(self, trainer: Train) -> "Untrained":
        return Untrained(trainer)

    def __call__(self, trial: Trial, report: Report, checkpoint: Path | None = None) -> Metrics:
        return {"valid_accuracy": cheap.score(trial.genome), "batch_size": self.train.recipe.batch_size}


@dataclass(frozen=True)
class Harder(Train):
    """Ours, but what it says of a network is less."""

    by: float = 0.1

    def __call__(self, trial: Trial, report: Report, checkpoint: Path | None = None) -> Metrics:
        return {"valid_accuracy": cheap.score(trial.genome) - self.by, "mine": 1.0}


def test_a_subclass_of_ours_is_the_users_own(tmp_path: Path) -> None:
    given = {"objectives": ["valid_accuracy", "mine"], "class_weights": "balanced", "final_epochs": 0}
    run = nas.search(cheap.space(), evaluator=Harder(by=0.3), runs=tmp_path, **SETTINGS, **given)
    assert evaluators.trainer_of(run.config.evaluator).recipe.class_weights == "balanced"
    with pytest.raises(UserError, match="its evaluator was the function"):
        nas.resume(run.path, trials=9)
    again = nas.resume(run.path, trials=9, evaluator=Harder(by=0.3))
    assert [e.score for e in again.trials] == [cheap.score(e.trial.genome) - 0.3 for e in again.trials]


def test_one_with_a_trainer_searches_by_its_images(tmp_path: Path) -> None:
    given = {"recipe_set": {"batch_size": 32}, "class_weights": "balanced", "final_epochs": 0}
    run = nas.search(cheap.space(), evaluator=Untrained(), runs=tmp_path, **SETTINGS, **given)
    assert (run.config.space["input"], run.config.space["classes"]) == ([1, 8, 8], 10)
    assert run.config.deduplicate == "network" and run.config.data["classes"] == [str(n) for n in range(10)]
    again = nas.resume(run.path, trials=10, evaluator=Untrained())
    assert [row["metrics"]["batch_size"] for row in again.results()] == [32] * 10
    trainer = evaluators.trainer_of(run.config.evaluator)
    assert (trainer.dataset, trainer.recipe.batch_size, trainer.recipe.class_weights) == ("digits", 32, "balanced")
