"""Searches whose candidates begin with the weights of their parents."""

from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

import nas
from nas.errors import UserError
from nas.run.command import command

SETTINGS: dict[str, Any] = {
    "searcher_options": {"population": 4, "sample": 3},
    "overrides": {"channels": 4, "cells": 1},
    "epochs": 1,
    "final_epochs": 1,
    "progress": False,
    "inherit": True,
}


def test_children_take_most_of_their_parents_and_others_nothing(tmp_path: Path) -> None:
    run = nas.search("nasbench201", trials=12, runs=tmp_path, name="a", **SETTINGS)
    shares = {entry.trial.number: entry.result.metrics["inherited"] for entry in run.trials}
    for entry in run.trials:
        assert (shares[entry.trial.number] > 0) == bool(entry.parents)
        assert entry.trial.parent == (entry.parents[0] if entry.parents else None)
    children = [entry for entry in run.trials if entry.parents]
    assert len(children) >= 6 and sum(shares[entry.trial.number] for entry in children) / len(children) > 0.5
    assert "--inherit" in command(run)
    assert not list((tmp_path / "a" / "trials").glob("*/weights.safetensors"))  # they go when the search has ended


def test_a_search_that_was_stopped_ends_as_one_that_was_not(tmp_path: Path) -> None:
    whole = nas.search("nasbench201", trials=10, runs=tmp_path, name="a", **SETTINGS)
    nas.search("nasbench201", trials=6, runs=tmp_path, name="b", **{**SETTINGS, "final_epochs": 0})
    cut = nas.resume(tmp_path / "b", trials=10, progress=False)
    told = [[(e.trial.genome, e.result.metrics["valid_loss"]) for e in run.trials[:6]] for run in (whole, cut)]
    assert told[0] == told[1]


def test_without_it_a_childs_training_is_another(tmp_path: Path) -> None:
    with_it = nas.search("nasbench201", trials=6, runs=tmp_path, name="a", **SETTINGS)
    without = nas.search("nasbench201", trials=6, runs=tmp_path, name="b", **{**SETTINGS, "inherit": False})
    pairs = list(zip(with_it.trials, without.trials, strict=True))
    firsts = [(a, b) for a, b in pairs if not a.parents and a.trial.genome == b.trial.genome]
    assert firsts and all(a.result.metrics["valid_loss"] == b.result.metrics["valid_loss"] for a, b in firsts)
    assert all("inherited" not in entry.result.metrics for entry in without.trials)


def test_a_childs_first_weights_are_its_parents(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What `fit` is given, by the file that the parent left."""
    from nas.training import loop

    seen: list[bool] = []
    fit = loop.fit

    def watched(model: Any, *args: Any, **settings: Any) -> Any:
        folder = settings["checkpoint"].parent
        run = nas.load_run(tmp_path / "a")
        parents = {entry.trial.number: entry.parents for entry in run.trials}
        if folder.name != "best" and (parent := parents[int(folder.name)]):
            theirs = load_file(folder.parent / f"{parent[0]:04d}" / "weights.safetensors")
            ours = model.state_dict()
            seen.append(all(torch.equal(ours[name], theirs[name]) for name in ours.keys() & theirs.keys()))
        return fit(model, *args, **settings)

    monkeypatch.setattr(loop, "fit", watched)
    nas.search("nasbench201", trials=8, runs=tmp_path, name="a", **SETTINGS)
    assert len(seen) >= 3 and all(seen)


def test_a_searcher_without_parents_cannot(tmp_path: Path) -> None:
    settings = {**SETTINGS, "searcher_options": {}, "searcher": "random"}
    with pytest.raises(UserError, match="the searcher random makes each network anew"):
        nas.search("nasbench201", runs=tmp_path, name="a", **settings)
    assert not (tmp_path / "a").exists()


def test_an_evaluator_that_trains_nothing_cannot(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="takes no inherit"):
        nas.search("nasbench201", evaluator=lambda genome: 1.0, runs=tmp_path, **SETTINGS)
