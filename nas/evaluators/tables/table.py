"""What every form of benchmark table is read into."""

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from nas.errors import UserError
from nas.space import Genome, Space
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
    training: a search over a table needs no more. given: parameters that the data set asks for.
    """

    file: str
    rows: Mapping[Hashable, Curve]
    by_fingerprint: bool = False
    small: Mapping[str, Any] = field(default_factory=dict)
    given: Mapping[str, Any] = field(default_factory=dict)

    def curve(self, genome: Genome) -> Curve:
        """A genome's metrics by epochs. Raises NotInTable."""
        key: Hashable = answers_key(genome.answers)
        if self.by_fingerprint:
            key = Space(genome.document).graph(genome).fingerprint()
        try:
            return self.rows[key]
        except KeyError:
            raise NotInTable(self.file, "no row for this genome", "is it a table of this space?") from None

    def metrics(self, genome: Genome, epochs: int | None = None) -> Metrics:
        """What is known after `epochs` (None: the fewest with a valid_accuracy). Raises UserError where nothing is."""
        curve = self.curve(genome)
        known = [budget for budget, metrics in sorted(curve.items()) if "valid_accuracy" in metrics]
        if epochs is None and known:
            return curve[known[0]]
        if epochs not in known:
            has = ", ".join(map(str, known)) or "none"
            raise UserError(self.file, f"no valid_accuracy at {epochs} epochs", f"the table has it at: {has}")
        return curve[epochs]

    def score(self, genome: Genome) -> float:
        """Test accuracy after the longest training, or the validation accuracy where no test was made."""
        curve = self.curve(genome)
        for metric in ("test_accuracy", "valid_accuracy"):
            known = [budget for budget, metrics in curve.items() if metric in metrics]
            if known:
                return curve[max(known)][metric]
        raise UserError(self.file, "neither test_accuracy nor valid_accuracy in a row")


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
