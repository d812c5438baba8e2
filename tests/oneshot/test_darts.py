"""DARTS' gradients against autograd, its derivation against the paper's rule."""

import random

import pytest
import torch
from torch import Tensor
from torch.func import functional_call

from nas.data import load as load_data
from nas.oneshot import create_method
from nas.oneshot.darts import Darts
from nas.oneshot.derive import strongest
from nas.oneshot.training import RECIPE, Training
from nas.space import load
from nas.space.supernet import every, walk


def double_training(order: int) -> tuple[Training, Darts]:
    method = create_method("darts", {"order": order, "alpha_scale": 1.0, "epsilon": 1e-5})
    assert isinstance(method, Darts)
    space = load("nasbench_digits")
    training = Training(space, load_data("digits"), method, RECIPE.replace(learning_rate=0.05), threads=1, device="cpu")
    return training, method


def test_the_second_order_gradient_is_that_through_the_unrolled_step() -> None:
    """Equation 6 by autograd's double backward, without finite differences."""
    training, method = double_training(2)
    training.net.double()
    method.alphas.double()
    training.net.train()
    train, valid = (training.images.batch(part, torch.arange(32)) for part in (0, 1))
    train, valid = (batch._replace(images=batch.images.double()) for batch in (train, valid))
    for parameter in training.parameters:  # a momentum of an earlier step
        training.optimizer.state[parameter]["momentum_buffer"] = 0.01 * torch.ones_like(parameter)
    before = [parameter.detach().clone() for parameter in training.parameters]
    found = method.unrolled(train, valid)
    assert all(torch.equal(a, b) for a, b in zip(before, training.parameters, strict=True))

    alphas = [alpha.detach().clone().requires_grad_() for alpha in method.alphas.parameters()]
    names = [name for name, _ in training.net.named_parameters()]
    plain = plainly(training)

    def loss(weights: list[Tensor], batch: object) -> Tensor:
        shares = {path: alpha.softmax(0) for path, alpha in zip(method.alphas.paths, alphas, strict=True)}
        out = functional_call(plain, dict(zip(names, weights, strict=True)), (batch.images, shares))  # type: ignore[attr-defined]
        return torch.nn.functional.cross_entropy(out, batch.labels)  # type: ignore[attr-defined]

    weights = [parameter.detach().clone().requires_grad_() for parameter in training.parameters]
    (group,) = training.optimizer.param_groups
    gradients = torch.autograd.grad(loss(weights, train), weights, create_graph=True, allow_unused=True)
    ahead = [
        w - group["lr"] * ((0 if g is None else g) + group["weight_decay"] * w + group["momentum"] * 0.01)
        for w, g in zip(weights, gradients, strict=True)
    ]
    exact = torch.autograd.grad(loss(ahead, valid), alphas)
    for one, other in zip(found, exact, strict=True):
        assert torch.allclose(one, other, rtol=0.05, atol=1e-4)
    first = method.gradients(method.validation_loss(valid))
    assert not torch.allclose(torch.cat(first), torch.cat(found), rtol=1e-3)


def plainly(training: Training) -> torch.nn.Module:
    """The supernet with sums that can be differentiated twice."""
    import nas.network.supernet as module

    class Twice(type(training.net)):  # type: ignore[misc]
        def _run(self, step, inputs, weights):  # type: ignore[no-untyped-def]
            if step.terms is not None:
                numbers = [None if term is None else self._weight(term, weights) for term in step.terms]
                return sum(x if w is None else w * x for w, x in zip(numbers, inputs, strict=True))
            if step.scale is not None:
                return self._weight(step.scale, weights) * step.module(*inputs)
            return super()._run(step, inputs, weights)

    assert module
    training.net.__class__ = Twice
    return training.net


def test_of_two_edges_into_a_node_those_with_the_strongest_operations_are_kept() -> None:
    """Alphas of DARTS' space by hand; `none` is left out however strong (section 2.4)."""
    space = load("darts")
    choices = walk(space.document, every, relaxed=True).choices
    rng = random.Random(0)
    shares = {path: [rng.random() for _ in choice.answers] for path, choice in choices.items() if not choice.sets}
    for path in shares:
        shares[path][-1] = 9.0  # none
    answers = strongest(space, choices, shares).answers
    for cell in ("normal", "reduction"):
        for node in range(4):
            edges = range(node + 2)
            best = {s: shares[f"cells.{cell}.nodes.{node}.{s}.operation"][:-1] for s in edges}
            kept = sorted(sorted(edges, key=lambda s: -max(best[s]))[:2])
            assert answers[f"cells.{cell}.nodes.{node}.inputs"] == tuple(kept)
            for source in kept:
                words = choices[f"cells.{cell}.nodes.{node}.{source}.operation"].answers
                assert (
                    answers[f"cells.{cell}.nodes.{node}.{source}.operation"]
                    == words[best[source].index(max(best[source]))]
                )


def test_limits_leave_the_most_probable_genome_that_keeps_them() -> None:
    space = load("nasbench201")
    choices = walk(space.document, every).choices
    words = next(iter(choices.values())).answers
    shares = {path: [0.05 if w != "nor_conv_3x3" else 0.8 for w in words] for path in choices}
    assert set(strongest(space, choices, shares).answers.values()) == {"nor_conv_3x3"}
    most = 600_000
    small = strongest(space, choices, shares, lambda genome: space.graph(genome).prune().parameters <= most)
    assert space.graph(small).prune().parameters <= most
    convolutions = list(small.answers.values()).count("nor_conv_3x3")
    with pytest.raises(Exception, match="keeps the limits"):
        strongest(space, choices, shares, lambda genome: False)
    assert convolutions >= 2


def test_alpha_moves_by_validation_images_alone() -> None:
    """Step 1 of Algorithm 1 by hand: Adam on the gradient of the validation loss at w, then w by SGD."""
    training, method = double_training(1)
    training.net.train()
    train, valid = training.images.batch(0, torch.arange(32)), training.images.batch(1, torch.arange(32))
    expected = method.gradients(method.validation_loss(valid))
    before = [alpha.detach().clone() for alpha in method.alphas.parameters()]
    method.step(train, valid)
    rate = method.rate(training.steps)
    for old, new, gradient in zip(before, method.alphas.parameters(), expected, strict=True):
        moved = gradient + 1e-3 * old  # Adam's first step: its sign, times the rate
        assert torch.allclose(new, old - rate * moved / (moved.abs() + 1e-8), atol=1e-6)


def test_alpha_goes_as_far_in_a_shorter_training_as_in_the_paper_s() -> None:
    steps = 50 * 390
    method = Darts()
    assert method.rate(steps) == method.rate(10**6) == pytest.approx(3e-4)
    assert method.rate(round(steps / 10)) == pytest.approx(3e-3, rel=1e-3)
    assert method.rate(10) == 0.03
    assert Darts(alpha_learning_rate=0.5).rate(10) == 0.5
    assert create_method("pc_darts").rate(10**6) == 6e-4  # type: ignore[attr-defined]
    assert create_method("gdas").rate(250 * 391) == pytest.approx(3e-4, rel=1e-2)  # type: ignore[attr-defined]
