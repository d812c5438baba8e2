"""A user's own function as an evaluator: of a genome, or of a trial."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from nas.errors import UserError
from nas.evaluators.base import Evaluator

if TYPE_CHECKING:
    from nas.space import Genome
    from nas.types import Metrics, Report, Trial


@dataclass(frozen=True)
class FunctionEvaluator(Evaluator):
    """`function(genome)` gives the number to be maximised, or a mapping of metrics, `valid_accuracy` among them where
    that drives the search. To run in other processes the function must be picklable: defined at the top of a module.

    Raises UserError where the function returns anything else, and ValueError for a number that is not finite.
    """

    function: Callable[[Genome], float | Mapping[str, float]]
    counts_epochs: ClassVar = False

    def __call__(self, trial: Trial, report: Report, checkpoint: Path | None = None) -> Metrics:
        value = self.function(trial.genome)
        metrics = dict(value) if isinstance(value, Mapping) else {"valid_accuracy": value}
        name = getattr(self.function, "__name__", type(self.function).__name__)
        return {str(key): _number(number, name, str(key)) for key, number in metrics.items()}

    def most_epochs(self, epochs: int | None, schedule: str) -> int | None:
        what = "a function of a genome counts no epochs"
        raise UserError(f"schedule {schedule}", what, "give a function of (trial, report, checkpoint): trial.budget")


@dataclass(frozen=True)
class TrialEvaluator(Evaluator):
    """`function(trial, report, checkpoint)` gives a mapping of metrics, as `types.Evaluate`; it may leave out the last.

    Where the function is an object with a method `final`, that is the winner's last training.
    """

    function: Callable[..., Any]

    def __call__(self, trial: Trial, report: Report, checkpoint: Path | None = None) -> Metrics:
        given = (trial, report) if checkpoint is None else (trial, report, checkpoint)
        metrics: Metrics = self.function(*given)
        return metrics

    @property
    def takes_checkpoint(self) -> bool:
        try:
            inspect.signature(self.function).bind(None, None, None)
        except (TypeError, ValueError):
            return False
        return True

    @property
    def finishes(self) -> bool:
        return getattr(self.function, "final", None) is not None

    def final(self, *given: Any) -> Metrics:
        metrics: Metrics = self.function.final(*given)  # type: ignore[attr-defined]  # `finishes` has looked
        return metrics


def own(given: Any) -> Evaluator:
    """A user's evaluator: one as it is, or a function by what it takes. Raises UserError for what is neither."""
    if isinstance(given, Evaluator):
        return given
    if not callable(given):
        raise UserError("evaluator", f"{given!r} cannot be called", "give a function of a genome, or 'train'")
    return TrialEvaluator(given) if _takes_trials(given) else FunctionEvaluator(given)


def _takes_trials(function: Callable[..., Any]) -> bool:
    """Whether it wants (trial, report) as evaluators do, rather than a genome."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except ValueError:  # some built-in functions have none
        return False
    positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return sum(item.kind in positional and item.default is inspect.Parameter.empty for item in parameters) >= 2


def _number(value: object, function: str, key: str) -> float:
    try:
        number = float(value)  # type: ignore[arg-type]  # numpy's and torch's scalars have it too
    except (TypeError, ValueError) as error:
        hint = "return a number or a dict of numbers"
        raise UserError(f"evaluator {function}", f"{key} is {value!r}", hint) from error
    if not math.isfinite(number):
        raise ValueError(f"evaluator {function}: {key} is {number}")
    return number
