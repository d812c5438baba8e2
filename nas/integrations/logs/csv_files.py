"""Two tables: trials.csv has a row for each result, epochs.csv one for each epoch.

A column that is new (a choice or a metric that no trial had before) makes the table be written again.
"""

import csv
import io
import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from nas.integrations.logs.log import FINAL, Log, Points, parameters
from nas.run.directory import write_atomically
from nas.run.state import Entry
from nas.types import Metrics, Result

TRIAL = "trial"  # a training of a candidate, and not the winner's last


class CsvFiles(Log):
    """In both, `training` is `trial` or `final`, or in epochs.csv `supernet`, and `trial` the number of that.

    The budget of the last training is `final`.
    """

    name = "csv"

    def open(self) -> None:
        self.trials = Table(self.folder / "trials.csv", ["training", "trial", "budget", "attempt", "state", "seconds"])
        self.epochs_made = Table(self.folder / "epochs.csv", ["training", "trial", "epoch"])
        # what a process that was killed wrote and did not note
        keys = {(str(number), _text(budget), str(attempt)) for number, budget, attempt in self.written}
        self.trials.keep(lambda row: (row["trial"], row["budget"], row["attempt"]) in keys)
        reached = {str(series): epoch for series, epoch in self.reached.items()}
        self.epochs_made.keep(lambda row: int(row["epoch"]) <= reached.get(_series(row), 0))

    def trial(self, entry: Entry, result: Result, points: Points) -> None:
        number, budget, attempt = result.trial.number, result.trial.budget, result.trial.attempt
        self.epochs_made.add({"training": TRIAL, "trial": number, "epoch": epoch, **made} for epoch, made in points)
        about: dict[str, Any] = {"training": TRIAL, "trial": number, "budget": budget, "attempt": attempt}
        about |= {"state": "failed" if result.failed else "done", "seconds": round(result.seconds, 3)}
        self.trials.add([{**about, **parameters(entry), **(result.metrics or {}), "error": result.error}])

    def epoch(self, kind: str, number: int, epoch: int, metrics: Metrics) -> None:
        self.epochs_made.add([{"training": kind, "trial": number, "epoch": epoch, **metrics}])

    def final(self, number: int, metrics: Metrics) -> None:
        state = self.run.state.final
        about = {"training": FINAL, "trial": number, "budget": FINAL, "attempt": 0, "state": "done"}
        self.trials.add(
            [{**about, "seconds": state and state.seconds, **parameters(self.run.trials[number]), **metrics}]
        )


class Table:
    """A file of rows, with the columns that it has or else these."""

    def __init__(self, path: Path, columns: list[str]) -> None:
        self.path, self.columns = path, columns

    def rows(self) -> list[dict[str, str]]:
        """Those that are whole."""
        if not self.path.exists():
            return []
        with self.path.open(encoding="utf-8", newline="") as stream:
            return [row for row in csv.DictReader(stream) if None not in row and None not in row.values()]

    def keep(self, wanted: Callable[[dict[str, str]], bool]) -> None:
        """Removes all rows but those that `wanted` says it of."""
        rows = [row for row in self.rows() if wanted(row)]
        self.columns = [*dict.fromkeys([*self.columns, *(name for row in rows for name in row)])]
        self._write(rows)

    def add(self, rows: Iterable[Mapping[str, Any]]) -> None:
        new = list(rows)
        missing = {name: None for row in new for name in row if name not in self.columns}
        if missing:
            before = self.rows()
            self.columns += missing
            self._write([*before, *new])
            return
        with os.fdopen(os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_NOFOLLOW), "w", encoding="utf-8") as stream:
            stream.write(self._lines(new))

    def _write(self, rows: Iterable[Mapping[str, Any]]) -> None:
        write_atomically(self.path, self._lines([dict(zip(self.columns, self.columns, strict=True)), *rows]))

    def _lines(self, rows: Iterable[Mapping[str, Any]]) -> str:
        stream = io.StringIO()
        csv.writer(stream, lineterminator="\n").writerows([row.get(name) for name in self.columns] for row in rows)
        return stream.getvalue()


def _series(row: Mapping[str, str]) -> str:
    return row["trial"] if row["training"] == TRIAL else f"{row['training']} {row['trial']}"


def _text(value: Any) -> str:
    return "" if value is None else str(value)
