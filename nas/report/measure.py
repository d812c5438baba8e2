"""What trials are compared by on the page: a metric, or a cost of the network; an accuracy is shown in percent."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from nas.run.words import SHARES, in_words


@dataclass(frozen=True)
class Measure:
    """smaller: is better."""

    metric: str = "valid_accuracy"
    smaller: bool = False

    @property
    def title(self) -> str:
        return in_words(self.metric).replace("valid ", "validation ")

    @property
    def axis(self) -> str:
        return f"{self.title} (%)" if self.percent else self.title

    @property
    def percent(self) -> bool:
        return self.metric.endswith(SHARES)

    def of(self, row: Mapping[str, Any]) -> float | None:
        """A trial's value; None where it has none."""
        value = (row["metrics"] or {}).get(self.metric, row.get(self.metric) if row["state"] == "done" else None)
        return None if value is None else float(value)

    def rank(self, row: Mapping[str, Any]) -> float:
        """Larger is better, of a trial that has a value."""
        return -self.height(row) if self.smaller else self.height(row)

    def height(self, row: Mapping[str, Any]) -> float:
        """Where such a trial is on the axis."""
        return self.scaled(self.of(row) or 0.0)

    def scaled(self, value: float) -> float:
        """A value as the axis has it."""
        return value * (100 if self.percent else 1)

    def text(self, value: float) -> str:
        return f"{value:.2%}" if self.percent else f"{value:.4g}"
