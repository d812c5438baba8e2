"""Operations that move, cut, pad, repeat or scale numbers."""

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

from nas.errors import ArgumentError, ShapeError
from nas.graph.operation import Drawn, Operation, Shape
from nas.graph.operations.arguments import Axes, check_axes, check_flag, check_number, check_whole, check_word
from nas.graph.operations.shapes import per_axis, spatial_rank, text

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True)
class Input(Operation):
    """Where an image enters: node 0 of a graph. `size` is its shape."""

    name: ClassVar[str] = "input"
    drawn: ClassVar[Drawn] = "plain"
    view: ClassVar[bool] = True

    size: tuple[int, ...]

    def __post_init__(self) -> None:
        if not isinstance(self.size, list | tuple) or not 1 <= len(self.size) <= 4:
            raise ArgumentError("size", self.size, "a list of channels and up to three spatial sizes")
        for item in self.size:
            check_whole("size", item)
        object.__setattr__(self, "size", tuple(self.size))

    def shape(self, *inputs: Shape) -> Shape:
        return self.size

    def window(self, *inputs: Shape) -> tuple[tuple[int, ...], tuple[int, ...]]:
        return (1,) * (len(self.size) - 1), (1,) * (len(self.size) - 1)


@dataclass(frozen=True)
class Identity(Operation):
    name: ClassVar[str] = "identity"
    by_channel: ClassVar[bool] = True
    drawn: ClassVar[Drawn] = "unsaid"
    neutral_alone: ClassVar[bool] = True
    view: ClassVar[bool] = True

    def module(self, *inputs: Shape) -> "nn.Module":
        from torch import nn

        return nn.Identity()


