"""What every form of benchmark table is read into."""

import itertools
import random
from collections import Counter
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from nas.errors import UserError
from nas.space import Genome, Space
from nas.space.explore import every_choice
from nas.types import Metrics

Row = dict[str, str]
ACCURACIES = ("test_accuracy", "valid_accuracy")  # those that say how good a network is; the first is better
Curve = Mapping[int, Metrics]  # epochs -> metrics; accuracies are fractions, `simulated_seconds` of training so far


class NotInTable(UserError):
    """A genome that the table has no row for."""


def answers_key(answers: Mapping[str, Any]) -> Hashable:
    """Answers in any order as one key."""
    return frozenset(answers.items())


@dataclass(frozen=True)
class Table:
    """Measurements of a space's networks.

    file: where it was read. rows: curves, by what `key` makes of a genome's answers. small: parameters under which the
    document's networks are few and quick to expand, while two genomes are the same network exactly where they are with
    the parameters of the training: a search over a table needs no more. given: parameters that the data set asks for.
    epochs: whose metrics are meant where none are named; None: the fewest of a row that has a valid_accuracy.
    alike: every row has the same metrics at the same epochs, so that one tells what all have. dataset: that of the
    rows; empty where the file does not say.
    """

    file: str
    rows: Mapping[Hashable, Curve]
    key: Callable[[Mapping[str, Any]], Hashable] = answers_key
    small: Mapping[str, Any] = field(default_factory=dict)
    given: Mapping[str, Any] = field(default_factory=dict)
    epochs: int | None = None
    alike: bool = False
    dataset: str = ""
    _scored: dict[int | None, tuple[str, int]] = field(default_factory=dict, init=False, repr=False, compare=False)

    def curve(self, genome: Genome) -> Curve:
        """A genome's metrics by epochs. Raises NotInTable."""
        try:
            return self.rows[self.key(genome.answers)]
        except KeyError:
            raise NotInTable(self.file, "no row for this genome", "is it a table of this space?") from None

    def fit(self, space: Space) -> None:
        """Raises UserError where this is a table of another space: none of its rows is one of the space's genomes."""
        if self.key is not answers_key:
            try:
                self.key(space.sample(random.Random(0)).answers)
            except KeyError:
                raise UserError(self.file, f"a table of other cells than those of {space.name}") from None
            return
        problem, alternatives = "", dict[str, Collection[Any]]()
        for answers in map(_answers, self.rows):
            if problem and not all(answer in alternatives.get(path, ()) for path, answer in answers.items()):
                continue
            try:
                space.genome(answers)
                return
            except UserError as error:
                alternatives = alternatives or {choice.path: choice.answers for choice in every_choice(space.document)}
                problem = problem or str(error).removeprefix("genome: ")
        raise UserError(self.file, f"no row is a genome of {space.name}; the first: {problem}")

    def has(self, genome: Genome, epochs: int | None = None) -> bool:
        """Whether there are `metrics`."""
        try:
            return bool(self.metrics(genome, epochs))
        except NotInTable:
            return False

    def check(self, epochs: int | None) -> None:
        """Raises UserError where no row at all has a valid_accuracy at these epochs (None: at any)."""
        self.scored(epochs)

    def scored(self, epochs: int | None = None) -> tuple[str, int]:
        """(metric, epochs) by which networks found with trials of so many `epochs` compare.

        The test accuracy after the longest training of which all have one, those that such a trial can find; or, where
        there is none, their validation accuracy. Raises UserError where there is no such network.
        """
        if epochs not in self._scored:
            wanted = epochs or self.epochs
            curves = itertools.islice(self.rows.values(), 1 if self.alike else None)
            common, validated = dict[str, set[int]](), set[int]()
            for curve in curves:
                budgets = {metric: {at for at in curve if metric in curve[at]} for metric in ACCURACIES}
                validated |= budgets["valid_accuracy"]
                if wanted in budgets["valid_accuracy"] or (wanted is None and budgets["valid_accuracy"]):
                    common = {metric: budgets[metric] & common.get(metric, budgets[metric]) for metric in ACCURACIES}
            scores = [(metric, max(common[metric])) for metric in ACCURACIES if common.get(metric)]
            if not scores and common:
                raise UserError(self.file, "no epochs at which all rows have an accuracy", "name some with --epochs")
            if not scores:
                raise self._lacks(wanted, validated)
            self._scored[epochs] = scores[0]
        return self._scored[epochs]

    def measures(self) -> list[str]:
        """The metrics that some row has."""
        curves = itertools.islice(self.rows.values(), 1 if self.alike else None)
        return sorted({name for curve in curves for metrics in map(curve.__getitem__, curve) for name in metrics})

    def most_epochs(self) -> int:
        """The most epochs at which the first rows have a valid_accuracy."""
        some = itertools.islice(self.rows.values(), 1 if self.alike else 100)
        return max(epochs for curve in some for epochs in curve if "valid_accuracy" in curve[epochs])

    def _lacks(self, epochs: int | None, validated: Collection[int]) -> "NotInTable":
        if not validated:
            return NotInTable(self.file, "no valid_accuracy in any row", "a search goes by it")
        has = ", ".join(map(str, sorted(validated))) or "none"
        return NotInTable(self.file, f"no valid_accuracy at {epochs} epochs", f"the table has it at: {has}")

    def metrics(self, genome: Genome, epochs: int | None = None) -> Metrics:
        """What is known after `epochs` (None: the table's own). Raises UserError where that is nothing."""
        curve, wanted = self.curve(genome), epochs or self.epochs
        if wanted is not None and wanted in curve and "valid_accuracy" in curve[wanted]:
            return curve[wanted]
        validated = [budget for budget in sorted(curve) if "valid_accuracy" in curve[budget]]
        if wanted is None and validated:
            return curve[validated[0]]
        raise self._lacks(wanted, validated)

    def score(self, genome: Genome, epochs: int | None = None) -> float:
        """What `scored` names: searches with trials of so many epochs compare by it. Raises UserError."""
        metric, longest = self.scored(epochs)
        return self.curve(genome)[longest][metric]

    def final(self, genome: Genome) -> Metrics:
        """The test accuracy after this network's own longest training, or its validation accuracy where none is."""
        curve = self.curve(genome)
        for metric in ACCURACIES:
            for epochs in sorted(curve, reverse=True):
                if metric in curve[epochs]:
                    return {metric: curve[epochs][metric]}
        raise UserError(self.file, "neither test_accuracy nor valid_accuracy in a row")


