"""Schedules: how many epochs a trial gets, and which of those that were paused get more.

A trial is issued with the epochs of its first rung and paused there, its training kept in a checkpoint. A promoted one
goes on to the epochs of the next rung, by the recipe of the most epochs that a trial may get: paused or not, its
training is the same. What is promoted follows from the trials so far, which the journal has, and from nothing else;
where there are several objectives, from the first.
"""

import inspect
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from nas.errors import UserError, did_you_mean
from nas.run.asha import Asha
from nas.run.hyperband import Hyperband
from nas.run.state import Entry

HALVING = ("asha", "hyperband")


class Schedule(Protocol):
    """`entries` are the trials so far, `total` how many there will be in the end.

    horizon: the most epochs, where candidates are paused; None where none ever is.
    """

    horizon: int | None

    def first(self, number: int) -> int | None:
        """The epochs that trial `number` is issued with; None: the evaluator's own."""

    def promotion(self, entries: Sequence[Entry], total: int) -> tuple[int, int] | None:
        """(number of a paused trial, the epochs that it goes on to) where one deserves more by now."""

    def settled(self, entries: Sequence[Entry], total: int) -> set[int]:
        """Trials that ended and will never be promoted, whatever is still to come: they need no checkpoint."""

    def expected(self, entries: Sequence[Entry], total: int) -> int | None:
        """The epochs that all trials will have had in the end, as far as can be told; None: the evaluator's own.

        One that failed counts as if it had made all that it was to make.
        """


class Full:
    """Every trial gets all its epochs at once."""

    horizon: int | None = None

    def __init__(self, epochs: int | None) -> None:
        self.epochs = epochs

    def first(self, number: int) -> int | None:
        return self.epochs

    def promotion(self, entries: Sequence[Entry], total: int) -> None:
        return None

    def settled(self, entries: Sequence[Entry], total: int) -> set[int]:
        return {entry.trial.number for entry in entries if entry.result is not None}

    def expected(self, entries: Sequence[Entry], total: int) -> int | None:
        return None if self.epochs is None else self.epochs * total


SCHEDULES: dict[str, Any] = {"full": Full, "asha": Asha, "hyperband": Hyperband}


def create_schedule(name: str, options: Mapping[str, Any], epochs: int | None) -> Schedule:
    """The schedule `name` with at most `epochs` a trial. Raises UserError for what it does not know."""
    if name not in SCHEDULES:
        raise UserError("schedule", f"unknown schedule '{name}'", did_you_mean(name, SCHEDULES))
    accepted = list(inspect.signature(SCHEDULES[name]).parameters)[1:]
    for option in options:
        if option not in accepted:
            raise UserError(
                f"schedule {name}", f"unknown option '{option}'", did_you_mean(option, accepted) or "it takes none"
            )
    if epochs is None and name != "full":
        raise UserError(f"schedule {name}", "the most epochs of a trial are not given", "give epochs=27 (--epochs 27)")
    schedule: Schedule = SCHEDULES[name](epochs, **options)
    return schedule
