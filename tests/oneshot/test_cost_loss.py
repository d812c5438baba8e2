"""The forms by hand, their gradients by finite differences."""

import math

import pytest
import torch

from nas.errors import UserError
from nas.oneshot.cost_loss import FORMS, CostLoss, Form
from nas.oneshot.expected_cost import PRICES, ExpectedCost
from tests.space.documents import space_of

SPACE = """
input: [1, 8, 8]
classes: 10
network: [{choice: [{conv: {channels: 2, kernel: 1, bias: false}}, {conv: {channels: 2, kernel: 3, bias: false}}]}]
"""
PATH = "network.0"


def loss(form: str, target: float, **numbers: float) -> CostLoss:
    """Of a network that costs 2 or 18 parameters."""
    expected = ExpectedCost(space_of(SPACE), PRICES["parameters"])
    return CostLoss(expected, Form(form, **{"weight": 0.1, "exponent": 0.3, **numbers}), torch.tensor(target))


def test_sum_and_product_by_hand() -> None:
    """E = 0.25 * 2 + 0.75 * 18 = 14."""
    given, entropy = {PATH: torch.tensor([0.25, 0.75])}, torch.tensor(2.5)
    assert loss("add", 10.0)(entropy, given).item() == pytest.approx(2.5 + 0.1 * 4 / 10)
    assert loss("add", 14.0)(entropy, given).item() == pytest.approx(2.5)
    by_hand = 0.2 * 2.5 * (math.log(14) / math.log(196)) ** 0.3
    assert loss("multiply", 196.0)(entropy, given).item() == pytest.approx(by_hand)
    assert by_hand == pytest.approx(0.5 * 0.5**0.3)
    assert loss("multiply", 14.0, exponent=2.0)(entropy, given).item() == pytest.approx(0.5)


@pytest.mark.parametrize("form", FORMS)
def test_gradients_are_those_of_finite_differences(form: str) -> None:
    function = loss(form, 10.0)
    leaf = torch.tensor([0.3, -0.2], dtype=torch.float64, requires_grad=True)
    entropy = torch.tensor(1.5, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda alpha, value: function(value, {PATH: alpha.softmax(0)}), (leaf, entropy))


def test_costs_without_a_positive_logarithm_are_an_error() -> None:
    with pytest.raises(UserError, match=r"above 1, and cost_target is 0.5; give cost_form=add"):
        loss("multiply", 0.5)
    expected = ExpectedCost(space_of(SPACE), lambda op, shapes: op.parameters(*shapes) / 10)
    with pytest.raises(UserError, match=r"above 1, and the cheapest network's is 0.2; give cost_form=add"):
        CostLoss(expected, Form("multiply", 0.1, 0.3), torch.tensor(1.5))
    CostLoss(expected, Form("add", 0.1, 0.3), torch.tensor(0.5))
