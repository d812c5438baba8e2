"""Covariance of the Jacobian: how differently a network responds to small changes of different images.

Source: Mellor et al. 2020, Neural Architecture Search without Training, arXiv:2006.04647 in its first version, section
3, for the eigenvalues v of the correlation matrix of the N images' Jacobians and k = 1e-5:

    jacov = -sum (log(v + k) + 1 / (v + k))
"""

import numpy
import torch
from torch import Tensor

from nas.evaluators.proxies.prepare import gradients, prepare
from nas.network import Network

EPSILON = 1e-5


def jacov(model: Network, images: Tensor, labels: Tensor, generator: torch.Generator) -> float:
    """The Jacobians are of the sum of all outputs. NaN for a network that does not look at its images."""
    net = prepare(model)
    pixels = images.detach().clone().requires_grad_()
    (jacobian,) = gradients(net(pixels).sum(), [pixels])
    rows = jacobian.flatten(1).cpu().double().numpy()
    if not numpy.ptp(rows, axis=1).all():
        return float("nan")
    values = numpy.linalg.eigvalsh(numpy.corrcoef(rows)).clip(0) + EPSILON
    return float(-(numpy.log(values) + 1 / values).sum())
