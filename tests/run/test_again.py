"""Finished and stopped searches that go on: more trials, more time, failed trials once more, other workers."""

import os
import warnings
from pathlib import Path
from typing import Any

import pytest

import nas
from nas.cli import main
from nas.errors import UserError
from nas.run import AllFailed, Interrupted, Run
from nas.run.duration import parse_duration
from nas.run.progress import Clock
from nas.types import Metrics
from tests import cheap
from tests.run.test_final import Trains, widening
from tests.run.test_start import search, timeless

REPORTED = {"session", "end"}


def trials(run: Run | Path) -> list[dict[str, Any]]:
    """The journal's records of trials."""
    return [record for record in timeless(run) if record["kind"] not in REPORTED]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("8h", 28800),
        ("90m", 5400),
        ("1h30m", 5400),
        ("1d", 86400),
        ("45s", 45),
        ("3600", 3600),
        (0.5, 0.5),
        ("1 H", 3600),
    ],
)
def test_lengths_of_time(text: Any, seconds: float) -> None:
    assert parse_duration(text, "max_time") == seconds


@pytest.mark.parametrize("text", ["soon", "", "0", 0, -3, "-1h", "8 hours", "30m1h", True, "nan", "inf", None, [], "h"])
def test_what_is_no_length_of_time(text: Any) -> None:
    with pytest.raises(UserError, match=r"^max_time: .* is no length of time; give one like 8h"):
        parse_duration(text, "max_time")


@pytest.mark.parametrize("searcher", ["random", "regularized_evolution", "local_search", "grid"])
@pytest.mark.parametrize("evaluator", [cheap.score, cheap.some_fail])
def test_an_extended_search_is_the_search_of_more_trials(tmp_path: Path, searcher: str, evaluator: Any) -> None:
    options = {"population": 4, "sample": 2} if searcher == "regularized_evolution" else {}
    given = {"searcher": searcher, "searcher_options": options, "evaluator": evaluator}
    whole, part = search(tmp_path, **given, trials=16), search(tmp_path, **given, trials=6)
    longer = nas.resume(part.path, evaluator=evaluator, trials=16)
    assert trials(longer) == trials(whole)
    assert (longer.reason, longer.config.trials) == ("all trials done", 16)
    again = Run.open(part.path)
    assert (again.config.trials, again.results()) == (16, whole_results := longer.results())
    assert [row["genome"] for row in whole_results] == [row["genome"] for row in whole.results()]
    assert nas.resume(part.path, evaluator=evaluator, trials=16).results() == whole_results
    assert nas.resume(part.path, evaluator=evaluator).results() == whole_results


def test_one_that_was_stopped_goes_on_to_more(tmp_path: Path) -> None:
    whole, part = search(tmp_path, trials=12), search(tmp_path, trials=8)
    journal = part.path / "journal.jsonl"
    journal.write_bytes(b"".join(journal.read_bytes().splitlines(keepends=True)[:9]))
    assert trials(nas.resume(part.path, evaluator=cheap.score, trials=12)) == trials(whole)[: 2 * 12]


def test_asha_goes_on_too(tmp_path: Path) -> None:
    given = {"evaluator": cheap.trained, "schedule": "asha", "epochs": 9, "searcher": "random", "searcher_options": {}}
    whole, part = search(tmp_path, **given, trials=24), search(tmp_path, **given, trials=10)
    assert trials(nas.resume(part.path, evaluator=cheap.trained, trials=24)) == trials(whole)


