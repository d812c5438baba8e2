"""`nas results` of a search for several objectives."""

import json
from pathlib import Path

import pytest

import nas
from nas.cli import main
from tests import cheap


@pytest.fixture
def several(tmp_path: Path) -> str:
    objectives = ["valid_accuracy", "parameters:min"]
    return str(nas.search(cheap.space(), evaluator=cheap.score, trials=12, runs=tmp_path, objectives=objectives).path)


def test_the_front_with_its_hypervolume(several: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert (
        main(["results", several, "--front", "--reference", "valid_accuracy=0", "--reference", "parameters=2e4"]) == 0
    )
    lines = capsys.readouterr().out.splitlines()
    assert all("*" in line for line in lines[2:-2])
    assert lines[-1].startswith("hypervolume: ")
    assert lines[-1].endswith(" from the reference point valid_accuracy=0, parameters=20000")
    assert main(["results", several]) == 0
    told = capsys.readouterr()
    assert "hypervolume" not in told.out
    assert told.err.startswith("gained: ")  # the table alone is on standard output


def test_as_json(several: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["results", several, "--hypervolume", "--reference", "parameters=2e4", "--json"]) == 0
    found, run = json.loads(capsys.readouterr().out), nas.run.Run.open(several)
    volume = run.hypervolume({"parameters": 2e4})
    assert volume is not None and found == {"hypervolume": volume.value, "reference": volume.reference}
    assert main(["results", several, "--front", "--json"]) == 0
    assert [row["number"] for row in json.loads(capsys.readouterr().out)] == [e.trial.number for e in run.front()]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (["--reference", "size=1"], "error: reference: 'size' is no objective"),
        (["--reference", "parameters=inf"], "error: --reference parameters: 'inf': not a finite number"),
        (["--reference", "parameters=1", "--json"], "error: --reference: the list of trials has no hypervolume"),
    ],
)
def test_mistakes_are_one_line(
    several: str, given: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["results", several, *given]) == 2
    told = capsys.readouterr().err.splitlines()
    assert len(told) == 1 and told[0].startswith(message)


def test_one_objective_has_none(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = nas.search(cheap.space(), evaluator=cheap.score, trials=2, runs=tmp_path)
    assert main(["results", str(run.path), "--hypervolume"]) == 2
    assert "one objective has no hypervolume" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("paths", "short"),
    [
        (["cells.a.nodes.0.0.operation", "cells.a.nodes.1.0.operation"], ["0", "1"]),
        (["stem.kernel", "head.0.width"], ["stem.kernel", "head.0.width"]),
        (["net.0.x", "net.0.x.y"], ["x", "x.y"]),
        (["net.width"], ["width"]),
        ([], []),
    ],
)
def test_answers_are_named_by_what_tells_their_paths_apart(paths: list[str], short: list[str]) -> None:
    from nas.run.words import named, names

    assert names(paths) == short
    assert len(set(names(paths))) == len(paths)
    assert named(dict.fromkeys(paths, "a b")) == " ".join(f"{name}=ab" for name in short)


def test_answers_that_are_positions_are_put_in_words(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    block = {"choice": [{"conv": {"channels": 4, "kernel": 1}}, "relu"]}
    document = {"name": "x", "input": [3, 4, 4], "classes": 2, "network": [block, "global_avg_pool", {"linear": 2}]}
    space = nas.Space(nas.space.Document(document))
    run = nas.search(space, evaluator=cheap.score, trials=2, searcher="grid", runs=tmp_path)
    assert main(["results", str(run.path)]) == 0
    assert {line.split()[-1] for line in capsys.readouterr().out.splitlines()[2:]} == {"0=conv", "0=relu"}
