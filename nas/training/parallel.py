"""Data parallel: a step of training by several processes that computes what one process would.

All ranks draw the same batch and augment all of it, by one generator; each computes on its part, and gradients are
averaged before the optimizer moves, so that all hold the same network. Batch norms go by the statistics of the whole
batch, forwards and backwards. What is drawn inside of the network (dropout, drop path) is another draw in each rank.
"""

from __future__ import annotations

from types import TracebackType
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from nas.training import ranks
from nas.training.step import Run, Supervised

NORMS = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)


class ParallelStep:
    """A Step that takes the whole batch and trains by this rank's part of it. run: how `step` is called on a device."""

    def __init__(self, step: Supervised, run: Run, model: nn.Module) -> None:
        self.step, self.run, self.synchronised = step, run, Synchronised(model)

    def __call__(self, images: Tensor, labels: Tensor) -> None:
        own, criterion = ranks.own_slice(len(images)), self.step.criterion
        part = criterion.mass(labels[own]) / criterion.mass(labels)
        self.step.share = ranks.count() * part
        with self.synchronised:
            self.run(images[own], labels[own])


class Synchronised:
    """A context in which the batch norms of `model` that are torch's own take the statistics of all ranks' batches.

    They change their class for it and nothing else. torch's SyncBatchNorm would do this on GPUs alone.
    """

    def __init__(self, model: nn.Module) -> None:
        self.norms = [(module, type(module)) for module in model.modules() if type(module) in NORMS]

    def __enter__(self) -> None:
        for module, _ in self.norms:
            module.__class__ = SynchronisedBatchNorm

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        for module, own in self.norms:
            module.__class__ = own


class Sum(torch.autograd.Function):
    """Over the ranks. What each rank loses by it is the sum over them of what each does."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        return ranks.summed(x)

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> Tensor:
        return ranks.summed(g)


def summed(x: Tensor) -> Tensor:
    total: Tensor = Sum.apply(x)
    return total


class SynchronisedBatchNorm(_BatchNorm):
    """What a batch norm is within `Synchronised`: x is (N, C, ...), N this rank's part of the batch."""

    def forward(self, x: Tensor) -> Tensor:
        if not self.training and self.track_running_stats:
            return super().forward(x)
        dtype, x = x.dtype, x if x.dtype == torch.float64 else x.float()
        axes = [axis for axis in range(x.dim()) if axis != 1]
        shape = [1, -1] + [1] * (x.dim() - 2)
        own = x.new_tensor([x.numel() / x.shape[1]])
        total = summed(torch.cat([x.sum(axes), own]))
        mean, count = total[:-1] / total[-1], total[-1].detach()
        centred = x - mean.view(shape)
        variance = summed(centred.square().sum(axes)) / count
        if self.track_running_stats:
            self._follow(mean.detach(), variance.detach() * (count / (count - 1)))
        out = centred * (variance + self.eps).rsqrt().view(shape)
        if self.affine:
            out = out * self.weight.view(shape) + self.bias.view(shape)
        return out.to(dtype)

    @torch.no_grad()
    def _follow(self, mean: Tensor, variance: Tensor) -> None:
        assert self.num_batches_tracked is not None and self.running_mean is not None and self.running_var is not None
        self.num_batches_tracked.add_(1)
        rate = 1 / float(self.num_batches_tracked) if self.momentum is None else self.momentum
        self.running_mean.lerp_(mean.to(self.running_mean.dtype), rate)
        self.running_var.lerp_(variance.to(self.running_var.dtype), rate)
