"""Gradients of depthwise convolutions on a CPU, made of what oneDNN has fast kernels for: the same sums, reordered.

In channels_last it has them for forwards, and for gradients without dilation; of these, those of the weights only where
the map is as large as the kernel, and with AVX-512 only of 3x3. The rest takes up to 14 times as long as what is here.
"""

from __future__ import annotations

from types import TracebackType
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

LAST = torch.channels_last
CPU = torch.backends.cpu.get_cpu_capability()
KERNELS = {1: (3, 5, 7), 2: (3, 5)}  # by dilation; the forward of a dilated 7x7 is slow itself


class FastBackward:
    """A context in which the depthwise convolutions of `model` take these gradients, where they are faster.

    The modules change their class for it and nothing else, so that outside of it the model is the plain one: to be
    entered around each step of a training. Elsewhere than on a CPU with oneDNN's kernels it does nothing.
    """

    def __init__(self, model: nn.Module) -> None:
        has_kernels = torch.backends.mkldnn.is_available() and CPU in ("AVX2", "AVX512")
        self.modules = [module for module in model.modules() if has_kernels and _is_known(module)]

    def __enter__(self) -> None:
        for module in self.modules:
            module.__class__ = DepthwiseConv2d

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        for module in self.modules:
            module.__class__ = nn.Conv2d


class DepthwiseConv2d(nn.Conv2d):
    """What a depthwise nn.Conv2d is within `FastBackward`. Input and output are (N, C, H, W) as ever."""

    def forward(self, input: Tensor) -> Tensor:
        stride, padding, dilation = self.stride[0], int(self.padding[0]), self.dilation[0]
        if _is_faster(input, self.weight, stride, dilation):
            output: Tensor = Depthwise.apply(input, self.weight, stride, padding, dilation)
            return output
        return super().forward(input)


class Depthwise(torch.autograd.Function):
    """The convolution of x (N, C, H, W) with w (C, 1, k, k), bitwise torch's own, and faster gradients.

    Dilation is 1, or 2 with an even padding of 2 (k - 1) at most. Where the gradients are to be differentiated in turn,
    they are torch's own too.
    """

    generate_vmap_rule = True

    @staticmethod
    def forward(x: Tensor, w: Tensor, stride: int, padding: int, dilation: int) -> Tensor:
        return functional.conv2d(x, w, None, stride, padding, dilation, len(w))

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Tensor) -> None:
        x, w, *ctx.numbers = inputs
        ctx.save_for_backward(x, w)

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> tuple[Tensor | None, ...]:
        x, w = ctx.saved_tensors
        of_x, of_w, *_ = ctx.needs_input_grad
        stride, padding, dilation = ctx.numbers
        if torch.is_grad_enabled():
            return (*_native(g, x, w, stride, padding, dilation, (of_x, of_w)), None, None, None)
        before = LAST if _is_last(x) else torch.contiguous_format
        g, x = g.contiguous(memory_format=LAST), x.contiguous(memory_format=LAST)
        dx = input_gradient(g, x, w, stride, padding, dilation).contiguous(memory_format=before) if of_x else None
        dw = weight_gradient(g, x, w, stride, padding, dilation) if of_w else None
        return dx, dw, None, None, None


