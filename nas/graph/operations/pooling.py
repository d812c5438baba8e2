"""Pooling: windows (max, average) and whole maps."""

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar, Self

from nas.errors import ArgumentError, ShapeError
from nas.graph.operation import Drawn, Operation, Shape
from nas.graph.operations.arguments import Axes, check_axes, check_flag, check_padding, check_whole, check_word
from nas.graph.operations.shapes import brief, per_axis, same_pads, spatial_rank, text

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True)
class _WindowPool(Operation):
    """What max and average pooling share. `stride` None: the kernel. `ceil`: a last, partial window counts too.

    `padding` same pads as TensorFlow does: as little as gives size / stride windows, rounded up, the larger half after.
    """

    drawn: ClassVar[Drawn] = "pool"
    by_channel: ClassVar[bool] = True

    kernel: Axes
    stride: Axes | None = None
    padding: Axes | str = 0
    ceil: bool = False

    def __post_init__(self) -> None:
        check_axes(self, "kernel")
        if self.stride is not None:
            check_axes(self, "stride")
        check_padding(self)
        check_flag("ceil", self.ceil)
        if self.padding != 0 and not isinstance(self.padding, str):
            rank = max(len(value) for value in (self.kernel, self.padding, (0,)) if isinstance(value, tuple))
            kernel, padding = per_axis("kernel", self.kernel, rank), per_axis("padding", self.padding, rank)
            if any(2 * p > k for k, p in zip(kernel, padding, strict=True)):
                raise ArgumentError("padding", self.padding, f"at most half of the kernel, {brief(kernel)}")

    def _axes(self, shape: Shape) -> tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...], bool]:
        """Kernel, stride and padding before for each spatial axis; and `ceil`.

        A `same` padding that is wider after is half of it before and a last, partial window.
        """
        rank, sizes = len(shape) - 1, shape[1:]
        kernel = per_axis("kernel", self.kernel, rank)
        stride = kernel if self.stride is None else per_axis("stride", self.stride, rank)
        if self.padding != "same":
            return kernel, stride, per_axis("padding", self.padding, rank), self.ceil  # type: ignore[arg-type]
        before, after = same_pads(sizes, kernel, stride)
        if any(b < a and s == 1 for b, a, s in zip(before, after, stride, strict=True)):
            raise ShapeError(f"an even kernel at stride 1, {brief(kernel)}, has no same padding")
        return kernel, stride, before, self.ceil or before != after

    def shape(self, *inputs: Shape) -> Shape:
        channels, *sizes = inputs[0]
        spatial_rank(inputs[0])
        kernel, stride, padding, ceil = self._axes(inputs[0])
        outputs = [pooled_size(n, k, s, p, ceil) for n, k, s, p in zip(sizes, kernel, stride, padding, strict=True)]
        if min(outputs) < 1:
            raise ShapeError(f"kernel {brief(kernel)} does not fit in {text(sizes)} (padding {brief(padding)})")
        return (channels, *outputs)

    def window(self, *inputs: Shape) -> tuple[tuple[int, ...], tuple[int, ...]]:
        return self._axes(inputs[0])[:2]

    def canonical(self, *inputs: Shape) -> Self:
        kernel, stride, padding, ceil = self._axes(inputs[0])
        floor = replace(self, kernel=kernel, stride=stride, padding=padding, ceil=False)
        # A kernel that only fits with `ceil` has no floor shape; sizes are compared without raising.
        sizes = zip(inputs[0][1:], kernel, stride, padding, strict=True)
        if not ceil or all(pooled_size(*axis, True) == pooled_size(*axis, False) for axis in sizes):
            return floor
        return replace(floor, ceil=True)


@dataclass(frozen=True)
class MaxPool(_WindowPool):
    """Maximum over windows; padding never wins."""

    name: ClassVar[str] = "max_pool"

    def module(self, *inputs: Shape) -> "nn.Module":
        from torch import nn

        kernel, stride, padding, ceil = self._axes(inputs[0])
        layer: type[nn.MaxPool2d] = getattr(nn, f"MaxPool{spatial_rank(inputs[0])}d")
        return layer(kernel, stride, padding, ceil_mode=ceil)


