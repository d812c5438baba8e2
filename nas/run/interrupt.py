"""Ctrl-C and SIGTERM: the first lets running trials end, the second stops at once."""

import os
import signal
import threading
from pathlib import Path
from types import FrameType
from typing import Any, Self


class Interrupted(KeyboardInterrupt):
    """The user stopped the run at `path`; nothing that had finished is lost."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.path = path

    def __str__(self) -> str:
        return f"stopped; go on with: nas resume {self.path}"


class Stop:
    """While it is open (`with Stop() as stop:`), the first signal sets `asked`, the next raises KeyboardInterrupt.

    `at_once`: the first raises already, for what has nothing to drain. Open it after Ray has started, which puts its
    own handler in place. Outside the main thread, where Python takes no signals, it does nothing.
    """

    def __init__(self) -> None:
        self.asked = False
        self.at_once = False
        self.before: dict[int, Any] = {}

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            self.before = {number: signal.signal(number, self._handle) for number in (signal.SIGINT, signal.SIGTERM)}
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self.before.items():
            signal.signal(number, handler)

    def _handle(self, number: int, frame: FrameType | None) -> None:
        if self.asked or self.at_once:
            raise KeyboardInterrupt
        self.asked = True
        # Not print: the handler may have interrupted one.
        os.write(2, b"\nstopping: running trials may end; once more stops at once\n")
