"""Trainable weights, auxiliary heads left out. Larger networks tend to be better; proxies have to beat that."""

import torch
from torch import Tensor

from nas.network import Network


def parameters(model: Network, images: Tensor, labels: Tensor, generator: torch.Generator) -> float:
    return float(model.graph.parameters)
