"""Snapshots of learners: as if told everything, and the journal is believed where they differ."""

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

import nas
from nas.errors import UserError
from nas.run import Run, snapshot
from nas.run.journal import read_journal
from nas.searchers import create_searcher, for_budget
from nas.searchers.reinforce import Reinforce
from nas.space import Space
from nas.types import Result, Trial
from tests import cheap
from tests.searchers.contract import conditional
from tests.searchers.test_controller import CELL
from tests.space.documents import space_of

LEARNERS = ["reinforce", "ppo"]
SPACES: dict[str, Callable[[], Space]] = {
    "cheap": cheap.space,
    "conditional": conditional,
    "cell": lambda: space_of(CELL),
}
EVERY = 4


def search(runs: Path, searcher: str = "reinforce", **options: Any) -> Run:
    given = {"evaluator": cheap.some_fail, "trials": 30, "runs": runs, "name": "r", **options}
    return nas.search(cheap.space(), searcher=searcher, **given)


def timeless(path: Path) -> list[dict[str, Any]]:
    records = read_journal(path / "journal.jsonl")[0]
    return [{name: value for name, value in record.items() if name not in ("time", "seconds")} for record in records]


def cut(path: Path, lines: int) -> None:
    """Back to where the journal had so many lines."""
    kept = (path / "journal.jsonl").read_bytes().splitlines(keepends=True)[:lines]
    (path / "journal.jsonl").write_bytes(b"".join(kept))


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Numbers of the trials that learners are told of."""
    numbers: list[int] = []
    tell = Reinforce.tell

    def noted(self: Reinforce, result: Result) -> None:
        numbers.append(result.trial.number)
        tell(self, result)

    monkeypatch.setattr(Reinforce, "tell", noted)
    monkeypatch.setattr(snapshot, "RESULTS_BETWEEN", EVERY)
    return numbers


def same(one: Any, two: Any) -> None:
    """Every weight that both have or either makes, every moment, the average and the batch, bit for bit."""
    assert (one.b, one.told) == (two.b, two.told)
    first, second = one.state(), two.state()
    assert set(first) == set(second)
    for name, value in first.items():
        assert torch.equal(value, second[name]) if isinstance(value, torch.Tensor) else value == second[name]
    for name in {*one.controller.weights, *two.controller.weights}:
        weight = one.controller.weights.get(name, two.controller.weights.get(name))
        made = [searcher.controller.weight(name, *weight.shape) for searcher in (one, two)]
        assert torch.equal(*made), name


@pytest.mark.parametrize("place", SPACES)
@pytest.mark.parametrize("name", LEARNERS)
def test_a_loaded_learner_is_as_one_that_was_told(name: str, place: str, tmp_path: Path) -> None:
    """At every moment of a batch; weights that are made later are the same too."""
    space = SPACES[place]()
    options = {**for_budget(name, 50), "batch": 3, "hidden": 6}
    going: Any = create_searcher(name, space, options)
    (tmp_path / "run.yaml").write_text("x")
    (tmp_path / "journal.jsonl").write_text("one\ntwo\n")
    for number in range(14):
        snapshot.save(tmp_path, going)
        loaded: Any
        loaded, known = snapshot.restored(tmp_path, lambda: create_searcher(name, space, options))
        assert known == 2
        same(going, loaded)
        going.ask(random.Random("makes weights"), ())
        genomes = [searcher.ask(random.Random(number), ()) for searcher in (going, loaded)]
        assert genomes[0] == genomes[1]
        metrics = None if number % 5 == 3 else {"valid_accuracy": cheap.score(genomes[0])}
        for searcher in (going, loaded):
            searcher.tell(Result(Trial(number, genomes[0], 0), metrics))
        same(going, loaded)
    assert going.state()["told"]  # the last was taken in the middle of a batch
    before = going.state()
    loaded.tell(Result(Trial(14, genomes[0], 0), {"valid_accuracy": 0.5}))
    loaded.tell(Result(Trial(15, genomes[0], 0), {"valid_accuracy": 0.6}))
    same_again = create_searcher(name, space, options)
    same_again.load(before)  # type: ignore[attr-defined]
    same(going, same_again)  # nothing of a state is shared


@pytest.mark.parametrize("name", LEARNERS)
def test_a_resumed_run_tells_only_what_came_after_the_snapshot(name: str, tmp_path: Path, told: list[int]) -> None:
    run = search(tmp_path, name, trials=10)
    assert told == list(range(10))
    whole = timeless(run.path)
    assert snapshot.restored(run.path, lambda: create_searcher(name, run.space, run.config.searcher_options))[1] == 20
    cut(run.path, 13)
    told.clear()
    nas.resume(run.path, evaluator=cheap.some_fail)
    assert told == list(range(10))  # the snapshot was of the end
    cut(run.path, 20)
    told.clear()
    nas.resume(run.path, evaluator=cheap.some_fail)
    assert told == []
    assert timeless(run.path) == whole


class Killed(BaseException):
    """As if the process were: no one handles it."""


class Kills:
    """An evaluator that does so after some evaluations."""

    def __init__(self, left: int) -> None:
        self.left = left

    def __call__(self, genome: Any) -> float:
        self.left -= 1
        if self.left < 0:
            raise Killed
        return cheap.some_fail(genome)


def test_killed_and_resumed_anywhere_it_equals_the_uninterrupted_run(tmp_path: Path, told: list[int]) -> None:
    run = search(tmp_path)
    whole = timeless(run.path)
    for evaluations in range(1, 29, 3):
        cut(run.path, 0)
        (run.path / snapshot.SNAPSHOT).unlink()
        with pytest.raises(Killed):
            nas.resume(run.path, evaluator=Kills(evaluations))
        told.clear()
        assert timeless(nas.resume(run.path, evaluator=cheap.some_fail).path) == whole
        assert told[0] == evaluations // EVERY * EVERY


def spoilt(data: bytes) -> dict[str, bytes]:
    seal, line, tensors = data.split(b"\n", 2)
    found = {
        "empty": b"",
        "seal alone": seal,
        "cut": data[:-1],
        "longer": data + b"x",
        "no lines": data.replace(b"\n", b""),
    }
    for place in (0, 70, len(seal) + len(line) // 2, len(data) - len(tensors) + 20, len(data) // 2, len(data) - 1):
        found[f"byte {place}"] = data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]
    return found


def sealed(run: Path, line: bytes, tensors: bytes = b"") -> bytes:
    """As one that means harm can write it."""
    rest = line + b"\n" + tensors
    return snapshot._seal(run, (run / "journal.jsonl").read_bytes(), rest) + b"\n" + rest


def test_what_is_no_snapshot_of_this_journal_is_passed_over(tmp_path: Path, told: list[int]) -> None:
    run, other = search(tmp_path, trials=7), search(tmp_path, trials=7, name="other", seed=1)
    whole, file = timeless(run.path), run.path / snapshot.SNAPSHOT
    size = len((run.path / "journal.jsonl").read_bytes().rpartition(b'{"kind":"end"')[0])
    cut(run.path, 14)
    cases = {
        **spoilt(file.read_bytes()),
        "of another run": (other.path / snapshot.SNAPSHOT).read_bytes(),
        "no state": sealed(run.path, json.dumps({"told": size}).encode()),
        "no mapping": sealed(run.path, b"[]"),
        "no tensors": sealed(run.path, json.dumps({"told": size, "state": {"b": 1, "told": []}}).encode(), b"x" * 100),
        "no weights": sealed(run.path, json.dumps({"told": size, "state": {"b": 1, "told": [[{}, 1]]}}).encode()),
        "deep": sealed(run.path, b"[" * 100_000),
    }
    for case, data in cases.items():
        cut(run.path, 14)
        file.write_bytes(data)
        told.clear()
        assert timeless(nas.resume(run.path, evaluator=cheap.some_fail).path) == whole
        assert told == list(range(7)), case


def test_the_journal_is_believed(tmp_path: Path, told: list[int]) -> None:
    """Newer than what is left of the journal; or of another course of the same search."""
    run = search(tmp_path, trials=12)
    kept = (run.path / snapshot.SNAPSHOT).read_bytes()
    cut(run.path, 10)
    nas.resume(run.path, evaluator=lambda genome: 0.5 * cheap.score(genome))
    changed = timeless(run.path)
    for data in (kept, None):
        cut(run.path, 24)
        if data is not None:
            (run.path / snapshot.SNAPSHOT).write_bytes(data)
        told.clear()
        assert timeless(nas.resume(run.path, evaluator=cheap.score).path) == changed
        assert told == list(range(12))
        (run.path / snapshot.SNAPSHOT).unlink()


def test_a_link_is_refused_and_others_keep_none(tmp_path: Path) -> None:
    run = search(tmp_path, "random", trials=3)
    assert not (run.path / snapshot.SNAPSHOT).exists()
    (run.path / snapshot.SNAPSHOT).write_text("nobody reads it")
    nas.resume(run.path, evaluator=cheap.score)
    (run.path / snapshot.SNAPSHOT).unlink()
    (run.path / snapshot.SNAPSHOT).symlink_to(tmp_path)
    with pytest.raises(UserError, match="a link"):
        nas.resume(run.path, evaluator=cheap.score)
