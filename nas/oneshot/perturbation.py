"""DARTS-PT: Wang, Cheng, Chen, Tang and Hsieh 2021, arXiv:2108.04392. Algorithm 1, perturbation-based selection.

The share of an answer says little about what the supernet loses without it, so each decision is measured: the answer is
taken whose removal hurts most. The weights go on for some epochs after each decision, at a tenth of the learning rate.
Afterwards the supernet has its weights back, so that a derivation that was cut off is the same when it is repeated.
"""

import random
from collections.abc import Mapping
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from nas.oneshot.images import drawn
from nas.oneshot.ranks import own_part
from nas.training.optimizer import begin_momentum, make_optimizer, set_learning_rate

if TYPE_CHECKING:
    from nas.oneshot.training import Training

LEFT_OUT = 1e-9  # the strength of an edge that is not kept


def removed(training: "Training", shares: Mapping[str, Tensor], tune_epochs: int) -> dict[str, Tensor]:
    """Strengths of the answers: what is lost without them, in validation accuracy.

    First for one choice after another, in random order; an answer that is removed has the weight 0, and the others keep
    theirs. Then for the edges of each set of sources, of which those are kept whose removal hurts most. Answers that a
    supernet alone has are no candidates.

    Args:
        training: at its end.
        shares: by path, the weights in the supernet that was trained.
        tune_epochs: of the weights after each decision but the last.
    """
    weights = {path: share.detach().clone() for path, share in shares.items()}
    rng = random.Random(f"{training.seed}/perturbation")
    choices = training.net.choices
    undecided = [path for path in weights if not choices[path].sets]
    sets = [path for path, choice in choices.items() if choice.sets and choice.is_open]
    rng.shuffle(undecided)
    kept = {name: tensor.clone() for name, tensor in training.net.state_dict().items()}
    optimizer, training.optimizer = training.optimizer, _tuner(training)
    training.net.train()
    strengths = {}
    try:
        for turn, path in enumerate([*undecided, *sets]):
            if turn:
                _tune(training, weights, tune_epochs, turn)
            choice, device = choices[path], training.device
            whole = weights.get(path, torch.ones(len(choice.answers), device=device))
            lost = []
            for answer in range(len(choice.answers) - choice.extra):
                without = whole.clone()
                without[answer] = 0.0
                lost.append(1.0 - training.accuracy({**weights, path: without}))
            best = sorted(range(len(lost)), key=lambda i: -lost[i])[: max(1, choice.sets)]
            taken = torch.zeros(len(choice.answers), device=device)
            taken[best] = 1.0
            weights[path] = whole * taken if choice.sets else taken
            strengths[path] = taken.clamp_min(LEFT_OUT) if choice.sets else _strength(lost, choice.extra)
    finally:
        training.optimizer = optimizer
        training.net.load_state_dict(kept)
    return strengths


def _strength(lost: list[float], extra: int) -> Tensor:
    return torch.tensor([*[1e-6 + number for number in lost], *[0.0] * extra])


def _tuner(training: "Training") -> torch.optim.Optimizer:
    optimizer = make_optimizer(training.parameters, training.recipe, training.device)
    begin_momentum(optimizer)
    set_learning_rate(optimizer, training.recipe.learning_rate / 10)
    return optimizer


def _tune(training: "Training", weights: Mapping[str, Tensor], epochs: int, turn: int) -> None:
    """Trains the supernet's weights with what is decided."""
    for epoch in range(epochs):
        seed = drawn(f"{training.seed}/perturbation/{turn}/{epoch}")
        torch.manual_seed(seed)
        training.images.generator.manual_seed(seed)
        generator = torch.Generator(training.device).manual_seed(seed)
        for chosen in training.plan.batches(0, generator):
            training.descend(training.loss(own_part(training.images.batch(0, chosen)), weights))
