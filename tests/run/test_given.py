"""Searches by the data of the program that calls them."""

from pathlib import Path
from typing import Any

import pytest
import torch
from torch.utils.data import TensorDataset

import nas
from nas.cli import main
from nas.errors import UserError
from nas.run import Run
from nas.run.command import command

IMAGES = torch.randint(256, (60, 3, 8, 8), generator=torch.Generator().manual_seed(0), dtype=torch.uint8)
DATA = TensorDataset(IMAGES, torch.arange(60) % 3)
OTHER = TensorDataset(IMAGES, (torch.arange(60) + 1) % 3)
SMALL: dict[str, Any] = {
    "space": "nasbench201",
    "overrides": {"channels": 4, "cells": 1},
    "epochs": 1,
    "progress": False,
}


def search(folder: Path, **settings: Any) -> Run:
    return nas.search(**{**SMALL, "trials": 2, "final_epochs": 0, "runs": folder, "name": "r", **settings})


def test_candidates_and_the_winner_train_on_them(tmp_path: Path) -> None:
    run = search(tmp_path, train=DATA, valid=DATA, test=DATA, classes=["a", "b", "c"], final_epochs=1, device="cpu")
    assert run.config.data["images"] == {"train": 60, "valid": 60, "test": 60}
    assert run.config.data["classes"] == ["a", "b", "c"] and run.space.document.data["input"] == [3, 8, 8]
    assert run.final is not None and "test_accuracy" in run.final
    assert nas.build(run.path).classes == ("a", "b", "c")
    call = command(nas.load_run(run.path))
    assert call.startswith("nas.search('nasbench201', ") and "train=..." in call and "dataset" not in call
    nas.export(run, tmp_path / "out", "safetensors")
    assert run.report().exists()
    with pytest.raises(UserError, match=r"nas\.resume"):
        nas.data.load(run.config.evaluator["dataset"])


def test_a_run_goes_on_with_the_same_ones_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = search(tmp_path, train=DATA)
    assert len(nas.resume(run.path).results()) == 2  # nothing more is asked for
    with pytest.raises(UserError, match=r"nobody keeps those; give them again: nas.resume\(run, train=...\)"):
        nas.resume(run.path, trials=3, progress=False)
    with pytest.raises(
        UserError,
        match=r"given in Python: not the data .* began with: as many images .*; give the same: nas.resume\(run, train=",
    ):
        nas.resume(run.path, trials=3, train=OTHER, progress=False)
    with pytest.raises(UserError, match="not the data that this run began with: the numbers of images"):
        nas.resume(run.path, trials=3, train=DATA, valid=DATA, progress=False)
    assert main(["resume", str(run.path), "--trials", "3"]) == 2
    assert "nas.resume(run, train=...)" in capsys.readouterr().err
    more = nas.resume(run.path, trials=3, train=DATA, progress=False)
    assert len(more.results()) == 3


@pytest.mark.slow
def test_workers_of_ray_share_them(tmp_path: Path) -> None:
    expected = search(tmp_path, train=DATA, name="serial", searcher="random").results()
    run = search(tmp_path, train=DATA, executor="ray", workers=2, searcher="random")
    assert [trial["metrics"]["valid_accuracy"] for trial in run.results()] == [
        trial["metrics"]["valid_accuracy"] for trial in expected
    ]


def test_proxies_read_them_too(tmp_path: Path) -> None:
    run = search(tmp_path, train=DATA, evaluator="proxy", epochs=None)
    assert len(run.results()) == 2 and run.config.data["shape"] == [3, 8, 8]


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"train": DATA, "dataset": "digits"}, "train: another data set is named too"),
        ({"valid": DATA}, "valid: is given without training images; give train=... too"),
        ({"train": DATA, "evaluator": lambda genome: 1.0, "epochs": None}, "the evaluator trains no networks"),
    ],
)
def test_mistakes(settings: dict[str, Any], said: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=said):
        search(tmp_path, **settings)
    assert not (tmp_path / "r").exists()
