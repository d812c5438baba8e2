"""The auxiliary skip connection: what is added to which answers, when, and where it cannot be."""

import pytest
import torch

from nas.data import load as load_data
from nas.errors import UserError
from nas.oneshot import create_method
from nas.oneshot.darts import Darts
from nas.oneshot.training import RECIPE, Training
from nas.space import load


def training(name: str, space: str = "nasbench_digits", **options: object) -> tuple[Training, Darts]:
    method = create_method(name, options)
    assert isinstance(method, Darts)
    recipe = RECIPE.replace(epochs=4)
    return Training(load(space), load_data("digits"), method, recipe, threads=1, device="cpu"), method


@pytest.mark.parametrize(("epoch", "beta"), [(0, 1.0), (1, 0.75), (3, 0.25), (4, 0.0)])
def test_beta_is_added_to_the_skip_connections_and_falls_to_0(epoch: int, beta: float) -> None:
    run, method = training("darts_minus")
    run.done = epoch * run.plan.per_epoch
    weights = method.weights()
    assert weights is not None
    for path, share in method.shares().items():
        assert run.net.choices[path].answers == ("none", "skip_connect", "nor_conv_3x3")
        assert torch.allclose(weights[path] - share, torch.tensor([0.0, beta, 0.0]))


def test_at_first_it_is_a_whole_skip_connection() -> None:
    """Where every candidate but `none` is gone, the network is that of skip connections."""
    run, method = training("darts_minus")
    with torch.no_grad():
        for _, alpha in method.alphas.items():
            alpha.copy_(torch.tensor([99.0, 0.0, 0.0]))
    run.net.train()
    images = run.images.batch(0, torch.arange(8)).images
    skips = dict.fromkeys(run.net.choices, "skip_connect")
    assert torch.allclose(run.net(images, method.weights()), run.net(images, genome=skips), atol=1e-5)


def test_the_derivation_leaves_it_out() -> None:
    _, method = training("darts_minus")
    with torch.no_grad():
        for _, alpha in method.alphas.items():
            alpha.copy_(torch.tensor([0.0, 0.1, 0.2]))  # with beta, the skip connection were the strongest
    assert set(method.derive().answers.values()) == {"nor_conv_3x3"}


def test_it_goes_with_other_methods_of_the_family() -> None:
    for name in ("drnas", "beta_darts", "fair_darts"):
        _, method = training(name, auxiliary_skip=True)
        torch.manual_seed(0)
        weights = method.weights()
        torch.manual_seed(0)
        for path, share in method.shares().items():
            assert torch.allclose((weights or {})[path] - share, torch.tensor([0.0, 1.0, 0.0])), name
    with pytest.raises(UserError, match="unknown option 'auxiliary_skip'"):
        create_method("gdas", {"auxiliary_skip": True})


def test_a_choice_without_a_skip_connection_is_an_error() -> None:
    space = load("nasbench_digits", operations=["none", "nor_conv_3x3"])
    with pytest.raises(UserError, match=r"nodes\.0\.0\.operation: has no skip_connect for auxiliary_skip"):
        Training(space, load_data("digits"), create_method("darts_minus"), threads=1, device="cpu")
