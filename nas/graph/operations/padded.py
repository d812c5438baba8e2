"""Convolutions and averages with any padding: torch's own pad both sides alike, or keep the size.

`padding` is what torch.nn.functional.pad takes: (before, after) of each axis, the last axis first. Each class is
whole in itself, since exported files get a copy of those that they use.
"""

from collections.abc import Sequence

from torch import Tensor, nn
from torch.nn import functional


class PaddedConv1d(nn.Conv1d):
    """nn.Conv1d after functional.pad."""

    padding: tuple[int, ...]

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int | tuple[int],
        stride: int | tuple[int],
        padding: Sequence[int],
        dilation: int | tuple[int] = 1,
        groups: int = 1,
        bias: bool = True,
    ) -> None:
        super().__init__(in_channels, out_channels, kernel_size, stride, 0, dilation, groups, bias)
        self.padding = tuple(padding)

    def forward(self, input: Tensor) -> Tensor:
        padded = functional.pad(input, self.padding)
        return functional.conv1d(padded, self.weight, self.bias, self.stride, 0, self.dilation, self.groups)


class PaddedConv2d(nn.Conv2d):
    """nn.Conv2d after functional.pad."""

    padding: tuple[int, ...]

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int | tuple[int, int],
        stride: int | tuple[int, int],
        padding: Sequence[int],
        dilation: int | tuple[int, int] = 1,
        groups: int = 1,
        bias: bool = True,
    ) -> None:
        super().__init__(in_channels, out_channels, kernel_size, stride, 0, dilation, groups, bias)
        self.padding = tuple(padding)

    def forward(self, input: Tensor) -> Tensor:
        padded = functional.pad(input, self.padding)
        return functional.conv2d(padded, self.weight, self.bias, self.stride, 0, self.dilation, self.groups)


class PaddedConv3d(nn.Conv3d):
    """nn.Conv3d after functional.pad."""

    padding: tuple[int, ...]

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int | tuple[int, int, int],
        stride: int | tuple[int, int, int],
        padding: Sequence[int],
        dilation: int | tuple[int, int, int] = 1,
        groups: int = 1,
        bias: bool = True,
    ) -> None:
        super().__init__(in_channels, out_channels, kernel_size, stride, 0, dilation, groups, bias)
        self.padding = tuple(padding)

    def forward(self, input: Tensor) -> Tensor:
        padded = functional.pad(input, self.padding)
        return functional.conv3d(padded, self.weight, self.bias, self.stride, 0, self.dilation, self.groups)


class PaddedAvgPool(nn.Module):
    """The average over windows after functional.pad, whose zeros count; 1D to 3D, as `padding` has axes."""

    def __init__(
        self, kernel_size: int | tuple[int, ...], stride: int | tuple[int, ...], padding: Sequence[int]
    ) -> None:
        super().__init__()
        self.kernel_size, self.stride, self.padding = kernel_size, stride, tuple(padding)

    def forward(self, input: Tensor) -> Tensor:
        pool = (functional.avg_pool1d, functional.avg_pool2d, functional.avg_pool3d)[len(self.padding) // 2 - 1]
        return pool(functional.pad(input, self.padding), self.kernel_size, self.stride)

    def extra_repr(self) -> str:
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"
