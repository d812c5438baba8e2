import random
from pathlib import Path
from typing import Any

import pytest

import nas
from nas.cli import main
from nas.errors import UserError
from nas.evaluators import FunctionEvaluator, Proxy, Train, describe, revive
from nas.evaluators.latency import TooSlow
from nas.objectives import parse_objectives
from nas.run.trained import measuring
from nas.training import Recipe
from nas.types import Trial
from tests import cheap
from tests.space.documents import space_of

SPACE = """
name: tiny
source: made for a test
input: [1, 8, 8]
classes: 10
network:
  - {conv_bn_relu: {channels: {choice: [2, 3, 4]}, kernel: {choice: [1, 3]}}}
  - global_avg_pool
  - {linear: =classes}
"""
QUICK = Recipe(epochs=1, steps=1, learning_rate=0.05)


@pytest.fixture(autouse=True)
def one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NAS_THREADS", "1")


def test_a_measured_network_trains_as_any() -> None:
    space = space_of(SPACE)
    trial = Trial(0, space.sample(random.Random(0)), seed=3)
    plain = Train(recipe=QUICK)(trial, lambda epoch, metrics: True)
    timed = Train(recipe=QUICK, latency_batch=1)(trial, lambda epoch, metrics: True)
    assert timed.pop("latency_ms") > 0
    different = {name for name in plain if plain[name] != timed[name]}
    assert different <= {name for name in plain if "second" in name}


def test_what_is_too_slow_is_not_trained(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    trained: list[object] = []
    monkeypatch.setattr("nas.training.loop.fit", lambda *args, **named: trained.append(args) or {})
    space = space_of(SPACE)
    trial = Trial(0, space.sample(random.Random(0)), seed=3)
    evaluator = Train(recipe=QUICK, latency_limit=1e-6)
    with pytest.raises(TooSlow, match=r"latency_ms is [0-9.e-]+, over the limit of 1e-06"):
        evaluator(trial, lambda epoch, metrics: True)
    assert not trained
    begun = tmp_path / "checkpoint"
    begun.touch()
    evaluator(trial, lambda epoch, metrics: True, begun)  # it was fast enough when it began
    assert len(trained) == 1


def test_evaluators_measure_it_where_it_is_asked_for() -> None:
    objectives, none = parse_objectives(["valid_accuracy", "latency_ms:min"]), parse_objectives(())
    assert measuring(Train(), none, {"parameters": 1.0}) == Train()
    assert measuring(Train(), objectives, {}) == Train(latency_batch=1)
    limited: Any = measuring(Proxy(), none, {"latency_ms": 5.0})
    assert limited == Proxy(train=Train(latency_batch=1, latency_limit=5.0))
    assert revive(describe(limited)) == limited
    own = FunctionEvaluator(cheap.score)
    assert measuring(own, objectives, {}) is own  # it may give that metric itself
    with pytest.raises(UserError, match="limit latency_ms: only the evaluators 'train' and 'proxy' measure it"):
        measuring(own, none, {"latency_ms": 5.0})


def test_a_search_with_it_as_objective_and_limit(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    document = tmp_path / "tiny.yaml"
    document.write_text(SPACE)
    asked = ["--objective", "valid_accuracy", "--objective", "latency_ms:min", "--searcher", "random", "--trials", "3"]
    asked += ["--epochs", "1", "--final-epochs", "0", "--runs", str(tmp_path / "runs")]
    assert main(["search", str(document), *asked, "--limit", "latency_ms=1000", "--name", "fast"]) == 0
    rows = nas.run.Run.open(tmp_path / "runs" / "fast").results()
    assert all(0 < row["metrics"]["latency_ms"] < 1000 for row in rows)
    assert main(["search", str(document), *asked, "--limit", "latency_ms=0.000001", "--name", "slow"]) == 1
    told = capsys.readouterr().err
    assert told.count("failed: TooSlow: latency_ms is ") == 3
