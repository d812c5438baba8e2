"""The recipe's optimizer, in its fastest form for the device."""

from collections.abc import Iterable, Mapping
from typing import Any

import torch
from torch import nn

from nas.training.recipe import Recipe


def make_optimizer(
    parameters: Iterable[nn.Parameter],
    recipe: Recipe,
    device: torch.device,
    scales: Mapping[nn.Parameter, float] | None = None,
) -> torch.optim.Optimizer:
    """Fused where torch has it. For a CUDA graph the learning rate is a tensor, which `set_learning_rate` fills.

    scales: of the learning rates of parameters that have another one than the schedule's.
    """
    graphed = recipe.cuda_graphs and device.type == "cuda"
    by_scale: dict[float, list[nn.Parameter]] = {}
    for parameter in parameters:
        by_scale.setdefault((scales or {}).get(parameter, 1.0), []).append(parameter)
    groups: list[dict[str, Any]] = []
    for scale, own in by_scale.items():
        rate = recipe.learning_rate * scale
        groups.append({"params": own, "scale": scale, "lr": torch.tensor(rate, device=device) if graphed else rate})
    decay = recipe.weight_decay
    fused = device.type in ("cpu", "cuda")
    if recipe.optimizer == "sgd":
        nesterov = recipe.nesterov and recipe.momentum > 0
        return torch.optim.SGD(groups, momentum=recipe.momentum, weight_decay=decay, nesterov=nesterov, fused=fused)
    if recipe.optimizer == "rmsprop":
        rate = recipe.learning_rate
        return torch.optim.RMSprop(groups, rate, recipe.alpha, recipe.eps, decay, recipe.momentum, capturable=graphed)
    kind = torch.optim.Adam if recipe.optimizer == "adam" else torch.optim.AdamW
    return kind(groups, eps=recipe.eps, weight_decay=decay, fused=fused, capturable=graphed)


def set_learning_rate(optimizer: torch.optim.Optimizer, rate: float) -> None:
    """rate: the schedule's; parameters with a scale of their own get their part of it."""
    for group in optimizer.param_groups:
        if isinstance(group["lr"], torch.Tensor):
            group["lr"].fill_(rate * group.get("scale", 1.0))
        else:
            group["lr"] = rate * group.get("scale", 1.0)


def begin_momentum(optimizer: torch.optim.Optimizer) -> None:
    """Zeros for SGD's momentum, which change no first step.

    Where some weights have a gradient for the first time later than others, torch's fused SGD fails without.
    """
    for group in optimizer.param_groups:
        if isinstance(optimizer, torch.optim.SGD) and group["momentum"]:
            for parameter in group["params"]:
                optimizer.state[parameter]["momentum_buffer"] = torch.zeros_like(parameter)
