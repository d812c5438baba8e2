"""Classification: an image is of one class. Targets: int64 (N,), or probabilities (N, classes) of mixed images."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from nas.tasks.task import Task

if TYPE_CHECKING:
    import torch
    from torch import Tensor

    from nas.tasks.task import Tally


@dataclass(frozen=True)
class Classification(Task):
    """The cross entropy; top-1 accuracy, and scores in which each class weighs alike: see `counts.ClassTally`."""

    name: ClassVar[str] = "classification"
    measures: ClassVar[tuple[str, ...]] = ("accuracy", "balanced_accuracy", "macro_f1")
    watched: ClassVar[str] = "accuracy"
    counts_hits: ClassVar[bool] = True

    def groups(self, targets: Tensor) -> list[int]:
        groups: list[int] = targets.tolist()
        return groups

    def weights(self, targets: Tensor, outputs: int) -> Tensor:
        from nas.tasks.counts import balanced_weights

        return balanced_weights(targets, outputs)

    def loss(self, output: Tensor, targets: Tensor, weights: Tensor | None = None, smoothing: float = 0.0) -> Tensor:
        from torch.nn import functional

        return functional.cross_entropy(output, targets, weight=weights, label_smoothing=smoothing)

    def mass(self, targets: Tensor, weights: Tensor | None = None) -> Tensor | float:
        if weights is None or targets.is_floating_point():  # torch divides by the number of images where they are mixed
            return float(len(targets))
        return weights[targets].sum()

    def total(self, output: Tensor, targets: Tensor) -> Tensor:
        from torch.nn import functional

        return functional.cross_entropy(output, targets, reduction="sum")

    def hits(self, output: Tensor, targets: Tensor) -> Tensor | None:
        likeliest = targets if targets.ndim == 1 else targets.argmax(1)  # of a mixture the one that has more of it
        return (output.argmax(1) == likeliest).sum()

    def renamed(self, targets: Tensor, places: Tensor) -> Tensor:
        return places[targets]

    def tally(self, outputs: int, device: torch.device) -> Tally:
        from nas.tasks.counts import ClassTally

        return ClassTally(outputs, device)

    def answer(self, output: Tensor, names: Sequence[str]) -> dict[str, Any]:
        likeliest = output.softmax(0).max(0)
        return {"class": names[int(likeliest.indices)], "probability": float(likeliest.values)}
