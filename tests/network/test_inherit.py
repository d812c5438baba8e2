"""A child computes what its parent did, where it is wider, deeper, or has larger kernels; else it takes what fits."""

import random

import pytest
import torch
from torch import nn

import nas
from nas.network import Network
from nas.network.inherit import inherit
from tests.space.documents import space_of

DOCUMENT = """
input: [3, 12, 12]
classes: 4
parameters: {width: 8, kernel: 3, depth: 2}
network:
  stem: {conv_bn_relu: {channels: =width, kernel: =kernel}}
  stage:
    repeat: =depth
    body:
      - residual: [{conv_bn_relu: {channels: =width, kernel: =kernel}}, {conv_bn: {channels: =width, kernel: 3}}]
      - relu
  last: {conv_bn_relu: {channels: =2 * width, kernel: 1, stride: 2}}
  head: [global_avg_pool, {linear: =classes}]
"""


def network(seed: int = 0, **parameters: int) -> Network:
    """With statistics and norms as after a training."""
    space = space_of(DOCUMENT).with_parameters(**parameters)
    from nas.network import compile

    model = compile(space.graph(), seed).eval()
    torch.manual_seed(seed)
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            for tensor in (module.running_var, module.weight.data):
                nn.init.uniform_(tensor, 0.5, 1.5)
            for tensor in (module.running_mean, module.bias.data):
                nn.init.normal_(tensor, 0, 0.2)
    return model


@pytest.mark.parametrize(
    "change", [{}, {"width": 13}, {"kernel": 5}, {"depth": 4}, {"width": 12, "kernel": 7, "depth": 3}]
)
def test_it_computes_what_its_parent_did(change: dict[str, int]) -> None:
    parent, child = network(), network(1, **change)
    images = torch.randn(5, 3, 12, 12)
    assert not torch.allclose(child(images), parent(images), atol=1e-2)
    share = inherit(child, parent.state_dict(), parent.names)
    assert torch.allclose(child(images), parent(images), atol=1e-5)
    whole = sum(p.numel() for p in parent.parameters())
    assert share == pytest.approx(whole / sum(p.numel() for p in child.parameters()))


@pytest.mark.parametrize("change", [{"width": 13}, {"depth": 4}])
def test_all_of_it_learns(change: dict[str, int]) -> None:
    """Zeros are no dead ends: every weight has a gradient after one step."""
    parent, child = network(), network(1, **change).train()
    inherit(child, parent.state_dict(), parent.names)
    optimizer = torch.optim.SGD(child.parameters(), 0.1)
    for _ in range(2):
        optimizer.zero_grad()
        child(torch.randn(8, 3, 12, 12)).square().sum().backward()
        optimizer.step()
    assert all(float(parameter.grad.abs().sum()) > 0 for parameter in child.parameters() if parameter.grad is not None)
    assert all(parameter.grad is not None for parameter in child.parameters())


@pytest.mark.parametrize("change", [{"width": 5}, {"kernel": 1}, {"depth": 1}])
def test_one_that_is_smaller_takes_what_fits(change: dict[str, int]) -> None:
    parent, child = network(), network(1, **change)
    assert inherit(child, parent.state_dict(), parent.names) == 1
    stem, theirs = child.state_dict()["stem.convolution.weight"], parent.state_dict()["stem.convolution.weight"]
    size, kernel = stem.shape[0], stem.shape[-1]
    middle = slice((3 - kernel) // 2, (3 - kernel) // 2 + kernel)
    assert torch.equal(stem, theirs[:size, :, middle, middle])


def test_a_mutated_cell_takes_all_but_the_edge_that_changed() -> None:
    space = nas.load("nasbench201", channels=4, cells=1)
    rng = random.Random(3)
    for _ in range(10):
        genome = space.sample(rng)
        child = space.mutate(genome, rng)
        old, new = nas.build(space, genome), nas.build(space, child)
        nn.init.normal_(old.get_submodule(old.names[1]).weight)
        before = {name: tensor.clone() for name, tensor in new.state_dict().items()}
        inherit(new, old.state_dict(), old.names)
        for name, tensor in new.state_dict().items():
            assert torch.equal(tensor, old.state_dict().get(name, before[name])), name


def test_the_same_twice_is_the_same_and_nothing_of_a_stranger_is_taken() -> None:
    parent, child = network(), network(1, width=13)
    inherit(child, parent.state_dict(), parent.names)
    once = {name: tensor.clone() for name, tensor in child.state_dict().items()}
    inherit(child, parent.state_dict(), parent.names)
    assert all(torch.equal(tensor, once[name]) for name, tensor in child.state_dict().items())
    assert inherit(child, {"elsewhere.weight": torch.zeros(3)}, ()) == 0
