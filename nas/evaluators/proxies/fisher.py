"""Fisher information of the channels: how much the loss would change without each.

Source: Theis et al. 2018, Faster gaze prediction with dense networks and Fisher pruning, arXiv:1801.05787, and Turner
et al. 2020, BlockSwap, arXiv:1906.04113, equation 2, for a channel's activations a of image n:

    delta = 1/(2N) * sum over images (sum over positions a * dL/da)^2
    fisher = sum over channels delta * (weights of the channel)
"""

import torch
from torch import Tensor, nn

from nas.evaluators.proxies.prepare import gradients, layers, loss, prepare
from nas.network import Network


def fisher(model: Network, images: Tensor, labels: Tensor, generator: torch.Generator) -> float:
    """Channels are those that convolutions and linear layers give; L is the mean cross-entropy of the batch. Each
    counts once for every weight that leads to it, as in the reference implementation of arXiv:2101.08134."""
    net = prepare(model)
    seen: list[tuple[Tensor, int]] = []  # what a layer gave, and how many weights lead to a channel of it

    def keep(layer: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        seen.append((output, layer.weight[0].numel()))  # type: ignore[index]

    for layer in layers(net):
        layer.register_forward_hook(keep)
    measured = loss(net, images, labels)
    slopes = gradients(measured, [output for output, _ in seen])
    total = 0.0
    for (output, count), slope in zip(seen, slopes, strict=True):
        change = (output * slope).detach().flatten(2).sum(2) if output.ndim > 2 else (output * slope).detach()
        total += count * float(change.square().mean(0).sum()) / 2
    return total
