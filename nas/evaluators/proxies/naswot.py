"""Activation patterns: how well an untrained network tells the images of a batch apart.

Source: Mellor et al. 2021, Neural Architecture Search without Training, arXiv:2006.04647, equation 2, for the binary
code c of an image (which units get a positive number) and their number n:

    K_ij = n - hamming(c_i, c_j)           naswot = log |K|
"""

import torch
from torch import Tensor, nn

from nas.evaluators.proxies.prepare import calls, prepare
from nas.network import Network


def naswot(model: Network, images: Tensor, labels: Tensor, generator: torch.Generator) -> float:
    """Over every activation of the network, a ReLU or another. Minus infinity where two images have one code.

    Raises ValueError for a network without activations.
    """
    net = prepare(model)
    kernel = torch.zeros(len(images), len(images), dtype=torch.float64, device=images.device)

    def agree(module: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        sign = (inputs[0].flatten(1) > 0).float() * 2 - 1
        kernel.add_(((sign @ sign.T).double() + sign.shape[1]) / 2)  # agreements less disagreements, plus all

    active = [call.parent[call.name] for call in calls(net, lambda op: op.activation)]
    if not active:
        raise ValueError("naswot counts what activations pass, and the network has none")
    for module in active:
        module.register_forward_pre_hook(agree)
    with torch.no_grad():
        net(images)
    return float(torch.linalg.slogdet(kernel.cpu()).logabsdet)
