"""What a search asks of any evaluator, and the answers of one that has nothing special to say."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

from nas.errors import UserError

if TYPE_CHECKING:
    from nas.evaluators.train import Train
    from nas.space import Genome, Space
    from nas.types import Metrics, Report, Trial

TABLE = (
    *("table", "the evaluator 'table' reads one, and no other does"),
    "--evaluator table --table FILE; none comes with most spaces",
)


@dataclass(frozen=True)
class Settings:
    """What a search's user says of the evaluation besides the evaluator's name; None, or empty: nothing.

    space: the name of what is searched. dataset, data: the data set, and the folder where it is. table: a benchmark
    table's file. proxies: the names of proxies. final_recipe: that of the winner's last training. images: how these are
    read, fields of Train. augmentation: settings of the recipes of candidates and of the winner.
    run: what follows a colon after the evaluator's name.
    """

    space: str = ""
    dataset: str | None = None
    data: str | None = None
    table: str | None = None
    proxies: Sequence[str] = ()
    final_recipe: str | None = None
    images: Mapping[str, Any] = field(default_factory=dict)
    augmentation: Mapping[str, Any] = field(default_factory=dict)
    run: str | None = None

    def check(self, taken: Collection[str]) -> None:
        """Raises UserError where more is given than what an evaluator has a use for: see `Evaluator.takes`."""
        lost = [*({} if "images" in taken else {**self.images, **self.augmentation})]
        if lost:
            hint = "they are for 'train' and 'proxy'; give them to the evaluator itself: Train(...)"
            raise UserError("evaluator", f"it is another, and takes no {', '.join(lost)}", hint)
        if self.table is not None and "table" not in taken:
            raise UserError(*TABLE)
        if self.run is not None and "run" not in taken:
            raise UserError("evaluator", f"':{self.run}' follows its name", "leave it out; write supernet:RUN for that")
        if self.proxies and "proxies" not in taken:
            raise UserError("proxy", "the evaluator is another", "use the evaluator 'proxy' (--evaluator proxy)")


class Evaluator:
    """Genome to measurements. Picklable and stateless; what it raises, the executor makes a failed result.

    A search by images is one that has a `trainer`: what it asks of its data and of the winner's training, that answers.
    One that is known by name (`nas.evaluators.NAMED`) is made again from its attributes: those of `__init__`.
    """

    takes: ClassVar[tuple[str, ...]] = ()  # of the Settings that have a use for some alone: images, table, proxies, run
    counts_epochs: ClassVar[bool] = True

    def __call__(self, trial: Trial, report: Report, checkpoint: Path | None = None) -> Metrics:
        """As `types.Evaluate`."""
        raise NotImplementedError

    @classmethod
    def asked(cls, settings: Settings) -> Self:
        """The evaluator of a search which names it.

        Args:
            settings: what the user says of the evaluation.

        Raises:
            UserError: settings that cannot be.
        """
        return cls()

    def to_json(self) -> dict[str, Any]:
        """Plain values, of which `from_json` makes it again."""
        return dict(vars(self))

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """The evaluator of which `to_json` gave these values.

        Args:
            values: by the names of the arguments of `__init__`.

        Raises:
            TypeError: the values fit no such evaluator.
            UserError: they are such as cannot be.
        """
        return cls(**values)

    def again(self, table: str | None) -> Self:
        """The evaluator as a run goes on.

        Args:
            table: the benchmark table that the user gives; None: none.

        Raises:
            UserError: it needs one.
        """
        return self

    @property
    def trainer(self) -> Train | None:
        """By which it, or at least the winner of a search, is trained; None: it trains nothing."""
        return None

    def with_trainer(self, trainer: Train) -> Evaluator:
        """The same with another trainer, where it has one.

        Args:
            trainer: the other.
        """
        return self

    @property
    def measures(self) -> tuple[str, ...] | None:
        """The names of its metrics; None: nobody knows before one has ended."""
        return None

    @property
    def objectives(self) -> tuple[str, ...]:
        """Those of a search that names none; empty: valid_accuracy."""
        return ()

    @property
    def deduplicate(self) -> str:
        """Which genomes count as one (`run.alike`): what a user's own makes of an answer cannot be known here."""
        return "network" if self.trainer else "genome"

    def parameters(self) -> dict[str, Any]:
        """Parameters of the document, as its data ask for them: `input` and `classes`.

        Raises:
            UserError: the data cannot be read.
        """
        return self.trainer.parameters() if self.trainer else {}

    def check(self, space: Space) -> None:
        """Find what would make each trial a failure, as data that are missing.

        Args:
            space: what is searched.

        Raises:
            UserError: there is such a thing.
        """
        if self.trainer:
            self.trainer.check(space)

    def check_epochs(self, epochs: int | None) -> None:
        """Find out whether it can say anything after so many epochs.

        Args:
            epochs: of a trial; None: the evaluator's own.

        Raises:
            UserError: it cannot.
        """

    def has(self, genome: Genome, epochs: int | None) -> bool:
        """Whether it can say anything of a genome: a search asks for no other.

        Args:
            genome: the genome.
            epochs: of a trial; None: the evaluator's own.
        """
        return True

    def about(self) -> dict[str, str]:
        """What it goes by besides its trainer's images, as lines by name that open a search."""
        return {}

    @property
    def takes_checkpoint(self) -> bool:
        """Whether it is to be called with (trial, report, checkpoint), rather than with the first two."""
        return True

    @property
    def planned_epochs(self) -> int | None:
        """Of a trial that is given no number of them; None where nobody knows before one has ended."""
        return None if self.counts_epochs else 1

    def most_epochs(self, epochs: int | None, schedule: str) -> int | None:
        """The epochs of a whole training, where a schedule shares them out.

        Args:
            epochs: what the user asks for; None: nothing.
            schedule: the schedule's name.

        Raises:
            UserError: it counts none.
        """
        return epochs

    @property
    def finishes(self) -> bool:
        """Whether `final` makes something of a search's winner."""
        return self.trainer is not None or type(self).final is not Evaluator.final

    def final_epochs(self, asked: int | None) -> int | None:
        """The epochs of the winner's last training; None where nobody knows them.

        Args:
            asked: what the user asks for; None: nothing.
        """
        return self.trainer.final_epochs(asked) if self.trainer else asked

    def final(
        self,
        genome: Genome,
        seed: int,
        epochs: int | None,
        final_set: Mapping[str, Any],
        directory: Path,
        report: Report,
        /,
    ) -> Metrics:
        """What the winner is worth, `test_accuracy` among it, by a last training.

        Args:
            genome: the winner's.
            seed: of everything random.
            epochs: None: the final recipe's.
            final_set: parameters of the document that it uses instead.
            directory: the folder for its files.
            report: is called with the number of each epoch, from 1, and its metrics; False ends the training.
        """
        if self.trainer is None:
            raise NotImplementedError
        return self.trainer.final(genome, seed, epochs, final_set, directory, report)
