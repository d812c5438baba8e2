"""How fast a search goes, and how long it still takes: in epochs, which trials of a schedule have differently many of.

Where the evaluator counts no epochs (a proxy, a function of a genome), each trial counts as one.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from nas.run.schedule import Schedule
from nas.run.state import Entry
from nas.types import Result, Trial


@dataclass
class Pace:
    """Of one process, which runs so many trials in all.

    per_trial: the epochs of a trial that has no budget, None where nobody knows them before one has ended. now: gives
    the seconds of a clock that never goes back.
    """

    schedule: Schedule
    total: int
    per_trial: int | None = None
    now: Callable[[], float] = time.monotonic
    began: float | None = None
    made: float = 0.0  # epochs, in this process
    reached: dict[int, int] = field(default_factory=dict)  # the epochs that a trial under way has behind it

    def begin(self) -> None:
        """The first trial is about to start."""
        self.began = self.now()

    @property
    def seconds(self) -> float:
        return 0.0 if self.began is None else self.now() - self.began

    def heard(self, entry: Entry, epoch: int) -> None:
        """The trial under way has so many epochs behind it; one that goes on repeats what it had before."""
        before = self.before(entry)
        if epoch > before:
            self.made += epoch - before
            self.reached[entry.trial.number] = epoch

    def finished(self, entry: Entry, result: Result) -> None:
        """The trial is about to get its result."""
        rest = self.epochs(entry.trial) - self.before(entry)
        if result.metrics is not None and entry.trial.budget is None:
            told = result.metrics.get("epochs", self.reached.get(entry.trial.number, 1))
            self.per_trial = self.per_trial or max(1, int(told))
            rest = self.per_trial - self.before(entry)
        if not result.failed or self.epochs(entry.trial) == 1:  # one that failed has made no more than it told of
            self.made += max(0, rest)
        self.reached.pop(entry.trial.number, None)

    def before(self, entry: Entry) -> int:
        """The epochs that a trial under way has behind it: told of, or made before its promotion."""
        paused = max((budget or 0 for budget, result in entry.results.items() if not result.failed), default=0)
        return max(paused, self.reached.get(entry.trial.number, 0))

    def epochs(self, trial: Trial) -> int:
        """Of a trial, up to where it ends or is paused."""
        return trial.budget or self.per_trial or 1

    def left(self, entries: Sequence[Entry], pending: Sequence[int]) -> float | None:
        """Seconds until all trials have ended, at the pace so far; None before there is one."""
        expected = self.schedule.expected(entries, self.total)
        if expected is None and self.per_trial is not None:
            expected = self.total * self.per_trial
        if self.made <= 0 or expected is None:
            return None
        unit = self.per_trial or 1
        behind = sum(entry.trial.budget or unit for entry in entries)
        behind -= sum(self.epochs(entries[n].trial) - self.before(entries[n]) for n in pending)
        return max(0.0, expected - behind) * self.seconds / self.made


class Countdown:
    """Seconds that one training still takes, from when this is made."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self.now, self.began = now, now()
        self.before: int | None = None  # the epochs that it had behind it when it went on

    def left(self, epoch: int, epochs: int | None) -> float | None:
        """With so many of its epochs made; None where nobody knows how many there are."""
        if self.before is None:
            self.before = epoch - 1
        if epochs is None:
            return None
        return max(0, epochs - epoch) * (self.now() - self.began) / max(1, epoch - self.before)
