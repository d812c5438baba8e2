import contextlib
import os
import signal
from pathlib import Path
from typing import Any

import pytest

from nas.cli import main
from nas.errors import RAISED, did_you_mean, stops_pass
from nas.executors.attempt import attempt
from nas.run.interrupt import Stop, Terminated
from nas.types import Trial
from tests import cheap


def wrapped() -> None:
    """As Python 3.11 does where the signal comes while a class is made."""
    try:
        os.kill(os.getpid(), signal.SIGTERM)
    except KeyboardInterrupt as stop:
        raise RuntimeError("Error calling __set_name__") from stop


def swallowed() -> None:
    """As a library whose import is interrupted, and that fails later for it."""
    with contextlib.suppress(BaseException):
        os.kill(os.getpid(), signal.SIGTERM)
    raise RecursionError("maximum recursion depth exceeded")


@pytest.mark.parametrize("work", [wrapped, swallowed])
def test_a_stop_that_becomes_another_error_is_a_stop(work: Any) -> None:
    def evaluator(trial: Any, report: Any, checkpoint: Any = None) -> dict[str, float]:
        work()
        return {}

    with pytest.raises(Terminated), Stop(at_once=True), stops_pass():
        work()
    with pytest.raises(Terminated), Stop(at_once=True):
        attempt(evaluator, Trial(0, cheap.genomes(1)[0], seed=1))
    assert RAISED == []


def test_after_it_errors_are_errors() -> None:
    with pytest.raises(Terminated), Stop(at_once=True):
        os.kill(os.getpid(), signal.SIGTERM)
    with pytest.raises(ValueError, match=r"^no$") as caught, stops_pass():
        raise ValueError("no") from KeyError("x")
    assert isinstance(caught.value.__cause__, KeyError)


def test_a_command_ends_as_one_that_was_stopped(monkeypatch: pytest.MonkeyPatch, capsys: Any, tmp_path: Path) -> None:
    monkeypatch.setattr("nas.cli.list.run", lambda args: wrapped())
    assert main(["list"]) == 143
    assert capsys.readouterr().err == "stopped\n"
    monkeypatch.setattr("nas.evaluators.train.Train.final", lambda *_: swallowed())
    assert main(["train", "resnet20", "--to", str(tmp_path / "t")]) == 143
    assert "to go on" in capsys.readouterr().err


def test_known_words_that_contain_the_one_given_come_first() -> None:
    words = [*(f"a{number:02}" for number in range(12)), "valid_accuracy"]
    assert did_you_mean("acc", words).startswith("known: valid_accuracy, a00, ")
    assert "valid_accuracy" not in did_you_mean("zzz", words)
