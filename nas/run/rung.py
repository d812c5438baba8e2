"""What schedules that halve have in common: the trials at a rung, the same number of epochs."""

from collections.abc import Sequence
from typing import Any

from nas.errors import UserError
from nas.run.state import Entry


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