def test_mistakes_change_nothing(tmp_path: Path) -> None:
    run = search(tmp_path, trials=5)
    before = (run.path / "journal.jsonl").read_bytes()
    for wrong, message in (
        ({"trials": 4}, "5 trials have begun, and trials is 4; give 5 or more"),
        ({"trials": 0}, "trials is 0"),
        ({"trials": "many"}, "trials is 'many'"),
        ({"max_time": "soon"}, "'soon' is no length of time"),
        ({"retry_failed": True}, "no trial of this run has failed"),
        ({"trials": 9, "workers": 4}, "executor serial"),
        ({"workers": 4}, "executor serial"),
        ({"executor": "slurm"}, "unknown executor 'slurm'"),
        ({"deadline": 0}, "deadline is 0"),
        ({"trials": 9, "deadline": -1}, "deadline is -1"),
    ):
        with pytest.raises(UserError, match=message):
            nas.resume(run.path, evaluator=cheap.score, **wrong)
    assert (run.path / "journal.jsonl").read_bytes() == before
    with pytest.raises(UserError, match="no length of time"):
        search(tmp_path, max_time="soon", name="none")
    assert not (tmp_path / "runs" / "none").exists()


def killed_anywhere(run: Run, evaluator: Any, **changes: Any) -> None:
    """Killed after any of the records that its going on adds, and then resumed plainly, it comes to the same."""
    journal = run.path / "journal.jsonl"
    before = journal.read_bytes()
    whole = timeless(nas.resume(run.path, evaluator=evaluator, **changes))
    lines = journal.read_bytes().splitlines(keepends=True)
    first = len(before.splitlines())
    assert len(lines) > first + 2
    for count in range(first + 1, len(lines)):
        journal.write_bytes(b"".join(lines[:count]) + lines[count][: count * 3])
        assert timeless(nas.resume(run.path, evaluator=evaluator)) == whole
    journal.write_bytes(before + lines[first][:20])  # killed before it was settled: the user asks again
    assert timeless(nas.resume(run.path, evaluator=evaluator, **changes)) == whole


@pytest.mark.parametrize("searcher", ["regularized_evolution", "random"])
def test_killed_while_it_is_extended(tmp_path: Path, searcher: str) -> None:
    options = {"population": 4, "sample": 2} if searcher == "regularized_evolution" else {}
    killed_anywhere(search(tmp_path, trials=6, searcher=searcher, searcher_options=options), cheap.score, trials=12)


class Trouble:
    """Fails while the file is there."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def __call__(self, genome: Any) -> float:
        if self.file.exists() and cheap.score(genome) > 0.3:
            raise RuntimeError("the GPU is in use")
        return cheap.score(genome)


@pytest.mark.parametrize("searcher", ["regularized_evolution", "nsga2", "bananas", "reinforce", "optuna:tpe"])
def test_killed_while_it_tries_again(tmp_path: Path, searcher: str) -> None:
    trouble = tmp_path / "trouble"
    trouble.touch()
    evaluator = Trouble(trouble)
    run = search(tmp_path, trials=9, evaluator=evaluator, searcher=searcher, searcher_options={})
    failed = [entry.trial for entry in run.trials if entry.score is None]
    assert 3 <= len(failed) < 9
    trouble.unlink()
    killed_anywhere(run, evaluator, retry_failed=True, trials=12)
    again = Run.open(run.path)
    assert (again.state.failed, again.state.finished, len(again.trials)) == (0, 12, 12)
    for trial in failed:
        entry = again.trials[trial.number]
        assert entry.trial.genome == trial.genome
        assert (entry.score, entry.result.trial.attempt) == (cheap.score(trial.genome), 1)


def test_a_search_whose_trials_all_failed_says_so_and_can_be_tried_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    trouble = tmp_path / "trouble"
    trouble.touch()

    def evaluator(genome: Any) -> float:
        if trouble.exists():
            raise RuntimeError("the GPU is in use")
        return cheap.score(genome)

    with pytest.warns(
        AllFailed, match="all 4 trials failed, all with 'RuntimeError: the GPU is in use.*--retry-failed"
    ):
        run = search(tmp_path, trials=4, evaluator=evaluator)
    with pytest.warns(AllFailed):  # it is not tried again without being asked to
        assert nas.resume(run.path, evaluator=evaluator).state.failed == 4
    trouble.unlink()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        again = nas.resume(run.path, evaluator=evaluator, retry_failed=True)
    assert (again.state.failed, again.best.score) == (0, max(cheap.score(e.trial.genome) for e in run.trials))
    assert main(["results", str(run.path)]) == 0
    assert "failed" not in capsys.readouterr().out


def test_searchers_learn_from_what_is_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Told of a failure and then of a success, as of a new one; and a replay tells them the same."""
    from nas.searchers.regularized_evolution import RegularizedEvolution

    trouble = tmp_path / "trouble"
    trouble.touch()
    run = search(tmp_path, trials=8, evaluator=Trouble(trouble), searcher_options={"population": 20, "sample": 2})
    trouble.unlink()
    told: list[tuple[int, bool]] = []
    real = RegularizedEvolution.tell
    note = lambda self, result: told.append((result.trial.number, result.failed)) or real(self, result)  # noqa: E731
    monkeypatch.setattr(RegularizedEvolution, "tell", note)
    nas.resume(run.path, evaluator=Trouble(trouble), retry_failed=True)
    live, told[:] = told[:], []
    nas.resume(run.path, evaluator=Trouble(trouble))
    assert told == live
    assert len([number for number, failed in told if not failed]) == 8


