"""Looks networks up in a benchmark table: a search costs nothing, and what it finds is known to the last digit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nas.errors import UserError

if TYPE_CHECKING:
    from nas.evaluators.tables import Table
    from nas.space import Genome
    from nas.types import Metrics, Report, Trial


@dataclass(frozen=True)
class TableEvaluator:
    """What the table in the file `table` says of a network on `dataset`, at a trial's epochs or the table's own.

    Metrics are valid_accuracy and the simulated_seconds of the training so far; test accuracies are shown when the
    search has ended. Raises UserError where the table has no row for the network, or none at these epochs.
    """

    table: str
    dataset: str = "cifar10"

    def __post_init__(self) -> None:
        for name in ("table", "dataset"):
            if not isinstance(getattr(self, name), str):
                raise UserError("evaluator table", f"{name} is {getattr(self, name)!r}", "give text")

    @property
    def read(self) -> Table:
        """Once a process."""
        from nas.evaluators import tables

        return tables.read(self.table, self.dataset)

    @property
    def measures(self) -> tuple[str, ...]:
        """The names of its metrics. Raises UserError where the table cannot be read."""
        return tuple(name for name in self.read.measures() if name != "test_accuracy")

    def has(self, genome: Genome, epochs: int | None) -> bool:
        """Whether there is something to look up: a search asks for no other network."""
        return self.read.has(genome, epochs)

    def __call__(self, trial: Trial, report: Report, checkpoint: Path | None = None) -> Metrics:
        metrics = self.read.metrics(trial.genome, trial.budget)
        return {name: value for name, value in metrics.items() if name != "test_accuracy"}

    def final(
        self,
        genome: Genome,
        seed: int,
        epochs: int | None,
        final_set: Mapping[str, Any],
        directory: Path,
        report: Report,
    ) -> Metrics:
        """In place of a last training: the winner's test accuracy after the table's longest. There are no weights."""
        return self.read.final(genome)
