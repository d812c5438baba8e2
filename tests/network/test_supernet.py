"""A supernet against stand-alone networks: one path, a one-hot mixture, parts of shared weights."""

import random
from typing import Any

import pytest
import torch
from torch import nn

import nas
from nas.errors import UserError
from nas.network.supernet import Supernet
from nas.space import Genome, load
from tests.space.documents import space_of

SMALL: dict[str, dict[str, Any]] = {
    "nasbench201": {"channels": 4, "cells": 1},
    "darts": {"channels": 4, "layers": 3},
    "nasbench_digits": {},
    "enas_macro": {},
    "inception_space": {},
    "nasbench_macro": {},
}
REST = ("enas", "nasnet", "pnasnet", "transnas_micro", "mobilenet")
PATHS = ("nasbench101", "plain", "zoph_le", "resnet_space", "efficientnet_space")


def randomised(net: Supernet) -> Supernet:
    """In float64, with statistics and scales that are not 1 and 0, and no random zeros."""
    generator = torch.Generator().manual_seed(0)
    for module in net.double().modules():
        if isinstance(module, nn.modules.batchnorm._BatchNorm):
            with torch.no_grad():
                module.running_mean.normal_(generator=generator)
                module.running_var.uniform_(0.5, 2, generator=generator)
                if module.affine:
                    module.weight.uniform_(0.5, 2, generator=generator)
                    module.bias.normal_(generator=generator)
    return net


def without_draws(*models: nn.Module) -> None:
    for module in (module for model in models for module in model.modules()):
        if hasattr(module, "p"):
            module.p = 0.0


def path_differs(net: Supernet, genome: Genome) -> float:
    images = torch.randn(3, *net.space.input, dtype=torch.double, generator=torch.Generator().manual_seed(1))
    worst = 0.0
    for training in (False, True):
        net.train(training)
        alone = net.extract(genome)
        net.plan(genome)
        without_draws(net, alone)
        expected = alone(images)
        expected = expected[0] if isinstance(expected, tuple) else expected
        worst = max(worst, (net(images, genome=genome) - expected).abs().max().item())
    return worst


@pytest.mark.parametrize("relaxed", [False, True])
@pytest.mark.parametrize("name", SMALL)
def test_one_path_is_the_genomes_own_network(name: str, relaxed: bool) -> None:
    space, rng = load(name, **SMALL[name]), random.Random(0)
    net = randomised(Supernet(space, relaxed))
    for _ in range(3):
        assert path_differs(net, space.sample(rng)) == 0


@pytest.mark.slow
@pytest.mark.parametrize("name", [*SMALL, *REST, *PATHS])
def test_one_path_is_the_genomes_own_network_in_every_space(name: str) -> None:
    space, rng = load(name, **SMALL.get(name, {})), random.Random(1)
    net, refused = randomised(Supernet(space, relaxed=False)), 0
    for _ in range(20):
        genome = space.sample(rng)
        try:
            assert path_differs(net, genome) == 0
        except UserError as error:
            assert "was not foreseen" in str(error) or "is smaller than this genome's" in str(error)
            refused += 1
    assert refused <= 1


def test_what_is_extracted_is_the_document_s_network() -> None:
    space = load("nasbench201", channels=4, cells=1)
    genome = space.sample(random.Random(0))
    own = nas.build(space, genome).state_dict()
    extracted = Supernet(space, relaxed=False).extract(genome).state_dict()
    assert {name: tensor.shape for name, tensor in own.items()} == {n: t.shape for n, t in extracted.items()}


def one_hot(net: Supernet, genome: Genome) -> dict[str, torch.Tensor]:
    weights = {}
    for path, choice in net.choices.items():
        answer = genome.answers.get(path)
        given = answer if choice.sets and answer is not None else (answer,)
        degrees = [float(any(a == b and type(a) is type(b) for b in given)) for a in choice.answers]
        weights[path] = torch.tensor(degrees, dtype=torch.double)
    return weights