def input_gradient(g: Tensor, x: Tensor, w: Tensor, stride: int, padding: int, dilation: int) -> Tensor:
    """A forward with the flipped kernel; at stride 2 every second row and column of x was read, as at stride 1."""
    if dilation == 1:
        return _native(g, x, w, stride, padding, 1, (True, False))[0]
    reach = 2 * (w.shape[-1] - 1) - padding
    if stride == 1:
        return functional.conv2d(g, w.flip(2, 3), None, 1, reach, 2, len(w))
    dx = torch.zeros_like(x, memory_format=LAST)
    dx[:, :, ::2, ::2] = functional.conv2d(g, w.flip(2, 3), None, 1, reach // 2, 1, len(w))
    return dx


def weight_gradient(g: Tensor, x: Tensor, w: Tensor, stride: int, padding: int, dilation: int) -> Tensor:
    """Without dilation: at stride 2 from every second row and column of x, at stride 1 from four smaller images."""
    if dilation == 2:
        x = x[:, :, ::2, ::2].contiguous(memory_format=LAST) if stride == 2 else _quarters(x)
        g = g if stride == 2 else _quarters(g)
        stride, padding = 1, padding // 2
    small = _is_small(x, w)
    if w.shape[-1] == 5 and stride == 1 and (small or CPU == "AVX512"):
        return _by_corners(g, functional.pad(x, (padding,) * 4), w)
    if small:
        x, padding = functional.pad(x, (padding,) * 4), 0
    return _native(g, x, w, stride, padding, 1, (False, True))[1]


def _by_corners(g: Tensor, x: Tensor, w: Tensor) -> Tensor:
    """Of a 5x5 kernel, by its four corners of 3x3, which share a row and a column. x is padded already."""
    height, width = g.shape[2:]
    dw = torch.empty_like(w)
    for i in (0, 2):
        for j in (0, 2):
            part = x[:, :, i : i + height + 2, j : j + width + 2].contiguous(memory_format=LAST)
            dw[:, :, i : i + 3, j : j + 3] = _native(g, part, w[:, :, :3, :3], 1, 0, 1, (False, True))[1]
    return dw


def _quarters(t: Tensor) -> Tensor:
    """(4 N, C, H/2, W/2): the positions of each parity, which never meet where the dilation is 2. Zeros make H even."""
    if t.shape[2] % 2 or t.shape[3] % 2:
        t = functional.pad(t, (0, t.shape[3] % 2, 0, t.shape[2] % 2))
    parts = [t[:, :, i::2, j::2] for i in (0, 1) for j in (0, 1)]
    return torch.cat(parts).contiguous(memory_format=LAST)


def _native(
    g: Tensor, x: Tensor, w: Tensor, stride: int, padding: int, dilation: int, which: tuple[bool, bool]
) -> tuple[Tensor, Tensor]:
    """Torch's own gradients of x and w, those of `which`; the other is None."""
    numbers = ([stride] * 2, [padding] * 2, [dilation] * 2, False, [0, 0], len(w))
    dx, dw, _ = torch.ops.aten.convolution_backward(g, x, w, None, *numbers, [*which, False])
    return dx, dw


def _is_last(x: Tensor) -> bool:
    """Whether x is in channels_last; within vmap torch cannot be asked."""
    return x.stride(1) == 1


def _is_small(x: Tensor, w: Tensor) -> bool:
    return min(x.shape[2:]) < w.shape[-1]


def _is_known(module: nn.Module) -> bool:
    """Whether it is a convolution for which `_is_faster` may hold. Subclasses may do something else."""
    if type(module) is not nn.Conv2d or module.bias is not None or module.padding_mode != "zeros":
        return False
    if not module.groups == module.in_channels == module.out_channels > 1 or isinstance(module.padding, str):
        return False
    axes = (module.kernel_size, module.stride, module.padding, module.dilation)
    (kernel, stride, padding, dilation), square = (a[0] for a in axes), all(a[0] == a[1] for a in axes)
    fits = padding % dilation == 0 and padding <= dilation * (kernel - 1)
    return square and fits and stride in (1, 2) and kernel in KERNELS.get(dilation, ())


def _is_faster(x: Tensor, w: Tensor, stride: int, dilation: int) -> bool:
    """As measured by tests/benchmarks/depthwise.py, in float32 and both memory formats."""
    if not torch.is_grad_enabled() or torch.is_autocast_enabled("cpu") or torch.compiler.is_compiling():
        return False
    if x.dim() != 4 or not x.numel():
        return False
    if not (x.dtype == w.dtype == torch.float32 and x.device.type == w.device.type == "cpu"):
        return False
    if dilation == 2 or _is_small(x, w):
        return True
    kernel = w.shape[-1]
    return kernel == 5 and stride == 1 and CPU == "AVX512" if _is_last(x) else kernel >= 5
