"""Connection sensitivity: how the loss would change if a weight were taken out.

Source: Lee et al. 2019, SNIP, arXiv:1810.02340, equation 4. A mask c on the weights has, where it is 1, the derivative

    dL(c * w)/dc = w * dL/dw               snip = sum |w * dL/dw|
"""

import torch
from torch import Tensor

from nas.evaluators.proxies.prepare import gradients, loss, prepare, weights
from nas.network import Network


def snip(model: Network, images: Tensor, labels: Tensor, generator: torch.Generator) -> float:
    """For the cross-entropy of the batch. Not divided by its own sum as in the paper, or it would be 1."""
    net = prepare(model)
    over = weights(net)
    slopes = gradients(loss(net, images, labels), over)
    return float(sum((weight * slope).detach().abs().sum() for weight, slope in zip(over, slopes, strict=True)))
