"""A step of the controller by hand; its phase; what a settled controller derives; its checkpoint."""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from nas.errors import UserError
from nas.oneshot import create_method
from nas.oneshot.enas import Enas, Policy
from nas.searchers.controller import Controller, Episode
from nas.space import Genome
from tests.oneshot.test_spos import TINY, spos_training


def enas(space: str = "nasbench_digits", **options: object) -> Enas:
    method = spos_training(space, "enas", **options).method
    assert isinstance(method, Enas)
    return method


def test_a_step_of_the_controller_by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of one choice between two: the logits are z = c tanh(h W), and with A = R - b of each path the gradient of W is

    the mean of -A h^T (c (1 - tanh(h W)^2) (one-hot - softmax(z))).
    """
    method = enas(TINY, controller_batch=2, entropy=0.5)
    rng = random.Random(1)
    paths = [method.controller.sample(rng) for _ in range(2)]
    taken = [0 if path.answers["network.0.@.channels"] == 2 else 1 for path in paths]
    assert set(taken) == {0, 1}
    (choice,) = method.training.space.choices(paths[0])
    episode = Episode(method.controller)
    with torch.no_grad():
        z = episode.logits(choice)
    h, c = episode.h.detach()[0], method.tanh_constant
    probabilities = z.softmax(0)
    entropy = -float((probabilities * probabilities.log()).sum())
    (name,) = (name for name in method.controller.weights if name.startswith("logits"))
    weight = method.controller.weight(name)
    before = weight.detach().clone()

    accuracies: Iterator[float] = iter([0.8, 0.2])
    monkeypatch.setattr(method, "reward", lambda genome: next(accuracies))
    method.training.rng.seed(1)
    method.teach()
    b, expected = 0.0, torch.zeros_like(before)
    for answer, accuracy in zip(taken, (0.8, 0.2), strict=True):
        reward = accuracy + 0.5 * entropy
        b = 0.99 * b + 0.01 * reward
        slope = c * (1 - (z / c) ** 2) * (torch.eye(2)[answer] - probabilities)
        expected -= (reward - b) * torch.outer(h, slope) / 2
    assert torch.allclose(weight.grad, expected, rtol=1e-9, atol=1e-12)  # type: ignore[arg-type]
    assert method.policy.baseline.item() == pytest.approx(b)
    moved = 3.5e-3 * expected / (expected.abs() + 1e-8)  # Adam's first step
    assert torch.allclose(weight, before - moved, atol=1e-9)


def test_the_reward_is_the_accuracy_on_a_minibatch_and_moves_no_weight() -> None:
    method = enas()
    training, genome = method.training, method.training.space.sample(random.Random(0))
    training.images.generator.manual_seed(1)
    images, labels = training.images.draw(1, training.images.size)
    with torch.no_grad():
        expected = float((training.net(images, genome=genome).argmax(1) == labels).float().mean())
    training.images.generator.manual_seed(1)
    assert method.reward(genome) == pytest.approx(expected)
    assert all(parameter.grad is None for parameter in training.parameters)


def test_the_controller_learns_in_the_last_step_of_an_epoch_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    method = enas(controller_steps=2)
    calls: list[int] = []
    monkeypatch.setattr(method, "teach", lambda: calls.append(method.training.done))
    method.training.run()
    last = method.training.plan.per_epoch - 1
    assert last > 0 and calls == [last, last]


def test_it_learns_to_draw_what_is_rewarded(monkeypatch: pytest.MonkeyPatch) -> None:
    method = enas(TINY, controller_learning_rate=0.05, tanh_constant=0.0)
    monkeypatch.setattr(method, "reward", lambda genome: float(genome.answers["network.0.@.channels"] == 4))
    for _ in range(60):
        method.teach()
    drawn = [method.draw().answers["network.0.@.channels"] for _ in range(50)]
    assert drawn.count(4) > 45


def test_a_settled_controller_derives_from_as_many_paths_and_keeps_the_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    method = enas(candidates=4)
    training, settled = method.training, method.training.space.sample(random.Random(0))
    steep = 0.02 * torch.ones(())  # logits of 50 for the answers of one path

    def logits(self: Episode, choice: object) -> torch.Tensor:
        path, answers = choice.path, choice.answers  # type: ignore[attr-defined]
        return torch.tensor([float(answer == settled.answers[path]) for answer in answers]) / steep

    monkeypatch.setattr(Episode, "logits", logits)
    compared: list[Genome] = []
    monkeypatch.setattr(training, "accuracy", lambda genome, batches: compared.append(genome) or 0.5)
    assert method.derive() == settled
    assert len(set(compared)) == 4
    training.allowed = lambda genome: genome != settled
    assert method.derive() != settled


def test_what_a_policy_learnt_is_all_in_its_state() -> None:
    method = enas(controller_steps=1)
    for _ in range(2):
        method.teach()
    state = method.policy.state_dict()
    training = method.training
    fresh = Policy(Controller(training.space, 64, 1, 0.1, 3.5e-3, 1.1, 1.0, seed=training.seed))
    fresh.load_state_dict(state)
    assert fresh.baseline == method.policy.baseline != 0
    genome = training.space.sample(random.Random(1))
    for controller in (method.controller, fresh.controller):
        controller.descend(-controller.log_probability(genome)[0])
    again = fresh.state_dict()
    assert again.keys() == method.policy.state_dict().keys() > {"baseline"}
    assert all(torch.equal(tensor, again[name]) for name, tensor in method.policy.state_dict().items())


def test_a_checkpoint_without_its_policy_is_refused(tmp_path: Path) -> None:
    first = enas(controller_steps=1).training
    first.method.modules = {}
    first.run(checkpoint=tmp_path / "state")
    with pytest.raises(UserError, match="is a checkpoint of another network"):
        enas(controller_steps=1).training.run(checkpoint=tmp_path / "state")


def test_settings_out_of_range_are_errors() -> None:
    with pytest.raises(UserError, match="candidates is 0; give at least 1"):
        create_method("enas", {"candidates": 0})
    with pytest.raises(UserError, match=r"decay is 1.0; give at least 0 and less than 1"):
        create_method("enas", {"decay": 1.0})
