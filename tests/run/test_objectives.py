"""One objective or several: what is best by them, by hand and against brute force."""

import random
from itertools import pairwise
from pathlib import Path

import pytest

import nas
from nas.cli import main
from nas.errors import UserError
from nas.evaluators import Settings, chosen
from nas.objectives import parse_objectives
from nas.run import Run
from nas.run.trained import measuring
from nas.searchers.pareto import dominates
from tests import cheap


def accuracy_and_time(genome: nas.Genome) -> dict[str, float]:
    return {"valid_accuracy": cheap.score(genome), "latency_ms": random.Random(repr(genome)).random()}


def test_a_search_with_several_objectives(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    chosen = ["latency_ms:min", "valid_accuracy", "parameters:min"]
    settings = {"trials": 12, "final_epochs": 0, "runs": tmp_path, "name": "a", "searcher": "random"}
    run = nas.search(cheap.space(), evaluator=accuracy_and_time, objectives=chosen, **settings)
    rows = Run.open(run.path).results()  # from the journal alone
    assert rows == run.results()
    points = [(-r["metrics"]["latency_ms"], r["metrics"]["valid_accuracy"], -r["parameters"]) for r in rows]
    assert all(a[0] >= b[0] for a, b in pairwise(points))  # the first objective ranks
    assert run.best is not None and run.best.trial.number == rows[0]["number"]
    assert [row["front"] for row in rows] == [not any(dominates(q, p) for q in points) for p in points]
    assert [e.trial.number for e in run.front()] == [row["number"] for row in rows if row["front"]]
    assert main(["results", str(run.path), "--front"]) == 0
    head, _, *lines, empty, volume = capsys.readouterr().out.splitlines()
    assert not empty and volume.startswith("hypervolume: ") and "from the reference point latency_ms=" in volume
    assert head.split()[:4] == ["trial", "front", "valid", "accuracy"] and "latency_ms" in head
    assert [int(line.split()[0]) for line in lines] == [row["number"] for row in rows if row["front"]]


@pytest.mark.parametrize(
    ("evaluator", "objectives", "message"),
    [
        (
            "train",
            ["valid_acuracy"],
            "objective valid_acuracy: the evaluator does not measure it; did you mean 'valid_",
        ),
        ("train", ["parameters:min", "synflow"], "objective synflow: the evaluator does not measure it; known: "),
        ("proxy", ["synflow", "valid_accuracy"], "objective valid_accuracy: the evaluator does not measure it"),
        ("table", ["valid_accuracy", "latency_ms:min"], "objective latency_ms: the evaluator does not measure it"),
        ("table", ["test_accuracy"], "objective test_accuracy: the evaluator does not measure it"),
    ],
)
def test_objectives_that_our_evaluators_do_not_measure_leave_no_run(
    evaluator: str, objectives: list[str], message: str, tmp_path: Path
):
    with pytest.raises(UserError) as error:
        nas.search("nasbench_digits", evaluator=evaluator, objectives=objectives, trials=3, runs=tmp_path / "runs")
    assert message in str(error.value)
    assert not (tmp_path / "runs").exists()


def test_what_our_evaluators_measure(tmp_path: Path):
    settings = {"trials": 1, "epochs": 1, "final_epochs": 0, "runs": tmp_path}
    objectives = {"train": ["valid_accuracy", "latency_ms:min"], "proxy": ["synflow"], "table": ["valid_accuracy"]}
    for evaluator, named in objectives.items():
        run = nas.search("nasbench_digits", evaluator=evaluator, objectives=named, name=evaluator, **settings)
        (row,) = run.results()
        own = measuring(chosen(evaluator, Settings("nasbench_digits")), parse_objectives(named), {})
        assert set(row["metrics"]) == set(own.measures)


def test_metrics_without_an_objective_are_failures(tmp_path: Path):
    settings = {"trials": 3, "final_epochs": 0, "runs": tmp_path, "name": "a"}
    run = nas.search(cheap.space(), evaluator=cheap.score, objectives=["latency_ms:min"], **settings)
    assert {row["error"] for row in run.results()} == {
        "the evaluator's metrics have no latency_ms, which is an objective"
    }
    assert run.best is None
