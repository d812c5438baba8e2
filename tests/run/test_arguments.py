"""Arguments as people give them: each is understood, or an error names it, before there is a run directory."""

from functools import partial
from pathlib import Path

import numpy as np
import pytest

import nas
from nas import UserError


def score(genome, gain=1.0):
    return gain * sum(answer != "none" for answer in genome.answers.values())


class Scorer:
    def __call__(self, genome):
        return score(genome)


def search(tmp_path, **arguments):
    return nas.search(**{"evaluator": score, "trials": 2, "runs": tmp_path / "runs", "searcher": "random"} | arguments)


@pytest.mark.parametrize(
    ("name", "value", "meant"),
    [
        ("trials", "2", 2),
        ("trials", 2.0, 2),
        ("trials", np.int64(2), 2),
        ("epochs", np.int32(3), 3),
        ("final_epochs", "0", 0),
        ("seed", np.uint8(7), 7),
        ("objectives", "valid_accuracy", ["valid_accuracy"]),
        ("objectives", ("valid_accuracy", "parameters:min"), ["valid_accuracy", "parameters:min"]),
        ("limits", {"parameters": np.float32(3e6)}, {"parameters": 3e6}),
        ("limits", None, {}),
    ],
)
def test_what_is_meant_is_taken(tmp_path, name, value, meant):
    assert getattr(search(tmp_path, **{name: value}).config, name) == meant


@pytest.mark.parametrize("evaluator", [lambda genome: 1, partial(score, gain=2.0), Scorer(), Scorer().__call__])
def test_any_function_is_an_evaluator_and_paths_are_paths(tmp_path, evaluator):
    run = search(tmp_path, evaluator=evaluator, runs=tmp_path, workers=np.int64(1), deadline="60", dataset=tmp_path)
    assert run.best is not None


def test_a_space_is_given_by_its_path(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text("extends: nasbench201\n", encoding="utf-8")
    assert search(tmp_path, space=path).best is not None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *[("trials", value) for value in (True, None, "x", 0, -1, 2.5, [], float("nan"), float("inf"))],
        *[("epochs", value) for value in (True, "x", 0, -1, {}, np.bool_(True))],
        *[("final_epochs", value) for value in (True, "x", -1, ())],
        *[("seed", value) for value in (True, None, "x", 1.5)],
        *[("workers", value) for value in (True, "x", 0, -1)],
        *[("deadline", value) for value in (True, "x", 0, -1, [])],
        *[("gpus_per_trial", value) for value in (None, "x", -1)],
        *[("dataset", value) for value in ((np.zeros((9, 3, 8, 8)), np.zeros(9)), 3, {})],
        *[(name, 3) for name in ("data", "table", "runs", "space", "objectives", "proxies", "limits", "overrides")],
        *[(name, ["a"]) for name in ("searcher_options", "schedule_options", "final_set", "recipe_set", "limits")],
        *[(name, {1: 2}) for name in ("searcher_options", "schedule_options", "final_set", "overrides")],
        *[(name, ["a"]) for name in ("searcher", "schedule", "executor", "name", "device", "warm_start")],
        ("limits", "parameters=3M"),
        ("objectives", [1]),
        ("space", None),
        *[("runs", value) for value in (None, "a\0b")],
        *[("evaluator", value) for value in (None, 3, Scorer, np.zeros(3))],
    ],
)
def test_an_error_names_what_is_wrong_and_leaves_no_run(tmp_path, name, value):
    with pytest.raises(UserError, match=name):
        search(tmp_path, **{name: value})
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize(
    ("name", "value"), [("trials", "x"), ("trials", True), ("workers", []), ("data", 3), ("table", 3), ("path", 3)]
)
def test_resume_names_what_is_wrong(tmp_path, name, value):
    with pytest.raises(UserError, match=name):
        nas.resume(**{"path": tmp_path, name: value})


def test_more_trials_as_text(tmp_path):
    assert len(nas.resume(Path(search(tmp_path).path), trials="3", evaluator=score).trials) == 3


def test_a_genome_is_given_by_its_answers():
    space = nas.load("nasbench201")
    genome = next(space.enumerate())
    assert space.graph(dict(genome.answers)) == space.graph(genome)
    assert space.genome(genome.to_json()) == space.genome(genome) == genome
    model = nas.build("nasbench201", dict(genome.answers), classes=3)
    assert model.graph == nas.build("nasbench201", genome, classes=3).graph


@pytest.mark.parametrize("genome", [{}, {"a": "b"}, 3, "text", [], {"cells.cell.nodes.0.0.operation": {}}])
def test_what_is_no_genome(genome):
    with pytest.raises(UserError, match="genome"):
        nas.build("nasbench201", genome)


@pytest.mark.parametrize("space", [None, 3, Path("nowhere")])
def test_what_is_no_space(space):
    with pytest.raises(UserError):
        nas.load(space)


@pytest.mark.parametrize("arguments", [{"formats": 3}, {"formats": [{}]}, {"formats": None}, {"to": 3}])
def test_export_names_what_is_wrong(tmp_path, arguments):
    with pytest.raises(UserError, match=next(iter(arguments))):
        nas.export(**{"source": None, "to": tmp_path, **arguments})
