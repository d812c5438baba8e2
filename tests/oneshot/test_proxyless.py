"""The gates' gradient in closed form; a step of alpha by hand; draws; the cost."""

import math
from collections import Counter
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from nas.errors import UserError
from nas.oneshot import create_method
from nas.oneshot.proxyless import Proxyless, two
from nas.oneshot.training import Training
from nas.space.supernet import among
from tests.oneshot.test_spos import spos_training

THREE = """
input: [1, 8, 8]
classes: 10
network:
  - {conv: {channels: 4, kernel: 1}}
  - choice: [identity, {conv: {channels: 4, kernel: 3, bias: false}}, {conv: {channels: 4, kernel: 1}}, none]
  - global_avg_pool
  - {linear: 10}
"""
PATH = "network.1"
SEED = 7  # of a draw of two answers that do something


def proxyless(space: str = THREE, **options: object) -> tuple[Training, Proxyless]:
    training = spos_training(space, "proxyless", alpha_scale=1.0, **options)
    assert isinstance(training.method, Proxyless)
    return training, training.method


def outputs(training: Training, images: Tensor) -> list[Tensor]:
    """What each answer gives, by hand."""
    first, second, third = (m for m in training.net.modules() if isinstance(m, torch.nn.Conv2d))
    x = first(images)
    return [x, second(x), third(x), torch.zeros_like(x)]


def test_a_step_of_alpha_by_hand() -> None:
    """The gates' gradients are dot products; equation 4; Adam's first step; the shift."""
    training, method = proxyless()
    batch = training.images.batch(1, torch.arange(32))
    (alpha,) = method.alphas.parameters()
    before = alpha.detach().clone()
    torch.manual_seed(SEED)
    i, j = two(before.softmax(0)).tolist()
    assert 3 not in (i, j)

    head = next(m for m in training.net.modules() if isinstance(m, torch.nn.Linear))
    each = outputs(training, batch.images)
    out = each[i].detach().requires_grad_()
    loss = torch.nn.functional.cross_entropy(head(out.mean((2, 3))), batch.labels, label_smoothing=0.0)
    (upstream,) = torch.autograd.grad(loss, out)
    dg = torch.stack([(upstream * each[k]).sum() for k in (i, j)]).detach()
    p = before[[i, j]].softmax(0)
    gradient = p * (dg - (p * dg).sum())
    assert gradient.abs().min() > 1e-5

    torch.manual_seed(SEED)
    method.update_alphas(batch, batch)
    assert torch.allclose(alpha.grad[[i, j]], gradient, rtol=1e-3, atol=1e-7)  # type: ignore[index]
    moved = before.clone()
    moved[[i, j]] -= method.rate(training.steps) * gradient.sign()
    moved[[i, j]] -= torch.log(moved[[i, j]].exp().sum() / before[[i, j]].exp().sum())
    assert torch.allclose(alpha, moved, atol=1e-5)
    others = [k for k in range(4) if k not in (i, j)]
    assert torch.allclose(alpha.softmax(0)[others], before.softmax(0)[others], atol=1e-7)
    assert all(parameter.grad is None for parameter in training.parameters)


