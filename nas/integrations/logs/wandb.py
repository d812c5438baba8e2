"""Runs of Weights & Biases: one for each trial and one for the winner's last training, in a group of the search's name.

They stay in RUN/logs/wandb, from where `wandb sync` sends them, unless the variable WANDB_MODE is `online`. The project
is WANDB_PROJECT, or has the space's name.
"""

import hashlib
import os
from typing import Any

from nas.integrations.logs.log import FINAL, Log, Points, parameters, settings
from nas.run.state import Entry
from nas.types import Metrics, Result


class Wandb(Log):
    name = "wandb"

    def open(self) -> None:
        os.environ.setdefault("WANDB_ERROR_REPORTING", "false")
        self.last: dict[str, Any] = {}

    def trial(self, entry: Entry, result: Result, points: Points) -> None:
        number = result.trial.number
        run = self._run(f"trial {number}", entry)
        for epoch, metrics in self.joined(entry, result, points):
            run.log(metrics, step=epoch)
        if result.error is not None:
            run.summary["error"] = result.error
        run.finish(exit_code=int(result.failed))

    def epoch(self, kind: str, number: int, epoch: int, metrics: Metrics) -> None:
        self._other(kind, number).log(metrics, step=epoch)

    def final(self, number: int, metrics: Metrics) -> None:
        self._other(FINAL, number).summary.update(metrics)

    def close(self) -> None:
        for run in self.last.values():
            run.finish()
        self.last = {}

    def _other(self, kind: str, number: int) -> Any:
        series = f"{kind} {number}"
        if series not in self.last:
            self.last[series] = self._run(series, self.run.trials[number] if kind == FINAL else None)
        return self.last[series]

    def _run(self, series: str, entry: Entry | None) -> Any:
        import wandb

        path = self.run.path.resolve()
        return wandb.init(
            id=hashlib.sha256(f"{path} {series}".encode()).hexdigest()[:16],
            resume="allow",  # a trial that is promoted goes on in its run
            project=os.environ.get("WANDB_PROJECT", self.run.space.name),
            group=path.name,
            name=f"{path.name} {series}",
            dir=str(self.folder),
            mode=os.environ.get("WANDB_MODE", "offline"),
            config={**({} if entry is None else parameters(entry)), "search": settings(self.run)},
            reinit="create_new",
            settings=wandb.Settings(silent=True, console="off"),
        )
