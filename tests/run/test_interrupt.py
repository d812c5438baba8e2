import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from nas.run import interrupt
from nas.run.interrupt import Interrupted, Stop, Terminated, exit_status

DEAF = """
import sys, time
from nas.run import interrupt
interrupt.GRACE, interrupt.LAST = 0.1, 0.5
with interrupt.Stop(farewell="go on like this"):
    print("ready", flush=True)
    while True:
        try:
            time.sleep(60)
        except KeyboardInterrupt:
            pass
"""


def handlers() -> list[object]:
    return [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_signal_asks_and_the_second_stops(number: int, capfd: pytest.CaptureFixture[str]) -> None:
    before = handlers()
    with Stop() as stop:
        os.kill(os.getpid(), number)
        assert stop.asked
        assert "stopping: " in capfd.readouterr().err
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), number)
    assert handlers() == before
    assert stop.status == 128 + number


def test_after_ctrl_c_sigterm_still_leaves_trials_a_moment() -> None:
    with Stop() as stop:
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGTERM)
        assert stop.asked
        with pytest.raises(Terminated):
            os.kill(os.getpid(), signal.SIGINT)
    assert stop.status == 143


def test_one_sigterm_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interrupt, "GRACE", 0.1)
    with Stop():
        os.kill(os.getpid(), signal.SIGTERM)
        with pytest.raises(Terminated):
            time.sleep(30)


def test_a_process_that_cannot_be_interrupted_ends_all_the_same() -> None:
    process = subprocess.Popen([sys.executable, "-c", DEAF], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    process.send_signal(signal.SIGTERM)
    _, error = process.communicate(timeout=30)
    assert (process.returncode, error.splitlines()[-1]) == (143, "go on like this")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_with_nothing_to_drain_the_first_stops(number: int) -> None:
    with Stop() as stop:
        stop.at_once = True
        with pytest.raises(KeyboardInterrupt) as stopped:
            os.kill(os.getpid(), number)
    assert exit_status(stopped.value) == 128 + number


def test_outside_the_main_thread_it_does_nothing() -> None:
    before, seen = handlers(), []

    def enter() -> None:
        with Stop() as stop:
            seen.append((handlers(), stop.asked))

    thread = threading.Thread(target=enter)
    thread.start()
    thread.join()
    assert seen == [(before, False)]


def test_an_interruption_says_how_to_go_on() -> None:
    assert str(Interrupted(Path("runs/x"))) == "stopped; go on with: nas resume runs/x"
    assert isinstance(Interrupted(Path("runs/x")), KeyboardInterrupt)
