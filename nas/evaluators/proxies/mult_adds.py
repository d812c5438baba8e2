"""Multiply-adds of one image at inference. Larger networks tend to be better; proxies have to beat that."""

import torch
from torch import Tensor

from nas.network import Network


def mult_adds(model: Network, images: Tensor, labels: Tensor, generator: torch.Generator) -> float:
    return float(model.graph.mult_adds)
