"""What every form of benchmark table is read into."""

import itertools
import json
from collections import Counter
from collections.abc import Collection, Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from nas.errors import ShapeError, UserError
from nas.space import Document, Genome, Space
from nas.types import Metrics

Row = dict[str, str]
Curve = Mapping[int, Metrics]  # epochs -> metrics; accuracies are fractions, `simulated_seconds` of training so far


class NotInTable(UserError):
    """A genome that the table has no row for."""


@dataclass(frozen=True)
class Table:
    """Measurements of a space's networks.

    file: where it was read. rows: curves, by answers or by fingerprint. by_fingerprint: which; rows by fingerprint
    hold for the document with the parameters `small`. small: parameters under which the document's networks are few
    and quick to expand, while two genomes are the same network exactly where they are with the parameters of the
    training: a search over a table needs no more. given: parameters that the data set asks for. epochs: whose metrics
    are meant where none are named; None: the fewest of a row that has a valid_accuracy.
    """

    file: str
    rows: Mapping[Hashable, Curve]
    by_fingerprint: bool = False
    small: Mapping[str, Any] = field(default_factory=dict)
    given: Mapping[str, Any] = field(default_factory=dict)
    epochs: int | None = None

    def curve(self, genome: Genome) -> Curve:
        """A genome's metrics by epochs. Raises NotInTable."""
        absent = NotInTable(self.file, "no row for this genome", "is it a table of this space?")
        try:
            key: Hashable = self._fingerprint(genome) if self.by_fingerprint else answers_key(genome.answers)
            return self.rows[key]
        except KeyError:
            raise absent from None
        except (UserError, ShapeError):  # another space's genome, or one that is no network
            raise absent from None

    def _fingerprint(self, genome: Genome) -> str:
        space = _space(genome.document, json.dumps(self.small))
        return space.graph(Genome(space.document, genome.answers)).prune().fingerprint()

    def has(self, genome: Genome, epochs: int | None = None) -> bool:
        """Whether there are `metrics`."""
        try:
            return bool(self.metrics(genome, epochs))
        except NotInTable:
            return False

    def check(self, epochs: int | None) -> None:
        """Raises UserError where no row at all has a valid_accuracy at these epochs (None: at any)."""
        known: set[int] = set()
        for curve in self.rows.values():
            if epochs is not None and epochs in curve and "valid_accuracy" in curve[epochs]:
                return
            known.update(budget for budget in curve if "valid_accuracy" in curve[budget])
            if known and epochs is None:
                return
        raise self._lacks(epochs, known)

    def most_epochs(self) -> int:
        """The most epochs at which the first rows have a valid_accuracy."""
        some = itertools.islice(self.rows.values(), 100)
        return max(epochs for curve in some for epochs in curve if "valid_accuracy" in curve[epochs])

    def _lacks(self, epochs: int | None, known: Collection[int]) -> "NotInTable":
        has = ", ".join(map(str, sorted(known))) or "none"
        return NotInTable(self.file, f"no valid_accuracy at {epochs} epochs", f"the table has it at: {has}")

    def metrics(self, genome: Genome, epochs: int | None = None) -> Metrics:
        """What is known after `epochs` (None: the table's own). Raises UserError where that is nothing."""
        curve, wanted = self.curve(genome), epochs or self.epochs
        if wanted is not None and wanted in curve and "valid_accuracy" in curve[wanted]:
            return curve[wanted]
        known = [budget for budget in sorted(curve) if "valid_accuracy" in curve[budget]]
        if wanted is None and known:
            return curve[known[0]]
        raise self._lacks(wanted, known)

    def score(self, genome: Genome) -> float:
        """Test accuracy after the longest training, or the validation accuracy where no test was made."""
        return next(iter(self.final(genome).values()))

    def final(self, genome: Genome) -> Metrics:
        """`score` by its name."""
        curve = self.curve(genome)
        for metric in ("test_accuracy", "valid_accuracy"):
            for epochs in sorted(curve, reverse=True):
                if metric in curve[epochs]:
                    return {metric: curve[epochs][metric]}
        raise UserError(self.file, "neither test_accuracy nor valid_accuracy in a row")


@lru_cache(maxsize=4)
def _space(document: Document, small: str) -> Space:
    """The space in the form that a table's rows have, with what it keeps of recent genomes."""
    return Space(document).with_parameters(**json.loads(small))


def answers_key(answers: Mapping[str, Any]) -> frozenset[tuple[str, Any]]:
    """Answers in any order as one key."""
    return frozenset(answers.items())


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
