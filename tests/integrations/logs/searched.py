"""A search whose trials are promoted, fail and are tried again, for whoever reads its logs back."""

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import nas
from nas.run import Callback, Run
from nas.space import Genome
from nas.types import Metrics
from tests import cheap

FINAL = 3  # epochs


class Trains:
    """`cheap.trained`, whose final training has epochs; trial 1 fails in its first session."""

    def __init__(self, fails: bool = False) -> None:
        self.fails = fails

    def __call__(self, trial: Any, report: Any, checkpoint: Path | None = None) -> Metrics:
        metrics = cheap.trained(trial, report, checkpoint)
        if self.fails and trial.number == 1:
            raise RuntimeError("no such luck")
        return metrics

    def final(
        self, genome: Genome, seed: int, epochs: Any, overrides: Any, directory: Path, report: Any
    ) -> dict[str, float]:
        for epoch in range(1, FINAL + 1):
            report(epoch, {"test_accuracy": epoch / 10})
        return {"test_accuracy": 0.5}


class Breaks(Callback):
    """Ends the search after so many trials, before anything that comes after it is told."""

    def __init__(self, after: int) -> None:
        self.after = after

    def on_trial_end(self, entry: Any) -> None:
        self.after -= 1
        if not self.after:
            raise KeyboardInterrupt


def search(runs: Path, log: str, **settings: Any) -> Run:
    """Stopped after its fourth result and resumed; then the trial that failed is tried again."""
    given: dict[str, Any] = {"epochs": 3, "schedule": "asha", "trials": 7, "searcher": "random", "runs": runs}
    given |= {"name": "r", "progress": False, "log": log, **settings}
    with suppress(KeyboardInterrupt):
        nas.search(cheap.space(), evaluator=Trains(fails=True), callbacks=[Breaks(4)], **given)
    nas.resume(runs / "r", evaluator=Trains(fails=True), progress=False)
    return nas.resume(runs / "r", evaluator=Trains(), retry_failed=True, progress=False)


def curves(run: Run) -> dict[int, list[float]]:
    """Of each trial, as its file has it."""
    return {
        entry.trial.number: [
            json.loads(line)["valid_accuracy"]
            for line in (run.path / "trials" / f"{entry.trial.number:04d}" / "curve.jsonl").read_text().splitlines()
        ]
        for entry in run.trials
    }