def test_a_failed_trial_goes_on_from_its_checkpoint_after_a_promotion_too(tmp_path: Path) -> None:
    trouble, made = tmp_path / "trouble", []
    trouble.touch()

    def evaluator(trial: Any, report: Any, checkpoint: Path) -> Metrics:
        if trial.budget == 3 and trouble.exists():
            checkpoint.write_text("2")  # it had come so far
            raise RuntimeError("the disk is full")
        made.append((trial.number, trial.budget, checkpoint.exists() and checkpoint.read_text()))
        checkpoint.write_text(str(trial.budget))
        return {"valid_accuracy": cheap.score(trial.genome) + trial.budget}

    given = {
        "evaluator": evaluator,
        "schedule": "asha",
        "epochs": 3,
        "searcher_options": {"population": 4, "sample": 2},
    }
    run = search(tmp_path, **given, trials=6)
    failed = {entry.trial.number for entry in run.trials if entry.score is None}
    assert failed
    assert {int(path.parent.name) for path in run.path.glob("trials/*/checkpoint*")} == failed
    trouble.unlink()
    made.clear()
    again = nas.resume(run.path, evaluator=evaluator, retry_failed=True)
    assert {each for each in made if each[1] == 3} >= {(number, 3, "2") for number in failed}
    assert again.state.failed == 0
    assert again.best.trial.budget == 3
    assert not list(run.path.glob("trials/*/checkpoint*"))


def test_the_winner_is_trained_anew_only_if_it_is_another(tmp_path: Path) -> None:
    class Better(Trains):
        """Trial 3 is the best of six, trial 7 of more."""

        def __call__(self, trial: Any, report: Any, checkpoint: Any = None) -> Metrics:
            return {"valid_accuracy": {3: 0.8, 7: 0.9}.get(trial.number, 0.1)}

    evaluator = Better()
    options: dict[str, Any] = {"searcher": "random", "final_epochs": 5, "runs": tmp_path}
    run = nas.search(widening(), evaluator=evaluator, trials=6, **options)
    assert nas.resume(run.path, evaluator=evaluator, trials=7).final == {"test_accuracy": 0.75}
    assert len(evaluator.calls) == 1
    evaluator.fail = KeyboardInterrupt()
    with pytest.raises(Interrupted):
        nas.resume(run.path, evaluator=evaluator, trials=9)
    part = Run.open(run.path)
    assert (part.best.trial.number, part.final) == (7, None)  # that of trial 3 is not its
    evaluator.fail = None
    run = nas.resume(run.path, evaluator=evaluator)
    assert [call[0] for call in evaluator.calls] == [run.trials[n].trial.genome for n in (3, 7, 7)]
    assert run.final == Run.open(run.path).final == {"test_accuracy": 0.75}
    assert nas.Genome.load(run.path / "best" / "genome.json").answers == run.trials[7].trial.genome.answers


