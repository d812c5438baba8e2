"""Ctrl-C and SIGTERM. The first Ctrl-C lets running trials end, the second stops at once. SIGTERM stops within ten
seconds, as whoever sends it is about to send SIGKILL, and a second one at once."""

import os
import signal
import threading
from pathlib import Path
from types import FrameType
from typing import Any, Self

from nas.errors import RAISED

GRACE = 3.0  # seconds that SIGTERM leaves to running trials
LAST = 9.0  # seconds after SIGTERM at which the process ends, whatever it is in the middle of
STOPPED, TERMINATED = 130, 143  # exit statuses: 128 and the signal's number, as shells have it


class Terminated(KeyboardInterrupt):
    """SIGTERM has been received."""


class Interrupted(KeyboardInterrupt):
    """The user stopped a run; nothing that had finished is lost.

    Args:
        path: the run directory, with which `nas resume` goes on.
        status: what a command exits with.
    """

    def __init__(self, path: Path, status: int = STOPPED) -> None:
        super().__init__(path)
        self.path, self.status = path, status

    def __str__(self) -> str:
        return f"stopped; go on with: nas resume {self.path}"


def exit_status(stopped: KeyboardInterrupt) -> int:
    """What a command exits with that ended so."""
    if isinstance(stopped, Interrupted):
        return stopped.status
    return TERMINATED if isinstance(stopped, Terminated) else STOPPED


class Stop:
    """While it is open (`with Stop() as stop:`), the first signal sets `asked`, the next raises KeyboardInterrupt.

    SIGTERM raises Terminated by itself after `GRACE` seconds; where the interpreter cannot raise it, within a long call
    into C say, the process ends after `LAST` seconds as if it were killed, saying `farewell`.
    `at_once`: the first raises already, for what has nothing to drain. Outside the main thread, where Python takes no
    signals, it does nothing.
    """

    def __init__(self, at_once: bool = False, farewell: str = "stopped") -> None:
        self.asked = False
        self.at_once, self.farewell = at_once, farewell
        self.terminated = False
        self.timers: list[threading.Timer] = []
        self.before: dict[int, Any] = {}

    @property
    def status(self) -> int:
        """What a command that was stopped exits with."""
        return TERMINATED if self.terminated else STOPPED

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            self.before = {number: signal.signal(number, self._handle) for number in (signal.SIGINT, signal.SIGTERM)}
        return self

    def __exit__(self, *_: object) -> None:
        RAISED.clear()
        for timer in self.timers:
            timer.cancel()
        for number, handler in self.before.items():
            signal.signal(number, handler)

    def _handle(self, number: int, frame: FrameType | None) -> None:
        term = number == signal.SIGTERM
        at_once = self.at_once or (self.asked and (self.terminated or not term))
        if term and not self.terminated:
            self.terminated = True
            self._after(LAST, self._end)
        if at_once:
            RAISED.append(Terminated() if self.terminated else KeyboardInterrupt())
            raise RAISED[-1]
        self.asked = True
        if term:
            self._after(GRACE, self._hurry)
        rest = "a few seconds" if term else "running trials may end; once more stops at once"
        os.write(2, f"\nstopping: {rest}\n".encode())  # not print: the handler may have interrupted one

    def _after(self, seconds: float, what: Any) -> None:
        self.timers.append(threading.Timer(seconds, what))
        self.timers[-1].daemon = True
        self.timers[-1].start()

    def _hurry(self) -> None:
        """The second SIGTERM, to the main thread: a call that it waits in returns."""
        main = threading.main_thread().ident
        assert main is not None
        signal.pthread_kill(main, signal.SIGTERM)

    def _end(self) -> None:
        os.write(2, f"\n{self.farewell}\n".encode())
        os._exit(TERMINATED)
