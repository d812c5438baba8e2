"""Classes of unequal size: scores that weigh them alike, and weights of the loss that do."""

from __future__ import annotations

import torch
from torch import Tensor

from nas.tasks.task import IGNORED


class Counts:
    """Counts a class of what was predicted and what was true, summed up on the device without waiting for it."""

    def __init__(self, classes: int, device: torch.device) -> None:
        self.counts = torch.zeros(3, classes, dtype=torch.long, device=device)  # hits, images, predictions

    def count(self, predicted: Tensor, labels: Tensor) -> None:
        """Both int64 (N,): positions of classes."""
        one = torch.ones_like(labels)
        for row, (places, values) in enumerate(
            ((labels, (predicted == labels).long()), (labels, one), (predicted, one))
        ):
            self.counts[row].index_add_(0, places, values)


class ClassTally(Counts):
    """Of images, each of one class."""

    def add(self, output: Tensor, targets: Tensor) -> None:
        """output: (N, classes). targets: int64 (N,)."""
        self.count(output.argmax(1), targets)

    def scores(self) -> dict[str, float]:
        """`accuracy` (top-1), `balanced_accuracy` (the mean over the classes that have images of the part of them that
        was found) and `macro_f1` (the mean of F1 over the classes that have images or were predicted): fractions,
        scikit-learn's `balanced_accuracy_score` and `f1_score(average="macro")`.
        """
        hits, images, predictions = self.counts.cpu().double()
        there, either = images > 0, (images + predictions) > 0
        return {
            "accuracy": float(hits.sum() / images.sum()),
            "balanced_accuracy": float((hits[there] / images[there]).mean()),
            "macro_f1": float((2 * hits[either] / (images + predictions)[either]).mean()),
        }


class PixelTally(Counts):
    """Of pixels, each of one class or IGNORED."""

    def add(self, output: Tensor, targets: Tensor) -> None:
        """output: (N, classes, height, width). targets: uint8 (N, height, width)."""
        known = targets != IGNORED
        self.count(output.argmax(1)[known], targets[known].long())

    def scores(self) -> dict[str, float]:
        """`mean_iou`, over the classes that are there or were predicted: scikit-learn's `jaccard_score` of them; and
        `pixel_accuracy`, the part of the pixels that is right. 0 where no pixel is known.
        """
        hits, pixels, predictions = self.counts.cpu().double()
        union = pixels + predictions - hits
        either = union > 0
        if not either.any():
            return {"mean_iou": 0.0, "pixel_accuracy": 0.0}
        return {
            "mean_iou": float((hits[either] / union[either]).mean()),
            "pixel_accuracy": float(hits.sum() / pixels.sum()),
        }


def balanced_weights(labels: Tensor, classes: int) -> Tensor:
    """float32 (classes,): the weight of each class that makes all of those with images count alike, n / (k n_c) for n
    images of k such classes, n_c of them of the class; 0 for a class without images.

    Source: King and Zeng 2001, Logistic Regression in Rare Events Data; scikit-learn's class_weight="balanced".
    """
    return weights_of(torch.bincount(labels, minlength=classes))


def weights_of(counts: Tensor) -> Tensor:
    """`balanced_weights` of so many of each class."""
    counts = counts.float()
    there = counts > 0
    return torch.where(there, counts.sum() / (there.sum() * counts.clamp(min=1)), 0.0)
