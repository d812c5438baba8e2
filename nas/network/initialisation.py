"""How the weights of a new network are drawn, from a seed and no global generator."""

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules.conv import _ConvNd
from torch.overrides import TorchFunctionMode

from nas.graph.operations.layers import LocallyConnected


def initialise(model: nn.Module, seed: int) -> None:
    """Draws all convolutions and linear layers anew, module by module, and sets norms to 1 and 0, in place.

    Convolutions: normal, variance 2 / (outputs that an input feeds), He et al. 2015, Delving Deep into Rectifiers,
    arXiv:1502.01852, equation 14; a grouped convolution's input feeds its own group only. Linear layers: uniform within
    1 / sqrt(inputs), torch's own. Biases are 0, or a convolution's `bias_start`. The same seed gives the same
    weights on any device.
    """
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for module in model.modules():
            if isinstance(module, _ConvNd):
                _fill(module.weight, _normal(module.out_channels // module.groups, module.kernel_size, generator))
            elif isinstance(module, LocallyConnected):
                _fill(module.weight, _normal(module.out_channels, module.kernel, generator))
            elif isinstance(module, nn.Linear):
                limit = 1 / math.sqrt(module.in_features)
                _fill(module.weight, partial(nn.init.uniform_, a=-limit, b=limit, generator=generator))
            elif isinstance(module, nn.modules.batchnorm._BatchNorm):
                module.reset_parameters()
            if isinstance(module, _ConvNd | LocallyConnected | nn.Linear) and module.bias is not None:
                module.bias.fill_(getattr(module, "bias_start", 0.0))


def _normal(channels: int, kernel: Sequence[int], generator: torch.Generator) -> Callable[[Tensor], object]:
    """The draw of the weights of a convolution whose inputs feed so many channels."""
    return partial(nn.init.normal_, mean=0, std=math.sqrt(2 / (channels * math.prod(kernel))), generator=generator)


def _fill(weight: Tensor, draw: Callable[[Tensor], object]) -> None:
    """Draws in fp32 on the CPU, in the order of the axes, whatever the weight's device, type and memory format."""
    if weight.device.type == "cpu" and weight.dtype == torch.float32 and weight.is_contiguous():
        draw(weight)
    else:
        values = torch.empty(weight.shape)
        draw(values)
        weight.copy_(values)


class _NoDraws(TorchFunctionMode):
    """Leaves out the random fillings of torch.nn.init, whose values would be drawn again at once."""

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if getattr(func, "__module__", None) == "torch.nn.init" and func.__name__ in ("kaiming_uniform_", "uniform_"):
            return args[0] if args else (kwargs or {})["tensor"]
        return func(*args, **(kwargs or {}))


@contextmanager
def undrawn() -> Iterator[None]:
    """Modules built inside have convolutions and linear layers of unset weights: `initialise` must follow."""
    with torch.random.fork_rng(devices=[]), _NoDraws():
        yield
