import math

import pytest
import torch
from torch import nn

from nas.network import compile, initialise
from tests.graph.building import Builder, nasbench201


def mixed():
    b = Builder((8, 12, 12))
    x = b("conv", 0, channels=64, kernel=3, path="network.plain")
    x = b("conv", x, channels=64, kernel=1, bias_start=-2, path="network.gate")
    x = b("layer_norm", b("batch_norm", x, path="network.norm"))
    x = b("conv", x, channels=64, kernel=5, groups=64, path="network.depthwise")
    x = b("scale", x, value=0.5, shift=0.25, learned=True, path="network.scale")
    b("linear", b("flatten", x), features=30, path="network.linear")
    return b.graph()


def test_variances_and_constants():
    model = compile(mixed())
    assert model.plain.weight.std().item() == pytest.approx(math.sqrt(2 / (64 * 9)), rel=0.05)
    assert model.depthwise.weight.std().item() == pytest.approx(math.sqrt(2 / 25), rel=0.05)
    limit = 1 / math.sqrt(64 * 144)
    assert 0.99 * limit < model.linear.weight.abs().max().item() <= limit
    assert not model.plain.bias.any()
    assert (model.gate.bias == -2).all()
    assert not model.linear.bias.any()
    assert (model.norm.weight == 1).all()
    assert (model.scale.weight == 0.5).all()
    assert (model.scale.bias == 0.25).all()


def test_the_seed_decides_and_the_global_generator_is_left_alone():
    torch.manual_seed(5)
    before = torch.get_rng_state()
    one, two, other = compile(mixed(), 1), compile(mixed(), 1), compile(mixed(), 2)
    assert torch.equal(torch.get_rng_state(), before)
    assert all(torch.equal(a, b) for a, b in zip(one.parameters(), two.parameters(), strict=True))
    assert not torch.equal(one.plain.weight, other.plain.weight)
    assert not torch.equal(one.linear.weight, other.linear.weight)


def test_nothing_is_left_unset():
    """Deterministic mode fills memory that nobody has set with NaN."""
    torch.use_deterministic_algorithms(True)
    try:
        assert torch.empty(3).isnan().all()
        models = [compile(mixed()), compile(nasbench201([3, 2, 1, 0, 4, 3], channels=4, cells=1))]
    finally:
        torch.use_deterministic_algorithms(False)
    for model in models:
        assert not any(tensor.isnan().any() for tensor in [*model.parameters(), *model.buffers()])


def test_again_on_another_type_and_memory_format():
    one, two = compile(mixed(), 3), compile(mixed(), 4).to(memory_format=torch.channels_last).double()
    two.norm.running_mean.fill_(7)
    initialise(two, 3)
    assert torch.equal(one.plain.weight.double(), two.plain.weight)
    assert not two.norm.running_mean.any()


def test_any_module():
    model = nn.Sequential(nn.Conv1d(2, 4, 3), nn.Linear(4, 4, bias=False))
    initialise(model, 0)
    weights = [parameter.clone() for parameter in model.parameters()]
    initialise(model, 0)
    assert all(torch.equal(a, b) for a, b in zip(weights, model.parameters(), strict=True))
