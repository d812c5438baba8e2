"""A step of SPOS by hand; what a path leaves out stays; the candidates."""

import random

import pytest
import torch

from nas.data import load as load_data
from nas.errors import UserError
from nas.oneshot import create_method
from nas.oneshot.paths import candidates, runnable
from nas.oneshot.training import RECIPE, Training
from nas.space import Genome, load
from tests.space.documents import space_of

TINY = """
input: [1, 8, 8]
classes: 10
network: [{conv: {channels: {choice: [2, 4]}, kernel: 3}}, global_avg_pool, {linear: 10}]
"""


def spos_training(space: str = "nasbench_digits", name: str = "spos", **options: object) -> Training:
    method, made = create_method(name, options), space_of(space) if "\n" in space else load(space)
    recipe = RECIPE.replace(learning_rate=0.05, epochs=1, batch_size=256)
    training = Training(made, load_data("digits"), method, recipe, threads=1, device="cpu")
    training.net.train()
    return training


def test_what_the_path_leaves_out_neither_moves_nor_decays() -> None:
    training = spos_training()
    for parameter in training.parameters:  # momentum of an earlier step would move all of them
        training.optimizer.state[parameter]["momentum_buffer"] = torch.ones_like(parameter)
    before = [parameter.detach().clone() for parameter in training.parameters]
    training.rng.seed(3)
    genome = training.space.sample(random.Random(3))
    used = {id(p) for module in training.net.modules_of(genome) for p in module.parameters()}
    assert 0 < len(used) < len(before)
    training.method.step(training.images.batch(0, torch.arange(32)), training.images.batch(1, torch.arange(32)))
    for old, new in zip(before, training.parameters, strict=True):
        assert torch.equal(old, new) != (id(new) in used)


def test_a_step_is_that_of_the_drawn_path() -> None:
    """w - lr (momentum * buffer + clipped gradient + decay * w), the buffer 0."""
    training = spos_training()
    batch = training.images.batch(0, torch.arange(32))
    genome = training.space.sample(random.Random(3))
    gradients = torch.autograd.grad(training.loss(batch, genome=genome), training.parameters, allow_unused=True)
    norm = torch.stack([g.norm() for g in gradients if g is not None]).norm()
    factor = min(1.0, float(RECIPE.gradient_clip / (norm + 1e-6)))
    before = [parameter.detach().clone() for parameter in training.parameters]
    training.rng.seed(3)
    training.method.step(batch, batch)
    for old, new, gradient in zip(before, training.parameters, gradients, strict=True):
        moved = old if gradient is None else old - 0.05 * (factor * gradient + RECIPE.weight_decay * old)
        assert torch.allclose(new, moved, atol=1e-6)


def test_the_most_accurate_of_the_allowed_candidates_is_derived() -> None:
    training = spos_training(candidates=5)
    training.run()
    first = training.space.sample
    found = candidates(training, 5, first)
    assert len(set(found)) == 5 and found == candidates(training, 5, first)
    scores = {genome: training.accuracy(genome=genome) for genome in found}
    assert training.method.derive() == max(found, key=scores.__getitem__)
    only = min(found, key=scores.__getitem__)
    training.allowed = lambda genome: genome == only
    assert training.method.derive() == only
    training.allowed = lambda genome: False
    with pytest.raises(UserError, match="keeps the limits; loosen them"):
        training.method.derive()
    with pytest.raises(UserError, match="candidates is 0; give at least 1"):
        create_method("spos", {"candidates": 0})


def test_paths_that_the_supernet_refuses_are_drawn_again(monkeypatch: pytest.MonkeyPatch) -> None:
    training = spos_training(TINY)
    refused = training.space.genome({"network.0.@.channels": 4})
    kept = training.space.genome({"network.0.@.channels": 2})
    plan = training.net.plan

    def strict(genome: Genome) -> object:
        if genome == refused:
            raise UserError("here", "its answers were not foreseen")
        return plan(genome)

    monkeypatch.setattr(training.net, "plan", strict)
    drawn = iter([refused, refused, kept])
    assert runnable(training, lambda: next(drawn)) == kept
    with pytest.raises(UserError, match="not foreseen"):
        runnable(training, lambda: refused)
    assert candidates(training, 2, training.space.sample) == [kept]
