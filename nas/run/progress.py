"""What a search tells whoever watches it."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from nas.run.state import Entry
from nas.types import OBJECTIVE, Metrics


@dataclass(frozen=True)
class Progress:
    """One event: `entry` has just ended, or (in the final training) the epoch `epoch` has, or (before the first trial)
    as many networks of so many as `scored` says.

    objective: the first one's metric. finished counts failed trials too; new is how many of them this process has run,
    in `seconds`. duplicates and over_limit are proposals refused so far.
    """

    finished: int
    total: int
    running: int
    failed: int
    duplicates: int
    over_limit: int
    new: int
    seconds: float
    best: Entry | None
    entry: Entry | None = None
    epoch: int | None = None
    metrics: Metrics = field(default_factory=dict)
    scored: tuple[int, int] | None = None
    objective: str = OBJECTIVE

    @property
    def final(self) -> bool:
        """Whether this is about the winner's last training."""
        return self.epoch is not None

    @property
    def trials_per_hour(self) -> float:
        return 3600 * self.new / self.seconds if self.seconds > 0 else 0.0

    @property
    def remaining_seconds(self) -> float | None:
        """At the pace so far; None before the first trial has ended."""
        return (self.total - self.finished) * self.seconds / self.new if self.new else None


Watch = Callable[[Progress], None]


class Clock:
    """When this process began, and how many trials had finished by then."""

    def __init__(self, finished: int) -> None:
        self.start, self.finished = time.monotonic(), finished

    def seconds(self) -> float:
        return time.monotonic() - self.start
