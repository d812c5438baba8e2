"""What the logs of a search have in common: where they lie, and that nothing is logged twice.

They lie in RUN/logs/NAME. What a log has written is noted beside it, in `written.jsonl`: as a search goes on, what was
journaled and not logged yet (it was killed in between) is made up for, from the journal and the trials' curves.
"""

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any, ClassVar

from nas.errors import UserError
from nas.run.callbacks import Callback, epochs_of
from nas.run.directory import CURVE, LOGS
from nas.run.results import Run
from nas.run.state import Entry
from nas.types import Metrics, Result, Trial

Points = Sequence[tuple[int, Metrics]]  # epochs, each with its metrics
FINAL, SUPERNET = "final", "supernet"  # trainings of the winner, and of what a one-shot search makes
LONGEST = 200  # characters of a tool's reason
LINKS = "wandb"  # makes links of its own, in folders that it names anew each time


class Log(Callback):
    """Calls what a tool overrides: `open`, `trial`, `epoch`, `final`, `close`. Raises UserError where that fails.

    run: the search. folder: where the tool's files are. reached: the last epoch of each trial that was logged, and of
    other trainings, by their kind and number: `final 7`, `supernet 0`.
    """

    name: ClassVar[str]

    run: Run
    folder: Path

    def open(self) -> None:
        """The search begins or goes on."""

    def trial(self, entry: Entry, result: Result, points: Points) -> None:
        """A trial has this result, after these epochs, which were not logged before."""
        raise NotImplementedError

    def epoch(self, kind: str, number: int, epoch: int, metrics: Metrics) -> None:
        """An epoch of the final training of this trial has ended, or of this supernet: `kind` is FINAL or SUPERNET."""
        raise NotImplementedError

    def final(self, number: int, metrics: Metrics) -> None:
        """The final training of this trial has ended."""
        raise NotImplementedError

    def close(self) -> None:
        """The search has ended, or was stopped."""

    def on_search_start(self, run: Run) -> None:
        self.run, self.epochs = run, list[tuple[int, Metrics]]()
        self.folder = own_folder(run.path, self.name)
        self.notes = self.folder / "written.jsonl"
        self.written, self.reached = read_notes(self.notes)
        with self._failing():
            self.open()
            for record in run.state.derived:
                for epoch, metrics in epochs_of(record):
                    self._epoch(SUPERNET, record.number, epoch, metrics)
            for entry in run.trials:
                for budget, result in entry.results.items():
                    self._trial(entry, result, [point for point in curve_of(run, entry) if point[0] <= (budget or 1e9)])

    def on_epoch(self, trial: Trial, epoch: int, metrics: Metrics) -> None:
        self.epochs.append((epoch, metrics))

    def on_trial_end(self, entry: Entry) -> None:
        assert entry.result is not None
        points, self.epochs = self.epochs, []
        with self._failing():
            self._trial(entry, entry.result, points)

    def on_final_epoch(self, epoch: int, metrics: Metrics) -> None:
        assert self.run.best is not None
        with self._failing():
            self._epoch(FINAL, self.run.best.trial.number, epoch, metrics)

    def on_supernet_epoch(self, number: int, epoch: int, metrics: Metrics) -> None:
        with self._failing():
            self._epoch(SUPERNET, number, epoch, metrics)

    def on_search_end(self, run: Run) -> None:
        with self._failing():
            final = run.state.trained
            if final is not None and (final.number, FINAL, 0) not in self.written:
                self.final(final.number, final.metrics)
                self._note(final.number, FINAL, 0, 0)
            self.close()

    def joined(self, entry: Entry, result: Result, points: Points) -> Points:
        """The epochs with the trial's metrics at the last of them; where there is none, what the last before lacks."""
        metrics = result.metrics or {}
        if points:
            epoch, last = points[-1]
            return [*points[:-1], (epoch, {**last, **metrics})]
        reached = self.reached.get(result.trial.number, 0)
        known = dict(curve_of(self.run, entry)).get(reached, {})
        return [(reached, {name: value for name, value in metrics.items() if name not in known})]

    def _epoch(self, kind: str, number: int, epoch: int, metrics: Metrics) -> None:
        if epoch > self.reached.get(f"{kind} {number}", 0):  # a training that goes on may repeat what was lost
            self.epoch(kind, number, epoch, metrics)
            self._note(f"{kind} {number}", None, 0, epoch)

    def _trial(self, entry: Entry, result: Result, points: Points) -> None:
        number, budget, attempt = result.trial.number, result.trial.budget, result.trial.attempt
        if (number, budget, attempt) in self.written:
            return
        new = [point for point in points if point[0] > self.reached.get(number, 0)]
        self.trial(entry, result, new)
        self._note(number, budget, attempt, max((epoch for epoch, _ in new), default=0))

    def _note(self, number: int | str, budget: int | str | None, attempt: int, epoch: int) -> None:
        self.written.add((number, budget, attempt))
        self.reached[number] = max(epoch, self.reached.get(number, 0))
        file = os.open(self.notes, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW, 0o644)
        with os.fdopen(file, "w") as stream:
            stream.write(json.dumps([number, budget, attempt, epoch]) + "\n")

    @contextmanager
    def _failing(self) -> Iterator[None]:
        try:
            yield
        except UserError:
            raise
        except Exception as error:
            if isinstance(error, OSError) and error.filename is not None:  # the run directory's disk
                raise
            what = f"{type(error).__name__}: {str(error)[:LONGEST]}"
            raise UserError(f"log {self.name}", what, f"nothing is lost: nas resume {self.run.path}") from error


