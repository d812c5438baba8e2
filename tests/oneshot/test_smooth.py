"""SmoothDARTS' perturbations: on the simplex, near, to a higher loss; and that they move w's step alone."""

import pytest
import torch
from torch import Tensor

from nas.data import load as load_data
from nas.errors import UserError
from nas.oneshot import create_method
from nas.oneshot.darts import Darts
from nas.oneshot.smooth import PERTURBATIONS, adversarial, epsilon, on_simplex
from nas.oneshot.training import Training
from nas.space import load

SHARES = {"a": torch.tensor([0.5, 0.3, 0.2]), "b": torch.tensor([0.25, 0.75])}


def linear(shares: dict[str, Tensor]) -> Tensor:
    return shares["a"] @ torch.tensor([3.0, -1.0, 0.0]) + shares["b"] @ torch.tensor([0.0, 1.0])


def test_numbers_come_back_to_the_simplex_by_clamping_and_dividing() -> None:
    assert torch.allclose(on_simplex(torch.tensor([-0.2, 0.5, 1.5])), torch.tensor([0.0, 1 / 3, 2 / 3]))


@pytest.mark.parametrize("kind", PERTURBATIONS)
def test_shares_stay_shares_and_are_not_changed_in_place(kind: str) -> None:
    torch.manual_seed(0)
    before = {path: share.clone() for path, share in SHARES.items()}
    moved = PERTURBATIONS[kind](SHARES, 0.1, linear)
    for path, share in moved.items():
        assert torch.equal(SHARES[path], before[path])
        assert share.sum() == pytest.approx(1.0) and share.min() >= 0
        assert 0 < (share - before[path]).abs().max() < 0.3
        assert not share.requires_grad


def test_an_attack_reaches_the_corner_of_a_linear_loss() -> None:
    """The shares that the loss likes up by 0.1, the others down, about."""
    torch.manual_seed(0)
    moved = adversarial(SHARES, 0.1, linear)
    assert linear(moved) > linear(SHARES) + 0.2
    assert moved["a"][0] > 0.55 and moved["a"][1] < 0.25 and moved["b"][1] > 0.8


def test_an_attack_that_does_not_raise_the_loss_is_undone() -> None:
    def at_its_top(shares: dict[str, Tensor]) -> Tensor:
        return -sum(((shares[path] - SHARES[path]) ** 2).sum() for path in shares)  # type: ignore[return-value]

    moved = adversarial(SHARES, 0.1, at_its_top)
    assert all(torch.equal(moved[path], SHARES[path]) for path in SHARES)


def test_the_reach_rises_over_the_epochs() -> None:
    assert [epsilon(epoch, 11) for epoch in (0, 5, 10)] == pytest.approx([0.03, 0.165, 0.3])


@pytest.mark.parametrize("kind", ["rs", "adv"])
def test_alpha_s_step_is_as_without_and_w_s_is_not(kind: str) -> None:
    results = []
    for perturb in ("none", kind):
        method = create_method("darts", {"perturb": perturb})
        assert isinstance(method, Darts)
        training = Training(load("nasbench_digits"), load_data("digits"), method, threads=1, device="cpu")
        training.net.train()
        torch.manual_seed(0)
        method.step(*(training.images.batch(part, torch.arange(16)) for part in (0, 1)))
        results.append((torch.cat(list(method.alphas.parameters())), training.parameters[0].detach().clone()))
    assert torch.equal(results[0][0], results[1][0])
    assert not torch.equal(results[0][1], results[1][1])


def test_a_perturbation_of_another_name_is_an_error() -> None:
    with pytest.raises(UserError, match="perturb is 'adversarial'"):
        create_method("darts", {"perturb": "adversarial"})
    with pytest.raises(UserError, match="unknown option 'perturb'"):
        create_method("fair_darts", {"perturb": "rs"})
