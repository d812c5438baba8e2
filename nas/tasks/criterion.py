"""What a training descends: the loss of its task."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from nas.tasks.classification import Classification
from nas.tasks.task import Task

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class Criterion:
    """Called with what a network gives (N, outputs, ...) and targets: the mean loss of a batch, float32.

    weights: of the outputs in the loss, float32 (outputs,); None: all the same.
    """

    task: Task = field(default_factory=Classification)
    weights: Tensor | None = None

    def __call__(self, output: Tensor, targets: Tensor, smoothing: float = 0.0) -> Tensor:
        return self.task.loss(output.float(), targets, self.weights, smoothing)

    def total(self, output: Tensor, targets: Tensor) -> Tensor:
        """The sum over the images, without weights or smoothing."""
        return self.task.total(output.float(), targets)
