import os
import signal
import threading
from pathlib import Path

import pytest

from nas.run.interrupt import Interrupted, Stop


def handlers() -> list[object]:
    return [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_signal_asks_and_the_second_stops(number: int, capfd: pytest.CaptureFixture[str]) -> None:
    before = handlers()
    with Stop() as stop:
        os.kill(os.getpid(), number)
        assert stop.asked
        assert "once more stops at once" in capfd.readouterr().err
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), number)
    assert handlers() == before


def test_with_nothing_to_drain_the_first_stops() -> None:
    with Stop() as stop:
        stop.at_once = True
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)


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
