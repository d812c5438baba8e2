"""Activations: shapes stay; only prelu learns. Never in place, since a graph may read a node twice."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

from nas.errors import ShapeError
from nas.graph.operation import Operation, Shape
from nas.graph.operations.arguments import check_number, check_whole
from nas.graph.operations.shapes import text

if TYPE_CHECKING:
    from torch import nn


class _Activation(Operation):
    """`layer`: torch's name, called with the arguments in order."""

    layer: ClassVar[str]

    def module(self, *inputs: Shape) -> "nn.Module":
        from torch import nn

        module: nn.Module = getattr(nn, self.layer)(*self.arguments.values())
        return module


@dataclass(frozen=True)
class ReLU(_Activation):
    name: ClassVar[str] = "relu"
    layer: ClassVar[str] = "ReLU"


@dataclass(frozen=True)
class ReLU6(_Activation):
    name: ClassVar[str] = "relu6"
    layer: ClassVar[str] = "ReLU6"


@dataclass(frozen=True)
class LeakyReLU(_Activation):
    """`slope`: of the negative side."""

    name: ClassVar[str] = "leaky_relu"
    layer: ClassVar[str] = "LeakyReLU"

    slope: float = 0.01

    def __post_init__(self) -> None:
        check_number("slope", self.slope)


@dataclass(frozen=True)
class ELU(_Activation):
    """`alpha`: minus the limit of the negative side."""

    name: ClassVar[str] = "elu"
    layer: ClassVar[str] = "ELU"

    alpha: float = 1.0

    def __post_init__(self) -> None:
        check_number("alpha", self.alpha)


@dataclass(frozen=True)
class PReLU(Operation):
    """A leaky_relu whose slopes are learned, one a channel, from 0.25 on: He et al. 2015, arXiv:1502.01852."""

    name: ClassVar[str] = "prelu"

    def parameters(self, *inputs: Shape) -> int:
        return inputs[0][0]

    def module(self, *inputs: Shape) -> "nn.Module":
        from torch import nn

        return nn.PReLU(inputs[0][0])


@dataclass(frozen=True)
class Mish(_Activation):
    name: ClassVar[str] = "mish"
    layer: ClassVar[str] = "Mish"


@dataclass(frozen=True)
class SiLU(_Activation):
    name: ClassVar[str] = "silu"
    layer: ClassVar[str] = "SiLU"


@dataclass(frozen=True)
class GELU(_Activation):
    name: ClassVar[str] = "gelu"
    layer: ClassVar[str] = "GELU"


@dataclass(frozen=True)
class Sigmoid(_Activation):
    name: ClassVar[str] = "sigmoid"
    layer: ClassVar[str] = "Sigmoid"


@dataclass(frozen=True)
class Tanh(_Activation):
    name: ClassVar[str] = "tanh"
    layer: ClassVar[str] = "Tanh"


@dataclass(frozen=True)
class Hardswish(_Activation):
    name: ClassVar[str] = "hardswish"
    layer: ClassVar[str] = "Hardswish"


@dataclass(frozen=True)
class Hardsigmoid(_Activation):
    name: ClassVar[str] = "hardsigmoid"
    layer: ClassVar[str] = "Hardsigmoid"


@dataclass(frozen=True)
class Softmax(Operation):
    """Over the channels of each position; with `groups`, across that many equal groups of channels, for each channel of
    a group (which weighs parallel paths against each other: Selective Kernel Networks, Li et al. 2019).
    """

    name: ClassVar[str] = "softmax"

    groups: int | None = None

    def __post_init__(self) -> None:
        if self.groups is not None:
            check_whole("groups", self.groups)

    def shape(self, *inputs: Shape) -> Shape:
        if self.groups is not None and inputs[0][0] % self.groups:
            raise ShapeError(f"groups {self.groups} does not divide the {inputs[0][0]} channels of {text(inputs[0])}")
        return inputs[0]

    def canonical(self, *inputs: Shape) -> "Softmax":
        return replace(self, groups=self.groups or inputs[0][0])

    def module(self, *inputs: Shape) -> "nn.Module":
        from torch import nn

        from nas.graph.operations import modules

        return nn.Softmax(dim=1) if self.groups is None else modules.GroupSoftmax(self.groups)