def test_the_expected_step_is_that_of_the_expected_loss(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the loss is linear in the gates, sum_j g_j s_j, each pair's gradient is that of sum_j p_j s_j among it."""
    training, method = proxyless()
    worth = torch.tensor([0.5, -1.0, 2.0, 0.25])
    monkeypatch.setattr(training, "loss", lambda batch, gates, genome: (gates[PATH] * worth).sum())
    (alpha,) = method.alphas.parameters()
    batch = training.images.batch(1, torch.arange(2))
    for seed in range(5):
        torch.manual_seed(seed)
        pair = two(alpha.detach().softmax(0))
        leaf = alpha.detach().clone().requires_grad_()
        (expected,) = torch.autograd.grad((leaf[pair].softmax(0) * worth[pair]).sum(), leaf)
        torch.manual_seed(seed)
        method.update_alphas(batch, batch)
        assert torch.allclose(alpha.grad, expected, atol=1e-6)  # type: ignore[arg-type]


def test_pairs_are_drawn_without_replacement_and_the_active_one_by_its_share() -> None:
    torch.manual_seed(0)
    p = [0.5, 0.3, 0.2]
    drawn = Counter(tuple(two(torch.tensor(p)).tolist()) for _ in range(6000))
    for i in range(3):
        for j in range(3):
            both = p[i] * p[j] / (1 - p[i]) + p[i] * p[j] / (1 - p[j])
            share = 0.0 if i == j else both * p[i] / (p[i] + p[j])
            assert drawn[i, j] / 6000 == pytest.approx(share, abs=0.025)


def test_what_is_not_active_changes_nothing_and_only_two_run() -> None:
    training, _ = proxyless()
    images = training.images.batch(0, torch.arange(8)).images
    answers = training.net.choices[PATH].answers
    gates = {PATH: torch.tensor([0.0, 1.0, 0.0, 0.0])}
    both = {PATH: frozenset({answers[1], answers[2]})}
    assert torch.allclose(training.net(images, gates, both), training.net(images, genome={PATH: answers[1]}), atol=1e-6)
    used = list(training.net.modules_of(both))
    convolutions = [m for m in training.net.modules() if isinstance(m, torch.nn.Conv2d)]
    assert [any(one is other for other in used) for one in convolutions] == [True, True, True]
    alone = list(training.net.modules_of({PATH: frozenset({answers[0], answers[2]})}))
    assert not any(convolutions[1] is other for other in alone)
    with pytest.raises(UserError, match="is not an answer here"):
        training.net(images, gates, {PATH: frozenset({9, 1})})


def test_alphas_wait_for_the_warm_up_and_move_every_few_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    training, method = proxyless("nasbench_digits", alpha_every=3, frozen_share=0.5)
    training.steps, training.plan = 12, replace(training.plan, per_epoch=3, steps=12)
    moved: list[int] = []
    monkeypatch.setattr(method, "update_alphas", lambda train, valid: moved.append(training.done))
    batch = training.images.batch(0, torch.arange(16))
    for training.done in range(12):
        method.step(batch, batch)
    assert moved == [8, 11]


def test_the_cost_moves_all_alphas_towards_cheap_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    """The gradient of cost_weight (E - target) / target by hand: E is linear in p."""
    training, method = proxyless(cost="parameters", cost_weight=0.3)
    monkeypatch.setattr(training, "loss", lambda batch, gates, genome: gates[PATH].sum() * 0.0)
    (alpha,) = method.alphas.parameters()
    p = alpha.detach().double().softmax(0)
    own = torch.tensor([0.0, 144.0, 20.0, 0.0], dtype=torch.float64)
    expected = 8 + 50 + (p * own).sum()
    assert method.modules["cost"].target.item() == pytest.approx(expected.item(), rel=1e-6)
    batch = training.images.batch(1, torch.arange(2))
    method.update_alphas(batch, batch)
    gradient = 0.3 / expected * p * (own - (p * own).sum())
    assert torch.allclose(alpha.grad.double(), gradient, atol=1e-6)  # type: ignore[union-attr]
    for _ in range(300):
        method.update_alphas(batch, batch)
    assert alpha.softmax(0)[1] < p[1] / 1.2


def test_a_target_that_is_given_is_taken() -> None:
    assert proxyless(cost="mult_adds", cost_target=1000.0)[1].modules["cost"].target.item() == 1000
    assert math.isclose(
        proxyless(cost="mult_adds")[1].modules["cost"].target.item(),
        proxyless(cost="mult_adds")[1].modules["cost"].target.item(),
    )


def test_settings_out_of_range_are_errors() -> None:
    with pytest.raises(UserError, match="cost is 'latncy'; did you mean 'latency'"):
        create_method("proxyless", {"cost": "latncy"})
    with pytest.raises(UserError, match="cost_form is 'multply'; did you mean 'multiply'"):
        create_method("proxyless", {"cost_form": "multply"})
    with pytest.raises(UserError, match="alpha_every is 0; give at least 1"):
        create_method("proxyless", {"alpha_every": 0})
    with pytest.raises(UserError, match=r"cost_weight is -1.0; give at least 0"):
        create_method("proxyless", {"cost_weight": -1.0})


def test_several_answers_keep_the_documents_order() -> None:
    training, _ = proxyless()
    (choice,) = training.space.choices(training.space.genome({PATH: "none"}))
    assert among({PATH: frozenset({"none", 2, "identity"})})(choice) == ["identity", 2, "none"]
