"""Layers that torch.nn lacks: standardised weights, weights of each position's own, maps put back to their switches.

Each class is whole in itself, since exported files get a copy of those that they use.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional


class StandardisedConv1d(nn.Conv1d):
    """nn.Conv1d whose weights have mean 0 and variance 1 for each channel that it gives."""

    def forward(self, input: Tensor) -> Tensor:
        weight = self.weight - self.weight.mean((1, 2), keepdim=True)
        weight = weight / (weight.square().mean((1, 2), keepdim=True) + 1e-5).sqrt()
        return self._conv_forward(input, weight, self.bias)


class StandardisedConv2d(nn.Conv2d):
    """nn.Conv2d whose weights have mean 0 and variance 1 for each channel that it gives."""

    def forward(self, input: Tensor) -> Tensor:
        weight = self.weight - self.weight.mean((1, 2, 3), keepdim=True)
        weight = weight / (weight.square().mean((1, 2, 3), keepdim=True) + 1e-5).sqrt()
        return self._conv_forward(input, weight, self.bias)


class StandardisedConv3d(nn.Conv3d):
    """nn.Conv3d whose weights have mean 0 and variance 1 for each channel that it gives."""

    def forward(self, input: Tensor) -> Tensor:
        weight = self.weight - self.weight.mean((1, 2, 3, 4), keepdim=True)
        weight = weight / (weight.square().mean((1, 2, 3, 4), keepdim=True) + 1e-5).sqrt()
        return self._conv_forward(input, weight, self.bias)


class LocallyConnected(nn.Module):
    """A convolution that has weights and a bias of its own at each position, for maps of `sizes`.

    `border` is what torch.nn.functional.pad takes. `weight` is (out_channels, in_channels, *kernel,
    *positions), `bias` (out_channels, *positions).
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        sizes: Sequence[int],
        kernel: Sequence[int],
        strides: Sequence[int],
        border: Sequence[int],
        bias: bool = True,
    ) -> None:
        super().__init__()
        self.in_channels, self.out_channels, self.sizes = in_channels, out_channels, tuple(sizes)
        self.kernel, self.strides, self.border = tuple(kernel), tuple(strides), tuple(border)
        axes = len(self.sizes)
        borders = [sum(self.border[2 * axis : 2 * axis + 2]) for axis in reversed(range(axes))]
        padded = [size + border for size, border in zip(self.sizes, borders, strict=True)]
        fits = zip(padded, self.kernel, self.strides, strict=True)
        positions = [(size - extent) // stride + 1 for size, extent, stride in fits]
        self.weight = nn.Parameter(torch.empty(out_channels, in_channels, *self.kernel, *positions))
        self.bias = nn.Parameter(torch.zeros(out_channels, *positions)) if bias else None
        limit = (self.weight[0].numel() / torch.Size(positions).numel()) ** -0.5
        nn.init.uniform_(self.weight, -limit, limit)

    def forward(self, x: Tensor) -> Tensor:
        x = functional.pad(x, self.border)
        for axis, (extent, stride) in enumerate(zip(self.kernel, self.strides, strict=True), 2):
            x = x.unfold(axis, extent, stride)
        read, own = "yxz"[: len(self.kernel)], "hwd"[: len(self.kernel)]
        y = torch.einsum(f"nc{own}{read},oc{read}{own}->no{own}", x, self.weight)
        return y if self.bias is None else y + self.bias

    def extra_repr(self) -> str:
        return f"{self.in_channels}, {self.out_channels}, sizes={self.sizes}, kernel={self.kernel}"


class MaxUnpool(nn.Module):
    """Puts each number of x where its window's maximum was in `pooled`, what a max pooling read.

    There are zeros elsewhere, and numbers that belong to one place are added.
    """

    def __init__(
        self,
        kernel_size: int | tuple[int, ...],
        stride: int | tuple[int, ...],
        padding: int | tuple[int, ...] = 0,
        ceil_mode: bool = False,
    ) -> None:
        super().__init__()
        self.kernel_size, self.stride = kernel_size, stride
        self.padding, self.ceil_mode = padding, ceil_mode

    def forward(self, x: Tensor, pooled: Tensor) -> Tensor:
        pool = (functional.max_pool1d, functional.max_pool2d, functional.max_pool3d)[x.ndim - 3]
        window = (self.kernel_size, self.stride, self.padding, 1, self.ceil_mode)
        _, switches = pool(pooled, *window, return_indices=True)
        zeros = x.new_zeros(pooled.shape).flatten(2)
        return zeros.scatter_add(2, switches.flatten(2), x.flatten(2)).reshape(pooled.shape)

    def extra_repr(self) -> str:
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"