def own_folder(run: Path, name: str) -> Path:
    """RUN/logs/NAME, made if need be. Raises UserError for a link there, which might lead out of it."""
    folder = run / LOGS / name
    for path in (folder.parent, folder, *(folder.rglob("*") if name != LINKS else ())):
        if path.is_symlink():
            raise UserError(str(path), "a link", "a run directory holds its own files")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def read_notes(path: Path) -> tuple[set[tuple[Any, ...]], dict[int | str, int]]:
    """What has been written: (trial, budget, attempt), and the last epoch of each trial. A torn line is none."""
    written: set[tuple[Any, ...]] = set()
    reached: dict[int | str, int] = {}
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines() if path.exists() else ():
        try:
            number, budget, attempt, epoch = json.loads(line)
            written.add((number, budget, attempt))
            reached[number] = max(int(epoch), reached.get(number, 0))
        except (ValueError, TypeError):
            continue
    return written, reached


def curve_of(run: Run, entry: Entry) -> Points:
    """The epochs that a trial has behind it, from its file; none where there is none that can be read."""
    path = run.path / "trials" / f"{entry.trial.number:04d}" / CURVE
    points = []
    try:
        for line in path.read_text(encoding="utf-8").splitlines():
            metrics = {str(name): float(value) for name, value in json.loads(line).items()}
            points.append((int(metrics.pop("epoch")), metrics))
    except (OSError, ValueError, TypeError, KeyError, AttributeError, OverflowError):
        return []
    return points


def parameters(entry: Entry) -> dict[str, int | float | str]:
    """What a trial is: its answers by their paths, costs, fingerprint and seed."""
    answers = {path: plain(answer) for path, answer in entry.trial.genome.answers.items()}
    return {**answers, **entry.costs, "fingerprint": entry.fingerprint, "seed": entry.trial.seed}


def settings(run: Run) -> dict[str, str]:
    """What the search was asked to do."""
    asked: Mapping[str, Any] = {**asdict(run.config), "space": run.space.name}
    return {name: str(plain(value)) for name, value in asked.items() if value not in (None, "", [], {})}


def plain(value: Any) -> int | float | str:
    """A number or a text; what is neither, as JSON."""
    return value if isinstance(value, int | float | str) else json.dumps(value, default=str)
