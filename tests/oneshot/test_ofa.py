"""A step by hand in float64; the networks of a step; what is open in each stage."""

import random

import pytest
import torch
from torch.nn import functional

from nas.errors import UserError
from nas.oneshot import create_method
from nas.oneshot.extremes import extreme
from nas.oneshot.ofa import Ofa
from nas.training.optimizer import begin_momentum
from tests.oneshot.test_extremes import ELASTIC
from tests.oneshot.test_spos import spos_training


def ofa(space: str = ELASTIC, **options: object) -> Ofa:
    method = spos_training(space, "ofa", **options).method
    assert isinstance(method, Ofa)
    return method


@pytest.mark.parametrize("clip", [0.0, 0.01])
def test_a_step_is_one_by_the_sum_of_the_gradients(clip: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """Cross entropy of the largest; the others' KL divergence from it as it was, which has the same gradient as their
    cross entropy with it. Then SGD, its momentum 0, on what is clipped number by number."""
    method = ofa(clip_value=clip)
    training = method.training
    training.recipe = training.recipe.replace(gradient_clip=0.0, label_smoothing=0.1)
    training.net.double()
    training.optimizer.state.clear()
    begin_momentum(training.optimizer)
    monkeypatch.setattr(
        training, "logits", lambda images, weights=None, genome=None: training.net(images, None, genome)
    )
    batch = training.images.batch(0, torch.arange(32))
    batch = batch._replace(images=batch.images.double())

    largest, *others = method.sandwich(random.Random(4))
    assert len(others) == 3
    out = training.net(batch.images, genome=largest)
    loss = functional.cross_entropy(out, batch.labels, label_smoothing=0.1)
    taught = out.detach().softmax(1)
    for genome in others:
        student = training.net(batch.images, genome=genome).log_softmax(1)
        loss = loss + (taught * (taught.log() - student)).sum(1).mean()
    gradients = torch.autograd.grad(loss, training.parameters, allow_unused=True, materialize_grads=True)
    assert clip == 0 or 0.1 < torch.cat([g.flatten() for g in gradients]).abs().gt(clip).double().mean() < 0.9
    before = [parameter.detach().clone() for parameter in training.parameters]
    training.rng.seed(4)
    method.step(batch, batch)
    for old, new, gradient in zip(before, training.parameters, gradients, strict=True):
        clipped = gradient.clamp(-clip, clip) if clip else gradient
        expected = old - 0.05 * (clipped + training.recipe.weight_decay * old)
        assert torch.allclose(new, expected, rtol=1e-9, atol=1e-12)
    assert training.losses == 4


def test_a_step_takes_the_largest_the_smallest_and_random_networks() -> None:
    method = ofa(random_paths=3)
    space, rng = method.training.space, random.Random(0)
    steps = [list(method.sandwich(rng)) for _ in range(20)]
    for step in steps:
        assert len(step) == 5
        assert step[:2] == [extreme(space, True), extreme(space, False)]
    assert len({genome for step in steps for genome in step[2:]}) > 20


def test_kinds_of_choices_open_up_one_after_the_other() -> None:
    """The largest alone; then kernels and groups; the depth and the operation; the width."""
    method, rng = ofa(progressive=True), random.Random(0)
    training = method.training
    assert method.stages == 4
    training.steps = 40

    def differing() -> set[str]:
        found = set[str]()
        for _ in range(30):
            for genome in method.sandwich(rng):
                found |= {path for path in genome.answers if genome.answers[path] != method.largest.answers.get(path)}
        return {path.rpartition(".")[2] if "@" in path else path for path in found}

    opened = []
    for stage in range(4):
        training.done = 10 * stage
        opened.append(differing())
        assert len(list(method.sandwich(rng))) == (1 if stage == 0 else 4)
    assert opened[0] == set()
    assert opened[1] == {"kernel", "groups"}
    assert opened[2] == opened[1] | {"network.1.repeat", "network.2"}
    assert opened[3] == opened[2] | {"channels"}
    assert list(method.sandwich(rng))[1] == method.smallest


def test_it_trains_by_stages_and_derives() -> None:
    method = ofa(progressive=True, candidates=3)
    genome = method.training.run()
    assert method.training.space.genome(genome.answers) == genome


def test_settings_out_of_range_are_errors() -> None:
    with pytest.raises(UserError, match="random_paths is -1; give at least 0"):
        create_method("ofa", {"random_paths": -1})
