"""Multi-label classification: an image has any number of labels. Targets: float32 (N, labels), 0 or 1."""

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
class MultiLabel(Task):
    """The binary cross entropy of each label by itself, a label being there where its probability is above a half."""

    name: ClassVar[str] = "multi_label"
    measures: ClassVar[tuple[str, ...]] = ("mean_average_precision", "macro_f1", "subset_accuracy")
    watched: ClassVar[str] = "mean_average_precision"
    noun: ClassVar[str] = "label"

    def weights(self, targets: Tensor, outputs: int) -> Tensor:
        """How much the images with a label weigh in its loss, so that both kinds of images count alike."""
        there = targets.sum(0)
        return (len(targets) - there).clamp(min=1) / there.clamp(min=1)

    def loss(self, output: Tensor, targets: Tensor, weights: Tensor | None = None, smoothing: float = 0.0) -> Tensor:
        from torch.nn import functional

        smooth = targets * (1 - smoothing) + smoothing / 2 if smoothing else targets
        return functional.binary_cross_entropy_with_logits(output, smooth, pos_weight=weights)

    def tally(self, outputs: int, device: torch.device) -> Tally:
        return _Labels()

    def answer(self, output: Tensor, names: Sequence[str]) -> dict[str, Any]:
        likely = output.sigmoid().tolist()
        return {
            "labels": [name for name, each in zip(names, likely, strict=True) if each > 0.5],
            "probabilities": dict(zip(names, likely, strict=True)),
        }


class _Labels:
    """Keeps all of a set: average precision goes by the order of its images."""

    def __init__(self) -> None:
        self.outputs: list[Tensor] = []
        self.targets: list[Tensor] = []

    def add(self, output: Tensor, targets: Tensor) -> None:
        self.outputs.append(output)
        self.targets.append(targets)

    def scores(self) -> dict[str, float]:
        """`mean_average_precision`, over the labels that some image has; `macro_f1`, over the labels that some image
        has or is said to have; `subset_accuracy`, the part of the images of which all labels are right. The first is
        scikit-learn's `average_precision_score`; 0 where there is no label at all.
        """
        import torch
        from sklearn.metrics import average_precision_score

        output, truth = torch.cat(self.outputs).nan_to_num().cpu(), torch.cat(self.targets).cpu() > 0.5
        said = output > 0
        hits, there, given = (each.sum(0).double() for each in (said & truth, truth, said))
        some, either = there > 0, (there + given) > 0
        precision = average_precision_score(truth[:, some].numpy(), output[:, some].numpy()) if some.any() else 0.0
        f1 = (2 * hits[either] / (there + given)[either]).mean() if either.any() else 0.0
        exact = (said == truth).all(1).double().mean()
        return {"mean_average_precision": float(precision), "macro_f1": float(f1), "subset_accuracy": float(exact)}
