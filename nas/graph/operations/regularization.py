"""Operations that act while training only."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from nas.graph.operation import Drawn, Operation, Shape
from nas.graph.operations.arguments import check_flag, check_rate

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True)
class Dropout(Operation):
    """Zeroes each number with probability `rate` and scales the rest by 1 / (1 - rate)."""

    name: ClassVar[str] = "dropout"
    by_channel: ClassVar[bool] = True
    training_only: ClassVar[frozenset[str]] = frozenset({"rate"})
    draws: ClassVar[bool] = True
    inert: ClassVar[bool] = True

    rate: float = 0.5

    def __post_init__(self) -> None:
        check_rate("rate", self.rate)

    def module(self, *inputs: Shape) -> "nn.Module":
        from torch import nn

        return nn.Dropout(self.rate)


@dataclass(frozen=True)
class DropPath(Operation):
    """Zeroes whole images with probability `rate`, scaling the rest; None: the training recipe schedules it.

    `batch`: all images of a batch alike, as in the paper (Huang et al. 2016, arXiv:1603.09382).
    """

    name: ClassVar[str] = "drop_path"
    by_channel: ClassVar[bool] = True
    drawn: ClassVar[Drawn] = "unsaid"
    training_only: ClassVar[frozenset[str]] = frozenset({"rate", "batch"})
    draws: ClassVar[bool] = True
    inert: ClassVar[bool] = True

    rate: float | None = None
    batch: bool = False

    def __post_init__(self) -> None:
        if self.rate is not None:
            check_rate("rate", self.rate)
        check_flag("batch", self.batch)

    def module(self, *inputs: Shape) -> "nn.Module":
        from nas.graph.operations import modules

        return modules.DropPath(self.rate or 0.0, scheduled=self.rate is None, batch=self.batch)
