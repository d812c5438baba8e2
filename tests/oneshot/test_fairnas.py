"""Strict fairness: each answer once a step, and the step by hand."""

import random
from collections import Counter

import pytest
import torch

from nas.oneshot.fairnas import Fairnas
from nas.oneshot.training import RECIPE
from tests.oneshot.test_spos import TINY, spos_training

NESTED = """
input: [1, 8, 8]
classes: 10
network:
  - choice: [relu, [{conv: {channels: 2, kernel: {choice: [1, 3]}}}, {conv: {channels: 1, kernel: 1}}], tanh, sigmoid]
  - {conv: {channels: 2, kernel: {choice: [1, 3]}}}
  - global_avg_pool
  - {linear: 10}
"""

WHERE = """
input: [1, 8, 8]
classes: 10
cells:
  cell:
    nodes:
      - repeat: 3
        add: {subset: =earlier, operation: {choice: [relu, tanh, sigmoid]}}
    where: edges <= 2
    output: last
network: [{conv: {channels: 2, kernel: 1}}, cell, global_avg_pool, {linear: 10}]
"""


def fairnas(space: str = "nasbench_digits") -> Fairnas:
    method = spos_training(space, "fairnas").method
    assert isinstance(method, Fairnas)
    return method


def test_each_answer_of_each_choice_is_taken_once_a_step() -> None:
    method, rng = fairnas(), random.Random(0)
    seen = set()
    for _ in range(3):
        models = list(method.deal(rng))
        assert len(models) == 3
        for path, choice in method.training.net.choices.items():
            assert sorted(model.answers[path] for model in models) == sorted(choice.answers)
        seen |= set(models)
    assert len(seen) == 9


def test_choices_with_fewer_answers_and_those_under_another_answer() -> None:
    """Four models; the second choice has two answers, twice each; the inner one is met once, by chance with either."""
    method, rng = fairnas(NESTED), random.Random(0)
    inner: Counter[int] = Counter()
    for _ in range(100):
        models = [model.answers for model in method.deal(rng)]
        assert Counter(answers["network.1.@.kernel"] for answers in models) == {1: 2, 3: 2}
        assert len({answers["network.0"] for answers in models}) == 4
        inner.update(value for answers in models for path, value in answers.items() if path.startswith("network.0."))
    assert sum(inner.values()) == 100 and min(inner.values()) > 35


def test_models_keep_a_where_and_are_dealt_anew_for_it() -> None:
    """Six edges of which two may be there; three models a step, which could not be if all answers were dealt evenly."""
    method, rng = fairnas(WHERE), random.Random(0)
    present: Counter[str] = Counter()
    for _ in range(20):
        models = list(method.deal(rng))
        assert len(models) == 3
        for model in models:
            edges = [path for path, answer in model.answers.items() if answer is True]
            assert len(edges) <= 2
            present.update(edges)
    assert len(present) == 6


def test_a_step_is_one_by_the_sum_of_the_models_gradients() -> None:
    method = fairnas(TINY)
    training = method.training
    batch = training.images.batch(0, torch.arange(32))
    models = [{"network.0.@.channels": channels} for channels in (2, 4)]
    loss = sum(training.loss(batch, genome=model) for model in models)
    assert isinstance(loss, torch.Tensor)
    gradients = torch.autograd.grad(loss, training.parameters)
    factor = min(1.0, float(RECIPE.gradient_clip / torch.stack([g.norm() for g in gradients]).norm()))
    before = [parameter.detach().clone() for parameter in training.parameters]
    method.step(batch, batch)
    for old, new, gradient in zip(before, training.parameters, gradients, strict=True):
        assert torch.allclose(new, old - 0.05 * (factor * gradient + RECIPE.weight_decay * old), atol=1e-6)
    assert float(training.loss_sum) == pytest.approx(float(loss.detach())) and training.losses == 2
