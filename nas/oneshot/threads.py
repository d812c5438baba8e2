"""The step by which a supernet's number of threads is measured: what it runs, and how much there is to compute."""

import random
from collections.abc import Callable
from typing import TYPE_CHECKING

import torch
from torch import nn

from nas.network.depthwise import FastBackward

if TYPE_CHECKING:
    from nas.oneshot.training import Training


def trial_step(training: "Training") -> tuple[nn.Module, Callable[[], object]]:
    """A step's forward and backward alone."""
    batch = training.images.batch(0, torch.arange(training.plan.batch, device=training.device), augmented=False)
    weights = training.method.weights()
    genome = None if weights is not None else training.space.sample(random.Random(0))
    if weights is not None:  # leaves: a step is run many times, and what leads to the weights is there for one
        weights = {path: weight.detach().requires_grad_() for path, weight in weights.items()}

    def run() -> None:
        with FastBackward(training.net):
            training.loss(batch, weights, genome).backward()
        training.optimizer.zero_grad(set_to_none=True)

    return training.net, run


def step_size(training: "Training") -> float:
    """Mult-adds of a step."""
    weights = training.method.weights()
    plan = training.net.plan(None if weights is not None else training.space.sample(random.Random(0)))
    return 3.0 * training.plan.batch * sum(step.node.mult_adds for step in plan.steps)
