"""The two operations that multiply: convolution and the linear layer."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

from nas.errors import ShapeError
from nas.graph.operation import Drawn, Operation, Shape
from nas.graph.operations.arguments import Axes, check_axes, check_flag, check_number, check_padding, check_whole
from nas.graph.operations.shapes import brief, per_axis, same_pads, spatial_rank, text

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True)
class Conv(Operation):
    """Convolution, 1D to 3D by the input's rank.

    `channels` None: the input's. `padding` None pads kernel - 1 positions (dilated) in all, so that the size is kept at
    stride 1; where that is odd, the larger half goes after at stride 1 and is left out at other strides. `same` pads as
    TensorFlow does: as little as gives size / stride outputs, rounded up, the larger half after. A `kernel` of the word
    whole is as large as the map, and then None pads nothing. `bias_start`: the bias of a new network, as of a gate that
    is to begin closed. `standardised`: it computes with its weights less their mean and over their deviation, for each
    channel that it gives (weight standardization, Qiao et al. 2019, arXiv:1903.10520; 1e-5 is added to the variance).
    """

    name: ClassVar[str] = "conv"
    drawn: ClassVar[Drawn] = "conv"
    overwritable: ClassVar[bool] = True
    channels_of_input: ClassVar[bool] = True
    training_only: ClassVar[frozenset[str]] = frozenset({"bias_start"})
    added: ClassVar[frozenset[str]] = frozenset({"standardised"})

    channels: int | None = None
    kernel: Axes | str = None  # type: ignore[assignment]  # required, but documents may leave out the channels before it
    stride: Axes = 1
    padding: Axes | str | None = None
    dilation: Axes = 1
    groups: int = 1
    bias: bool = True
    bias_start: float = 0.0
    standardised: bool = False

    def __post_init__(self) -> None:
        if self.channels is not None:
            check_whole("channels", self.channels)
        if self.kernel != "whole":
            check_axes(self, "kernel")
        check_axes(self, "stride")
        if self.padding is not None:
            check_padding(self)
        check_axes(self, "dilation")
        check_whole("groups", self.groups)
        check_flag("bias", self.bias)
        check_number("bias_start", self.bias_start)
        check_flag("standardised", self.standardised)

    def pads(self, sizes: Sequence[int]) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """(before, after) for each spatial axis of these sizes."""
        rank = len(sizes)
        extents, strides = self._window(sizes)
        if self.padding == "same":
            return same_pads(sizes, extents, strides)
        if self.padding is not None:
            pads = per_axis("padding", self.padding, rank)  # type: ignore[arg-type]
            return pads, pads
        if self.kernel == "whole":
            return (0,) * rank, (0,) * rank
        before = tuple((extent - 1) // 2 for extent in extents)
        if any(stride != 1 for stride in strides):
            return before, before
        return before, tuple(extent // 2 for extent in extents)

    def kernels(self, sizes: Sequence[int]) -> tuple[int, ...]:
        """The kernel's size on each of these axes."""
        return tuple(sizes) if isinstance(self.kernel, str) else per_axis("kernel", self.kernel, len(sizes))

    def _window(self, sizes: Sequence[int]) -> tuple[tuple[int, ...], tuple[int, ...]]:
        rank = len(sizes)
        dilation = per_axis("dilation", self.dilation, rank)
        extents = tuple((k - 1) * d + 1 for k, d in zip(self.kernels(sizes), dilation, strict=True))
        return extents, per_axis("stride", self.stride, rank)

    def shape(self, *inputs: Shape) -> Shape:
        channels, *sizes = inputs[0]
        spatial_rank(inputs[0])
        for count, side in ((channels, "input"), (self.channels or channels, "output")):
            if count % self.groups:
                raise ShapeError(f"groups {self.groups} does not divide the {count} {side} channels")
        extents, strides = self._window(sizes)
        before, after = self.pads(sizes)
        padded = [size + b + a for size, b, a in zip(sizes, before, after, strict=True)]
        if any(size < extent for size, extent in zip(padded, extents, strict=True)):
            kernel = brief(self.kernels(sizes))
            dilation = per_axis("dilation", self.dilation, len(sizes))
            dilated = "" if self.dilation == 1 else f", dilation {brief(dilation)}"
            raise ShapeError(f"kernel {kernel} does not fit in {text(sizes)} (padding {brief(before)}{dilated})")
        if self.standardised and before != after and any(stride != 1 for stride in strides):
            raise ShapeError("a standardised convolution with a stride pads both sides alike; put pad before it")
        outputs = [(size - extent) // stride + 1 for size, extent, stride in zip(padded, extents, strides, strict=True)]
        return (self.channels or channels, *outputs)

    def parameters(self, *inputs: Shape) -> int:
        channels = self.channels or inputs[0][0]
        return channels * self._reads(inputs[0]) + self.bias * channels

    def mult_adds(self, *inputs: Shape) -> int:
        return self._reads(inputs[0]) * math.prod(self.shape(*inputs))

    def _reads(self, shape: Shape) -> int:
        """How many numbers one output is a weighted sum of."""
        return shape[0] // self.groups * math.prod(self.kernels(shape[1:]))

    def window(self, *inputs: Shape) -> tuple[tuple[int, ...], tuple[int, ...]]:
        return self._window(inputs[0][1:])

    def canonical(self, *inputs: Shape) -> "Conv":
        rank = spatial_rank(inputs[0])
        before, after = self.pads(inputs[0][1:])
        strided = any(stride != 1 for stride in self._window(inputs[0][1:])[1])
        return replace(
            self,
            channels=self.channels or inputs[0][0],
            kernel=self.kernels(inputs[0][1:]),
            stride=per_axis("stride", self.stride, rank),
            bias_start=self.bias_start if self.bias else 0.0,
            padding=before if before == after else "same" if strided else None,
            dilation=per_axis("dilation", self.dilation, rank),
        )

    def module(self, *inputs: Shape) -> "nn.Module":
        from torch import nn

        rank = spatial_rank(inputs[0])
        before, after = self.pads(inputs[0][1:])
        stride = per_axis("stride", self.stride, rank)
        layer: Any = getattr(nn, f"Conv{rank}d")
        padding: Any = before if before == after else "same"
        if self.standardised:
            from nas.graph.operations import layers

            layer = getattr(layers, f"StandardisedConv{rank}d")
        elif padding == "same" and stride != (1,) * rank:
            from nas.graph.operations import padded

            layer = getattr(padded, f"PaddedConv{rank}d")
            padding = tuple(width for axis in reversed(range(rank)) for width in (before[axis], after[axis]))
        module: nn.Module = layer(
            inputs[0][0],
            self.channels or inputs[0][0],
            self.kernels(inputs[0][1:]),
            stride,
            padding,
            per_axis("dilation", self.dilation, rank),
            self.groups,
            self.bias,
        )
        if self.bias_start:
            module.bias_start = self.bias_start  # type: ignore[assignment]  # read by nas.network.initialise
        return module


@dataclass(frozen=True)
class Linear(Operation):
    """Linear layer on a vector."""

    name: ClassVar[str] = "linear"
    drawn: ClassVar[Drawn] = "linear"
    overwritable: ClassVar[bool] = True

    features: int
    bias: bool = True

    def __post_init__(self) -> None:
        check_whole("features", self.features)
        check_flag("bias", self.bias)

    def shape(self, *inputs: Shape) -> Shape:
        if len(inputs[0]) != 1:
            raise ShapeError(f"takes a vector, not {text(inputs[0])}; put flatten or global_avg_pool before it")
        return (self.features,)

    def parameters(self, *inputs: Shape) -> int:
        return self.features * (inputs[0][0] + self.bias)

    def mult_adds(self, *inputs: Shape) -> int:
        return self.features * inputs[0][0]

    def module(self, *inputs: Shape) -> "nn.Module":
        from torch import nn

        return nn.Linear(inputs[0][0], self.features, self.bias)
