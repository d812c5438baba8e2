import io
from types import SimpleNamespace
from typing import Any

import pytest

from nas.cli.progress import Teller


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")


def entry(number: int, score: float | None, error: str | None = None, seconds: float = 3.2) -> Any:
    result = SimpleNamespace(error=error, seconds=seconds, failed=error is not None)
    trial = SimpleNamespace(number=number, budget=3, horizon=None)
    shown = None if score is None else ("valid_accuracy", score)
    return SimpleNamespace(trial=trial, result=result, shown=lambda objective: shown)


def ended(finished: int, of: Any, best: Any, remaining: float | None = 324.0) -> Any:
    speed = {"new": finished, "trials_per_hour": 100.0, "remaining_seconds": remaining}
    rest = {"epoch": None, "metrics": {}, "scored": None, "objective": "valid_accuracy"}
    return SimpleNamespace(finished=finished, total=10, best=best, entry=of, **rest, **speed)


BEST = entry(0, 0.5)


def test_a_line_a_trial_where_nobody_watches() -> None:
    stream = io.StringIO()
    tell = Teller(stream)
    tell(ended(1, BEST, BEST))
    tell(ended(2, entry(1, None, "out of memory\nat once", 1.0), BEST, 0.0))
    assert stream.getvalue().splitlines() == [
        "trial 0: 50.00 % in 3 s; 1 of 10, best 50.00 % (trial 0), 100 trials an hour, 5 min 24 s left",
        "trial 1: failed: out of memory at once in 1 s; 2 of 10, best 50.00 % (trial 0), 100 trials an hour",
    ]


def test_before_anything_succeeded() -> None:
    stream = io.StringIO()
    Teller(stream)(ended(0, entry(0, None, "NaN", 1.0), None, None))
    assert stream.getvalue() == "trial 0: failed: NaN in 1 s; 0 of 10\n"


def test_a_terminal_gets_one_line_that_changes_and_the_failures() -> None:
    stream = Terminal()
    tell = Teller(stream)
    tell(ended(1, entry(1, None, "NaN", 1.0), BEST))
    tell(ended(2, BEST, BEST))
    tell.say("ended")
    lines = stream.getvalue().removesuffix("\n").split("\n")
    assert [line.split("\r\x1b[2K")[-1] for line in lines] == ["trial 1: failed: NaN in 1 s", "ended"]
    assert "2 of 10, best 50.00 %" in lines[1]
    assert max(len(part) for line in lines for part in line.split("\r\x1b[2K")) < 80


def test_the_last_state_can_be_kept() -> None:
    stream = Terminal()
    tell = Teller(stream)
    tell(ended(2, BEST, BEST))
    tell.keep()
    tell.keep()
    tell.say("ended")
    kept, last = stream.getvalue().removesuffix("\n").split("\n")
    assert kept.startswith("\r\x1b[2K2 of 10")
    assert last == "ended"


def test_epochs_of_the_final_training() -> None:
    stream = io.StringIO()
    Teller(stream)(SimpleNamespace(epoch=3, metrics={"train_loss": 0.1, "valid_accuracy": 0.25}))  # type: ignore[arg-type]
    assert stream.getvalue() == "final training: epoch 3, valid accuracy 25.00 %\n"


def test_an_objective_that_is_no_accuracy() -> None:
    stream = io.StringIO()
    found = entry(3, 0.5)
    found.shown = lambda objective: ("synflow", 83.04476)
    Teller(stream)(ended(4, found, found, 0.0))
    assert stream.getvalue().startswith("trial 3: synflow 83.04 in 3 s; 4 of 10, best synflow 83.04 (trial 3), ")


def test_a_reader_who_left_does_not_stop_the_search() -> None:
    class Gone(io.StringIO):
        tries = 0

        def write(self, text: str) -> int:
            self.tries += 1
            raise BrokenPipeError

    stream = Gone()
    tell = Teller(stream)
    tell(ended(1, BEST, BEST))
    tell(ended(2, BEST, BEST))
    assert stream.tries == 1
