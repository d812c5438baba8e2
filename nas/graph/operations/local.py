"""Locally connected layers: convolutions whose positions share no weights."""

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

from nas.graph.operation import Drawn, Operation, Shape
from nas.graph.operations.arguments import Axes
from nas.graph.operations.convolution import Conv

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True)
class LocallyConnected(Operation):
    """A convolution with weights and biases of its own at each position: Taigman et al. 2014, DeepFace.

    Its arguments are those of `conv`, the size is kept at stride 1 too. The paper pads nothing: `padding: 0`.
    """

    name: ClassVar[str] = "locally_connected"
    label: ClassVar[str] = "local conv"
    drawn: ClassVar[Drawn] = "conv"
    overwritable: ClassVar[bool] = True
    channels_of_input: ClassVar[bool] = True

    channels: int | None = None
    kernel: Axes | str = None  # type: ignore[assignment]  # required, but documents may leave out the channels before it
    stride: Axes = 1
    padding: Axes | str | None = None
    bias: bool = True

    def __post_init__(self) -> None:
        for argument in ("kernel", "stride", "padding"):
            object.__setattr__(self, argument, getattr(self._conv, argument))

    @property
    def _conv(self) -> Conv:
        """The convolution that shares its weights."""
        return Conv(self.channels, self.kernel, self.stride, self.padding, bias=self.bias)

    def shape(self, *inputs: Shape) -> Shape:
        return self._conv.shape(*inputs)

    def parameters(self, *inputs: Shape) -> int:
        return self._conv.parameters(*inputs) * math.prod(self.shape(*inputs)[1:])

    def mult_adds(self, *inputs: Shape) -> int:
        return self._conv.mult_adds(*inputs)

    def window(self, *inputs: Shape) -> tuple[tuple[int, ...], tuple[int, ...]]:
        return self._conv.window(*inputs)

    def canonical(self, *inputs: Shape) -> "LocallyConnected":
        conv = self._conv.canonical(*inputs)
        return replace(self, channels=conv.channels, kernel=conv.kernel, stride=conv.stride, padding=conv.padding)

    def module(self, *inputs: Shape) -> "nn.Module":
        from nas.graph.operations import layers

        channels, *sizes = inputs[0]
        before, after = self._conv.pads(sizes)
        border = [width for pair in zip(after, before, strict=True) for width in pair][::-1]
        kernel, strides = self._conv.kernels(sizes), self.window(*inputs)[1]
        return layers.LocallyConnected(channels, self.channels or channels, sizes, kernel, strides, border, self.bias)
