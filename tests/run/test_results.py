import json
from pathlib import Path

import pytest

import nas
from nas.errors import UserError
from nas.graph.costs import COSTS
from nas.run import AllFailed, Run, best_genome
from tests import cheap


def test_best_first_and_failures_last(tmp_path: Path) -> None:
    run = nas.search(cheap.space(), evaluator=cheap.some_fail, trials=30, runs=tmp_path)
    rows = run.results()
    assert len(rows) == 30
    scores = [row["metrics"]["valid_accuracy"] for row in rows if row["state"] == "done"]
    assert scores == sorted(scores, reverse=True)
    assert 0 < len(scores) < 30
    assert [row["state"] for row in rows] == ["done"] * len(scores) + ["failed"] * (30 - len(scores))
    assert set(rows[0]) == {
        *(
            "number",
            "state",
            "genome",
            "fingerprint",
            "metrics",
            *COSTS,
            "epochs",
            "seconds",
            "error",
            "front",
        ),
    }
    assert json.loads(json.dumps(rows)) == rows
    assert rows[-1]["metrics"] is None
    assert "a quarter fails" in rows[-1]["error"]
    assert rows[0]["genome"] == dict(best_genome(run.path).answers)
    graph = run.space.graph(best_genome(run.path)).prune()
    assert {name: rows[0][name] for name in COSTS} == graph.costs


def test_opened_from_disk_it_is_the_same(tmp_path: Path) -> None:
    run = nas.search(cheap.space(), evaluator=cheap.score, trials=5, runs=tmp_path)
    again = Run.open(run.path)
    assert again.results() == run.results()
    assert (again.reason, again.final, again.config) == ("all trials done", None, run.config)


def test_a_run_without_a_success_has_no_best(tmp_path: Path) -> None:
    def fails(genome: object) -> float:
        raise RuntimeError("always")

    with pytest.warns(AllFailed):
        run = nas.search(cheap.space(), evaluator=fails, trials=3, runs=tmp_path)
    assert run.best is None
    assert [row["error"].split(" (")[0] for row in run.results()] == ["RuntimeError: always"] * 3
    with pytest.raises(UserError, match="no trial of this run has succeeded yet"):
        best_genome(run.path)


def test_the_hypervolume_of_a_run_and_of_its_front_alone(tmp_path: Path) -> None:
    objectives = ["valid_accuracy", "parameters:min"]
    run = nas.search(cheap.space(), evaluator=cheap.some_fail, trials=20, runs=tmp_path, objectives=objectives)
    found = run.hypervolume({"valid_accuracy": 0.0, "parameters": 10_000.0})
    assert found is not None and found.reference == {"valid_accuracy": 0, "parameters": 10_000}
    volume, most = 0.0, 0.0  # under the staircase of the front, the smallest first
    for entry in reversed(run.front()):
        assert entry.score is not None and entry.score > most
        volume += (entry.score - most) * (10_000 - entry.costs["parameters"])
        most = entry.score
    assert found.value == pytest.approx(volume) == pytest.approx(found.course[-1])
    done = [entry for entry in run.trials if entry.score is not None]
    assert len(found.course) == len(done) < 20
    of_itself = run.hypervolume()
    assert of_itself is not None and of_itself.reference == {
        "valid_accuracy": min(entry.score for entry in done if entry.score is not None),
        "parameters": max(entry.costs["parameters"] for entry in done),
    }
    with pytest.raises(UserError, match="'flops' is no objective"):
        run.hypervolume({"flops": 1.0})


def test_one_objective_has_no_hypervolume(tmp_path: Path) -> None:
    assert nas.search(cheap.space(), evaluator=cheap.score, trials=2, runs=tmp_path).hypervolume() is None
