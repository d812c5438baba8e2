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
from nas.run.journal import read
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
        for record in read(path / "journal.jsonl")[0]
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
        known = len(read(path / "journal.jsonl")[0]) if path.exists() else 0
        while driver.poll() is None and (not path.exists() or len(read(path / "journal.jsonl")[0]) <= known):
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
        while driver.poll() is None and (not path.exists() or len(read(path / "journal.jsonl")[0]) < 60):
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
    while not path.exists() or len(read(path / "journal.jsonl")[0]) < 60:
        time.sleep(0.02)
    os.killpg(driver.pid, signal.SIGINT)
    _, error = driver.communicate(timeout=30)
    assert "stopping: running trials may end" in error
    assert "Interrupted: stopped; go on with: nas resume" in error
    run = Run.open(path)
    assert not run.state.pending
    assert run.state.failed == 0
