"""Where Ray workers note the epochs that their trials have behind them, for whoever watches; read every now and then.

Nobody waits for it, and nothing depends on it: where it is lost, trials run on, and their epochs are not told of.
"""

import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

from nas.types import Trial

LOOK_SECONDS = 0.5  # seconds between two looks


class Notes:
    """The actor: the latest epoch of each trial since it was last read."""

    def __init__(self) -> None:
        self.epochs: dict[int, int] = {}

    def note(self, number: int, epoch: int) -> None:
        self.epochs[number] = epoch

    def read(self) -> dict[int, int]:
        epochs, self.epochs = self.epochs, {}
        return epochs


class Board:
    """The driver's end of it: `actor` is a handle of Notes."""

    def __init__(self, actor: Any) -> None:
        self.actor = actor
        self.asked: Future[dict[int, int]] | None = None
        self.last = 0.0

    def look(self) -> dict[int, int]:
        """What was noted since, once it has come: this asks, and does not wait for the answer."""
        if self.asked is not None:
            if not self.asked.done():
                return {}
            answer, self.asked = self.asked, None
            return {} if answer.exception() else answer.result()
        if time.monotonic() - self.last >= LOOK_SECONDS:
            self.asked, self.last = self.actor.read.remote().future(), time.monotonic()
        return {}


def noting(actor: Any) -> Callable[[Trial, int], None]:
    """What a worker calls of each epoch; of quick ones not each is sent."""
    last = 0.0

    def told(trial: Trial, epoch: int) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last >= LOOK_SECONDS / 2:
            last = now
            actor.note.remote(trial.number, epoch)

    return told
