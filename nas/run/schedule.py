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


def create(name: str, options: Mapping[str, Any], epochs: int | None) -> Schedule:
    """The schedule `name` with at most `epochs` a trial. Raises UserError for what it does not know."""
    from nas.run.asha import Asha
    from nas.run.hyperband import Hyperband

    schedules: dict[str, Any] = {"full": Full, "asha": Asha, "hyperband": Hyperband}
    if name not in schedules:
        raise UserError("schedule", f"unknown schedule '{name}'", did_you_mean(name, schedules))
    known = list(inspect.signature(schedules[name]).parameters)[1:]
    for option in options:
        if option not in known:
            raise UserError(
                f"schedule {name}", f"unknown option '{option}'", did_you_mean(option, known) or "it takes none"
            )
    if epochs is None and name != "full":
        raise UserError(f"schedule {name}", "the most epochs of a trial are not given", "give epochs=27 (--epochs 27)")
    found: Schedule = schedules[name](epochs, **options)
    return found


def check_rungs(name: str, epochs: int, eta: Any, min_epochs: Any) -> None:
    """Raises UserError for options between which there are no rungs."""
    for option, value, least in (("eta", eta, 2), ("min_epochs", min_epochs, 1)):
        if type(value) is not int or value < least:
            raise UserError(f"schedule {name}", f"{option} is {value!r}", f"give a whole number of at least {least}")
    if min_epochs > epochs:
        raise UserError(
            f"schedule {name}", f"min_epochs is {min_epochs} and the most are {epochs}", "give less, or more epochs"
        )


def at(entries: Sequence[Entry], epochs: int) -> list[Entry]:
    """The trials that have ended at the rung of so many epochs, well or not."""
    return [entry for entry in entries if epochs in entry.results]


def ranked(entries: Sequence[Entry], epochs: int) -> list[Entry]:
    """The trials that have ended well at that rung, by what they had there, best first; of equals the earlier."""
    well = [entry for entry in at(entries, epochs) if not entry.results[epochs].failed]
    return sorted(well, key=lambda entry: (-entry.results[epochs].score, entry.trial.number))


def paused(entry: Entry, epochs: int) -> bool:
    """Whether a trial that ended at the rung of so many epochs has not been promoted from it."""
    return entry.trial.budget == epochs
