"""What a training descends: the loss of its task, or the user's own."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from nas.errors import UserError
from nas.tasks.classification import Classification
from nas.tasks.own import OwnTally
from nas.tasks.task import Task

if TYPE_CHECKING:
    import torch
    from torch import Tensor

    from nas.tasks.task import Tally


@dataclass(frozen=True)
class Criterion:
    """Called with what a network gives (N, outputs, ...) and targets: the mean loss of a batch, float32.

    weights: of the outputs in the loss, float32 (outputs,); None: all the same. A loss of the user's gets neither
    weights nor smoothing. Raises UserError where that gives no number.
    """

    task: Task = field(default_factory=Classification)
    weights: Tensor | None = None

    def __call__(self, output: Tensor, targets: Tensor, smoothing: float = 0.0) -> Tensor:
        own = self.task.own
        if own is None or own.loss is None:
            return self.task.loss(output.float(), targets, self.weights, smoothing)
        loss: Tensor = own.loss(output.float(), self.task.targets(targets))
        if getattr(loss, "shape", None) != ():
            what = f"it gave {list(loss.shape) if hasattr(loss, 'shape') else type(loss).__name__}, not one number"
            raise UserError("loss", what, "return the mean over the batch, a tensor without dimensions")
        return loss

    @property
    def is_own(self) -> bool:
        return self.task.own is not None and self.task.own.loss is not None

    def total(self, output: Tensor, targets: Tensor) -> Tensor:
        """The sum over the images, without weights or smoothing."""
        if self.is_own:
            return self(output, targets) * len(output)
        return self.task.total(output.float(), targets)

    def mass(self, targets: Tensor) -> Tensor | float:
        """What the loss divides by, but for a factor: by it a batch counts in the mean over several."""
        return float(len(targets)) if self.is_own else self.task.mass(targets, self.weights)

    def tally(self, outputs: int, device: torch.device) -> Tally:
        """The task's, with the metrics of the user's."""
        tally, own = self.task.tally(outputs, device), self.task.own
        return OwnTally(tally, own, self.task.predictions) if own is not None and own.metrics else tally
