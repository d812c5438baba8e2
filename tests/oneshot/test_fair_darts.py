"""Fair DARTS: the zero-one loss and its gradient by hand, and where its threshold drops an edge."""

import math

import pytest
import torch

from nas.data import load as load_data
from nas.oneshot import create_method
from nas.oneshot.darts import Darts
from nas.oneshot.fair_darts import FairDarts
from nas.oneshot.training import Training, recipe_of
from nas.space import load


def fair(operations: list[str] | None = None) -> tuple[Training, FairDarts]:
    method = create_method("fair_darts")
    assert isinstance(method, FairDarts)
    space = load("nasbench_digits", **({"operations": operations} if operations else {}))
    return Training(space, load_data("digits"), method, threads=1, device="cpu"), method


def set_alphas(method: Darts, values: list[float]) -> None:
    with torch.no_grad():
        for _, alpha in method.alphas.items():
            alpha.copy_(torch.tensor(values))


def test_the_zero_one_loss_and_its_gradient() -> None:
    """-mean (s - 1/2)^2 over the two operations of six edges; d / d alpha: -2 (s - 1/2) s (1 - s) / 12."""
    _, method = fair()
    assert all(not alpha.any() for _, alpha in method.alphas.items())  # 0 at first
    set_alphas(method, [5.0, 1.0, -2.0])  # of none, which has no part in it
    s = [1 / (1 + math.exp(-1.0)), 1 / (1 + math.exp(2.0))]
    loss = method.zero_one_loss()
    assert loss.item() == pytest.approx(-sum((x - 0.5) ** 2 for x in s) / 2)
    expected = torch.tensor([0.0, *(-2 * (x - 0.5) * x * (1 - x) / 12 for x in s)])
    for gradient in method.gradients(loss):
        assert torch.allclose(gradient, expected, atol=1e-7)


def test_alpha_s_loss_has_ten_times_the_term_and_w_s_has_not() -> None:
    training, method = fair()
    set_alphas(method, [0.0, 1.0, -2.0])
    training.net.train()
    batch = training.images.batch(0, torch.arange(16))
    plain = training.loss(batch, method.weights())
    assert torch.allclose(method.validation_loss(batch), plain + 10 * method.zero_one_loss())
    assert torch.equal(method.training_loss(batch), plain)
    assert recipe_of(method).learning_rate == 0.005


@pytest.mark.parametrize(("values", "answer"), [([0, 1.8, 1.7], "skip_connect"), ([0, 1.6, 1.7], "none")])
def test_an_edge_is_there_from_the_threshold_on(values: list[float], answer: str) -> None:
    """sigmoid(1.735) = 0.85."""
    _, method = fair()
    set_alphas(method, values)
    assert set(method.derive().answers.values()) == {answer}


def test_where_no_edge_may_be_missing_the_strongest_answers_are_taken() -> None:
    _, method = fair(["skip_connect", "nor_conv_3x3"])
    set_alphas(method, [0.1, 0.2])
    assert set(method.derive().answers.values()) == {"nor_conv_3x3"}
