"""Each proxy against its definition, computed another way: by hand, by numpy, by torch's own derivatives."""

import math
import random
from collections.abc import Callable
from typing import Any

import numpy
import pytest
import torch
from torch import Tensor
from torch.func import functional_call
from torch.nn import functional

import nas
from nas.errors import UserError
from nas.evaluators.proxies import PROXIES, score
from nas.network import Network, compile
from tests.space.documents import graph_of

SMALL = """
name: small
input: [2, 5, 5]
classes: 3
network:
  - {conv: {channels: 4, kernel: 3, bias: false}}
  - batch_norm
  - relu
  - residual: [{conv: {channels: 4, kernel: 3}}, relu, {conv: {channels: 4, kernel: 1}}]
  - relu
  - global_avg_pool
  - {linear: =classes}
"""
LINEAR = """
name: plain
input: [3]
classes: 2
network: [{linear: {features: 4, bias: false}}, relu, {linear: {features: =classes, bias: false}}]
"""
AUXILIARY = """
name: heads
input: [2, 4, 4]
classes: 3
network:
  - {conv_bn_relu: {channels: 4, kernel: 3}}
  - auxiliary: [global_avg_pool, {linear: =classes}]
  - {dropout: 0.5}
  - global_avg_pool
  - {linear: =classes}
"""


def network(text: str, seed: int = 0) -> Network:
    return compile(graph_of(text), seed)


def batch(model: Network, count: int = 6) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(1)
    images = torch.randn(count, *model.graph.input, generator=generator)
    return images, torch.randint(model.graph.shape[0], (count,), generator=generator)


def measure(name: str, model: Network, seed: int = 2) -> float:
    return score(name, model, *batch(model), torch.Generator().manual_seed(seed))


def plainly(model: Network) -> tuple[Callable[[dict[str, Tensor]], Tensor], dict[str, Tensor]]:
    """The batch's loss as a function of the weights, and the weights, without hooks or anything written over."""
    images, labels = batch(model)
    model = compile(model.graph)
    weights = {name: p.detach() for name, p in model.named_parameters() if p.ndim > 1}
    model.train()

    def loss(values: dict[str, Tensor]) -> Tensor:
        return functional.cross_entropy(functional_call(model, values, (images,)), labels)

    return loss, weights


def test_synflow_by_hand() -> None:
    model = network(LINEAR)
    first, second = (parameter.detach().abs().double().numpy() for parameter in model.parameters())
    flow = second.sum(0) @ first.sum(1)  # every path's product counts once in each of the two layers
    assert measure("synflow", model) == pytest.approx(math.log1p(2 * flow), rel=1e-12)


@pytest.mark.parametrize("norm", ["batch_norm", "{group_norm: {groups: 1}}", "layer_norm"])
def test_synflow_has_no_norms_ceilings_or_signs(norm: str) -> None:
    text = LINEAR.replace("relu,", f"{norm}, relu6, tanh,")
    model, plain = network(text), network(LINEAR)
    with torch.no_grad():
        for one, other in zip((p for p in model.parameters() if p.ndim > 1), plain.parameters(), strict=True):
            one.copy_(-1000 * other)
    expected = math.log(math.expm1(measure("synflow", plain)) * 1e6)
    assert measure("synflow", model) == pytest.approx(expected, rel=1e-6)


def test_snip_is_the_derivative_by_a_mask() -> None:
    model = network(SMALL)
    loss, weights = plainly(model)
    masks = {name: torch.ones_like(weight, requires_grad=True) for name, weight in weights.items()}
    slopes = torch.autograd.grad(loss({name: weights[name] * mask for name, mask in masks.items()}), masks.values())
    assert measure("snip", model) == pytest.approx(float(sum(slope.abs().sum() for slope in slopes)), rel=1e-5)


def test_grad_norm_by_finite_differences() -> None:
    model = network(LINEAR).double()
    images, labels = batch(model)
    weights = list(model.parameters())
    total = 0.0
    for weight in weights:
        slope = torch.zeros_like(weight)
        for place in range(weight.numel()):
            losses = []
            for step in (1e-6, -2e-6, 1e-6):
                with torch.no_grad():
                    weight.view(-1)[place] += step
                    losses.append(float(functional.cross_entropy(model(images.double()), labels)))
            slope.view(-1)[place] = (losses[0] - losses[1]) / 2e-6
        total += float(slope.norm())
    found = score("grad_norm", model, images.double(), labels, torch.Generator())
    assert found == pytest.approx(total, rel=1e-6)


