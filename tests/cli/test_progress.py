import io

import pytest

from nas.cli import progress
from nas.cli.progress import Progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [100.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    monkeypatch.setenv("TERM", "xterm")
    return now


def test_a_line_a_trial_where_nobody_watches(clock: list[float]) -> None:
    stream = io.StringIO()
    told = Progress(10, 0, stream)
    clock[0] += 36
    told.trial(0, 0.5, None, 3.2, 0.5)
    told.trial(1, None, "out of memory\nat once", 1.0, 0.5)
    assert stream.getvalue().splitlines() == [
        "trial 0: 50.00 % in 3 s; 1 of 10, best 50.00 %, 100 trials an hour, 5 min 24 s left",
        "trial 1: failed: out of memory at once in 1 s; 2 of 10, best 50.00 %, 200 trials an hour, 2 min 24 s left",
    ]


def test_resumed_trials_are_not_speed(clock: list[float]) -> None:
    told = Progress(10, 8, io.StringIO())
    clock[0] += 3600
    told.trial(8, 0.5, None, 3.2, 0.5)
    assert told.state(0.5) == "9 of 10, best 50.00 %, 1 trials an hour, 1 h 00 min left"


def test_a_terminal_gets_one_line_and_the_failures(clock: list[float]) -> None:
    stream = Terminal()
    told = Progress(2, 0, stream)
    told.trial(0, None, "NaN", 1.0, None)
    told.trial(1, 0.25, None, 1.0, 0.25)
    told.say("ended")
    shown = stream.getvalue()
    lines = shown.removesuffix("\n").split("\n")
    assert [line.split("\r\x1b[2K")[-1] for line in lines] == ["trial 0: failed: NaN in 1 s", "ended"]
    assert "2 of 2, best 25.00 %" in shown


def test_a_reader_who_left_does_not_stop_the_search(clock: list[float]) -> None:
    class Gone(io.StringIO):
        def write(self, text: str) -> int:
            raise BrokenPipeError

    told = Progress(2, 0, Gone())
    told.trial(0, 0.5, None, 1.0, 0.5)
    told.trial(1, 0.5, None, 1.0, 0.5)
    assert told.done == 2
