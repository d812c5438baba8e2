"""The classes that torch.nn lacks, as the file has them: shorter where it needs less than this package does."""

import inspect
import re

SHORT = {
    "DropPath": '''
class DropPath(nn.Module):
    """In training, leaves out what a residual adds: of each sample with probability `p`."""

    def __init__(self, p: float) -> None:
        super().__init__()
        self.p = p

    def forward(self, x: Tensor) -> Tensor:
        if not self.training or self.p == 0.0:
            return x
        keep = 1.0 - self.p
        mask = x.new_empty(x.shape[0], *(1 for _ in x.shape[1:])).bernoulli_(keep)
        return x * mask.div_(keep)
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
    "DropBatch": '''
class DropBatch(nn.Module):
    """In training, leaves out what a residual adds: of a whole batch with probability `p`."""

    def __init__(self, p: float) -> None:
        super().__init__()
        self.p = p

    def forward(self, x: Tensor) -> Tensor:
        if not self.training or self.p == 0.0:
            return x
        keep = 1.0 - self.p
        return x * x.new_empty((1,) * x.ndim).bernoulli_(keep).div_(keep)
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
    if name.startswith("PaddedAvgPool"):
        return POOL.replace("2d", name[-2:]).strip().split("\n")
    text = inspect.getsource(kind).strip()
    text = re.sub(r"\n\n    def extra_repr\(self\) -> str:\n(?:        .*\n?)+", "\n", text).strip()
    return text.split("\n")
