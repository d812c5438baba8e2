"""What callbacks are told, in which order, and that nothing is lost by what they raise."""

import csv
from pathlib import Path
from typing import Any

import pytest

import nas
from nas.errors import UserError
from nas.run import Callback, Interrupted, Run
from nas.run.state import Entry
from nas.space import Document, Space
from nas.types import Metrics, Trial
from tests import cheap


class Heard(Callback):
    """Notes what it is told; raises at `fails`."""

    def __init__(self, fails: Any = None) -> None:
        self.calls: list[Any] = []
        self.fails = fails

    def note(self, *call: Any) -> None:
        self.calls.append(call)
        if call == self.fails:
            raise RuntimeError(f"no more of {call}")

    def on_search_start(self, run: Run) -> None:
        self.note("search", len(run.trials))

    def on_trial_start(self, trial: Trial) -> None:
        self.note("start", trial.number)

    def on_epoch(self, trial: Trial, epoch: int, metrics: Metrics) -> None:
        assert "valid_accuracy" in metrics and "epoch" not in metrics
        self.note("epoch", trial.number, epoch)

    def on_trial_end(self, entry: Entry) -> None:
        assert entry.result is not None
        self.note("end", entry.trial.number, entry.result.trial.budget)

    def on_final_epoch(self, epoch: int, metrics: Metrics) -> None:
        self.note("final", epoch)

    def on_supernet_epoch(self, number: int, epoch: int, metrics: Metrics) -> None:
        assert metrics
        self.note("supernet", number, epoch)

    def on_search_end(self, run: Run) -> None:
        self.note("over", run.reason)


def tiny() -> Space:
    """Two networks that train on digits in no time."""
    network = [{"conv": {"channels": {"choice": [2, 4]}, "kernel": 3, "stride": 2}}, "global_avg_pool", {"linear": 10}]
    return Space(Document({"name": "tiny", "input": [1, 8, 8], "classes": 10, "network": network}))


def search(runs: Path, *callbacks: Callback, **settings: Any) -> Run:
    given = {"evaluator": cheap.trained, "epochs": 2, "trials": 2, "runs": runs, "name": "r", "searcher": "random"}
    return nas.search(cheap.space(), callbacks=callbacks, progress=False, **{**given, **settings})


def test_they_are_told_in_order(tmp_path: Path) -> None:
    first, second = Heard(), Heard()
    search(tmp_path, first, second)
    trials = [[("start", n), ("epoch", n, 1), ("epoch", n, 2), ("end", n, 2)] for n in range(2)]
    assert first.calls == [("search", 0), *trials[0], *trials[1], ("over", "all trials done")]
    assert second.calls == first.calls


def test_a_promoted_trial_tells_its_further_epochs(tmp_path: Path) -> None:
    heard = Heard()
    search(tmp_path, heard, trials=9, epochs=9, schedule="asha")
    epochs: dict[int, list[int]] = {}
    for kind, *about in heard.calls:
        if kind == "epoch":
            epochs.setdefault(about[0], []).append(about[1])
    assert sorted(map(len, epochs.values())) == [1, 1, 1, 1, 1, 1, 3, 3, 9]
    assert all(made == list(range(1, len(made) + 1)) for made in epochs.values())
    ends = [call for call in heard.calls if call[0] == "end"]
    assert len(ends) == len([call for call in heard.calls if call[0] == "start"]) == 13


@pytest.mark.parametrize("call", [("start", 1), ("epoch", 1, 2), ("end", 1, 2), ("over", "all trials done")])
def test_what_one_raises_ends_the_search_and_loses_nothing(tmp_path: Path, call: Any) -> None:
    heard = Heard(fails=call)
    with pytest.raises(RuntimeError, match="no more of"):
        search(tmp_path, heard, trials=4)
    assert heard.calls.count(call) == 1 and heard.calls[-1][0] == "over"
    before = nas.load_run(tmp_path / "r").state.finished
    again = Heard()
    run = nas.resume(tmp_path / "r", evaluator=cheap.trained, callbacks=[again], progress=False)
    whole = search(tmp_path, name="whole", trials=4)
    assert run.results() and [row["genome"] for row in run.results()] == [row["genome"] for row in whole.results()]
    ended = [about[0] for kind, *about in again.calls if kind == "end"]
    assert ended == list(range(before, 4))
    if before < 4:
        assert again.calls[0] == ("search", 2) and again.calls[-1] == ("over", "all trials done")
    else:
        assert again.calls == []  # there was nothing to do


