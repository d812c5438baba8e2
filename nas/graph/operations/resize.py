"""Bringing maps to a size."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

from nas.graph.operation import Drawn, Operation, Shape
from nas.graph.operations.arguments import Axes, check_axes
from nas.graph.operations.shapes import per_axis, spatial_rank

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True)
class Resize(Operation):
    """Spatial axes of this size, interpolated linearly (bilinearly in 2D), corners not aligned; the same size as it is.

    So that a network takes images at a resolution of its own, whatever theirs is. Counted as no multiplication.
    """

    name: ClassVar[str] = "resize"
    by_channel: ClassVar[bool] = True
    drawn: ClassVar[Drawn] = "plain"

    size: Axes

    def __post_init__(self) -> None:
        check_axes(self, "size")

    def shape(self, *inputs: Shape) -> Shape:
        return (inputs[0][0], *per_axis("size", self.size, spatial_rank(inputs[0])))

    def canonical(self, *inputs: Shape) -> "Resize":
        return replace(self, size=per_axis("size", self.size, spatial_rank(inputs[0])))

    def module(self, *inputs: Shape) -> "nn.Module":
        from torch import nn

        rank = spatial_rank(inputs[0])
        mode = ("linear", "bilinear", "trilinear")[rank - 1]
        return nn.Upsample(size=per_axis("size", self.size, rank), mode=mode, align_corners=False)
