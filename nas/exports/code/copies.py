"""The classes that torch.nn lacks, as the file has them: shorter where it needs less than this package does."""

import inspect
import re

SHORT = {
    "DropPath": '''
class DropPath(nn.Dropout):
    """In training, leaves out what a residual adds: of each sample with probability `p`."""

    def forward(self, x: Tensor) -> Tensor:
        ones = x.new_ones(x.shape[0], *(1 for _ in x.shape[1:]))
        return x * super().forward(ones) if self.training else x
''',
    "DropBatch": '''
class DropBatch(nn.Dropout):
    """In training, leaves out what a residual adds: of a whole batch with probability `p`."""

    def forward(self, x: Tensor) -> Tensor:
        return x * super().forward(x.new_ones((1,) * x.ndim)) if self.training else x
''',
    "ChannelScale": '''
class ChannelScale(nn.Module):
    """x * weight, learned for each channel."""

    def __init__(self, channels: int, value: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.full((channels, 1, 1), value))

    def forward(self, x: Tensor) -> Tensor:
        return x * self.weight
''',
    "ChannelSlice": '''
class ChannelSlice(nn.Module):
    """x[:, start:stop]."""

    def __init__(self, start: int, stop: int | None) -> None:
        super().__init__()
        self.start, self.stop = start, stop

    def forward(self, x: Tensor) -> Tensor:
        return x[:, self.start : self.stop]
''',
    "Subsample": '''
class Subsample(nn.Module):
    """Every n-th row and column."""

    def __init__(self, step: int) -> None:
        super().__init__()
        self.step = step

    def forward(self, x: Tensor) -> Tensor:
        return x[:, :, :: self.step, :: self.step]
''',
    "ZerosLike": '''
class ZerosLike(nn.Module):
    """What an edge gives that is cut: zeros of the shape of x."""

    def forward(self, x: Tensor) -> Tensor:
        return torch.zeros_like(x)
''',
    "RadialBasis": '''
class RadialBasis(nn.Module):
    """Minus the squared distances of x to `units` points of -1 and 1."""

    points: Tensor

    def __init__(self, features: int, units: int, seed: int = 0) -> None:
        super().__init__()
        generator = torch.Generator().manual_seed(seed)
        signs = torch.randint(0, 2, (units, features), generator=generator)
        self.register_buffer("points", 2.0 * signs - 1.0, persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        squares = (x * x).sum(1, keepdim=True)
        return 2 * functional.linear(x, self.points) - squares - self.points.shape[1]
''',
    "ScaleBy": '''
class ScaleBy(nn.Module):
    """x * factor."""

    def __init__(self, factor: float) -> None:
        super().__init__()
        self.factor = factor

    def forward(self, x: Tensor) -> Tensor:
        return x * self.factor
''',
}
POOL = '''
class PaddedAvgPool2d(nn.AvgPool2d):
    """nn.AvgPool2d after functional.pad, whose zeros count."""

    def __init__(
        self,
        kernel_size: int | tuple[int, ...],
        stride: int | tuple[int, ...],
        padding: Sequence[int],
    ) -> None:
        super().__init__(kernel_size, stride)
        self.border = tuple(padding)

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(functional.pad(x, self.border))
'''
SAME = '''
class Conv2dSame(nn.Conv2d):
    """nn.Conv2d with the padding of TensorFlow: to size / stride, the odd one after."""

    def forward(self, x: Tensor) -> Tensor:
        pads: list[int] = []
        for n, k, s, d in zip(x.shape[2:], self.kernel_size, self.stride, self.dilation):
            missing = max(0, (-(-n // s) - 1) * s + (k - 1) * d + 1 - n)
            pads = [missing // 2, missing - missing // 2, *pads]
        return super().forward(functional.pad(x, pads))
'''
CONVOLUTION = '''
class PaddedConv2d(nn.Conv2d):
    """nn.Conv2d after functional.pad, which may pad one side more than the other."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int | tuple[int, ...],
        stride: int | tuple[int, ...],
        padding: Sequence[int],
        dilation: int | tuple[int, ...] = 1,
        groups: int = 1,
        bias: bool = True,
    ) -> None:
        super().__init__(
            in_channels, out_channels, kernel_size, stride, 0, dilation, groups, bias
        )
        self.border = tuple(padding)

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(functional.pad(x, self.border))
'''


def copy_of(name: str, kind: type) -> list[str]:
    """The lines of a class, without what only prints it."""
    if name in SHORT:
        return SHORT[name].strip().split("\n")
    if name.startswith("PaddedConv"):
        return CONVOLUTION.replace("2d", name[-2:]).strip().split("\n")
    if name.endswith("dSame"):
        return SAME.replace("2d", name[4:6]).strip().split("\n")
    if name.startswith("PaddedAvgPool"):
        return POOL.replace("2d", name[-2:]).strip().split("\n")
    text = inspect.getsource(kind).strip()
    text = re.sub(r"\n\n    def extra_repr\(self\) -> str:\n(?:        .*\n?)+", "\n", text).strip()
    return text.split("\n")
