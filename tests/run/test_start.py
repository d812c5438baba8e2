"""Whole searches in process: what they leave behind, and that a resumed one equals one that was never stopped."""

import json
import random
import threading
import time
from pathlib import Path
from typing import Any

import pytest

import nas
from nas.errors import UserError
from nas.run import Interrupted, Run
from nas.run.journal import read_journal
from nas.types import trial_random
from tests import cheap


def search(tmp_path: Path, **values: Any) -> Run:
    given: dict[str, Any] = {
        "evaluator": cheap.score,
        "trials": 30,
        "runs": tmp_path / "runs",
        "searcher_options": {"population": 8, "sample": 3},
    }
    return nas.search(cheap.space(), **{**given, **values})


def timeless(run: Run | Path) -> list[dict[str, Any]]:
    """A journal but for its times."""
    path = run if isinstance(run, Path) else run.path
    return [
        {name: value for name, value in record.items() if name not in ("time", "seconds")}
        for record in read_journal(path / "journal.jsonl")[0]
    ]


def test_a_run_directory(tmp_path: Path) -> None:
    run = search(tmp_path)
    assert run.path == tmp_path / "runs" / "cheap-regularized_evolution-1"
    assert {entry.name for entry in run.path.iterdir()} == {"run.yaml", "journal.jsonl", "lock", "trials", "best"}
    assert len(run.trials) == 30 == len({entry.fingerprint for entry in run.trials})
    assert run.reason == "all trials done"
    assert run.best is not None
    assert run.best.score == max(cheap.score(entry.trial.genome) for entry in run.trials)
    best = nas.Genome.from_json(json.loads((run.path / "best" / "genome.json").read_text()))
    assert best == run.best.trial.genome
    seventh = nas.Genome.from_json(json.loads((run.path / "trials" / "0007" / "genome.json").read_text()))
    assert seventh == run.trials[7].trial.genome
    assert json.loads((run.path / "best" / "result.json").read_text())["search"] == {"valid_accuracy": run.best.score}


def test_the_same_seed_gives_the_same_run_and_another_another(tmp_path: Path) -> None:
    first, second, other = search(tmp_path), search(tmp_path), search(tmp_path, seed=1)
    assert timeless(first) == timeless(second)
    assert timeless(first) != timeless(other)
    seeds = [entry.trial.seed for entry in first.trials]
    assert seeds == [trial_random(0, number).randrange(2**31) for number in range(30)]


def test_issued_is_journaled_before_dispatch_and_done_before_the_searcher_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def last() -> dict[str, Any]:
        return read_journal(tmp_path / "runs" / "r" / "journal.jsonl")[0][-1]

    def evaluator(genome: Any) -> float:
        assert last()["kind"] == "issued"
        assert last()["answers"] == dict(genome.answers)
        return cheap.score(genome)

    from nas.searchers.random import Random

    told: list[int] = []

    def tell(self: Random, result: Any) -> None:
        assert last()["kind"] == "done"
        assert last()["number"] == result.trial.number
        told.append(result.trial.number)

    monkeypatch.setattr(Random, "tell", tell)
    run = search(tmp_path, evaluator=evaluator, name="r", searcher="random", searcher_options={}, trials=5)
    assert told == [0, 1, 2, 3, 4]
    assert run.state.failed == 0


@pytest.mark.parametrize("evaluator", [cheap.score, cheap.some_fail])
def test_resumed_from_every_line_it_equals_the_uninterrupted_run(tmp_path: Path, evaluator: Any) -> None:
    run = search(tmp_path, evaluator=evaluator)
    whole, lines = timeless(run), (run.path / "journal.jsonl").read_bytes().splitlines(keepends=True)
    assert len(lines) == 61
    for count in range(len(lines)):
        (run.path / "journal.jsonl").write_bytes(b"".join(lines[:count]) + lines[count][: count * 3])  # a torn line too
        again = nas.resume(run.path, evaluator=evaluator)
        assert timeless(again) == whole
        assert again.results()[0]["genome"] == run.results()[0]["genome"]