class Ticking:
    """A clock by which each evaluation takes a minute."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1e9
        monkeypatch.setattr("time.time", lambda: self.now)
        monkeypatch.setattr(Clock, "seconds", lambda clock: self.now - clock.__dict__.setdefault("began", self.now))

    def __call__(self, genome: Any) -> float:
        self.now += 60
        return cheap.score(genome)


def test_no_trial_begins_after_its_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    evaluator = Ticking(monkeypatch)
    run = search(tmp_path, trials=20, evaluator=evaluator, max_time="5m")
    assert (len(run.trials), run.reason, run.state.finished) == (5, "out of time", 5)
    before = (run.path / "journal.jsonl").read_bytes()
    assert nas.resume(run.path, evaluator=evaluator).reason == "out of time"
    with pytest.raises(UserError, match="its time is used up; give it more as well"):
        nas.resume(run.path, evaluator=evaluator, trials=30)
    assert (run.path / "journal.jsonl").read_bytes() == before
    evaluator.now += 86400  # nobody runs it
    assert len(nas.resume(run.path, evaluator=evaluator, max_time="2m").trials) == 7
    done = nas.resume(run.path, evaluator=evaluator, max_time=3600, trials=10)
    assert (len(done.trials), done.reason) == (10, "all trials done")
    whole = search(tmp_path, trials=10, name="whole", searcher_options=run.config.searcher_options)
    assert trials(done) == trials(whole)


def test_time_before_a_kill_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    evaluator = Ticking(monkeypatch)
    run = search(tmp_path, trials=20, evaluator=evaluator, max_time="6m")
    journal = run.path / "journal.jsonl"
    lines = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(b"".join(lines[:7]))  # the session and three trials
    evaluator.now += 86400
    assert trials(nas.resume(run.path, evaluator=evaluator)) == trials(run)[: 2 * 6]


def test_a_run_that_ends_with_its_last_trial_was_not_out_of_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert search(tmp_path, trials=5, evaluator=Ticking(monkeypatch), max_time="5m").reason == "all trials done"


def test_the_commands(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = str(tmp_path / "r")
    table = ["--evaluator", "table", "--runs", str(tmp_path), "--name", "r", "--searcher", "random"]
    assert main(["search", "nasbench_digits", *table, "--trials", "3", "--max-time", "1h"]) == 0
    assert main(["resume", path, "--trials", "5", "--deadline", "60"]) == 0
    assert "ended: all trials done (5 trials" in capsys.readouterr().err
    assert main(["resume", path, "--epochs", "9"]) == 2
    error = capsys.readouterr().err
    assert f"would not compare; begin a new search, or train the best longer: nas train {path} --epochs 9" in error
    for wrong in (["--trials", "0"], ["--max-time", "soon"], ["--trials", "4"], ["--retry-failed"], ["--workers", "2"]):
        assert main(["resume", path, *(["--trials", "9"] if wrong == ["--workers", "2"] else []), *wrong]) == 2
        assert len([line for line in capsys.readouterr().err.splitlines() if line.strip()]) == 1
    assert Run.open(path).config.executor["deadline"] == 60


@pytest.mark.slow
def test_it_goes_on_with_workers_and_without(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = search(tmp_path, trials=6, searcher="random", searcher_options={})
    pids = nas.resume(run.path, evaluator=pid, trials=14, executor="ray", workers=2)
    assert len({entry.result.metrics["pid"] for entry in pids.trials[6:]} - {os.getpid()}) == 2
    assert pids.config.executor["workers"] == 2
    alone = nas.resume(run.path, evaluator=pid, trials=16, executor="serial")
    assert {entry.result.metrics["pid"] for entry in alone.trials[14:]} == {os.getpid()}
    assert alone.config.executor["workers"] is None


def pid(trial: Any, report: Any) -> Metrics:
    return {"valid_accuracy": cheap.slow_score(trial.genome), "pid": os.getpid()}
