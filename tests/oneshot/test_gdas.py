"""GDAS' estimator against its expectation by numerical integration; its two gradients; its paths."""

from pathlib import Path

import pytest
import torch

from nas.data import load as load_data
from nas.errors import UserError
from nas.network.supernet import Supernet
from nas.oneshot import create_method
from nas.oneshot.gdas import Gdas, hard_gumbel
from nas.oneshot.training import RECIPE, Training
from nas.space import load

TWO = """
name: two
input: [1, 4, 4]
classes: 3
network:
  first: [{conv: {channels: 4, kernel: 1}}]
  middle: [{choice: [identity, {conv: {channels: 4, kernel: 3, bias: false}}]}]
  last: [global_avg_pool, {linear: =classes}]
"""


def gdas(**options: object) -> tuple[Training, Gdas]:
    method = create_method("gdas", options)
    assert isinstance(method, Gdas)
    recipe = RECIPE.replace(epochs=11)
    return Training(load("nasbench_digits"), load_data("digits"), method, recipe, threads=1, device="cpu"), method


@pytest.mark.parametrize("tau", [0.5, 2.0])
def test_the_expected_gradient_of_a_choice_of_two_is_that_by_integration(tau: float) -> None:
    """Of the loss w_taken * value_taken. The difference of two Gumbels is logistic: let t be it plus a1 - a0.

    The second answer is taken where t > 0, and its soft weight is sigmoid(t / tau), so that the gradient of a1 is
    E((v1 [t > 0] - v0 [t < 0]) s (1 - s) / tau), and that of a0 its negative.
    """
    torch.manual_seed(0)
    first, second = torch.tensor([0.3, -0.4], dtype=torch.float64), torch.tensor([1.5, -2.0], dtype=torch.float64)
    alpha, count = first.clone().requires_grad_(), 200_000
    hard = hard_gumbel(alpha.expand(count, 2), tau)
    assert set(hard.detach().round(decimals=6).unique().tolist()) == {0.0, 1.0}
    share = hard.detach().mean(0)
    assert torch.allclose(share, first.softmax(0), atol=0.005)
    taken = hard.detach().argmax(1, keepdim=True)
    loss = (hard * second).gather(1, taken).mean()
    (found,) = torch.autograd.grad(loss, alpha)

    noise = torch.linspace(-40, 40, 400_001, dtype=torch.float64)
    density = noise.sigmoid() * (-noise).sigmoid()
    t = noise + first[1] - first[0]
    soft = (t / tau).sigmoid()
    inner = torch.where(t > 0, second[1], -second[0]) * soft * (1 - soft) / tau
    expected = float(torch.trapezoid(inner * density, noise))
    assert found[1].item() == pytest.approx(expected, abs=0.01)
    assert found[0].item() == pytest.approx(-expected, abs=0.01)
    assert abs(expected) > 0.05


def test_the_legacy_gradient_of_what_was_not_run_is_the_sum_of_the_map_s(tmp_path: Path) -> None:
    """With a linear head by hand: adding c to a map of averages adds c times the sum of a row to each logit."""
    (tmp_path / "two.yaml").write_text(TWO)
    net = Supernet(load(str(tmp_path / "two.yaml")))
    (path,) = net.choices
    images, upstream = torch.randn(5, 1, 4, 4), torch.randn(5, 3)
    gradients = {}
    for legacy in (False, True):
        net.adds_others = legacy
        weights = torch.tensor([1.0, 0.0], requires_grad=True)
        out = net(images, {path: weights}, {path: net.choices[path].answers[0]})
        assert torch.allclose(out, net(images, genome={path: net.choices[path].answers[0]}), atol=1e-6)
        (gradients[legacy],) = torch.autograd.grad((out * upstream).sum(), weights)
    head = next(m for m in net.modules() if isinstance(m, torch.nn.Linear))
    expected = (upstream @ head.weight).sum()
    assert gradients[False][1] == 0
    assert torch.allclose(gradients[True][1], expected, rtol=1e-4)
    assert torch.allclose(gradients[True][0], gradients[False][0])


def test_each_loss_draws_a_path_of_its_own_and_runs_it_alone() -> None:
    training, method = gdas()
    training.net.train()
    batch = training.images.batch(0, torch.arange(16))
    torch.manual_seed(3)
    (weights, path), (_, other) = method.path(), method.path()
    assert path != other
    assert torch.allclose(training.loss(batch, weights, path), training.loss(batch, genome=path))
    training.loss(batch, weights, path).backward()
    run = {id(p) for module in training.net.modules_of(path) for p in module.parameters(recurse=False)}
    assert {id(p) for p in training.parameters if p.grad is not None} <= run
    assert len(run) < len(training.parameters)


def test_the_temperature_falls_linearly() -> None:
    training, method = gdas()
    for epoch, tau in ((0, 10.0), (5, 5.05), (10, 0.1)):
        training.done = epoch * training.plan.per_epoch
        assert method.tau() == pytest.approx(tau)


def test_noise_that_is_not_finite_is_drawn_again(monkeypatch: pytest.MonkeyPatch) -> None:
    draws = iter([0.0, float("nan"), 1.0])
    monkeypatch.setattr(torch.Tensor, "exponential_", lambda x: x.fill_(next(draws)))
    assert torch.isfinite(hard_gumbel(torch.zeros(3), 1.0)).all()
    assert next(draws, None) is None


def test_a_gradient_of_another_name_is_an_error() -> None:
    with pytest.raises(UserError, match="gradient is 'legcy'; did you mean 'legacy'"):
        create_method("gdas", {"gradient": "legcy"})
    with pytest.raises(UserError, match="unknown option 'order'"):
        create_method("gdas", {"order": 2})