def test_nothing_that_finished_is_evaluated_again(tmp_path: Path) -> None:
    run = search(tmp_path)
    lines = (run.path / "journal.jsonl").read_bytes().splitlines(keepends=True)
    (run.path / "journal.jsonl").write_bytes(b"".join(lines[:41]))  # trial 20 issued and not done
    numbers: list[int] = []
    answers = {json.dumps(dict(entry.trial.genome.answers)): entry.trial.number for entry in run.trials}

    def evaluator(genome: Any) -> float:
        numbers.append(answers[json.dumps(dict(genome.answers))])
        return cheap.score(genome)

    nas.resume(run.path, evaluator=evaluator)
    assert numbers == list(range(20, 30))


def test_a_finished_run_is_returned_as_it_is(tmp_path: Path) -> None:
    run = search(tmp_path)
    before = (run.path / "journal.jsonl").read_bytes()

    def never(genome: Any) -> float:
        raise AssertionError

    assert nas.resume(run.path, evaluator=never).results() == run.results()
    assert (run.path / "journal.jsonl").read_bytes() == before


def test_a_space_of_20_networks_ends_with_the_reason(tmp_path: Path) -> None:
    start = time.monotonic()
    run = nas.search(cheap.space(1), evaluator=cheap.score, trials=500, runs=tmp_path)
    assert len(run.trials) == 20
    assert run.reason == "exhausted: the last 1000 proposals were all refused: 1000 of genomes already tried"
    records, _, _ = read_journal(run.path / "journal.jsonl")
    refused = [record["duplicates"] for record in records if record["kind"] == "issued"]
    assert run.state.duplicates == sum(refused) + 1000
    assert time.monotonic() - start < 10
    assert nas.resume(run.path, evaluator=cheap.score).reason == run.reason


def test_a_limit_that_nothing_meets_ends_with_the_reason(tmp_path: Path) -> None:
    start = time.monotonic()
    run = search(tmp_path, limits={"mult_adds": 10})
    assert run.trials == []
    assert run.best is None
    assert run.reason == "exhausted: the last 1000 proposals were all refused: 1000 over the limit mult_adds=10"
    assert run.state.over_limit == Run.open(run.path).state.over_limit == 1000
    assert time.monotonic() - start < 10


def test_limits_hold(tmp_path: Path) -> None:
    run = search(tmp_path, limits={"parameters": "0.3k"})
    assert all(entry.costs["parameters"] <= 300 for entry in run.trials)
    assert run.state.over_limit > 0


def test_two_at_once_are_refused(tmp_path: Path) -> None:
    inside, go = threading.Event(), threading.Event()

    def evaluator(genome: Any) -> float:
        inside.set()
        assert go.wait(10)
        return 0.5

    thread = threading.Thread(
        target=search, args=(tmp_path,), kwargs={"evaluator": evaluator, "name": "r", "trials": 2}
    )
    thread.start()
    assert inside.wait(10)
    try:
        with pytest.raises(UserError, match="in use by process"):
            nas.resume(tmp_path / "runs" / "r", evaluator=evaluator)
        assert len(Run.open(tmp_path / "runs" / "r").trials) == 1  # looking is allowed
    finally:
        go.set()
        thread.join()


