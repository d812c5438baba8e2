"""Activations: shapes stay; only prelu learns. A new one is a line of the table at the end."""

from dataclasses import dataclass, make_dataclass, replace
from typing import TYPE_CHECKING, ClassVar

from nas.errors import ShapeError
from nas.graph.operation import Operation, Shape
from nas.graph.operations.arguments import check_number, check_whole
from nas.graph.operations.shapes import text

if TYPE_CHECKING:
    from torch import nn


class _Layer(Operation):
    """An activation of torch's. `layer`: its name there, called with the arguments in order, which are numbers."""

    activation: ClassVar[bool] = True
    by_channel: ClassVar[bool] = True
    layer: ClassVar[str]

    def __post_init__(self) -> None:
        for argument, value in self.arguments.items():
            check_number(argument, value)

    def module(self, *inputs: Shape) -> "nn.Module":
        from torch import nn

        module: nn.Module = getattr(nn, self.layer)(*self.arguments.values())
        return module


def activation(
    name: str, layer: str, *, label: str = "", gate: bool = False, overwrites: bool = False, **arguments: float
) -> type[Operation]:
    """The class of an activation by torch's name for it, its roles, and its arguments with their defaults.

    `overwrites` needs a module that has `inplace`; see Operation for what else that and the other roles mean.
    """
    roles = {"name": name, "layer": layer, "label": label, "gate": gate, "overwrites": overwrites}
    fields = [(argument, float, default) for argument, default in arguments.items()]
    return make_dataclass(layer, fields, bases=(_Layer,), frozen=True, namespace={**roles, "__module__": __name__})


@dataclass(frozen=True)
class PReLU(Operation):
    """A leaky_relu whose slopes are learned, one a channel, from 0.25 on: He et al. 2015, arXiv:1502.01852."""

    name: ClassVar[str] = "prelu"
    by_channel: ClassVar[bool] = True
    activation: ClassVar[bool] = True

    def parameters(self, *inputs: Shape) -> int:
        return inputs[0][0]

    def module(self, *inputs: Shape) -> "nn.Module":
        from torch import nn

        return nn.PReLU(inputs[0][0])


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


ACTIVATIONS: tuple[type[Operation], ...] = (
    activation("relu", "ReLU", label="ReLU", overwrites=True),
    activation("relu6", "ReLU6", label="ReLU6", overwrites=True),
    activation("leaky_relu", "LeakyReLU", label="leaky ReLU", slope=0.01),  # slope: of the negative side
    activation("elu", "ELU", label="ELU", alpha=1.0),  # alpha: minus the limit of the negative side
    PReLU,
    activation("mish", "Mish"),
    activation("silu", "SiLU", label="SiLU"),
    activation("gelu", "GELU", label="GELU"),
    activation("sigmoid", "Sigmoid", gate=True),
    activation("tanh", "Tanh"),
    activation("hardswish", "Hardswish"),
    activation("hardsigmoid", "Hardsigmoid", gate=True),
)
globals().update({row.__name__: row for row in ACTIVATIONS})  # where pickle looks for a class