@pytest.mark.parametrize("name", SMALL)
def test_a_one_hot_mixture_is_the_path(name: str) -> None:
    space, rng = load(name, **SMALL[name]), random.Random(2)
    net = randomised(Supernet(space, relaxed=False)).eval()
    images = torch.randn(2, *space.input, dtype=torch.double)
    for _ in range(2):
        genome = space.sample(rng)
        with torch.no_grad():
            path, mixture = net(images, genome=genome), net(images, one_hot(net, genome))
        assert torch.allclose(path, mixture, rtol=1e-12, atol=1e-12)


def test_gradients_reach_every_answer_of_a_mixture() -> None:
    net = randomised(Supernet(load("nasbench201", channels=4, cells=1)))
    weights = {p: torch.rand(len(c.answers), dtype=torch.double, requires_grad=True) for p, c in net.choices.items()}
    net(torch.randn(2, 3, 32, 32, dtype=torch.double), weights).sum().backward()
    for path, weight in weights.items():
        assert weight.grad is not None
        answers = net.choices[path].answers
        zeros = [answer for answer, gradient in zip(answers, weight.grad, strict=True) if gradient == 0]
        assert zeros == ["none"], path


@pytest.mark.parametrize("channels_last", [False, True])
def test_fused_sums_have_the_gradients_of_plain_ones(channels_last: bool) -> None:
    """Against autograd through w * x, and a batch norm times its weight."""
    from nas.network.blend import blend, scaled_batch_norm

    layout = torch.channels_last if channels_last else torch.contiguous_format
    inputs = [torch.randn(2, 3, 4, 4, dtype=torch.double).contiguous(memory_format=layout) for _ in range(3)]
    norm = nn.BatchNorm2d(3, affine=False).double()
    outcomes = []
    for fused in (True, False):
        leaves = [x.clone().requires_grad_() for x in inputs]
        weights = torch.tensor([0.2, 0.5, 0.3], dtype=torch.double, requires_grad=True)
        first = scaled_batch_norm(norm, leaves[0], weights[0]) if fused else weights[0] * norm(leaves[0])
        if fused:
            out = blend([None, weights[1], weights[2]], [first, *leaves[1:]])
        else:
            out = first + weights[1] * leaves[1] + weights[2] * leaves[2]
        (out * torch.arange(out.numel()).reshape(out.shape)).sum().backward()
        outcomes.append([out, weights.grad, *[leaf.grad for leaf in leaves]])
    for one, other in zip(*outcomes, strict=True):
        assert torch.allclose(one, other, rtol=1e-12, atol=1e-10)


def test_a_weighted_path_is_the_path_times_its_weights() -> None:
    """GDAS: only the answers taken run, each times its weight."""
    space = load("nasbench201", channels=4, cells=1)
    net, genome = randomised(Supernet(space)), space.sample(random.Random(3))
    weights = {p: w.requires_grad_() for p, w in one_hot(net, genome).items()}
    images = torch.randn(2, 3, 32, 32, dtype=torch.double)
    out = net(images, weights, genome)
    assert torch.allclose(out, net(images, genome=genome), rtol=1e-12, atol=1e-14)  # sums in another order
    out.sum().backward()
    assert all((w.grad != 0).sum() <= 1 for w in weights.values() if w.grad is not None)


def test_the_search_networks_have_their_published_sizes() -> None:
    """DARTS: 1.930618 MB in the authors' log. NAS-Bench-201 without biases in convolutions: 1,686,106."""
    for name, parameters in (("darts", 1_930_618), ("pc_darts", 299_578), ("nasbench201", 1_686_106)):
        assert sum(p.numel() for p in Supernet(load(name)).parameters()) == parameters


def test_modules_that_do_not_run_get_no_gradient() -> None:
    space = load("nasbench201", channels=4, cells=1)
    net, genome = Supernet(space, relaxed=False), space.sample(random.Random(0))
    net(torch.randn(2, 3, 32, 32), genome=genome).sum().backward()
    used = {id(parameter) for module in net.modules_of(genome) for parameter in module.parameters()}
    for parameter in net.parameters():
        assert (parameter.grad is not None) == (id(parameter) in used)


