"""The Dirichlet's gradient against its closed form and finite differences; what is drawn when."""

import torch

from nas.data import load as load_data
from nas.oneshot import create_method
from nas.oneshot.drnas import Drnas
from nas.oneshot.training import Training, recipe_of
from nas.space import load


def drnas() -> tuple[Training, Drnas]:
    method = create_method("drnas")
    assert isinstance(method, Drnas)
    return Training(load("nasbench_digits"), load_data("digits"), method, threads=1, device="cpu"), method


def expectation(alpha: list[float], values: list[float]) -> float:
    """E(sum of w_i v_i) = sum of v_i beta_i / sum of beta, beta = elu(alpha) + 1."""
    beta = [a + 1 if a > 0 else float(torch.tensor(a, dtype=torch.float64).exp()) for a in alpha]
    return sum(b * v for b, v in zip(beta, values, strict=True)) / sum(beta)


def test_the_draws_have_the_closed_form_s_mean_and_gradient() -> None:
    """The pathwise gradient of 100,000 draws against finite differences of the expectation."""
    torch.manual_seed(0)
    start, values = [0.7, -0.4, 0.1], [1.0, -2.0, 0.5]
    alpha = torch.tensor(start, dtype=torch.float64, requires_grad=True)
    _, method = drnas()
    method.alphas.paths, count = ["edge"], 100_000
    method.alphas.items = lambda: [("edge", alpha.expand(count, 3))]  # type: ignore[method-assign, assignment, return-value]
    draws = method.shares()["edge"]
    assert torch.allclose(draws.sum(1), torch.ones(count, dtype=torch.float64))
    mean = (draws @ torch.tensor(values, dtype=torch.float64)).mean()
    assert abs(mean.item() - expectation(start, values)) < 0.01
    (found,) = torch.autograd.grad(mean, alpha)
    for i in range(3):
        up, down = ([a + sign * 1e-5 * (i == j) for j, a in enumerate(start)] for sign in (1, -1))
        exact = (expectation(up, values) - expectation(down, values)) / 2e-5
        assert abs(float(found[i]) - exact) < 0.01, i


def test_every_forward_pass_draws_anew_and_the_derivation_does_not() -> None:
    training, method = drnas()
    one, other = method.weights(), method.weights()
    assert one is not None and other is not None
    assert all(not torch.equal(one[path], other[path]) for path in one)
    with torch.no_grad():
        for _, alpha in method.alphas.items():
            alpha.copy_(torch.tensor([0.1, 0.3, 0.2]))
    assert set(method.derive().answers.values()) == {"skip_connect"}
    assert set(training.net.choices) == set(one)


def test_the_search_takes_the_paper_s_epochs() -> None:
    assert recipe_of(create_method("drnas")).epochs == 100
    assert recipe_of(create_method("darts")).epochs == 50
