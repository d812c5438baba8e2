"""Operations of several inputs. Those that work number by number broadcast over axes of size 1; ranks must agree."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from nas.errors import ShapeError
from nas.graph.operation import Drawn, Operation, Shape
from nas.graph.operations.arguments import check_rate
from nas.graph.operations.shapes import text

if TYPE_CHECKING:
    from torch import nn


def broadcast(*inputs: Shape) -> Shape:
    """The common shape; raises ShapeError where two sizes of an axis differ and neither is 1."""
    if not inputs:
        raise ShapeError("needs at least one input")
    first = inputs[0]
    if all(shape == first for shape in inputs):
        return first
    if len({len(shape) for shape in inputs}) == 1:
        axes = [set(sizes) - {1} or {1} for sizes in zip(*inputs, strict=True)]
        if all(len(sizes) == 1 for sizes in axes):
            return tuple(sizes.pop() for sizes in axes)
    raise ShapeError(f"inputs of {_all(inputs)} do not fit together: sizes must be equal or 1")


def _all(inputs: tuple[Shape, ...]) -> str:
    return " and ".join(text(shape) for shape in dict.fromkeys(inputs))


class _Merge(Operation):
    """Its module is the class of the same name in `modules`, called with the arguments in order."""

    drawn: ClassVar[Drawn] = "merge"
    merges: ClassVar[bool] = True

    def shape(self, *inputs: Shape) -> Shape:
        return broadcast(*inputs)

    def module(self, *inputs: Shape) -> "nn.Module":
        from nas.graph.operations import modules

        module: nn.Module = getattr(modules, type(self).__name__)(*self.arguments.values())
        return module


@dataclass(frozen=True)
class Add(_Merge):
    name: ClassVar[str] = "add"
    label: ClassVar[str] = "+"
    by_channel: ClassVar[bool] = True
    commutative: ClassVar[bool] = True
    neutral_alone: ClassVar[bool] = True
    overwrites: ClassVar[bool] = True
    overwritable: ClassVar[bool] = True


@dataclass(frozen=True)
class Multiply(_Merge):
    name: ClassVar[str] = "multiply"
    by_channel: ClassVar[bool] = True
    label: ClassVar[str] = "×"
    commutative: ClassVar[bool] = True
    neutral_alone: ClassVar[bool] = True


@dataclass(frozen=True)
class Mean(_Merge):
    """Mean of the inputs. In training each is left out of a batch's mean with probability `drop`, but at least one
    stays (FractalNet's local drop-path, Larsson et al. 2016, arXiv:1605.07648).
    """

    name: ClassVar[str] = "mean"
    by_channel: ClassVar[bool] = True
    commutative: ClassVar[bool] = True
    neutral_alone: ClassVar[bool] = True
    training_only: ClassVar[frozenset[str]] = frozenset({"drop"})
    draws: ClassVar[bool] = True

    drop: float = 0.0

    def __post_init__(self) -> None:
        check_rate("drop", self.drop)


@dataclass(frozen=True)
class Concat(_Merge):
    """Joins channels; spatial sizes must be equal."""

    name: ClassVar[str] = "concat"
    neutral_alone: ClassVar[bool] = True

    def shape(self, *inputs: Shape) -> Shape:
        if not inputs:
            raise ShapeError("needs at least one input")
        spatial = inputs[0][1:]
        if any(shape[1:] != spatial for shape in inputs):
            raise ShapeError(f"inputs of {_all(inputs)} do not fit together: spatial sizes must be equal")
        return (sum(shape[0] for shape in inputs), *spatial)


@dataclass(frozen=True)
class Gate(_Merge):
    """Of inputs H, T and x, in order: H * T + x * (1 - T) (Srivastava et al. 2015, arXiv:1505.00387)."""

    name: ClassVar[str] = "gate"

    def shape(self, *inputs: Shape) -> Shape:
        if len(inputs) != 3:
            raise ShapeError(f"takes three inputs (H, T and x), not {len(inputs)}")
        return broadcast(*inputs)
