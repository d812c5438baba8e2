"""The recipe's optimizer, in its fastest form for the device."""

from collections.abc import Iterable

import torch
from torch import nn

from nas.training.recipe import Recipe


def make_optimizer(parameters: Iterable[nn.Parameter], recipe: Recipe, device: torch.device) -> torch.optim.Optimizer:
    """Fused where torch has it. For a CUDA graph the learning rate is a tensor, which `set_learning_rate` fills."""
    graphed = recipe.cuda_graphs and device.type == "cuda"
    rate: float | torch.Tensor = torch.tensor(recipe.learning_rate, device=device) if graphed else recipe.learning_rate
    decay = recipe.weight_decay
    fused = device.type in ("cpu", "cuda")
    if recipe.optimizer == "sgd":
        nesterov = recipe.nesterov and recipe.momentum > 0
        return torch.optim.SGD(parameters, rate, recipe.momentum, 0, decay, nesterov=nesterov, fused=fused)
    if recipe.optimizer == "rmsprop":
        return torch.optim.RMSprop(
            parameters, rate, recipe.alpha, recipe.eps, decay, recipe.momentum, capturable=graphed
        )
    kind = torch.optim.Adam if recipe.optimizer == "adam" else torch.optim.AdamW
    return kind(parameters, rate, eps=recipe.eps, weight_decay=decay, fused=fused, capturable=graphed)


def set_learning_rate(optimizer: torch.optim.Optimizer, rate: float) -> None:
    for group in optimizer.param_groups:
        if isinstance(group["lr"], torch.Tensor):
            group["lr"].fill_(rate)
        else:
            group["lr"] = rate


def begin_momentum(optimizer: torch.optim.Optimizer) -> None:
    """Zeros for SGD's momentum, which change no first step.

    Where some weights have a gradient for the first time later than others, torch's fused SGD fails without.
    """
    for group in optimizer.param_groups:
        if isinstance(optimizer, torch.optim.SGD) and group["momentum"]:
            for parameter in group["params"]:
                optimizer.state[parameter]["momentum_buffer"] = torch.zeros_like(parameter)
