"""Gradient signal preservation: what taking a weight out would do to the gradient's norm.

Source: Wang et al. 2020, Picking winning tickets before training by preserving gradient flow, arXiv:2002.07376,
equation 8, with the Hessian H of the loss and its gradient g:

    grasp = sum of -w * (H g)
"""

import torch
from torch import Tensor

from nas.evaluators.proxies.prepare import gradients, loss, prepare, weights
from nas.network import Network


def grasp(model: Network, images: Tensor, labels: Tensor, generator: torch.Generator) -> float:
    """For the batch's cross-entropy, not softened by a temperature. H g is the derivative of |g|^2 / 2, g g' if one g
    is held constant."""
    net = prepare(model)
    over = weights(net)
    slopes = gradients(loss(net, images, labels), over, keep=True)
    product: Tensor = sum((slope.detach() * slope).sum() for slope in slopes)  # type: ignore[assignment]
    curved = gradients(product, over)
    return -float(sum((weight * curve).detach().sum() for weight, curve in zip(over, curved, strict=True)))
