"""Any function of a genome as an evaluator."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from nas.errors import UserError

if TYPE_CHECKING:
    from nas.space import Genome
    from nas.types import Metrics, Report, Trial


@dataclass(frozen=True)
class FunctionEvaluator:
    """`function(genome)` gives the number to be maximised, or a mapping of metrics, `valid_accuracy` among them where
    that drives the search. To run in other processes the function must be picklable: defined at the top of a module.

    Raises UserError where the function returns anything else, and ValueError for a number that is not finite.
    """

    function: Callable[[Genome], float | Mapping[str, float]]

    def __call__(self, trial: Trial, report: Report, checkpoint: Path | None = None) -> Metrics:
        value = self.function(trial.genome)
        metrics = dict(value) if isinstance(value, Mapping) else {"valid_accuracy": value}
        name = getattr(self.function, "__name__", type(self.function).__name__)
        return {str(key): _number(number, name, str(key)) for key, number in metrics.items()}


def _number(value: object, function: str, key: str) -> float:
    try:
        number = float(value)  # type: ignore[arg-type]  # numpy's and torch's scalars have it too
    except (TypeError, ValueError) as error:
        hint = "return a number or a dict of numbers"
        raise UserError(f"evaluator {function}", f"{key} is {value!r}", hint) from error
    if not math.isfinite(number):
        raise ValueError(f"evaluator {function}: {key} is {number}")
    return number
