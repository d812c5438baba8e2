"""Searches with a loss and metrics of the program that calls them."""

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn import functional

import nas
from nas.cli import main
from nas.errors import UserError
from nas.evaluators import Train
from nas.run import Run
from nas.run.command import command

SMALL: dict[str, Any] = {
    "space": "nasbench201",
    "overrides": {"channels": 4, "cells": 1},
    "evaluator": Train(train_images=96, device="cpu"),
    "trials": 2,
    "epochs": 1,
    "final_epochs": 0,
    "progress": False,
}


def focal(output: Tensor, targets: Tensor) -> Tensor:
    """Lin et al. 2017, equation 4, with gamma = 2."""
    log = functional.log_softmax(output, 1).gather(1, targets[:, None])
    return -((1 - log.exp()) ** 2 * log).mean()


def sevens(predictions: Tensor, targets: Tensor) -> Tensor:
    return ((predictions.argmax(1) == 7) == (targets == 7)).double().mean()


def search(folder: Path, **settings: Any) -> Run:
    return nas.search(**{**SMALL, "runs": folder, "name": "r", **settings})


def test_candidates_and_the_winner_go_by_them(tmp_path: Path) -> None:
    run = search(tmp_path, loss=focal, metrics={"sevens": sevens}, objectives="valid_sevens", final_epochs=1)
    for metrics in (entry.result.metrics for entry in run.trials if entry.result):
        assert metrics is not None and metrics["valid_sevens"] > metrics["valid_accuracy"]
    assert run.final is not None and 0 < run.final["test_sevens"] <= 1
    call = command(nas.load_run(run.path))
    assert "loss=..." in call and "metrics={'sevens': ...}" in call and call.startswith("nas.search(")
    assert run.report().exists()
    assert main(["evaluate", str(run.path)]) == 0  # by what the task measures


def test_a_run_goes_on_with_the_same_ones_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = search(tmp_path, loss=focal, metrics={"sevens": sevens})
    assert "focal" not in (run.path / "run.yaml").read_text()
    wanted = r"functions of a program: loss, metrics.sevens; .*nas\.resume\(run, loss=..., metrics="
    with pytest.raises(UserError, match=wanted):
        nas.resume(run.path, trials=3, progress=False)
    with pytest.raises(UserError, match=wanted):
        nas.resume(run.path, trials=3, progress=False, metrics={"sevens": sevens})
    assert main(["resume", str(run.path), "--trials", "3"]) == 2
    assert "loss, metrics.sevens" in capsys.readouterr().err
    more = nas.resume(run.path, trials=3, progress=False, loss=focal, metrics={"sevens": sevens})
    assert len(more.results()) == 3


def test_the_cross_entropy_as_ones_own_is_the_same_training(tmp_path: Path) -> None:
    recipe = {"recipe_set": {"label_smoothing": 0.0}}
    plain, own = (
        search(tmp_path / name, **recipe, **given)
        for name, given in (("a", {}), ("b", {"loss": functional.cross_entropy}))
    )
    for one, other in zip(plain.trials, own.trials, strict=True):
        a, b = (entry.result and entry.result.metrics for entry in (one, other))
        assert a and b and a["train_loss"] == b["train_loss"] and a["valid_accuracy"] == b["valid_accuracy"]
        assert a["valid_loss"] == pytest.approx(b["valid_loss"], rel=1e-5)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"loss": 3}, "loss: 3 cannot be called"),
        ({"metrics": [sevens]}, "metrics is "),
        ({"metrics": {"a b": sevens}}, "'a b' is no name of one"),
        ({"metrics": {"f": 3}}, "metrics f: 3 cannot be called"),
        ({"metrics": {"accuracy": sevens}}, "accuracy is measured by itself"),
        ({"loss": focal, "class_weights": "balanced"}, "given no weights"),
        ({"loss": focal, "evaluator": "proxy"}, "only the evaluator 'train' goes by"),
        ({"loss": focal, "searcher": "drnas"}, "trains supernets by the cross entropy"),
    ],
)
def test_what_means_nothing_is_said_before_anything_is_searched(
    tmp_path: Path, given: dict[str, Any], words: str
) -> None:
    with pytest.raises(UserError, match=words):
        search(tmp_path, **given)
    assert not list(tmp_path.glob("r*"))


def test_a_function_that_gives_no_number_fails_the_trial_and_says_why(tmp_path: Path) -> None:
    with pytest.warns(match="not one number"):
        run = search(tmp_path, loss=lambda output, targets: output)
    assert run.failure
    with pytest.warns(match="not a number"):
        search(tmp_path, metrics={"bad": lambda output, targets: "much"}, name="s")


def test_metrics_see_a_whole_set_in_the_users_units() -> None:
    from nas.tasks import Regression
    from nas.tasks.criterion import Criterion
    from nas.tasks.own import Own

    own = Own(metrics={"median": lambda predicted, truth: (predicted - truth).abs().median()})
    tally = Criterion(Regression((10.0,), (2.0,), own=own)).tally(1, torch.device("cpu"))
    output, truth = torch.tensor([[0.0], [1.0], [2.0]]), torch.tensor([[10.0], [10.0], [10.0]])
    for part in range(3):
        tally.add(output[part : part + 1], truth[part : part + 1])
    scores = tally.scores()
    assert scores["median"] == 2.0 and scores["mae"] == 2.0
