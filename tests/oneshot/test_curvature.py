"""The largest eigenvalue by alpha: against whole matrices, and without a trace in the training."""

import math
import random
from collections.abc import Callable

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from nas.data import load as load_data
from nas.oneshot import create_method
from nas.oneshot.curvature import EARLIER, WINDOW, curvature, growth, hessian, largest_eigenvalue
from nas.oneshot.epoch import Epoch
from nas.oneshot.guard import Guard, warnings
from nas.oneshot.training import RECIPE, Training
from nas.space import load


def training(name: str = "darts", **options: object) -> Training:
    method, recipe = create_method(name, options), RECIPE.replace(epochs=2, batch_size=256)
    return Training(load("nasbench_digits"), load_data("digits"), method, recipe, threads=1)


@pytest.mark.parametrize("values", [[5.0, 1.0, 0.0, -2.0], [0.5, 0.1, -9.0, -20.0], [-1.0, -2.0, -3.0, -4.0]])
def test_it_is_the_largest_not_the_one_of_the_largest_magnitude(values: list[float]) -> None:
    torch.manual_seed(0)
    own = torch.tensor(values + [values[-1] * 0.9] * 20, dtype=torch.float64)
    turned, _ = torch.linalg.qr(torch.randn(len(own), len(own), dtype=torch.float64))
    matrix = turned @ torch.diag(own) @ turned.T
    assert largest_eigenvalue(lambda vector: matrix @ vector, len(own)) == pytest.approx(values[0], rel=0.01)


def test_a_matrix_of_one_row_and_one_of_nothing() -> None:
    assert largest_eigenvalue(lambda vector: -3.0 * vector, 1) == pytest.approx(-3.0)
    assert largest_eigenvalue(lambda vector: 0.0 * vector, 5) == 0.0
    assert math.isnan(largest_eigenvalue(lambda vector: math.nan * vector, 5))


def loss_of(run: Training, images: int) -> tuple[Callable[[Tensor], Tensor], Tensor]:
    """The validation loss in float64 as a function of all alphas in a row, and these."""
    batch = run.images.batch(1, run.images.order[:images], augmented=False)
    run.net.double()
    alphas = dict(run.method.alphas.items())  # type: ignore[attr-defined]
    sizes = [len(alpha) for alpha in alphas.values()]

    def loss(vector: Tensor) -> Tensor:
        weights = {path: part.softmax(0) for path, part in zip(alphas, vector.split(sizes), strict=True)}
        return functional.cross_entropy(run.net(batch.images.double(), weights), batch.labels)

    return loss, torch.cat([alpha.detach() for alpha in alphas.values()]).double()


def test_it_is_that_of_the_whole_hessian() -> None:
    run = training(alpha_scale=0.5)
    run.run(lambda epoch: False)
    run.images.size = 4 * 40
    measured = curvature(run)
    loss, alphas = loss_of(run, 40)
    whole = torch.autograd.functional.hessian(loss, alphas)
    assert measured == pytest.approx(float(torch.linalg.eigvalsh(whole)[-1]), rel=0.02)


def test_the_products_are_differences_of_gradients_that_are_near() -> None:
    """In float64, and so near that no ReLU switches in between: a second derivative that is left out would show."""
    run = training(alpha_scale=0.5)
    loss, alphas = loss_of(run, 4)
    leaf = alphas.clone().requires_grad_()
    times, size = hessian(loss(leaf), [leaf])
    assert size == len(alphas)
    torch.manual_seed(0)
    for vector in torch.randn(3, size, dtype=torch.float64):
        ends = [(alphas + sign * 1e-6 * vector).requires_grad_() for sign in (1, -1)]
        plus, minus = (torch.autograd.grad(loss(end), end)[0] for end in ends)
        assert torch.allclose(times(vector), (plus - minus) / 2e-6, atol=1e-7)


def test_of_a_method_that_draws_it_is_at_the_mean() -> None:
    run = training("drnas", alpha_scale=0.5)
    run.images.size = 4 * 40
    measured = curvature(run)
    assert measured == curvature(run)
    batch = run.images.batch(1, run.images.order[:40], augmented=False)
    run.net.double()
    alphas = dict(run.method.alphas.items())  # type: ignore[attr-defined]

    def loss(vector: Tensor) -> Tensor:
        betas = dict(zip(alphas, torch.where(vector > 0, vector + 1, vector.exp()).split(3), strict=True))
        weights = {path: beta / beta.sum() for path, beta in betas.items()}
        return functional.cross_entropy(run.net(batch.images.double(), weights), batch.labels)

    whole = torch.autograd.functional.hessian(loss, torch.cat(list(alphas.values())).detach().double())
    assert measured == pytest.approx(float(torch.linalg.eigvalsh(whole)[-1]), rel=0.02)


@pytest.mark.parametrize("name", ["gdas", "spos"])
def test_there_is_none_where_alpha_alone_decides_no_loss(name: str) -> None:
    assert math.isnan(curvature(training(name)))


def test_a_training_that_is_looked_at_is_bitwise_that_which_is_not() -> None:
    looked, plain = training(), training()
    guard = Guard(looked)
    genome = looked.run(lambda epoch: guard.look(epoch) or True)  # type: ignore[func-returns-value]
    assert plain.run() == genome
    assert "curvature" not in looked.curve[0].metrics and looked.curve[1].metrics["curvature"] > 0
    for one, other in zip(looked._models().values(), plain._models().values(), strict=True):
        for key, tensor in one.state_dict().items():
            assert torch.equal(tensor, other.state_dict()[key]), key
    torch.manual_seed(3)
    first = torch.rand(1)
    torch.manual_seed(3)
    curvature(looked)
    assert torch.equal(torch.rand(1), first)
    assert all(alpha.grad is None or not alpha.grad.isnan().any() for alpha in looked.net.parameters())


def test_the_rule_compares_the_means_of_five_values_four_values_apart() -> None:
    values = [1.0, 1.0, 1.0, 1.0, 1.0, 1.5, 1.5, 1.5, 1.5]
    assert growth(values) == pytest.approx((1 + 4 * 1.5) / 5)
    assert growth(values[1:]) is None
    assert len(values) == WINDOW + EARLIER
    assert growth([-1.0] * 9) is None


def test_it_warns_of_what_grows_and_flags_nothing() -> None:
    genome = load("nasbench_digits").sample(random.Random(0))
    values = [1.0] * 5 + [1.5] * 4
    curve = [
        Epoch(epoch, {"curvature": values[epoch // 2 - 1]} if epoch % 2 == 0 else {}, genome) for epoch in range(1, 19)
    ]
    said = warnings(curve, 50)
    assert said[:-1] == [[]] * 17
    assert "1.4 times the curvature of before" in said[-1][0]
    curve[-1].metrics["curvature"] = 0.5
    assert warnings(curve, 50) == [[]] * 18
