"""Transposed convolution: a convolution's way back, from outputs to a map of the inputs' size."""

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

from nas.errors import ShapeError
from nas.graph.operation import Drawn, Operation, Shape
from nas.graph.operations.arguments import Axes, check_axes, check_flag, check_whole
from nas.graph.operations.shapes import brief, per_axis, spatial_rank, text

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True)
class ConvTranspose(Operation):
    """torch's transposed convolution, 1D to 3D by the input's rank: (size - 1) * stride - 2 * padding + kernel +
    output_padding positions on each axis. `channels` None: the input's.
    """

    name: ClassVar[str] = "conv_transpose"
    label: ClassVar[str] = "transposed conv"
    drawn: ClassVar[Drawn] = "conv"
    overwritable: ClassVar[bool] = True
    channels_of_input: ClassVar[bool] = True

    channels: int | None = None
    kernel: Axes = None  # type: ignore[assignment]  # required, but documents may leave out the channels before it
    stride: Axes = 1
    padding: Axes = 0
    output_padding: Axes = 0
    groups: int = 1
    bias: bool = True

    def __post_init__(self) -> None:
        if self.channels is not None:
            check_whole("channels", self.channels)
        check_axes(self, "kernel")
        check_axes(self, "stride")
        check_axes(self, "padding", 0)
        check_axes(self, "output_padding", 0)
        check_whole("groups", self.groups)
        check_flag("bias", self.bias)

    def _axes(self, shape: Shape) -> tuple[tuple[int, ...], ...]:
        """Kernel, stride, padding and output_padding for each spatial axis."""
        rank = spatial_rank(shape)
        names = ("kernel", "stride", "padding", "output_padding")
        return tuple(per_axis(name, getattr(self, name), rank) for name in names)

    def shape(self, *inputs: Shape) -> Shape:
        channels, *sizes = inputs[0]
        kernel, stride, padding, more = self._axes(inputs[0])
        for count, side in ((channels, "input"), (self.channels or channels, "output")):
            if count % self.groups:
                raise ShapeError(f"groups {self.groups} does not divide the {count} {side} channels")
        if any(m >= s and m > 0 for m, s in zip(more, stride, strict=True)):
            raise ShapeError(f"output_padding {brief(more)} is to be less than the stride, {brief(stride)}")
        axes = zip(sizes, kernel, stride, padding, more, strict=True)
        outputs = [(n - 1) * s - 2 * p + k + m for n, k, s, p, m in axes]
        if min(outputs) < 1:
            raise ShapeError(f"nothing is left of {text(sizes)} (kernel {brief(kernel)}, padding {brief(padding)})")
        return (self.channels or channels, *outputs)

    def _feeds(self, shape: Shape) -> int:
        """How many weights each number of the input is multiplied by."""
        return (self.channels or shape[0]) // self.groups * math.prod(self._axes(shape)[0])

    def parameters(self, *inputs: Shape) -> int:
        return inputs[0][0] * self._feeds(inputs[0]) + self.bias * (self.channels or inputs[0][0])

    def mult_adds(self, *inputs: Shape) -> int:
        """Each number of the input times its weights, those that the padding cuts off included."""
        return math.prod(inputs[0]) * self._feeds(inputs[0])

    def window(self, *inputs: Shape) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """An output lies in the kernels of so many inputs; no step between outputs is less than one input's."""
        kernel, stride, *_ = self._axes(inputs[0])
        return tuple(-(-k // s) for k, s in zip(kernel, stride, strict=True)), (1,) * len(kernel)

    def canonical(self, *inputs: Shape) -> "ConvTranspose":
        kernel, stride, padding, more = self._axes(inputs[0])
        channels = self.channels or inputs[0][0]
        return replace(self, channels=channels, kernel=kernel, stride=stride, padding=padding, output_padding=more)

    def module(self, *inputs: Shape) -> "nn.Module":
        from torch import nn

        kernel, stride, padding, more = self._axes(inputs[0])
        layer: Any = getattr(nn, f"ConvTranspose{len(kernel)}d")
        channels = inputs[0][0]
        module: nn.Module = layer(
            channels, self.channels or channels, kernel, stride, padding, more, self.groups, self.bias
        )
        return module
