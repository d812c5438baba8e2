"""Weighted sums of a supernet's alternatives, in as few passes over memory as there are inputs."""

from typing import Any

import torch
from torch import Tensor, nn


def blend(weights: list[Tensor | None], inputs: list[Tensor]) -> Tensor:
    """sum(weights[i] * inputs[i]); an input whose weight is None counts once.

    Args:
        weights: a scalar for each input.
        inputs: of one shape.
    """
    weighted = [(weight, x) for weight, x in zip(weights, inputs, strict=True) if weight is not None]
    total: Tensor | None = None
    if weighted:
        total = _Blend.apply(torch.stack([weight for weight, _ in weighted]), *[x for _, x in weighted])
    for weight, x in zip(weights, inputs, strict=True):
        if weight is None:
            total = x if total is None else total + x
    assert total is not None
    return total


def scaled_batch_norm(norm: nn.modules.batchnorm._BatchNorm, x: Tensor, weight: Tensor) -> Tensor:
    """`weight * norm(x)` of a batch norm without weights of its own, in one pass: the number is its scale.

    The scale is made contiguous: on a CPU torch's backward misreads an expanded one where x is channels_last.
    """
    training = norm.training
    tracked = not training or norm.track_running_stats
    scale = weight.expand(norm.num_features).to(x.dtype if norm.running_mean is None else norm.running_mean.dtype)
    if training and norm.track_running_stats and norm.num_batches_tracked is not None:
        norm.num_batches_tracked.add_(1)
    mean, variance = (norm.running_mean, norm.running_var) if tracked else (None, None)
    momentum = 0.1 if norm.momentum is None else norm.momentum
    return nn.functional.batch_norm(x, mean, variance, scale.contiguous(), None, training, momentum, norm.eps)


class _Blend(torch.autograd.Function):
    """The weighted sum with one multiply-add an input forward, and one dot product an input for its weight."""

    @staticmethod
    def forward(ctx: Any, weights: Tensor, *inputs: Tensor) -> Tensor:
        ctx.save_for_backward(weights, *inputs)
        numbers = weights.to(inputs[0].dtype)
        total = inputs[0] * numbers[0]
        for i in range(1, len(inputs)):
            total.addcmul_(inputs[i], numbers[i])
        return total

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        weights, *inputs = ctx.saved_tensors
        numbers, of_weights = weights.to(gradient.dtype), None
        if ctx.needs_input_grad[0]:
            layout = _layout(gradient)
            flat = _flat(gradient.contiguous(memory_format=layout))
            dots = [torch.dot(flat, _flat(x.to(flat.dtype).contiguous(memory_format=layout))) for x in inputs]
            of_weights = torch.stack(dots).to(weights.dtype)
        needed = ctx.needs_input_grad[1:]
        return of_weights, *[gradient * numbers[i] if need else None for i, need in enumerate(needed)]


def _layout(x: Tensor) -> torch.memory_format:
    last = x.ndim == 4 and x.is_contiguous(memory_format=torch.channels_last)
    return torch.channels_last if last else torch.contiguous_format


def _flat(x: Tensor) -> Tensor:
    return (x.permute(0, 2, 3, 1) if _layout(x) == torch.channels_last else x).reshape(-1)