def test_of_the_final_training_too(tmp_path: Path) -> None:
    heard = Heard(fails=("final", 2))
    settings: dict[str, Any] = {"trials": 1, "epochs": 1, "final_epochs": 3, "name": "f", "runs": tmp_path}
    with pytest.raises(RuntimeError, match="no more of"):  # its own, not one of the training's
        nas.search(tiny(), **settings, callbacks=[heard])
    assert heard.calls[-3:] == [("final", 1), ("final", 2), ("over", "all trials done")]
    again = Heard()
    run = nas.resume(tmp_path / "f", callbacks=[again], progress=False)
    assert run.final is not None
    assert again.calls[0] == ("search", 1) and again.calls[-2:] == [("final", 3), ("over", "all trials done")]
    assert ("start", 0) not in again.calls


def test_of_supernets_once_they_are_trained(tmp_path: Path) -> None:
    heard = Heard(fails=("supernet", 0, 2))
    given: dict[str, Any] = {"epochs": 1, "final_epochs": 0, "runs": tmp_path, "name": "r", "progress": False}
    given["searcher_options"] = {"epochs": 2, "batch_size": 256}
    with pytest.raises(RuntimeError, match="no more of"):
        nas.search("nasbench_digits", searcher="darts", callbacks=[heard], log="csv", **given)
    assert heard.calls == [("search", 0), ("supernet", 0, 1), ("supernet", 0, 2), ("over", None)]
    again = Heard()
    run = nas.resume(tmp_path / "r", callbacks=[again], progress=False)
    assert again.calls[:2] == [("search", 0), ("start", 0)]  # the supernet was journaled
    with (run.path / "logs" / "csv" / "epochs.csv").open() as stream:
        rows = [(row["training"], row["trial"], row["epoch"]) for row in csv.DictReader(stream)]
    assert rows[:3] == [("supernet", "0", "1"), ("supernet", "0", "2"), ("trial", "0", "1")]
    assert len(rows) == 2 + len(run.trials)


def test_one_that_is_stopped_hears_of_its_end(tmp_path: Path) -> None:
    class Stops(Heard):
        def on_trial_end(self, entry: Entry) -> None:
            raise KeyboardInterrupt

    heard = Stops()
    with pytest.raises(Interrupted):
        search(tmp_path, heard)
    assert heard.calls[-1] == ("over", None)


@pytest.mark.parametrize("wrong", [[Heard], ["csv"], [print]])
def test_what_is_no_callback(tmp_path: Path, wrong: Any) -> None:
    with pytest.raises(UserError, match=r"callbacks: one of them is .*; give instances of classes of nas.run.Callback"):
        nas.search(cheap.space(), evaluator=cheap.score, runs=tmp_path / "runs", callbacks=wrong)
    assert not (tmp_path / "runs").exists()


def test_a_missing_package_and_an_unknown_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nas.run.callbacks.find_spec", lambda name: None)
    settings: dict[str, Any] = {"evaluator": cheap.score, "runs": tmp_path / "runs"}
    with pytest.raises(UserError, match=r"log mlflow: the package mlflow is missing; pip install mlflow"):
        nas.search(cheap.space(), log="mlflow", **settings)
    with pytest.raises(UserError, match="unknown log 'tensorbord'; did you mean 'tensorboard'"):
        nas.search(cheap.space(), log=["tensorbord"], **settings)
    assert not (tmp_path / "runs").exists()
