"""Proxies that choose what a search begins with."""

import json
import random
from pathlib import Path
from typing import Any

import pytest

import nas
from nas.cli import main
from nas.errors import UserError
from nas.evaluators import Proxy, Train
from nas.run import Interrupted, Run
from nas.run.journal import read_journal
from nas.run.prelude import ranked
from nas.run.warm_start import WarmStart
from nas.space import Space
from nas.types import Trial
from tests import cheap
from tests.space.documents import space_of

SPACE = """
name: small
source: made for a test
input: [1, 8, 8]
classes: 10
network:
  - {conv: {channels: {choice: [2, 3, 4, 5, 6, 7, 8]}, kernel: {choice: [1, 3, 5]}, stride: 2}}
  - {choice: [relu, elu, tanh]}
  - {conv: {channels: {choice: [2, 3, 4, 5, 6, 7, 8]}, kernel: {choice: [1, 3]}, stride: 2}}
  - global_avg_pool
  - {linear: =classes}
"""


@pytest.fixture(autouse=True)
def cheaply(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is trained."""
    monkeypatch.setenv("NAS_THREADS", "1")
    monkeypatch.setattr(Train, "__call__", scored)


def scored(self: Train, trial: Trial, report: Any, checkpoint: Path | None = None) -> dict[str, float]:
    return {"valid_accuracy": cheap.score(trial.genome)}


def search(tmp_path: Path, space: Space | None = None, **values: Any) -> Run:
    given: dict[str, Any] = {"trials": 30, "final_epochs": 0, "runs": tmp_path / "runs", "warm_start": "parameters:40"}
    return nas.search(space or space_of(SPACE), **{**given, **values})


def records(run: Run | Path) -> list[dict[str, Any]]:
    path = run if isinstance(run, Path) else run.path
    drop = ("time", "seconds")
    return [{k: v for k, v in r.items() if k not in drop} for r in read_journal(path / "journal.jsonl")[0]]


def test_reading_it() -> None:
    assert WarmStart.parse("synflow:1000") == WarmStart(("synflow",), 1000)
    assert WarmStart.parse("synflow+jacov:20") == WarmStart(("synflow", "jacov"), 20)
    for text, message in (
        ("synflow", "does not say how many networks"),
        ("synflow:0", "does not say"),
        ("synflow:-3", "does not say"),
        ("synflow:1e9", "does not say"),
        ("sinflow:10", "did you mean 'synflow'"),
        ("zen+zen:10", "'zen' is given twice"),
    ):
        with pytest.raises(UserError, match=message):
            WarmStart.parse(text)


def test_ranks_are_added() -> None:
    scores = {
        0: {"a": 1.0, "b": 900.0},
        2: {"a": 3.0, "b": 800.0},  # second and third: five in all
        3: {"a": 2.0, "b": 100.0},
        5: {"a": 4.0, "b": 100.0},
    }
    assert ranked(scores, ["a"]) == [5, 2, 3, 0]
    assert ranked(scores, ["a", "b"]) == [2, 5, 0, 3]  # 6, 5.5, 5 and 3.5
    assert ranked(scores, ["b"]) == [0, 2, 3, 5]  # of equals the earlier


def test_the_search_begins_with_the_best_of_them(tmp_path: Path) -> None:
    run = search(tmp_path)
    first = records(run)[0]
    assert (first["kind"], first["scored"], first["failed"], len(first["answers"])) == ("warm_start", 40, 0, 3)
    begun = [entry.costs["parameters"] for entry in run.trials[:3]]
    assert [dict(entry.trial.genome.answers) for entry in run.trials[:3]] == first["answers"]
    assert begun == sorted(begun, reverse=True)
    space, rng = run.space, random.Random(1)
    usual = sorted(space.graph(space.sample(rng)).parameters for _ in range(200))
    assert begun[-1] > usual[160]
    assert len({entry.fingerprint for entry in run.trials}) == 30  # none of them is tried twice


def test_limits_are_kept_and_the_seed_decides(tmp_path: Path) -> None:
    one, same, other = (search(tmp_path, seed=seed, limits={"parameters": 300}) for seed in (1, 1, 2))
    assert records(one) == records(same)
    assert records(one)[0] != records(other)[0]
    assert all(entry.costs["parameters"] <= 300 for entry in one.trials)


@pytest.mark.parametrize("searcher", ["random", "local_search", "evolution", "regularized_evolution", "grid"])
def test_searchers_that_know_nothing_of_it(tmp_path: Path, searcher: str) -> None:
    run = search(tmp_path, searcher=searcher, warm_start="synflow+naswot:12", trials=20)
    assert len(run.trials) == 20
    assert not run.state.failed


def test_a_resumed_run_does_not_choose_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = search(tmp_path, name="whole")
    lines = (whole.path / "journal.jsonl").read_bytes().splitlines(keepends=True)
    calls: list[Trial] = []
    real = Proxy.__call__
    monkeypatch.setattr(Proxy, "__call__", lambda self, trial, *rest: calls.append(trial) or real(self, trial, *rest))
    for kept in (0, 1, 2, 3, 6, 20):
        part = tmp_path / "runs" / f"part{kept}"
        part.mkdir()
        (part / "run.yaml").write_bytes((whole.path / "run.yaml").read_bytes())
        (part / "journal.jsonl").write_bytes(b"".join(lines[:kept]))
        calls.clear()
        assert records(nas.resume(part)) == records(whole)
        assert len(calls) == (40 if kept == 0 else 0)


def test_stopping_in_the_middle_of_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = search(tmp_path, name="whole")

    def stopped(event: Any) -> None:
        if event.scored and event.scored[0] >= 10:
            raise KeyboardInterrupt

    with pytest.raises(Interrupted) as stop:
        search(tmp_path, name="stopped", progress=stopped)
    assert records(stop.value.path) == []
    assert records(nas.resume(stop.value.path)) == records(whole)


def test_networks_that_cannot_be_scored_are_left_out(tmp_path: Path) -> None:
    blind = space_of(SPACE.replace("[relu, elu, tanh]", "[identity, relu]"))  # naswot needs an activation
    run = search(tmp_path, blind, warm_start="naswot:40")
    first = records(run)[0]
    assert first["scored"] + first["failed"] == 40
    assert first["failed"] > 5
    assert all("relu" in [node.operation for node in run.space.graph(e.trial.genome).nodes] for e in run.trials[:3])


def test_fewer_networks_than_are_to_be_scored(tmp_path: Path) -> None:
    few = space_of(SPACE.replace("[2, 3, 4, 5, 6, 7, 8]", "[2, 3]").replace("[relu, elu, tanh]", "[relu]"))
    run = search(tmp_path, few, trials=10, warm_start="synflow:500")
    assert records(run)[0]["scored"] == 24
    assert len(run.trials) == 10


def test_mistakes_leave_no_run_behind(tmp_path: Path) -> None:
    for wrong, message in (
        ({"warm_start": "synflow"}, "does not say how many"),
        ({"evaluator": cheap.score}, "names no data set"),
        ({"proxies": ["synflow"]}, "use the evaluator 'proxy'"),
        ({"evaluator": "proxy", "proxies": ["x"]}, "unknown proxy 'x'"),
        ({"evaluator": "proxy", "schedule": "asha"}, "proxies train nothing"),
    ):
        with pytest.raises(UserError, match=message):
            search(tmp_path, **wrong)
    assert not (tmp_path / "runs").exists()


def test_a_search_by_proxies_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    document, runs = tmp_path / "small.yaml", str(tmp_path / "runs")
    document.write_text(SPACE)
    asked = ["--trials", "8", "--searcher", "random", "--final-epochs", "0", "--runs", runs, "--name", "p"]
    assert (
        main(["search", str(document), "--evaluator", "proxy", "--proxy", "synflow", "--proxy", "jacov", *asked]) == 0
    )
    told = capsys.readouterr().err
    assert "trial 0: synflow " in told
    assert "best: trial " in told
    run = Run.open(tmp_path / "runs" / "p")
    assert run.config.objectives == ["synflow", "jacov"]
    assert run.best is not None
    assert run.best.score == max(entry.result.metrics["synflow"] for entry in run.trials)  # type: ignore[union-attr,index]
    assert main(["results", str(run.path), "--json"]) == 0
    assert set(json.loads(capsys.readouterr().out)[0]["metrics"]) == {"synflow", "jacov"}
    assert main(["results", str(run.path)]) == 0
    head = capsys.readouterr().out.splitlines()[0]
    assert "synflow" in head
    assert "valid accuracy" not in head
    assert main(["report", str(run.path)]) == 0
    page = (run.path / "report.html").read_text()
    assert "<dt>best synflow</dt>" in page
    assert "Synflow against parameters" in page
    assert main(["resume", str(run.path)]) == 0


def test_it_is_asked_for_on_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    document = tmp_path / "small.yaml"
    document.write_text(SPACE)
    asked = ["--trials", "3", "--final-epochs", "0", "--runs", str(tmp_path), "--name", "w", "--warm-start"]
    assert main(["search", str(document), *asked, "parameters:20"]) == 0
    assert "warm start: 20 of 20 networks scored\n" in capsys.readouterr().err
    assert records(tmp_path / "w")[0]["kind"] == "warm_start"
