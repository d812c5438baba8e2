"""A driver killed at any moment: what is resumed equals what was never stopped; nothing is lost or counted twice."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

import nas
from nas.run import Run
from nas.run.journal import read_journal
from tests import cheap

ROOT = Path(__file__).parents[2]
DRIVER = """
import sys
import nas
from tests import cheap
runs, executor, workers, trials = sys.argv[1:]
nas.search(cheap.space(), evaluator=cheap.logged, trials=int(trials), runs=runs, name="r", executor=executor,
           workers=int(workers), searcher_options={"population": 10, "sample": 3})
"""


def start(tmp_path: Path, *arguments: str, code: str = DRIVER) -> "subprocess.Popen[str]":
    environment = {**os.environ, "EVALUATIONS": str(tmp_path / "evaluations"), "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path), *arguments], env=environment, stderr=subprocess.PIPE, text=True
    )


def timeless(path: Path) -> list[dict[str, Any]]:
    return [
        {name: value for name, value in record.items() if name not in ("time", "seconds")}
        for record in read_journal(path / "journal.jsonl")[0]
    ]


def whole(tmp_path: Path, trials: int) -> list[dict[str, Any]]:
    options = {"population": 10, "sample": 3}
    run = nas.search(
        cheap.space(), evaluator=cheap.score, trials=trials, runs=tmp_path / "whole", searcher_options=options
    )
    return timeless(run.path)


def kill_and_resume(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kills: int, trials: int) -> None:
    monkeypatch.setenv("EVALUATIONS", str(tmp_path / "evaluations"))
    path, rng = tmp_path / "r", random.Random(kills)
    driver = start(tmp_path, "serial", "1", str(trials))
    for _ in range(kills):
        known = len(read_journal(path / "journal.jsonl")[0]) if path.exists() else 0
        while driver.poll() is None and (not path.exists() or len(read_journal(path / "journal.jsonl")[0]) <= known):
            time.sleep(0.002)
        time.sleep(rng.uniform(0, 0.05))
        driver.send_signal(signal.SIGKILL)
        driver.communicate()
        resume = "import sys, nas\nfrom tests import cheap\nnas.resume(sys.argv[1] + '/r', evaluator=cheap.logged)"
        driver = start(tmp_path, code=resume)
    assert driver.communicate(timeout=120)[1] == ""
    assert timeless(path) == whole(tmp_path, trials)
    evaluations = (tmp_path / "evaluations").read_text().splitlines()
    finished = [str(entry.score) for entry in Run.open(path).trials]
    assert set(evaluations) == set(finished)
    assert len(evaluations) <= len(finished) + kills  # at most the one under way is made again


def test_a_driver_killed_thrice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kill_and_resume(tmp_path, monkeypatch, kills=3, trials=100)


@pytest.mark.slow
def test_a_driver_killed_fifty_times(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kill_and_resume(tmp_path, monkeypatch, kills=50, trials=1500)


HALVING = """
import sys
import nas
from tests import cheap
runs, schedule, searcher, executor, workers, trials = sys.argv[1:]
nas.search(cheap.space(), evaluator=cheap.trained, trials=int(trials), runs=runs, name="r", searcher=searcher,
           schedule=schedule, epochs=9, executor=executor, workers=int(workers))
