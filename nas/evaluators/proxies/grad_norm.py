"""How large the first gradient is.

Source: Abdelfattah et al. 2021, Zero-Cost Proxies for Lightweight NAS, arXiv:2101.08134, section 3.1:

    grad_norm = sum over layers |dL/dw|_2
"""

import torch
from torch import Tensor

from nas.evaluators.proxies.prepare import gradients, loss, prepare, weights
from nas.network import Network


def grad_norm(model: Network, images: Tensor, labels: Tensor, generator: torch.Generator) -> float:
    """Euclidean norms of the layers' gradients of the batch's cross-entropy, summed."""
    net = prepare(model)
    return float(sum(slope.norm() for slope in gradients(loss(net, images, labels), weights(net))))