def test_missing_weights_and_what_cannot_be_mixed_are_errors() -> None:
    net = Supernet(load("nasbench_digits"))
    with pytest.raises(UserError, match="no weights are given for the answers of this choice"):
        net(torch.randn(2, *net.space.input), {})
    paths = Supernet(
        space_of("""
name: widths
input: [3, 8, 8]
classes: 10
network: [{conv: {channels: {choice: [4, 8]}, kernel: 3}}, global_avg_pool, {linear: 10}]
""")
    )
    assert not paths.mixed
    with pytest.raises(UserError, match=r"cannot be mixed .* search it by single paths"):
        paths(torch.randn(2, 3, 8, 8), {})
    (path,) = paths.choices
    small, large = (paths.extract({path: channels}) for channels in (4, 8))
    weights = [next(p for p in model.parameters() if p.ndim == 4) for model in (small, large)]
    assert torch.equal(weights[0], weights[1][:4])


@pytest.mark.parametrize("last", ["relu", "{conv: {channels: {choice: [4, 8]}, kernel: 1}}"])
def test_places_that_are_equal_in_one_path_alone_keep_their_own_statistics(last: str) -> None:
    """Two pools of the same input where one of them is chosen: their batch norms are not one in other paths."""
    space = space_of(f"""
name: apart
input: [3, 8, 8]
classes: 3
network:
  - branches: [[{{choice: [[], relu]}}, avg_pool_3x3], [avg_pool_3x3]]
    merge: add
  - [{last}, global_avg_pool, {{linear: 3}}]
""")
    net = randomised(Supernet(space))
    assert net.mixed == ("choice" not in last)
    for genome in space.enumerate():
        assert path_differs(net, genome) == 0


def test_a_path_runs_its_own_operation_on_shared_weights() -> None:
    """Weights of one size whose operations differ: a stride is no part of them."""
    space = space_of("""
name: strides
input: [3, 8, 8]
classes: 3
network: [{conv: {channels: 4, kernel: 3, stride: {choice: [1, 2]}}}, relu, global_avg_pool, {linear: 3}]
""")
    net = randomised(Supernet(space))
    assert not net.mixed
    for genome in space.enumerate():
        assert path_differs(net, genome) == 0


FIXED = """
name: fixed
input: [3, 8, 8]
classes: 10
network: [{conv: {channels: 4, kernel: {choice: [1, 3]}}}, relu, flatten, {linear: 10}]
"""


@pytest.mark.parametrize("shape", [(3, 12, 12), (1, 8, 8)])
def test_images_that_do_not_pass_are_an_error_that_says_what_to_give(shape: tuple[int, int, int]) -> None:
    space = space_of(FIXED)
    supernet = Supernet(space)
    given = {path: torch.ones(2) for path in supernet.choices}
    text = rf"fixed: the images are {'x'.join(map(str, shape))}, its input is 3x8x8 \(.+\); give the space input="
    for how in ({"weights": given}, {"genome": space.sample(random.Random(0))}):
        with pytest.raises(UserError, match=text + rf"\[{', '.join(map(str, shape))}\]") as error:
            supernet(torch.randn(2, *shape), **how)
        assert "\n" not in str(error.value)


def test_images_of_another_size_pass_where_the_operations_take_them() -> None:
    supernet = nas.supernet("nasbench_digits")
    assert supernet(torch.randn(2, 1, 12, 12), genome=supernet.space.sample(random.Random(0))).shape == (2, 10)


def test_an_error_that_is_not_the_images_stays_what_it_is() -> None:
    space = space_of(FIXED)
    with pytest.raises(RuntimeError, match="type"):
        Supernet(space)(torch.zeros(2, 3, 8, 8, dtype=torch.float64), genome=space.sample(random.Random(0)))