"""


def kill_and_resume_halving(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, schedule: str, searcher: str, kills: int, trials: int
) -> None:
    monkeypatch.setenv("EVALUATIONS", str(tmp_path / "evaluations"))
    path, rng = tmp_path / "r", random.Random(kills)
    driver = start(tmp_path, schedule, searcher, "serial", "1", str(trials), code=HALVING)
    for _ in range(kills):
        known = len(read_journal(path / "journal.jsonl")[0]) if path.exists() else 0
        while driver.poll() is None and (not path.exists() or len(read_journal(path / "journal.jsonl")[0]) <= known):
            time.sleep(0.002)
        time.sleep(rng.uniform(0, 0.2))
        driver.send_signal(signal.SIGKILL)
        driver.communicate()
        resume = "import sys, nas\nfrom tests import cheap\nnas.resume(sys.argv[1] + '/r', evaluator=cheap.trained)"
        driver = start(tmp_path, code=resume)
    assert driver.communicate(timeout=120)[1] == ""
    epochs = [tuple(map(int, line.split())) for line in (tmp_path / "evaluations").read_text().splitlines()]
    monkeypatch.delenv("EVALUATIONS")
    options = {"schedule": schedule, "searcher": searcher, "epochs": 9, "trials": trials}
    whole = nas.search(cheap.space(), evaluator=cheap.trained, runs=tmp_path / "whole", **options)
    assert timeless(path) == timeless(whole.path)
    assert any(record["kind"] == "promoted" for record in timeless(path))
    assert set(epochs) == {(e.trial.number, epoch) for e in whole.trials for epoch in range(1, e.trial.budget + 1)}
    assert len(epochs) <= len(set(epochs)) + kills  # at most the epoch under way is made again
    for curve in whole.path.glob("trials/*/curve.jsonl"):
        assert (path / curve.relative_to(whole.path)).read_text() == curve.read_text()
    assert not list(path.glob("trials/*/checkpoint*"))


def test_halving_killed_thrice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kill_and_resume_halving(tmp_path, monkeypatch, "asha", "regularized_evolution", kills=3, trials=90)


@pytest.mark.slow
@pytest.mark.parametrize("schedule", ["asha", "hyperband"])
@pytest.mark.parametrize("searcher", ["random", "regularized_evolution", "local_search"])
def test_halving_killed_twenty_times(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, schedule: str, searcher: str
) -> None:
    kill_and_resume_halving(tmp_path, monkeypatch, schedule, searcher, kills=20, trials=500)


TRAINING = """
import sys
import nas
from nas.evaluators import train
from tests.run.test_schedule import TRAIN
train.SAVE_EVERY = 0.0
runs, space = sys.argv[1:]
nas.search(space, evaluator=TRAIN, trials=9, epochs=9, schedule="asha", searcher="random", final_epochs=0, runs=runs,
           name="r")
