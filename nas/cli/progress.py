"""What a running search tells its user: one line that changes on a terminal, a line a trial elsewhere."""

import os
from typing import TYPE_CHECKING, TextIO

from nas.cli.output import clean, duration, percent

if TYPE_CHECKING:
    from nas.run import Progress
    from nas.run.state import Entry


class Teller:
    """Writes what it is called with to `stream`.

    A stream that nobody reads any more (a closed pipe, a lost terminal) ends the reports, never the search.
    """

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream
        self.live = stream.isatty() and os.environ.get("TERM") != "dumb"
        self.changing = False  # the cursor stands at the end of a line that will change
        self.silent = False

    def __call__(self, event: "Progress") -> None:
        """A trial has ended, or an epoch of the winner's last training."""
        if event.epoch is not None:
            self.epoch(event.epoch, event.metrics)
        elif event.scored is not None:
            self.now("warm start: {:,} of {:,} networks scored".format(*event.scored))
        elif event.entry is not None and event.entry.result is not None:
            result = event.entry.result
            outcome = measured(event.entry, event) if result.error is None else f"failed: {clean(result.error)}"
            trial = event.entry.trial
            epochs = f" after {trial.budget} of {trial.horizon} epochs" if trial.horizon else ""
            ended = f"trial {trial.number}: {outcome}{epochs} in {duration(result.seconds)}"
            if self.live and result.failed:
                self.say(ended)
                self.now(state(event))
            else:
                self.now(f"{state(event)}; {ended}" if self.live else f"{ended}; {state(event)}")

    def epoch(self, epoch: int, metrics: dict[str, float]) -> None:
        """An epoch of a final training has ended."""
        self.now(f"final training: epoch {epoch:g}, {accuracies(metrics)}")

    def say(self, text: str) -> None:
        """A line that stays, below what was shown last."""
        self._write(("\r\x1b[2K" if self.changing else "") + text + "\n")
        self.changing = False

    def meanwhile(self, line: str) -> None:
        """A line for who watches, until there is more to tell; an empty one takes it back."""
        if self.live:
            self.now(line)

    def keep(self) -> None:
        """The line that changes stays as it is."""
        if self.changing:
            self._write("\n")
        self.changing = False

    def now(self, line: str) -> None:
        """A line that the next one replaces on a terminal."""
        if not self.live:
            self.say(line)
            return
        columns = self._columns()
        self._write("\r\x1b[2K" + (line if len(line) < columns else line[: columns - 2] + "…"))
        self.changing = True

    def _columns(self) -> int:
        try:
            return os.get_terminal_size(self.stream.fileno()).columns or 80
        except (OSError, ValueError):
            return 80

    def _write(self, text: str) -> None:
        if self.silent:
            return
        try:
            self.stream.write(text)
            self.stream.flush()
        except (OSError, ValueError):
            self.silent = True


def measured(entry: "Entry", event: "Progress") -> str:
    """`93.25 %` of an accuracy, `synflow 83.04` of another objective."""
    name, value = entry.shown(event.objective) or ("", None)
    return percent(value) if value is None or name.endswith("accuracy") else f"{clean(name)} {value:.4g}"


def accuracies(metrics: dict[str, float]) -> str:
    """`train accuracy 99.10 %, valid accuracy 93.25 %`: what a person looks at first."""
    found = {name: value for name, value in metrics.items() if name.endswith("accuracy")}
    return ", ".join(f"{clean(name).replace('_', ' ')} {percent(value)}" for name, value in found.items())


def state(event: "Progress") -> str:
    """`12 of 50, best 93.25 % (trial 9), 410 trials an hour, 5 min 30 s left`."""
    parts = [f"{event.finished} of {event.total}"]
    if event.best is not None:
        parts.append(f"best {measured(event.best, event)} (trial {event.best.trial.number})")
    if event.new:
        parts.append(f"{event.trials_per_hour:,.0f} trials an hour")
    if event.remaining_seconds:
        parts.append(f"{duration(event.remaining_seconds)} left")
    return ", ".join(parts)