def _answers(key: Hashable) -> dict[str, Any]:
    """Of a key that `answers_key` made."""
    return dict(key) if isinstance(key, frozenset) else {}


def of_dataset(rows: list[Row], file: str, dataset: str) -> list[Row]:
    """Those whose column `dataset` says so. Raises UserError where there is none."""
    chosen = [row for row in rows if row["dataset"] == dataset]
    if not chosen:
        has = ", ".join(sorted({row["dataset"] for row in rows})[:8])
        raise UserError(file, f"no row of the data set '{dataset}'", f"name one with --dataset; it has: {has}")
    return chosen


def averaged(measured: Iterable[tuple[Hashable, int, Metrics]]) -> dict[Hashable, dict[int, Metrics]]:
    """Curves of (key, epochs, metrics): the mean of each metric over what stands for the same key and epochs."""
    sums: dict[Hashable, dict[int, Metrics]] = {}
    counts: Counter[tuple[Hashable, int, str]] = Counter()
    for key, epochs, metrics in measured:
        total = sums.setdefault(key, {}).setdefault(epochs, {})
        for name, value in metrics.items():
            total[name] = total.get(name, 0.0) + value
            counts[key, epochs, name] += 1
    for (key, epochs, name), count in counts.items():
        sums[key][epochs][name] /= count
    return sums
