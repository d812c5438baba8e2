"""Runs of Weights & Biases: one for each trial and one for the winner's last training, in a group of the search's name.

They stay in RUN/logs/wandb, from where `wandb sync` sends them, unless the variable WANDB_MODE is `online`. The project
is WANDB_PROJECT, or has the space's name.
"""

import hashlib
import os
from typing import Any

from nas.integrations.logs.log import FINAL, Log, Points, joined, parameters, settings
from nas.run.state import Entry
from nas.types import Metrics, Result


class Wandb(Log):
    name = "wandb"

    def open(self) -> None:
        os.environ.setdefault("WANDB_ERROR_REPORTING", "false")
        self.last: dict[int, Any] = {}

    def trial(self, entry: Entry, result: Result, points: Points) -> None:
        number = result.trial.number
        run = self._run(f"trial {number}", entry)
        for epoch, metrics in joined(result, points, self.reached.get(number, 0)):
            run.log(metrics, step=epoch)
        if result.error is not None:
            run.summary["error"] = result.error
        run.finish(exit_code=int(result.failed))

    def final_epoch(self, number: int, epoch: int, metrics: Metrics) -> None:
        self._final(number).log(metrics, step=epoch)

    def final(self, number: int, metrics: Metrics) -> None:
        self._final(number).summary.update(metrics)

    def close(self) -> None:
        for run in self.last.values():
            run.finish()
        self.last = {}

    def _final(self, number: int) -> Any:
        if number not in self.last:
            self.last[number] = self._run(f"{FINAL} {number}", self.run.trials[number])
        return self.last[number]

    def _run(self, series: str, entry: Entry) -> Any:
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
            config={**parameters(entry), "search": settings(self.run)},
            reinit="create_new",
            settings=wandb.Settings(silent=True, console="off"),
        )