@dataclass(frozen=True)
class Zeros(Operation):
    """`none`: zeros of the shape that a 1x1 convolution of this stride gives. `channels` None: the input's."""

    name: ClassVar[str] = "none"
    drawn: ClassVar[Drawn] = "plain"
    channels_of_input: ClassVar[bool] = True

    stride: Axes = 1
    channels: int | None = None

    def __post_init__(self) -> None:
        check_axes(self, "stride")
        if self.channels is not None:
            check_whole("channels", self.channels)

    def shape(self, *inputs: Shape) -> Shape:
        channels, *sizes = inputs[0]
        strides = per_axis("stride", self.stride, len(sizes))
        return (self.channels or channels, *(-(-size // s) for size, s in zip(sizes, strides, strict=True)))

    def canonical(self, *inputs: Shape) -> "Zeros":
        stride = per_axis("stride", self.stride, len(inputs[0]) - 1) or 1
        return replace(self, stride=stride, channels=self.channels or inputs[0][0])

    def module(self, *inputs: Shape) -> "nn.Module":
        from nas.graph.operations import modules

        return modules.Zeros(self.shape(*inputs))


@dataclass(frozen=True)
class Flatten(Operation):
    """A map's numbers as one vector, channel by channel."""

    name: ClassVar[str] = "flatten"
    drawn: ClassVar[Drawn] = "unsaid"
    view: ClassVar[bool] = True

    def shape(self, *inputs: Shape) -> Shape:
        return (math.prod(inputs[0]),)

    def window(self, *inputs: Shape) -> tuple[tuple[int, ...], tuple[int, ...]]:
        return inputs[0][1:], (1,) * (len(inputs[0]) - 1)

    def module(self, *inputs: Shape) -> "nn.Module":
        from torch import nn

        return nn.Flatten(1)


@dataclass(frozen=True)
class Reshape(Operation):
    """The same numbers in the same order as a map of another shape, channels first."""

    name: ClassVar[str] = "reshape"
    view: ClassVar[bool] = True

    sizes: tuple[int, ...]

    def __post_init__(self) -> None:
        if not isinstance(self.sizes, list | tuple) or not 1 <= len(self.sizes) <= 4:
            raise ArgumentError("sizes", self.sizes, "a list of channels and up to three spatial sizes")
        for size in self.sizes:
            check_whole("sizes", size)
        object.__setattr__(self, "sizes", tuple(self.sizes))

    def shape(self, *inputs: Shape) -> Shape:
        if math.prod(self.sizes) != math.prod(inputs[0]):
            raise ShapeError(f"{text(inputs[0])} has not as many numbers as {text(self.sizes)}")
        return self.sizes

    def window(self, *inputs: Shape) -> tuple[tuple[int, ...], tuple[int, ...]]:
        return inputs[0][1:], (1,) * (len(inputs[0]) - 1)

    def module(self, *inputs: Shape) -> "nn.Module":
        from nas.graph.operations import modules

        return modules.Reshape(self.sizes)


@dataclass(frozen=True)
class Upsample(Operation):
    """Enlarges spatial axes by whole factors. `bilinear` is linear in 1D and trilinear in 3D; corners not aligned."""

    name: ClassVar[str] = "upsample"
    by_channel: ClassVar[bool] = True
    drawn: ClassVar[Drawn] = "plain"

    factor: Axes
    mode: str = "nearest"

    def __post_init__(self) -> None:
        check_axes(self, "factor")
        check_word("mode", self.mode, ("nearest", "bilinear"))

    def shape(self, *inputs: Shape) -> Shape:
        channels, *sizes = inputs[0]
        factors = per_axis("factor", self.factor, spatial_rank(inputs[0]))
        return (channels, *(size * factor for size, factor in zip(sizes, factors, strict=True)))

    def canonical(self, *inputs: Shape) -> "Upsample":
        return replace(self, factor=per_axis("factor", self.factor, spatial_rank(inputs[0])))

    def module(self, *inputs: Shape) -> "nn.Module":
        from torch import nn

        rank = spatial_rank(inputs[0])
        factors = tuple(float(factor) for factor in per_axis("factor", self.factor, rank))
        if self.mode == "nearest":
            return nn.Upsample(scale_factor=factors)
        mode = ("linear", "bilinear", "trilinear")[rank - 1]
        return nn.Upsample(scale_factor=factors, mode=mode, align_corners=False)


@dataclass(frozen=True)
class ChannelShuffle(Operation):
    """Interleaves `groups` equal groups of channels (ShuffleNet, Zhang et al. 2017)."""

    name: ClassVar[str] = "channel_shuffle"
    drawn: ClassVar[Drawn] = "plain"

    groups: int

    def __post_init__(self) -> None:
        check_whole("groups", self.groups)

    def shape(self, *inputs: Shape) -> Shape:
        if inputs[0][0] % self.groups:
            raise ShapeError(f"groups {self.groups} does not divide the {inputs[0][0]} channels of {text(inputs[0])}")
        return inputs[0]

    def module(self, *inputs: Shape) -> "nn.Module":
        from nas.graph.operations import modules

        return modules.ChannelShuffle(self.groups)


@dataclass(frozen=True)
class Scale(Operation):
    """x * value + shift, each a number or a list with one for each channel.

    `learned`: every channel has its own weight (and bias, unless `shift` is None) that starts at these values, as in
    ConvNeXt's layer scale. Else they are constants.
    """

    name: ClassVar[str] = "scale"
    by_channel: ClassVar[bool] = True

    value: float | tuple[float, ...] = 1.0
    shift: float | tuple[float, ...] | None = None
    learned: bool = False

    def __post_init__(self) -> None:
        _check_numbers(self, "value")
        if self.shift is not None:
            _check_numbers(self, "shift")
        check_flag("learned", self.learned)

    def shape(self, *inputs: Shape) -> Shape:
        channels = inputs[0][0]
        for argument in ("value", "shift"):
            numbers = getattr(self, argument)
            if isinstance(numbers, tuple) and len(numbers) != channels:
                raise ShapeError(
                    f"{argument} has {len(numbers)} numbers, the input {text(inputs[0])} has {channels} channels"
                )
        return inputs[0]

    def parameters(self, *inputs: Shape) -> int:
        return self.learned * inputs[0][0] * (1 if self.shift is None else 2)

    def module(self, *inputs: Shape) -> "nn.Module":
        from nas.graph.operations import modules

        return modules.Scale(self.shape(*inputs), self.value, self.shift, self.learned)


def _check_numbers(owner: Scale, argument: str) -> None:
    numbers = getattr(owner, argument)
    if isinstance(numbers, list | tuple):
        if not numbers:
            raise ArgumentError(argument, numbers, "a number, or a list with one for each channel")
        for number in numbers:
            check_number(argument, number)
        object.__setattr__(owner, argument, tuple(numbers))
    else:
        check_number(argument, numbers)
