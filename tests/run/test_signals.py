"""SIGTERM and SIGKILL at any moment of the commands that take long: nothing is lost, and no process is left."""

import random
import signal
import sys
import time
from pathlib import Path

import pytest

from nas.run import Run
from tests.processes import Command

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="finds processes in /proc")

SMALL = ("--set", "channels=4", "--set", "cells=1")
SEARCH = ("search", *SMALL, "--trials", "500", "--epochs", "3", "--name", "r")
RAY = (*SEARCH, "--executor", "ray", "--workers", "2")
FINAL = ("search", *SMALL, "--trials", "1", "--epochs", "1", "--final-epochs", "5000", "--name", "r")
TRAIN = ("train", "resnet20", "--epochs", "5000")
BENCHMARK = ("benchmark", "nasbench_digits", "--repeats", "4000", "--processes", "2")
COMMANDS = {"search": SEARCH, "ray": RAY, "final": FINAL, "train": TRAIN, "benchmark": BENCHMARK}
LONGEST = 20  # seconds from SIGTERM to the end: ten, and as many again for a busy machine
MOMENTS = 20  # of each command and signal: seconds after its start, from its imports to well under way


def begin(name: str, folder: Path) -> Command:
    places = {"train": ("--to", str(folder / "t")), "benchmark": ()}
    return Command(*COMMANDS[name], *places.get(name, ("--runs", str(folder))))


def check(name: str, path: Path) -> None:
    """A run that was stopped can be read, and goes on."""
    if name in ("train", "benchmark") or not (path / "run.yaml").exists():
        return
    before = [entry.result.metrics for entry in Run.open(path).trials if entry.result is not None]
    again = Command("resume", str(path))
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and again.process.poll() is None:
        now = [entry.result.metrics for entry in Run.open(path).trials if entry.result is not None]
        if len(now) > len(before) or (name == "final" and before):
            break
        time.sleep(0.2)
    assert now[: len(before)] == before
    again.send(signal.SIGKILL)
    again.process.communicate()
    assert again.left() == []


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL], ids=["term", "kill"])
@pytest.mark.parametrize("name", COMMANDS)
def test_stopped_at_any_moment(name: str, number: int, tmp_path: Path) -> None:
    rng = random.Random(f"{name}/{number}")
    for moment in range(MOMENTS):
        folder = tmp_path / str(moment)
        command = begin(name, folder)
        time.sleep(rng.uniform(0.3, 12))
        assert command.process.poll() is None, command.process.communicate()
        command.send(number)
        command.process.wait(timeout=LONGEST)
        _, error = command.process.communicate(timeout=30)  # Ray's processes hold the pipe until they are reaped
        assert command.process.returncode == (143 if number == signal.SIGTERM else -signal.SIGKILL), error
        assert "Traceback" not in error
        if number == signal.SIGTERM and (folder / "r" / "journal.jsonl").exists():
            assert f"nas resume {folder / 'r'}" in error
        assert command.left() == []
        if moment % 5 == 0:
            check(name, folder / "r")


def test_a_benchmark_leaves_no_process_behind(tmp_path: Path) -> None:
    """Its workers, that is: one SIGKILL, after which nobody could tell them to stop."""
    command = begin("benchmark", tmp_path)
    deadline = time.monotonic() + 60
    while len(command.alive()) < 3 and time.monotonic() < deadline:  # the command, a resource tracker, a worker
        time.sleep(0.05)
    command.send(signal.SIGKILL)
    command.process.communicate()
    assert command.left() == []
