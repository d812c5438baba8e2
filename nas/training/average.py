"""The weights averaged over the steps of a training, which are judged and kept instead of the last ones."""

from __future__ import annotations

import copy

import torch
from torch import nn


class Average:
    """An exponential moving average of `model`'s parameters in a network of its own, `module`.

    The decay is `(1 + n) / (10 + n)` at step n (counted from 1) while that is less than `decay`: a short training would
    otherwise keep its random start. Buffers are the model's own. Source: tensorflow's ExponentialMovingAverage, with
    which Szegedy et al. 2015 (arXiv:1512.00567) measured.
    """

    def __init__(self, model: nn.Module, decay: float) -> None:
        self.decay = decay
        self.module = copy.deepcopy(model).requires_grad_(False)

    @torch.no_grad()
    def update(self, model: nn.Module, step: int) -> None:
        """After the optimizer's `step`, counted from 1."""
        keep = min(self.decay, (1 + step) / (10 + step))
        averages, current = ([weight.data for weight in network.parameters()] for network in (self.module, model))
        torch._foreach_lerp_(averages, current, 1 - keep)
        for ours, theirs in zip(self.module.buffers(), model.buffers(), strict=True):
            ours.copy_(theirs)
