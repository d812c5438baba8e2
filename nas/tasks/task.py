"""What every task is, and the answers that most of them give."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field, fields
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, Self

from nas.errors import UserError
from nas.tasks.own import Own

IGNORED = 255  # in masks, of pixels of which nothing is known, as in Pascal VOC: neither trained on nor counted

if TYPE_CHECKING:
    import torch
    from torch import Tensor


class Tally(Protocol):
    """Sums up what is predicted of a set, batch by batch, on the device without waiting for it."""

    def add(self, output: Tensor, targets: Tensor) -> None:
        """output: float32, as the network gives it. targets: as the data set has them."""

    def scores(self) -> dict[str, float]:
        """The task's `measures`."""


@dataclass(frozen=True)
class Task:
    """What the targets of a data set are, and what follows for the training on them.

    name: by which users know it. measures: what its tally gives, by their names without a set's. watched: the one that
    drives a search. smaller: whether that is better where it is smaller. refused: settings of a recipe that mean
    nothing to it, and why. noun: what one output is called. dense: whether there is a target for each pixel, which
    moves with it. counts_hits: whether an image is right or wrong. own: functions of the user's, which are no part of
    what the data are.
    """

    name: ClassVar[str]
    measures: ClassVar[tuple[str, ...]]
    watched: ClassVar[str]
    smaller: ClassVar[bool] = False
    refused: ClassVar[Mapping[str, str]] = {}
    noun: ClassVar[str] = "class"
    dense: ClassVar[bool] = False
    counts_hits: ClassVar[bool] = False

    _: KW_ONLY
    own: Own | None = field(default=None, compare=False, repr=False)

    @classmethod
    def of(cls, targets: Tensor) -> Self:
        """Of a data set with these training targets."""
        return cls()

    @classmethod
    def objective(cls) -> str:
        """That of a search which names none."""
        return f"valid_{cls.watched}{':min' * cls.smaller}"

    @classmethod
    def count(cls, outputs: int) -> str:
        """`10 classes`, `1 number`."""
        return f"{outputs} {cls.noun}{('es' if cls.noun == 'class' else 's') * (outputs != 1 or cls.noun == 'class')}"

    def shape(self, outputs: int, size: Sequence[int]) -> tuple[int, ...]:
        """Of what a network gives for one image of this (height, width)."""
        return (outputs, *size) if self.dense else (outputs,)

    def check(self, recipe: Any) -> None:
        """Raises UserError for a setting of a recipe, or a metric of the user's, that means nothing here."""
        if self.own is not None:
            if self.own.loss is not None and recipe.class_weights != "none":
                raise UserError("recipe.class_weights", "a loss of your own is given no weights", "weigh in it")
            if taken := {*self.own.metrics} & {*self.measures, "loss"}:
                raise UserError("metrics", f"{min(taken)} is measured by itself", "give it another name")
        for setting, why in self.refused.items():
            if getattr(recipe, setting) not in (0, "none"):
                raise UserError(f"recipe.{setting}", f"{self.name.replace('_', '-')}: {why}", "leave it out")

    def groups(self, targets: Tensor) -> list[int]:
        """A number for each target: where sets are split, each number keeps its proportion. All alike: by chance."""
        return [0] * len(targets)

    def weights(self, targets: Tensor, outputs: int) -> Tensor:
        """float32 (outputs,): what makes them count alike in the loss, however rare they are."""
        raise NotImplementedError

    def loss(self, output: Tensor, targets: Tensor, weights: Tensor | None = None, smoothing: float = 0.0) -> Tensor:
        """The mean over a batch. output: float32, as the network gives it. smoothing: of the labels."""
        raise NotImplementedError

    def mass(self, targets: Tensor, weights: Tensor | None = None) -> Tensor | float:
        """What `loss` divides by, but for a factor: by it a batch counts in the mean over several."""
        return float(len(targets))

    def total(self, output: Tensor, targets: Tensor) -> Tensor:
        """The sum over the images of a batch, without weights."""
        return self.loss(output, targets) * len(output)

    def hits(self, output: Tensor, targets: Tensor) -> Tensor | None:
        """How many of a batch are right, int64; None where none is right or wrong."""
        return None

    def tally(self, outputs: int, device: torch.device) -> Tally:
        raise NotImplementedError

    def targets(self, targets: Tensor) -> Tensor:
        """What the network is to give: `targets` in its own units."""
        return targets

    def renamed(self, targets: Tensor, places: Tensor) -> Tensor:
        """Targets whose outputs have other numbers. places: int64 (outputs,), the new number of each."""
        return targets[:, places.argsort()]

    def predictions(self, output: Tensor) -> Tensor:
        """What the network gives in the units of the targets."""
        return output

    def answer(self, output: Tensor, names: Sequence[str]) -> dict[str, Any]:
        """What is said of one image, as plain values. names: of the outputs."""
        raise NotImplementedError

    def to_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            **{item.name: getattr(self, item.name) for item in fields(self) if item.name != "own"},
        }

    @classmethod
    def of_json(cls, values: Mapping[str, Any]) -> Self:
        """Of values of anyone's. Raises UserError."""
        if values:
            raise UserError("task", f"{cls.name} has no {', '.join(map(str, values))}", "leave it out")
        return cls()
