"""Functions of a user's program in place of a task's loss, and beside its measures."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from nas.errors import UserError

if TYPE_CHECKING:
    from torch import Tensor

    from nas.tasks.task import Tally

Function = Callable[["Tensor", "Tensor"], Any]


@dataclass(frozen=True)
class Own:
    """Raises UserError for what cannot be called, and for names that nothing could be kept by.

    loss: of what a network gives, float32 (N, outputs, ...), and the targets as the network is to give them: the mean
    of a batch, a tensor of one number with a gradient. None: the task's.
    metrics: by name, each of the predictions and the targets of a whole set, in the user's units, on the CPU: a number.
    """

    loss: Function | None = None
    metrics: Mapping[str, Function] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.loss is not None and not callable(self.loss):
            raise UserError("loss", f"{self.loss!r} cannot be called", "give a function of (output, targets)")
        if not isinstance(self.metrics, Mapping):
            raise UserError("metrics", f"is {self.metrics!r}"[:80], "give functions by name, {'f2': function}")
        for name, function in self.metrics.items():
            if not isinstance(name, str) or not name.isidentifier():
                raise UserError("metrics", f"{name!r} is no name of one", "use letters, digits and _")
            if not callable(function):
                raise UserError(f"metrics {name}", f"{function!r} cannot be called", "give a function")

    @property
    def names(self) -> tuple[str, ...]:
        """What a training needs of it, as a run remembers it: `loss`, `metrics.f2`."""
        return (*("loss",) * (self.loss is not None), *(f"metrics.{name}" for name in self.metrics))


class OwnTally:
    """A task's tally, and a user's functions of all that was predicted of a set, which is kept for them."""

    def __init__(self, tally: Tally, own: Own, predictions: Callable[[Tensor], Tensor]) -> None:
        self.tally, self.own, self.predictions = tally, own, predictions
        self.outputs: list[Tensor] = []
        self.truth: list[Tensor] = []

    def add(self, output: Tensor, targets: Tensor) -> None:
        self.tally.add(output, targets)
        self.outputs.append(self.predictions(output).cpu())
        self.truth.append(targets.cpu())

    def scores(self) -> dict[str, float]:
        """Raises UserError where a function gives no number."""
        import torch

        scores, output, truth = self.tally.scores(), torch.cat(self.outputs), torch.cat(self.truth)
        for name, function in self.own.metrics.items():
            value = function(output, truth)
            try:
                scores[name] = float(value)
            except (TypeError, ValueError, RuntimeError):
                what = f"it gave {type(value).__name__}, not a number"
                raise UserError(f"metrics {name}", what, "return a float, or a tensor of one number") from None
        return scores