def test_grasp_by_torchs_product_with_the_hessian() -> None:
    model = network(SMALL)
    loss, weights = plainly(model)
    names, values = list(weights), tuple(weights.values())

    def of(*tensors: Tensor) -> Tensor:
        return loss(dict(zip(names, tensors, strict=True)))

    slopes = torch.autograd.functional.jacobian(of, values)
    _, products = torch.autograd.functional.hvp(of, values, slopes)
    expected = -float(sum((weight * product).sum() for weight, product in zip(values, products, strict=True)))
    assert measure("grasp", model) == pytest.approx(expected, rel=1e-4)


def test_fisher_by_its_formula() -> None:
    model = network(LINEAR)
    images, labels = batch(model)
    first, second = (parameter.detach().numpy() for parameter in model.parameters())
    hidden = images.numpy() @ first.T
    logits = numpy.maximum(hidden, 0) @ second.T
    shares = numpy.exp(logits) / numpy.exp(logits).sum(1, keepdims=True)
    slope = (shares - numpy.eye(2)[labels.numpy()]) / len(images)
    before = (slope @ second) * (hidden > 0)
    change = [3 * ((hidden * before) ** 2).mean(0).sum() / 2, 4 * ((logits * slope) ** 2).mean(0).sum() / 2]
    assert measure("fisher", model) == pytest.approx(sum(change), rel=1e-5)


def test_fisher_sums_over_positions_before_it_squares() -> None:
    model = network(SMALL)
    seen: list[Tensor] = []
    plain = compile(model.graph).train()
    for module in plain.modules():
        if hasattr(module, "inplace"):
            module.inplace = False
        if isinstance(module, torch.nn.Conv2d | torch.nn.Linear):
            module.register_forward_hook(lambda m, i, output: seen.append(output) or output.clone())
    images, labels = batch(model)
    slopes = torch.autograd.grad(functional.cross_entropy(plain(images), labels), seen)
    expected = 0.0
    for output, slope, weights in zip(seen, slopes, (2 * 9, 4 * 9, 4, 4), strict=True):
        change = (output * slope).detach().double().reshape(*output.shape[:2], -1).sum(2)
        expected += weights * float((change**2).mean(0).sum()) / 2
    assert measure("fisher", model) == pytest.approx(expected, rel=1e-5)


def test_jacov_by_numpy() -> None:
    model = network(LINEAR.replace("[3]", "[30]").replace("features: 4", "features: 20"))
    images, _ = batch(model)
    first, second = (parameter.detach().double().numpy() for parameter in model.parameters())
    rows = ((images.double().numpy() @ first.T > 0) * second.sum(0)) @ first
    values, _ = numpy.linalg.eig(numpy.corrcoef(rows))
    expected = -sum(math.log(v + 1e-5) + 1 / (v + 1e-5) for v in values.real)
    assert measure("jacov", model) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("activation", ["relu", "gelu"])
def test_naswot_counts_the_units_on_which_two_images_agree(activation: str) -> None:
    model = network(LINEAR.replace("features: 4", "features: 40").replace("relu", activation))
    images, _ = batch(model)
    codes = images.numpy() @ next(model.parameters()).detach().numpy().T > 0
    kernel = [[float((one == other).sum()) for other in codes] for one in codes]
    assert measure("naswot", model) == pytest.approx(numpy.linalg.slogdet(kernel)[1], rel=1e-9)


def test_naswot_sees_what_comes_before_an_activation_that_writes_over_it() -> None:
    model = network(
        "name: t\ninput: [2, 8, 8]\nnetwork: [{conv: {channels: 8, kernel: 3, bias: false}}, relu6, flatten]"
    )
    images, _ = batch(model)
    codes = (functional.conv2d(images, next(model.parameters()), padding=1) > 0).flatten(1)
    kernel = [[float((one == other).sum()) for other in codes] for one in codes]
    assert measure("naswot", model) == pytest.approx(numpy.linalg.slogdet(kernel)[1], rel=1e-9)


