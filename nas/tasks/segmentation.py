"""Segmentation: each pixel is of one class. Targets: uint8 (N, height, width), classes, and IGNORED."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from nas.tasks.task import IGNORED, Task

if TYPE_CHECKING:
    import torch
    from torch import Tensor

    from nas.tasks.task import Tally


TINY = 1e-12  # as if of so little of a pixel something were known, where nothing is


@dataclass(frozen=True)
class Segmentation(Task):
    """The mean cross entropy of the pixels; the mean over the classes of intersection over union."""

    name: ClassVar[str] = "segmentation"
    measures: ClassVar[tuple[str, ...]] = ("mean_iou", "pixel_accuracy")
    watched: ClassVar[str] = "mean_iou"
    dense: ClassVar[bool] = True
    refused: ClassVar[Mapping[str, str]] = {
        "mixup": "a mixture of two images has no masks",
        "cutmix": "a mixture of two images has no masks",
        "auto_augment": "it moves images, and not their masks",
    }

    def weights(self, targets: Tensor, outputs: int) -> Tensor:
        """As in classification, of pixels."""
        import torch

        from nas.tasks.counts import weights_of

        counts = [torch.bincount(mask.flatten().int(), minlength=IGNORED + 1) for mask in targets]
        return weights_of(torch.stack(counts).sum(0)[:outputs])

    def loss(self, output: Tensor, targets: Tensor, weights: Tensor | None = None, smoothing: float = 0.0) -> Tensor:
        """0 where nothing is known of any pixel."""
        from torch.nn import functional

        total = functional.cross_entropy(
            output,
            targets.long(),
            weight=weights,
            ignore_index=IGNORED,
            label_smoothing=smoothing,
            reduction="sum",
        )
        return total / self.mass(targets, weights)

    def mass(self, targets: Tensor, weights: Tensor | None = None) -> Tensor:
        known = targets != IGNORED
        each = known if weights is None else weights[targets.where(known, 0).long()] * known
        return each.sum().float().clamp(min=TINY)

    def renamed(self, targets: Tensor, places: Tensor) -> Tensor:
        table = targets.new_full((256,), IGNORED)
        table[: len(places)] = places.to(table.dtype)
        return table[targets.long()]

    def tally(self, outputs: int, device: torch.device) -> Tally:
        from nas.tasks.counts import PixelTally

        return PixelTally(outputs, device)

    def answer(self, output: Tensor, names: Sequence[str]) -> dict[str, Any]:
        """The share of the pixels of each class that is there."""
        mask = output.argmax(0)
        counts = {name: int((mask == number).sum()) for number, name in enumerate(names)}
        return {"shares": {name: count / mask.numel() for name, count in counts.items() if count}}