def test_damage_is_refused(tmp_path: Path) -> None:
    run = search(tmp_path)
    journal = run.path / "journal.jsonl"
    data = bytearray(journal.read_bytes())
    data[len(data) // 2] ^= 4
    journal.write_bytes(bytes(data))
    line = bytes(data[: len(data) // 2]).count(b"\n") + 1
    with pytest.raises(UserError, match=rf"journal\.jsonl:{line}: damaged"):
        nas.resume(run.path, evaluator=cheap.score)
    assert journal.read_bytes() == bytes(data)


def test_a_full_disk_stops_the_search_and_resume_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = timeless(search(tmp_path))
    import errno
    import os

    real, calls = os.fsync, iter(range(10_000))

    def fsync(file: int) -> None:
        if next(calls) == 25:
            raise OSError(errno.ENOSPC, "No space left on device")
        real(file)

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fsync)
        with pytest.raises(OSError, match=r"No space left on device: .*journal\.jsonl"):
            search(tmp_path, name="r")
    assert timeless(nas.resume(tmp_path / "runs" / "r", evaluator=cheap.score)) == whole


def test_the_first_stop_drains_and_the_second_stops_at_once(tmp_path: Path) -> None:
    import os
    import signal

    whole = timeless(search(tmp_path))
    for times in (1, 2):
        evaluated: list[Any] = []

        def evaluator(genome: Any, times: int = times, evaluated: list[Any] = evaluated) -> float:
            if len(evaluated) == 5:
                for number in (signal.SIGTERM, signal.SIGINT)[:times]:
                    os.kill(os.getpid(), number)
            evaluated.append(genome)
            return cheap.score(genome)

        with pytest.raises(Interrupted, match="nas resume") as caught:
            search(tmp_path, evaluator=evaluator)
        assert len(Run.open(caught.value.path).results()) == (6 if times == 1 else 5)
        assert timeless(nas.resume(caught.value.path, evaluator=cheap.score)) == whole


def test_mistakes_leave_no_run_behind(tmp_path: Path) -> None:
    (tmp_path / "cifar-10-batches-bin").mkdir()
    for wrong in (
        {"searcher": "evolutoin"},
        {"searcher_options": {"populaton": 3}},
        {"executor": "serail"},
        {"workers": 2},
        {"limits": {"parameters": "many"}},
        {"trials": 0},
        {"evaluator": "trian"},
        {"name": "../x"},
        {"overrides": {"widht": 3}},
        {"final_set": {"widht": 3}},
        {"final_set": {"classes": "many"}},
        {"evaluator": "train", "overrides": {"classes": 3}},
        {"evaluator": "train", "dataset": "cifar10", "data": str(tmp_path)},
        {"deadline": -1},
    ):
        with pytest.raises(UserError):
            search(tmp_path, **wrong)
    assert not list(tmp_path.rglob("run.yaml"))


def test_progress_is_told_after_each_trial(tmp_path: Path) -> None:
    events: list[Any] = []
    search(tmp_path, progress=events.append, trials=5)
    assert [(event.finished, event.total, event.entry.trial.number) for event in events] == [
        (n + 1, 5, n) for n in range(5)
    ]
    assert events[-1].best.score == max(event.entry.score for event in events)
    assert events[0].remaining_seconds > 0
    assert events[-1].remaining_seconds == 0
    assert events[-1].trials_per_hour > 0
    assert not events[-1].final


def test_input_and_classes_come_from_the_data_unless_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from nas.evaluators import Train

    monkeypatch.setattr(
        Train,
        "__call__",
        lambda self, trial, report, checkpoint=None: {"valid_accuracy": random.Random(trial.seed).random()},
    )
    run = search(tmp_path, evaluator="train", dataset="digits", trials=2, final_epochs=0)
    assert (run.space.input, run.space.classes) == ((1, 8, 8), 10)
    with pytest.raises(UserError, match=r"maps \[1, 16, 16\]"):
        search(tmp_path, evaluator="train", dataset="digits", overrides={"input": [1, 16, 16]})
    assert nas.resume(run.path).reason == "all trials done"  # needs nothing but the directory


def test_a_search_whose_data_are_gone_fails_no_trial(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(self: Any, space: Any) -> None:
        raise UserError("data set", "cannot be read")

    run = search(tmp_path, evaluator="train", dataset="digits", trials=1, epochs=1, final_epochs=0)
    journal = run.path / "journal.jsonl"
    lines = journal.read_text().splitlines(keepends=True)
    journal.write_text(lines[0])
    monkeypatch.setattr("nas.evaluators.Train.check", gone)
    with pytest.raises(UserError, match="cannot be read"):
        nas.resume(run.path)
    assert journal.read_text() == lines[0]
    journal.write_text("".join(lines))
    assert nas.resume(run.path).reason == "all trials done"  # what has ended needs no data


def test_a_cluster_is_joined_again_only_where_the_user_says_so(tmp_path: Path) -> None:
    run = search(tmp_path)
    text = (run.path / "run.yaml").read_text()
    text = text.replace('"address": null', '"address": "ray://elsewhere:10001"').replace('"serial"', '"ray"')
    (run.path / "run.yaml").write_text(text)
    with pytest.raises(UserError, match="give the address again"):
        nas.resume(run.path, evaluator=cheap.score)