def test_zen_by_its_definition() -> None:
    text = """
    name: zen
    input: [2, 5, 5]
    classes: 3
    network: [{conv: {channels: 4, kernel: 3}}, batch_norm, relu, global_avg_pool, {linear: =classes}]
    """
    model = network(text)
    images, _ = batch(model)
    generator = torch.Generator().manual_seed(2)
    weight = torch.randn(4, 2, 3, 3, generator=generator)
    torch.randn(3, 4, generator=generator)
    x, e = (torch.randn(images.shape, generator=generator) for _ in range(2))

    def features(pixels: Tensor) -> tuple[Tensor, Tensor]:
        y = functional.conv2d(pixels, weight, padding=1)
        variance = y.var((0, 2, 3), correction=0, keepdim=True)
        return ((y - y.mean((0, 2, 3), keepdim=True)) / (variance + 1e-5).sqrt()).relu(), variance

    (one, first), (other, second) = features(x), features(x + 0.01 * e)
    unbiased = 6 * 25 / (6 * 25 - 1)
    running = 0.9 * (0.9 + 0.1 * unbiased * first.mean()) + 0.1 * unbiased * second.mean()
    expected = math.log((one - other).abs().sum((1, 2, 3)).mean()) + math.log(running.sqrt())
    assert measure("zen", model, seed=2) == pytest.approx(expected, rel=1e-4)


def test_the_costs_are_the_graphs() -> None:
    model = network(SMALL)
    assert measure("parameters", model) == model.graph.parameters
    assert measure("mult_adds", model) == model.graph.mult_adds


@pytest.mark.parametrize("name", PROXIES)
def test_the_model_and_the_global_generator_are_left_alone(name: str) -> None:
    model = network(SMALL)
    before = {key: value.clone() for key, value in model.state_dict().items()}
    torch.manual_seed(5)
    drawn = torch.get_rng_state()
    one, same = measure(name, model), measure(name, model)
    assert one == same
    assert math.isfinite(one)
    assert torch.equal(torch.get_rng_state(), drawn)
    assert all(torch.equal(value, before[key]) for key, value in model.state_dict().items())
    assert all(p.grad is None and p.requires_grad for p in model.parameters())
    assert not any(m._forward_hooks or m._forward_pre_hooks for m in model.modules())
    assert model.training


@pytest.mark.parametrize("name", PROXIES)
def test_heads_and_dropout_do_not_take_part(name: str) -> None:
    torch.manual_seed(0)
    with_head = measure(name, network(AUXILIARY))
    text = AUXILIARY.replace("  - auxiliary: [global_avg_pool, {linear: =classes}]\n  - {dropout: 0.5}\n", "")
    alone = network(text)
    source = dict(network(AUXILIARY).state_dict())
    taken = [value for key, value in source.items() if "auxiliary" not in key]
    alone.load_state_dict(dict(zip(alone.state_dict(), taken, strict=True)))
    if name != "zen":  # which draws weights for the head too
        assert with_head == pytest.approx(measure(name, alone), rel=1e-6)


def test_the_seed_of_zen_alone_matters() -> None:
    model = network(SMALL)
    changed = {name for name in PROXIES if measure(name, model, 2) != measure(name, model, 3)}
    assert changed == {"zen"}


@pytest.mark.parametrize("name", ["lenet5", "resnet20", "nasbench201"])
@pytest.mark.parametrize("proxy", PROXIES)
def test_packaged_networks(name: str, proxy: str) -> None:
    space = nas.load(name, **({"cells": 1} if name == "nasbench201" else {}))
    genome: Any = space.sample(random.Random(3))
    assert math.isfinite(measure(proxy, compile(space.graph(genome))))


def test_what_cannot_be_measured_says_so() -> None:
    bare = network("name: t\ninput: [2, 4, 4]\nclasses: 2\nnetwork: [batch_norm, global_avg_pool]")
    with pytest.raises(ValueError, match="no convolution and no linear layer"):
        measure("snip", bare)
    with pytest.raises(ValueError, match="the network has none"):
        measure("naswot", bare)
    with pytest.raises(UserError, match="unknown proxy 'synflo'; did you mean 'synflow'"):
        measure("synflo", bare)
    blind = network("name: t\ninput: [2, 4, 4]\nclasses: 2\nnetwork: [none, global_avg_pool, {linear: 2}]")
    assert math.isnan(measure("jacov", blind))
    assert measure("synflow", blind) == measure("grad_norm", blind) * 0