"""


@pytest.mark.slow
def test_trainings_killed_anywhere_have_the_curves_of_uninterrupted_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.run.test_schedule import TINY, TRAIN, comparable, curve, records

    monkeypatch.setenv("NAS_THREADS", "1")
    (tmp_path / "tiny.yaml").write_text(TINY)
    path, rng = tmp_path / "r", random.Random(1)

    def journal() -> bytes:
        return (path / "journal.jsonl").read_bytes() if (path / "journal.jsonl").exists() else b""

    driver = start(tmp_path, str(tmp_path / "tiny.yaml"), code=TRAINING)
    for _ in range(6):
        known = journal()
        while driver.poll() is None and journal() == known:
            time.sleep(0.002)
        time.sleep(rng.uniform(0, 0.5))
        driver.send_signal(signal.SIGKILL)
        driver.communicate()
        resume = TRAINING.partition("runs, space")[0] + "nas.resume(sys.argv[1] + '/r')"
        driver = start(tmp_path, code=resume)
    assert driver.communicate(timeout=300)[1] == ""
    space = nas.load(tmp_path / "tiny.yaml")
    options = {"trials": 9, "epochs": 9, "schedule": "asha", "searcher": "random", "final_epochs": 0}
    whole = nas.search(space, evaluator=TRAIN, runs=tmp_path / "whole", **options)
    run = Run.open(path)
    assert records(run) == records(whole)
    for entry in run.trials:
        assert len(curve(run, entry.trial.number)) == entry.trial.budget
        assert [*comparable(curve(run, entry.trial.number))] == [*comparable(curve(whole, entry.trial.number))]
    assert not list(path.glob("trials/*/checkpoint*"))


@pytest.mark.slow
def test_halving_with_several_workers_killed_and_resumed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EVALUATIONS", str(tmp_path / "evaluations"))
    for schedule in ("asha", "hyperband"):
        folder = tmp_path / schedule
        folder.mkdir()
        path = folder / "r"
        driver = start(folder, schedule, "regularized_evolution", "ray", "2", "200", code=HALVING)
        while driver.poll() is None and (not path.exists() or len(read_journal(path / "journal.jsonl")[0]) < 200):
            time.sleep(0.01)
        driver.send_signal(signal.SIGKILL)
        driver.communicate()
        run = nas.resume(path, evaluator=cheap.trained)
        assert run.state.failed == 0
        epochs = [tuple(map(int, line.split())) for line in (tmp_path / "evaluations").read_text().splitlines()]
        epochs += [tuple(map(int, line.split())) for line in (folder / "evaluations").read_text().splitlines()]
        trained = {(entry.trial.number, epoch) for entry in run.trials for epoch in range(1, entry.trial.budget + 1)}
        assert set(epochs) == trained
        assert len(epochs) <= len(trained) + 2  # of each worker the epoch under way
        assert len(run.trials) == 200
        assert any(entry.trial.budget == 9 for entry in run.trials)
        assert Run.open(path).results() == run.results()
        assert not list(path.glob("trials/*/checkpoint*"))
        (tmp_path / "evaluations").unlink()


def test_a_disk_that_fills_up(tmp_path: Path) -> None:
    """A limit on the size of files stands in for the disk: writing fails in the middle of a line."""
    code = "import resource, sys\nresource.setrlimit(resource.RLIMIT_FSIZE, (7001, 7001))\n" + DRIVER
    driver = start(tmp_path, "serial", "1", "60", code=code)
    assert "OSError: [Errno 27] File too large" in driver.communicate(timeout=60)[1]
    journal = (tmp_path / "r" / "journal.jsonl").read_bytes()
    assert len(journal) == 7001
    assert not journal.endswith(b"\n")
    nas.resume(tmp_path / "r", evaluator=cheap.score)
    assert timeless(tmp_path / "r") == whole(tmp_path, 60)


def ray_workers() -> set[int]:
    """Worker processes; Ray's own agents notice only after a while that their driver is gone."""
    found = set()
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = path.read_bytes()
            if b"ray::" in line and b"Agent" not in line:
                found.add(int(path.parent.name))
        except OSError:
            continue
    return found


@pytest.mark.slow
def test_a_killed_driver_takes_its_ray_workers_along_and_can_be_resumed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EVALUATIONS", str(tmp_path / "evaluations"))
    before = ray_workers()
    for turn in range(3):
        path = tmp_path / str(turn) / "r"
        path.parent.mkdir()
        driver = start(path.parent, "ray", "2", "400")
        while driver.poll() is None and (not path.exists() or len(read_journal(path / "journal.jsonl")[0]) < 60):
            time.sleep(0.01)
        driver.send_signal(signal.SIGKILL)
        driver.communicate()
        run = nas.resume(path, evaluator=cheap.logged)
        assert len(run.trials) == 400 == len({entry.fingerprint for entry in run.trials})
        assert run.state.failed == 0
        again = Run.open(path)  # the journal gives the same state
        assert again.results() == run.results()
    for _ in range(100):
        if ray_workers() <= before:
            return
        time.sleep(0.1)
    raise AssertionError(f"left behind: {ray_workers() - before}")


@pytest.mark.slow
def test_ctrl_c_on_ray_drains(tmp_path: Path) -> None:
    """The whole process group gets the signal, as from a terminal; the workers go on."""
    code = DRIVER.replace("cheap.logged", "cheap.slow_score")
    driver = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path), "ray", "2", "5000"],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    path = tmp_path / "r"
    while not path.exists() or len(read_journal(path / "journal.jsonl")[0]) < 60:
        time.sleep(0.02)
    os.killpg(driver.pid, signal.SIGINT)
    _, error = driver.communicate(timeout=30)
    assert "stopping: running trials may end" in error
    assert "Interrupted: stopped; go on with: nas resume" in error
    run = Run.open(path)
    assert not run.state.pending
    assert run.state.failed == 0
