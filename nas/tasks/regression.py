"""Regression: numbers of an image. Targets: float32 (N, numbers), in the user's units."""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Self

from nas.errors import UserError, shortened
from nas.tasks.task import Task

if TYPE_CHECKING:
    import torch
    from torch import Tensor

    from nas.tasks.task import Tally


@dataclass(frozen=True)
class Regression(Task):
    """The mean squared error of targets that are brought to mean 0 and deviation 1; rmse, mae and r2 in their units.

    mean, std: of the training targets, a number each. A network gives (target - mean) / std.
    """

    name: ClassVar[str] = "regression"
    measures: ClassVar[tuple[str, ...]] = ("rmse", "mae", "r2")
    watched: ClassVar[str] = "rmse"
    smaller: ClassVar[bool] = True
    noun: ClassVar[str] = "number"
    refused: ClassVar[Mapping[str, str]] = {
        "mixup": "a mixture of two images has no number",
        "cutmix": "a mixture of two images has no number",
        "class_weights": "there are no classes to weigh",
    }

    mean: tuple[float, ...] = (0.0,)
    std: tuple[float, ...] = (1.0,)

    @classmethod
    def of(cls, targets: Tensor) -> Self:
        """Scaled by training targets (N, numbers); one that is always the same is left at its scale."""
        mean, std = targets.double().mean(0), targets.double().std(0, correction=0)
        return cls(tuple(mean.tolist()), tuple(value or 1.0 for value in std.tolist()))

    def loss(self, output: Tensor, targets: Tensor, weights: Tensor | None = None, smoothing: float = 0.0) -> Tensor:
        """Labels that are numbers are not smoothed."""
        from torch.nn import functional

        return functional.mse_loss(output, self.targets(targets))

    def tally(self, outputs: int, device: torch.device) -> Tally:
        return _Errors(self, outputs, device)

    def targets(self, targets: Tensor) -> Tensor:
        mean, std = _scale(self, targets.dtype, targets.device)
        return (targets - mean) / std

    def predictions(self, output: Tensor) -> Tensor:
        mean, std = _scale(self, output.dtype, output.device)
        return output * std + mean

    def answer(self, output: Tensor, names: Sequence[str]) -> dict[str, Any]:
        return {"values": dict(zip(names, self.predictions(output).tolist(), strict=True))}

    @classmethod
    def of_json(cls, values: Mapping[str, Any]) -> Self:
        scale = []
        for name, least in (("mean", -math.inf), ("std", 0.0)):
            each = values.get(name)
            if not isinstance(each, list | tuple) or not all(
                type(v) in (int, float) and least < v < math.inf for v in each
            ):
                hint = "give a number for each target" + (", above 0" if name == "std" else "")
                raise UserError(f"task.{name}", f"is {shortened(repr(each))}", hint)
            scale.append(tuple(map(float, each)))
        if len(scale[0]) != len(scale[1]):
            raise UserError("task.std", f"has {len(scale[1])} numbers, and mean {len(scale[0])}", "give as many")
        return cls(*scale)


@functools.lru_cache(maxsize=8)  # a step that is captured as a graph may not copy to the device
def _scale(task: Regression, dtype: torch.dtype, device: torch.device) -> tuple[Tensor, Tensor]:
    import torch

    with torch.inference_mode(False):
        mean, std = (torch.tensor(values, dtype=dtype, device=device) for values in (task.mean, task.std))
    return mean, std


class _Errors:
    """In float64: differences of sums of squares would lose digits otherwise."""

    def __init__(self, task: Regression, outputs: int, device: torch.device) -> None:
        import torch

        exact = torch.float32 if device.type == "mps" else torch.float64
        self.task, self.count = task, 0
        # squared errors, absolute errors, targets and their squares, relative to the training mean
        self.sums = torch.zeros(4, outputs, dtype=exact, device=device)

    def add(self, output: Tensor, targets: Tensor) -> None:
        import torch

        centre = targets.new_tensor(self.task.mean).to(self.sums.dtype)
        truth = targets.to(self.sums.dtype) - centre
        error = self.task.predictions(output.to(self.sums.dtype)) - centre - truth
        self.sums += torch.stack([error**2, error.abs(), truth, truth**2]).sum(1)
        self.count += len(targets)

    def scores(self) -> dict[str, float]:
        """`rmse` and `mae`, over all numbers alike, and `r2`, the mean over them of the part of the variance that is
        explained: scikit-learn's `root_mean_squared_error`, `mean_absolute_error` and `r2_score`. A number that is the
        same in all images has an r2 of 1 where it is met exactly, else of 0.
        """
        squared, absolute, total, squares = self.sums.cpu().double()
        spread = (squares - total**2 / self.count).clamp(min=0)
        r2 = [
            1 - s / t if t > 1e-12 * max(1.0, q) else float(s == 0)
            for s, t, q in zip(squared.tolist(), spread.tolist(), squares.tolist(), strict=True)
        ]
        return {
            "rmse": float((squared / self.count).sqrt().mean()),
            "mae": float((absolute / self.count).mean()),
            "r2": sum(r2) / len(r2),
        }
