"""Adaptive pooling as slices, for formats that have no operation for windows of unequal size."""

import copy
from collections.abc import Sequence

import torch
from torch import Tensor, nn

LAYERS = (nn.AdaptiveMaxPool1d, nn.AdaptiveMaxPool2d, nn.AdaptiveMaxPool3d, nn.AdaptiveAvgPool3d)


class Windows(nn.Module):
    """What torch's adaptive pooling to `size` computes: axis after axis, since its windows are boxes."""

    def __init__(self, size: Sequence[int], maximum: bool) -> None:
        super().__init__()
        self.size, self.maximum = tuple(size), maximum

    def forward(self, x: Tensor) -> Tensor:
        for axis, count in enumerate(self.size, 2):
            length = x.shape[axis]
            ends = [(i * length // count, -(-(i + 1) * length // count)) for i in range(count)]
            parts = [x.narrow(axis, first, last - first) for first, last in ends]
            x = torch.cat(
                [p.amax(axis, keepdim=True) if self.maximum else p.mean(axis, keepdim=True) for p in parts], axis
            )
        return x


def sliced(model: nn.Module) -> nn.Module:
    """The network, or a copy of it in which such poolings are `Windows`."""
    if not any(isinstance(module, LAYERS) for module in model.modules()):
        return model
    model = copy.deepcopy(model)
    for parent in list(model.modules()):
        for name, module in parent._modules.items():
            if isinstance(module, LAYERS):
                rank = int(type(module).__name__[-2])
                sizes = module.output_size if isinstance(module.output_size, tuple) else (module.output_size,) * rank
                whole = [size for size in sizes if size is not None]
                if len(whole) == rank:
                    parent._modules[name] = Windows(whole, "Max" in type(module).__name__)
    return model
