"""The regularisation of beta-DARTS and its gradient by hand."""

import torch

from nas.data import load as load_data
from nas.oneshot import create_method
from nas.oneshot.beta_darts import BetaDarts
from nas.oneshot.darts import Darts
from nas.oneshot.training import RECIPE, Training
from nas.space import load


def test_the_gradient_of_the_term_is_a_softmax_by_choice() -> None:
    method = create_method("beta_darts", {"alpha_scale": 1.0})
    assert isinstance(method, BetaDarts)
    recipe = RECIPE.replace(epochs=10)
    training = Training(load("nasbench_digits"), load_data("digits"), method, recipe, threads=1, device="cpu")
    training.net.train()
    valid = training.images.batch(1, torch.arange(32))
    found = method.gradients(method.regularisation())
    for (_, alpha), gradient in zip(method.alphas.items(), found, strict=True):
        assert torch.allclose(gradient, alpha.exp() / alpha.exp().sum() / 6)

    plain = method.gradients(Darts.validation_loss(method, valid))
    for epoch, weight in ((0, 0.0), (4, 20.0), (9, 45.0)):  # 0 to 50 over the epochs
        training.done = epoch * training.plan.per_epoch
        whole = method.gradients(method.validation_loss(valid))
        for one, other, term in zip(whole, plain, found, strict=True):
            assert torch.allclose(one, other + weight * term, atol=1e-6)
