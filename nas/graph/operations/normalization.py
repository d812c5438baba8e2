"""Normalisation layers."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from nas.errors import ShapeError
from nas.graph.operation import Operation, Shape
from nas.graph.operations.arguments import check_flag, check_number, check_whole
from nas.graph.operations.shapes import spatial_rank, text

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True)
class BatchNorm(Operation):
    """Batch normalisation of a vector or a map; `affine`: a learned scale and shift for each channel."""

    name: ClassVar[str] = "batch_norm"
    by_channel: ClassVar[bool] = True
    label: ClassVar[str] = "BN"
    norm: ClassVar[bool] = True
    overwritable: ClassVar[bool] = True
    training_only: ClassVar[frozenset[str]] = frozenset({"momentum"})

    eps: float = 1e-5
    momentum: float = 0.1
    affine: bool = True

    def __post_init__(self) -> None:
        check_number("eps", self.eps, 0)
        check_number("momentum", self.momentum, 0, 1)
        check_flag("affine", self.affine)

    def shape(self, *inputs: Shape) -> Shape:
        if len(inputs[0]) > 4:
            raise ShapeError(f"takes a vector or a map of 1 to 3 spatial axes, not {text(inputs[0])}")
        return inputs[0]

    def parameters(self, *inputs: Shape) -> int:
        return 2 * inputs[0][0] if self.affine else 0

    def module(self, *inputs: Shape) -> "nn.Module":
        from torch import nn

        rank = max(1, len(inputs[0]) - 1)
        layer: type[nn.BatchNorm2d] = getattr(nn, f"BatchNorm{rank}d")
        return layer(inputs[0][0], eps=self.eps, momentum=self.momentum, affine=self.affine)


@dataclass(frozen=True)
class GroupNorm(Operation):
    """Normalises each image over each of `groups` equal groups of channels, all positions together (Wu & He 2018)."""

    name: ClassVar[str] = "group_norm"
    norm: ClassVar[bool] = True

    groups: int
    eps: float = 1e-5
    affine: bool = True

    def __post_init__(self) -> None:
        check_whole("groups", self.groups)
        check_number("eps", self.eps, 0)
        check_flag("affine", self.affine)

    def shape(self, *inputs: Shape) -> Shape:
        if inputs[0][0] % self.groups:
            raise ShapeError(f"groups {self.groups} does not divide the {inputs[0][0]} channels of {text(inputs[0])}")
        return inputs[0]

    def parameters(self, *inputs: Shape) -> int:
        return 2 * inputs[0][0] if self.affine else 0

    def module(self, *inputs: Shape) -> "nn.Module":
        from torch import nn

        return nn.GroupNorm(self.groups, inputs[0][0], eps=self.eps, affine=self.affine)


@dataclass(frozen=True)
class LayerNorm(Operation):
    """Normalises each position over its channels (of a map: ConvNeXt's LayerNorm2d)."""

    name: ClassVar[str] = "layer_norm"
    label: ClassVar[str] = "LN"
    norm: ClassVar[bool] = True

    eps: float = 1e-5
    affine: bool = True

    def __post_init__(self) -> None:
        check_number("eps", self.eps, 0)
        check_flag("affine", self.affine)

    def parameters(self, *inputs: Shape) -> int:
        return 2 * inputs[0][0] if self.affine else 0

    def module(self, *inputs: Shape) -> "nn.Module":
        from nas.graph.operations import modules

        return modules.ChannelLayerNorm(inputs[0][0], eps=self.eps, elementwise_affine=self.affine)


@dataclass(frozen=True)
class LocalResponseNorm(Operation):
    """AlexNet's normalisation over `size` neighbouring channels; `alpha` is torch's, `size` times the paper's."""

    name: ClassVar[str] = "local_response_norm"
    label: ClassVar[str] = "LRN"
    norm: ClassVar[bool] = True

    size: int
    alpha: float = 1e-4
    beta: float = 0.75
    k: float = 1.0

    def __post_init__(self) -> None:
        check_whole("size", self.size)
        for argument in ("alpha", "beta", "k"):
            check_number(argument, getattr(self, argument), 0)

    def shape(self, *inputs: Shape) -> Shape:
        spatial_rank(inputs[0])
        return inputs[0]

    def module(self, *inputs: Shape) -> "nn.Module":
        from torch import nn

        return nn.LocalResponseNorm(self.size, self.alpha, self.beta, self.k)
