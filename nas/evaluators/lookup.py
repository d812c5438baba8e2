"""Looks networks up in a benchmark table: a search costs nothing, and what it finds is known to the last digit."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

from nas.errors import UserError
from nas.evaluators.base import TABLE, Evaluator, Settings

if TYPE_CHECKING:
    from nas.evaluators.tables import Table
    from nas.space import Genome, Space
    from nas.types import Metrics, Report, Trial


@dataclass(frozen=True)
class TableEvaluator(Evaluator):
    """What the table in the file `table` says of a network on `dataset`, at a trial's epochs or the table's own.

    Metrics are valid_accuracy and the simulated_seconds of the training so far; test accuracies are shown when the
    search has ended. Raises UserError where the table has no row for the network, or none at these epochs.
    """

    table: str
    dataset: str = "cifar10"
    takes: ClassVar = ("table",)

    def __post_init__(self) -> None:
        for name in ("table", "dataset"):
            if not isinstance(getattr(self, name), str):
                raise UserError("evaluator table", f"{name} is {getattr(self, name)!r}", "give text")

    @classmethod
    def asked(cls, settings: Settings) -> Self:
        """Of the table that is given, else of the one that comes with the space, which is of the digits."""
        from nas.evaluators.tables import packaged

        table = settings.table or packaged(settings.space)
        if table is None:
            raise UserError(*TABLE)
        return cls(_absolute(table), settings.dataset or ("cifar10" if settings.table else "digits"))

    def again(self, table: str | None) -> Self:
        """Reading a pickle can run any code: where the table was one, it is to be given again."""
        from nas.evaluators.tables.nats import is_nats

        if table is not None:
            return replace(self, table=_absolute(table))
        if is_nats(self.table):
            what = f"its table was {self.table}, which is a pickle or a folder of them"
            raise UserError("run", what, "give it again: nas.resume(path, table=...) (--table)")
        return self

    @property
    def contents(self) -> Table:
        """The table, read once a process. Raises UserError where it cannot be read."""
        from nas.evaluators import tables

        return tables.read_table(self.table, self.dataset)

    @property
    def measures(self) -> tuple[str, ...]:
        """The names of its metrics. Raises UserError where the table cannot be read."""
        return tuple(name for name in self.contents.measures() if name != "test_accuracy")

    @property
    def deduplicate(self) -> str:
        return "function"

    def parameters(self) -> dict[str, Any]:
        return dict(self.contents.given)

    def check(self, space: Space) -> None:
        """Raises UserError where the table is of another space, or the space has a recipe."""
        if recipe := space.document.recipe:
            from nas.space.reader import line_of

            what = "recipe: the networks of a table are trained already"
            raise UserError(line_of(recipe) or space.name, what, "leave it out, or use the evaluator 'train'")
        self.contents.fit(space)

    def check_epochs(self, epochs: int | None) -> None:
        self.contents.check(epochs)

    def has(self, genome: Genome, epochs: int | None) -> bool:
        """Whether there is something to look up."""
        return self.contents.has(genome, epochs)

    def about(self) -> dict[str, str]:
        return {"table": f"{self.table}, {self.dataset}"}

    @property
    def planned_epochs(self) -> int:
        return 1

    def most_epochs(self, epochs: int | None, schedule: str) -> int:
        return epochs or self.contents.most_epochs()

    def __call__(self, trial: Trial, report: Report, checkpoint: Path | None = None) -> Metrics:
        metrics = self.contents.metrics(trial.genome, trial.budget)
        return {name: value for name, value in metrics.items() if name != "test_accuracy"}

    def final(self, genome: Genome, *rest: Any) -> Metrics:
        """In place of a last training: the winner's test accuracy after the table's longest. There are no weights."""
        return self.contents.final(genome)


def _absolute(path: str) -> str:
    return str(Path(path).expanduser().resolve())
