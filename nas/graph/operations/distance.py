"""Operations that compare a vector with fixed ones."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from nas.errors import ShapeError
from nas.graph.operation import Operation, Shape
from nas.graph.operations.arguments import check_whole
from nas.graph.operations.shapes import text

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True)
class RadialBasis(Operation):
    """Minus the squared distance of a vector to each of `units` fixed points of -1 and 1, drawn from `seed`.

    The last layer of LeCun et al. 1998, Gradient-Based Learning Applied to Document Recognition, section II.B.
    """

    name: ClassVar[str] = "radial_basis"

    units: int
    seed: int = 0

    def __post_init__(self) -> None:
        check_whole("units", self.units)
        check_whole("seed", self.seed, 0)

    def shape(self, *inputs: Shape) -> Shape:
        if len(inputs[0]) != 1:
            raise ShapeError(f"takes a vector, not {text(inputs[0])}; put flatten or global_avg_pool before it")
        return (self.units,)

    def mult_adds(self, *inputs: Shape) -> int:
        return self.units * inputs[0][0]

    def module(self, *inputs: Shape) -> "nn.Module":
        from nas.graph.operations import modules

        return modules.RadialBasis(inputs[0][0], self.units, self.seed)
