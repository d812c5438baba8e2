import random
from pathlib import Path
from typing import Any

import pytest

import nas
from nas.errors import UserError
from nas.run import Run
from nas.run.journal import read_journal
from nas.run.start_from import first_genomes

SMALL = {"channels": 4, "cells": 1}
QUICK: dict[str, Any] = {"overrides": SMALL, "evaluator": lambda genome: len(str(genome)) / 1000, "final_epochs": 0}


def issued(path: Path) -> list[dict[str, Any]]:
    return [record["answers"] for record in read_journal(path / "journal.jsonl")[0] if record["kind"] == "issued"]


def timeless(path: Path) -> list[dict[str, Any]]:
    records = read_journal(path / "journal.jsonl")[0]
    return [{key: value for key, value in one.items() if key not in ("time", "seconds")} for one in records]


@pytest.mark.parametrize(
    ("space", "network"),
    [("darts", "darts_v1"), ("darts", "darts_v2"), ("pnasnet", "pnasnet_5"), ("enas", "enas_micro")],
)
def test_a_found_network_is_the_genome_that_it_was_found_as(space: str, network: str) -> None:
    known = nas.load(network)
    parameters = {
        name: value for name, value in known.document.data["parameters"].items() if isinstance(value, str | int | float)
    }
    searched = nas.load(space, **parameters)
    (answers,), notes = first_genomes(searched, network)
    assert notes == []
    assert searched.graph(searched.genome(answers)).fingerprint() == known.graph().fingerprint()


def test_what_the_space_lacks_is_left_out_and_said() -> None:
    (answers,), notes = first_genomes(nas.load("nasnet"), "nasnet_a")
    assert answers["cells.normal.nodes.3.1.operation"] == "avg_pool_3x3"
    assert notes == ["start from nasnet_a: its cell normal has a node 5, which nasnet lacks: left out"]


@pytest.mark.parametrize(
    ("space", "asked", "message"),
    [
        ("nasbench201", "darts_v2", "nothing in it answers cells.cell.nodes.0.0.operation"),
        ("nasbench201", "nasbench201", "it has open choices"),
        ("resnet_space", "resnet50", "its answer to parameters.width is 64, not one of 16, 24, 32, 48"),
        ("nasbench201", {"x": 1}, "no genome of nasbench201"),
        ("nasbench201", 7, "7 is no network"),
        ("nasbench201", "no_such", "no_such"),
        ("nasbench201", "missing.json", "cannot be read"),
    ],
)
def test_what_cannot_be_is_one_line(space: str, asked: Any, message: str) -> None:
    with pytest.raises(UserError, match=message):
        first_genomes(nas.load(space), asked)


def test_they_are_the_first_trials_in_their_order_and_none_twice(tmp_path: Path) -> None:
    space = nas.load("nasbench201", **SMALL)
    first, second, third = (space.sample(random.Random(seed)) for seed in (1, 2, 3))
    first.save(tmp_path / "genome.json")
    other = nas.search("nasbench201", trials=1, runs=tmp_path, start_from=second, **QUICK)
    asked = [tmp_path / "genome.json", other, first, dict(third.answers)]
    run = nas.search("nasbench201", trials=6, runs=tmp_path, start_from=asked, **QUICK)
    found = issued(run.path)
    assert found[:3] == [dict(genome.answers) for genome in (first, second, third)]
    assert len(found) == 6


def test_one_over_a_limit_is_passed_over(tmp_path: Path) -> None:
    space = nas.load("nasbench201", **SMALL)
    genomes = sorted(
        (space.sample(random.Random(n)) for n in range(9)), key=lambda g: space.graph(g).prune().parameters
    )
    small, large = genomes[0], genomes[-1]
    limit = {"parameters": space.graph(large).prune().parameters - 1}
    run = nas.search("nasbench201", trials=3, runs=tmp_path, start_from=[large, small], limits=limit, **QUICK)
    assert issued(run.path)[0] == dict(small.answers)


def test_resumed_from_every_line_it_is_the_uninterrupted_search(tmp_path: Path) -> None:
    space = nas.load("nasbench201", **SMALL)
    asked = [space.sample(random.Random(seed)) for seed in (1, 2, 3)]
    run = nas.search("nasbench201", trials=6, runs=tmp_path, start_from=[asked[0], *asked], **QUICK)
    expected = timeless(run.path)
    lines = (run.path / "journal.jsonl").read_bytes().splitlines(keepends=True)
    for count in range(len(lines)):
        (run.path / "journal.jsonl").write_bytes(b"".join(lines[:count]))
        (run.path / "searcher.state").unlink(missing_ok=True)
        nas.resume(run.path, evaluator=QUICK["evaluator"])
        assert timeless(run.path) == expected
    assert Run.open(run.path).config.start_from[0] == dict(asked[0].answers)


def test_one_over_a_limit_is_passed_over_by_a_resumed_search_too(tmp_path: Path) -> None:
    space = nas.load("darts", channels=4)
    large = space.graph(space.genome(first_genomes(space, "darts_v2")[0][0])).prune().parameters
    settings = {**QUICK, "overrides": {"channels": 4}, "limits": {"parameters": large - 1}}
    run = nas.search("darts", trials=3, runs=tmp_path, start_from=["darts_v2", "darts_v1"], **settings)
    expected = timeless(run.path)
    assert space.genome(issued(run.path)[0]) == space.genome(run.config.start_from[1])
    lines = (run.path / "journal.jsonl").read_bytes().splitlines(keepends=True)
    for count in range(3):
        (run.path / "journal.jsonl").write_bytes(b"".join(lines[:count]))
        (run.path / "searcher.state").unlink(missing_ok=True)
        nas.resume(run.path, evaluator=QUICK["evaluator"])
        assert timeless(run.path) == expected
