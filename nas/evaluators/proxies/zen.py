"""Zen score: how sensitive the last feature map is to its input, for Gaussian weights and a Gaussian input.

Source: Lin et al. 2021, Zen-NAS, arXiv:2102.01063, algorithm 1, for the network f before its global pooling, batch
norms of deviation s, and alpha = 0.01:

    zen = log E |f(x) - f(x + alpha e)| + sum over batch norms log s,        s^2 = mean over channels of the variance

The paper's code, and all published values, take the norm that sums absolute values, and for the variances the batch
norms' running ones after the two passes, a fifth of which the batches have decided. So does this.
"""

import math

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from nas.evaluators.proxies.prepare import layers, prepare
from nas.network import Network

ALPHA, MOMENTUM = 0.01, 0.1


def zen(model: Network, images: Tensor, labels: Tensor, generator: torch.Generator) -> float:
    """Looks at no data but at the images' number and shape.

    The last feature map is the last one larger than one pixel, else what the last layer reads.
    """
    net = prepare(model)
    norms = [module for module in net.modules() if isinstance(module, _BatchNorm) and module.running_var is not None]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = MOMENTUM
    _draw(net, generator)
    maps = _watch(net)
    with torch.no_grad():
        x, e = (torch.randn(images.shape, generator=generator).to(images.device) for _ in range(2))
        net(x)
        first = maps[-1]
        net(x + ALPHA * e)
        change = (first - maps[-1]).abs().flatten(1).sum(1).mean()
        scales = [math.log(float(norm.running_var.mean())) / 2 for norm in norms]  # type: ignore[union-attr]
        return float(change.log()) + sum(scales)


def _draw(net: nn.Module, generator: torch.Generator) -> None:
    """Weights from a standard normal distribution, no biases; a new network's batch norms are 1 and 0 already."""
    with torch.no_grad():
        for layer in layers(net):
            weight, bias = layer.weight, layer.bias
            weight.copy_(torch.randn(weight.shape, generator=generator))  # type: ignore[operator,arg-type]
            if bias is not None:
                bias.zero_()  # type: ignore[operator]


def _watch(net: nn.Module) -> list[Tensor]:
    """A list that a run fills with the last feature map so far."""
    maps: list[Tensor] = []

    def see(module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        seen = output if output[0, 0].numel() > 1 else inputs[0] if isinstance(module, nn.Linear) and not maps else None
        if seen is not None:
            maps[:] = [seen]

    for module in net.modules():
        if not any(module.children()) and module is not net:
            module.register_forward_hook(see)
    return maps