@dataclass(frozen=True)
class MaxUnpool(_WindowPool):
    """Undoes a max pooling of these arguments: its inputs are a map and, second, what the pooling read.

    Each number of the map goes where the maximum of its window was (its switch), and zeros elsewhere; where windows
    overlap, numbers of one place are added. Zeiler and Fergus 2014, arXiv:1311.2901; SegNet, Badrinarayanan et al.
    2015, arXiv:1511.00561. The switches are found anew from the second input: only maps go between operations.
    """

    name: ClassVar[str] = "max_unpool"
    merges: ClassVar[bool] = True

    def shape(self, *inputs: Shape) -> Shape:
        if len(inputs) != 2:
            raise ShapeError(f"takes two inputs (a map, and what the pooling read), not {len(inputs)}")
        pooled = _WindowPool.shape(self, inputs[1])
        if inputs[0] != pooled:
            raise ShapeError(f"the pooling of {text(inputs[1])} gives {text(pooled)}, not {text(inputs[0])}")
        return inputs[1]

    def window(self, *inputs: Shape) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """A position lies in so many windows; no step between positions is less than one of the map's."""
        kernel, stride, *_ = self._axes(inputs[1])
        return tuple(-(-k // s) for k, s in zip(kernel, stride, strict=True)), (1,) * len(kernel)

    def canonical(self, *inputs: Shape) -> Self:
        return _WindowPool.canonical(self, inputs[1])

    def module(self, *inputs: Shape) -> "nn.Module":
        from nas.graph.operations import layers

        return layers.MaxUnpool(*self._axes(inputs[1]))


@dataclass(frozen=True)
class AvgPool(_WindowPool):
    """Average over windows; `count_include_pad`: padding counts as zeros, else not at all."""

    name: ClassVar[str] = "avg_pool"
    label: ClassVar[str] = "average pool"

    count_include_pad: bool = True

    def __post_init__(self) -> None:
        _WindowPool.__post_init__(self)
        check_flag("count_include_pad", self.count_include_pad)

    def shape(self, *inputs: Shape) -> Shape:
        spatial_rank(inputs[0])
        kernel, sizes = self._axes(inputs[0])[0], inputs[0][1:]
        if len(sizes) == 3 and any(size < k for size, k in zip(sizes, kernel, strict=True)):
            raise ShapeError(f"kernel {brief(kernel)} does not fit in {text(sizes)} (in 3D, torch counts no padding)")
        return _WindowPool.shape(self, *inputs)

    def canonical(self, *inputs: Shape) -> Self:
        spelled = _WindowPool.canonical(self, *inputs)
        if self._zeros(inputs[0]):
            return replace(spelled, padding="same", ceil=False)
        return spelled if any(self._axes(inputs[0])[2]) else replace(spelled, count_include_pad=True)

    def module(self, *inputs: Shape) -> "nn.Module":
        from torch import nn

        kernel, stride, padding, ceil = self._axes(inputs[0])
        if self._zeros(inputs[0]):  # not torch's divisor_override, which the ONNX exporter drops without a word
            from nas.graph.operations import padded

            before, after = same_pads(inputs[0][1:], kernel, stride)
            widths = [width for pair in zip(before, after, strict=True) for width in reversed(pair)]
            return padded.PaddedAvgPool(kernel, stride, widths[::-1])
        layer: Any = getattr(nn, f"AvgPool{spatial_rank(inputs[0])}d")
        module: nn.Module = layer(kernel, stride, padding, ceil, self.count_include_pad)
        return module

    def _zeros(self, shape: Shape) -> bool:
        """Whether a partial window's missing numbers count as zeros (torch never counts those of `ceil`)."""
        return self.padding == "same" and self.count_include_pad and self._axes(shape)[3] and not self.ceil


@dataclass(frozen=True)
class GlobalAvgPool(Operation):
    """Mean over all spatial axes: a vector."""

    name: ClassVar[str] = "global_avg_pool"
    by_channel: ClassVar[bool] = True
    label: ClassVar[str] = "global average pool"
    drawn: ClassVar[Drawn] = "pool"
    covers_map: ClassVar[bool] = True

    def shape(self, *inputs: Shape) -> Shape:
        spatial_rank(inputs[0])
        return inputs[0][:1]

    def window(self, *inputs: Shape) -> tuple[tuple[int, ...], tuple[int, ...]]:
        return inputs[0][1:], (1,) * (len(inputs[0]) - 1)

    def module(self, *inputs: Shape) -> "nn.Module":
        from nas.graph.operations import modules

        return modules.GlobalAvgPool()


@dataclass(frozen=True)
class _AdaptivePool(Operation):
    """`size` windows an axis, whatever the input's size: `(channels, *size)`. `layer`: torch's name."""

    layer: ClassVar[str]
    drawn: ClassVar[Drawn] = "pool"
    covers_map: ClassVar[bool] = True
    by_channel: ClassVar[bool] = True

    size: Axes

    def __post_init__(self) -> None:
        check_axes(self, "size")

    def shape(self, *inputs: Shape) -> Shape:
        return (inputs[0][0], *per_axis("size", self.size, spatial_rank(inputs[0])))

    def window(self, *inputs: Shape) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Windows of unequal size: the largest extent, and the mean distance rounded down."""
        sizes, outputs = inputs[0][1:], self.shape(*inputs)[1:]
        # The i-th window goes from floor(i size / n) to ceil((i + 1) size / n): with size / n = p / q in lowest
        # terms it is longest where i p leaves the remainder q - 1.
        lowest = [(size // math.gcd(size, n), n // math.gcd(size, n)) for size, n in zip(sizes, outputs, strict=True)]
        extents = tuple((p + 2 * q - 2) // q for p, q in lowest)
        return extents, tuple(max(1, size // n) for size, n in zip(sizes, outputs, strict=True))

    def canonical(self, *inputs: Shape) -> Self:
        return replace(self, size=self.shape(*inputs)[1:])

    def module(self, *inputs: Shape) -> "nn.Module":
        from torch import nn

        layer: type[nn.AdaptiveAvgPool2d] = getattr(nn, f"{self.layer}{spatial_rank(inputs[0])}d")
        return layer(self.shape(*inputs)[1:])


@dataclass(frozen=True)
class AdaptiveAvgPool(_AdaptivePool):
    """Average over windows that grow with the input."""

    name: ClassVar[str] = "adaptive_avg_pool"
    label: ClassVar[str] = "average pool to"
    layer: ClassVar[str] = "AdaptiveAvgPool"


@dataclass(frozen=True)
class AdaptiveMaxPool(_AdaptivePool):
    """Maximum over windows that grow with the input."""

    name: ClassVar[str] = "adaptive_max_pool"
    layer: ClassVar[str] = "AdaptiveMaxPool"


@dataclass(frozen=True)
class ChannelPool(Operation):
    """Maximum or mean over each `size` channels that follow one another; None: over all of them.

    The maximum of a few is Maxout (Goodfellow et al. 2013). Over all channels both are what CBAM attends by.
    """

    name: ClassVar[str] = "channel_pool"
    drawn: ClassVar[Drawn] = "pool"

    size: int | None = None
    mode: str = "max"

    def __post_init__(self) -> None:
        if self.size is not None:
            check_whole("size", self.size)
        check_word("mode", self.mode, ("max", "mean"))

    def shape(self, *inputs: Shape) -> Shape:
        channels, *sizes = inputs[0]
        if self.size is not None and channels % self.size:
            raise ShapeError(f"size {self.size} does not divide the {channels} channels of {text(inputs[0])}")
        return (channels // (self.size or channels), *sizes)

    def canonical(self, *inputs: Shape) -> "ChannelPool":
        return replace(self, size=self.size or inputs[0][0])

    def module(self, *inputs: Shape) -> "nn.Module":
        from nas.graph.operations import modules

        return modules.ChannelPool(self.size or inputs[0][0], self.mode)


def pooled_size(size: int, kernel: int, stride: int, padding: int, ceil: bool) -> int:
    """Windows along one axis, as torch counts them; with `ceil` the last must not begin in the padding after."""
    free = size + 2 * padding - kernel
    if not ceil:
        return free // stride + 1
    count = -(-free // stride) + 1
    return count - 1 if (count - 1) * stride >= size + padding else count
