from pathlib import Path
from typing import Any

import pytest

from nas.cli import main
from nas.errors import stops_pass
from nas.executors.attempt import attempt
from nas.run.interrupt import Terminated
from nas.types import Trial
from tests import cheap


class Interrupting:
    """Whose naming is when the signal comes; from Python 3.12 on it is not wrapped there, so we do."""

    def __set_name__(self, owner: type, name: str) -> None:
        try:
            raise Terminated
        except Terminated as stop:
            raise RuntimeError("Error calling __set_name__") from stop


def make_a_class() -> None:
    type("Made", (), {"field": Interrupting()})  # Python 3.11: RuntimeError: Error calling __set_name__


def import_something() -> None:
    try:
        make_a_class()
    except RuntimeError:
        raise ImportError("it cannot be imported")  # noqa: B904 - as some libraries do


@pytest.mark.parametrize("work", [make_a_class, import_something])
def test_a_stop_that_was_wrapped_is_a_stop(work: Any) -> None:
    with pytest.raises(Terminated), stops_pass():
        work()


def test_another_error_is_as_it_was() -> None:
    with pytest.raises(ValueError, match=r"^no$") as caught, stops_pass():
        raise ValueError("no") from KeyError("x")
    assert isinstance(caught.value.__cause__, KeyError)


def test_it_is_no_failed_candidate() -> None:
    def evaluator(trial: Any, report: Any, checkpoint: Any = None) -> dict[str, float]:
        make_a_class()
        return {}

    with pytest.raises(Terminated):
        attempt(evaluator, Trial(0, cheap.genomes(1)[0], seed=1))


def test_a_command_ends_as_one_that_was_stopped(monkeypatch: pytest.MonkeyPatch, capsys: Any, tmp_path: Path) -> None:
    monkeypatch.setattr("nas.cli.list.run", lambda args: import_something())
    assert main(["list"]) == 143
    assert capsys.readouterr().err == "stopped\n"
    monkeypatch.setattr("nas.evaluators.train.Train.final", lambda *_: import_something())
    assert main(["train", "resnet20", "--to", str(tmp_path / "t")]) == 143
    assert "to go on" in capsys.readouterr().err
