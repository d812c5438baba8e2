"""Synaptic flow: how strongly paths of weights connect the input with the output.

Source: Tanaka et al. 2020, Pruning neural networks without any data by iteratively conserving synaptic flow,
arXiv:2006.05467, equation 4:

    R = 1' (prod over layers |w|) 1        score(w) = w * dR/dw        synflow = log(1 + sum of score)
"""

import math

import torch
from torch import Tensor, nn

from nas.evaluators.proxies.prepare import calls, gradients, prepare, weights
from nas.network import Network


def synflow(model: Network, images: Tensor, labels: Tensor, generator: torch.Generator) -> float:
    """For one image of ones, all parameters replaced by their absolute values, in float64. Looks at no data.

    Normalisation is left out, which would undo what is measured, and so are activations: what passes them is positive,
    where a ReLU changes nothing, and the ceilings of others would cut the flow off. Gates stay: an activation in old
    networks, a factor of 0 to 1 in later ones. The logarithm keeps the order and the numbers finite.
    """
    net = prepare(model).double()
    for call in calls(net, lambda op: op.norm or (op.activation and not op.gate)):
        call.parent[call.name] = nn.Identity()
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.abs_()
    over = weights(net)
    flow = gradients(net(torch.ones_like(images[:1], dtype=torch.float64)).sum(), over)
    total = float(sum((weight * gradient).detach().abs().sum() for weight, gradient in zip(over, flow, strict=True)))
    return math.log1p(total)
