import copy
import random

import pytest
import torch
import torchvision
from torch import Tensor, nn

from nas.errors import UserError
from nas.graph.graph import Graph
from nas.network import compile, transfer_weights
from tests.graph.building import Builder, nasbench201, relabelled

IMAGE = (3, 32, 32)


def resnet18(shortcut_first: bool = False, depths: tuple[int, ...] = (2, 2, 2, 2), kernel: int = 7) -> Graph:
    b = Builder(IMAGE)

    def convolved(x: int, width: int, kernel: int, stride: int = 1) -> int:
        return b("batch_norm", b("conv", x, channels=width, kernel=kernel, stride=stride, bias=False))

    x = b("max_pool", b("relu", convolved(0, 64, kernel, 2)), kernel=3, stride=2, padding=1)
    for width, depth in zip((64, 128, 256, 512), depths, strict=True):
        for turn in range(depth):
            stride = 2 if width > 64 and turn == 0 else 1
            shortcut = convolved(x, width, 1, stride) if stride == 2 and shortcut_first else x
            body = convolved(b("relu", convolved(x, width, 3, stride)), width, 3)
            if stride == 2 and not shortcut_first:
                shortcut = convolved(x, width, 1, stride)
            x = b("relu", b("add", body, shortcut))
    b("linear", b("global_avg_pool", x), features=10)
    return b.graph()


def unsettle(reference: nn.Module) -> nn.Module:
    """Statistics and affines that are not 0 and 1, as after training; float64 for the comparison."""
    for module in reference.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_var.uniform_(0.5, 1.5)
            module.running_mean.normal_()
            nn.init.normal_(module.weight)
            nn.init.normal_(module.bias)
    return reference.double().eval()


def difference(one: nn.Module, two: nn.Module, shape: tuple[int, ...] = IMAGE) -> float:
    x = torch.randn(2, *shape, dtype=torch.float64)
    expected = one(x)
    return ((two(x) - expected).abs().max() / expected.abs().max()).item()


@pytest.mark.parametrize("shortcut_first", [False, True])
def test_torchvision_resnet18_wherever_the_shortcut_runs(shortcut_first):
    reference = unsettle(torchvision.models.resnet18(num_classes=10))
    model = compile(resnet18(shortcut_first)).double().eval()
    assert difference(reference, model) > 0.1
    transfer_weights(reference, model)
    assert difference(reference, model) < 1e-9
    assert sum(p.numel() for p in model.parameters()) == sum(p.numel() for p in reference.parameters())


def test_both_networks_stay_as_they_are_otherwise():
    reference, model = torchvision.models.resnet18(num_classes=10).half(), compile(resnet18())
    reference.eval()
    before = copy.deepcopy(reference.state_dict())
    transfer_weights(reference, model)
    assert all(torch.equal(value, before[key]) for key, value in reference.state_dict().items())
    assert not reference.training
    assert model.training
    assert all(module.training for module in model.modules())
    assert {parameter.dtype for parameter in model.parameters()} == {torch.float32}
    assert all(not module._forward_pre_hooks for net in (reference, model) for module in net.modules())


def test_zero_weights_are_copied_where_they_belong():
    reference = torchvision.models.resnet18(num_classes=10, weights=None, zero_init_residual=True)
    for number, module in enumerate(m for m in reference.modules() if isinstance(m, nn.BatchNorm2d)):
        nn.init.constant_(module.weight, 0)
        nn.init.constant_(module.bias, number)
    model = compile(resnet18())
    transfer_weights(reference, model)
    biases = [m.bias[0].item() for m in model.modules() if isinstance(m, nn.BatchNorm2d)]
    assert sorted(biases) == list(range(20))
    assert difference(reference.double().eval(), model.double().eval()) < 1e-9


@pytest.mark.parametrize("operations", [(3, 3, 3, 3, 3, 3), (3, 1, 2, 4, 3, 1)])
def test_networks_of_one_fingerprint_compute_one_function(operations):
    graph = nasbench201(operations, channels=4, cells=1)
    other = relabelled(graph, random.Random(0))
    assert other.fingerprint() == graph.fingerprint()
    reference, model = unsettle(compile(graph)), compile(other).double().eval()
    transfer_weights(reference, model)
    assert difference(reference, model) < 1e-9


class Branches(nn.Module):
    """Three branches that begin alike (Szegedy et al.): only what follows tells them apart."""

    def __init__(self, act: type[nn.Module] = nn.ReLU) -> None:
        super().__init__()
        self.reduce_5 = nn.Sequential(nn.Conv2d(3, 8, 1), nn.BatchNorm2d(8), act())
        self.direct = nn.Sequential(nn.Conv2d(3, 8, 1), nn.BatchNorm2d(8), act())
        self.reduce_3 = nn.Sequential(nn.Conv2d(3, 8, 1), nn.BatchNorm2d(8), act())
        self.conv_3 = nn.Conv2d(8, 8, 3, padding=1)
        self.conv_5 = nn.Conv2d(8, 8, 5, padding=2)
        self.side = nn.Linear(24, 7)
        self.head = nn.Linear(24, 5)

    def forward(self, x: Tensor) -> Tensor | tuple[Tensor, Tensor]:
        five = self.conv_5(self.reduce_5(x))
        x = torch.cat([self.direct(x), self.conv_3(self.reduce_3(x)), five], 1).mean((2, 3))
        return (self.head(x), self.side(x)) if self.training else self.head(x)


def branches(head: bool = False, activation: str = "relu") -> Graph:
    b = Builder(IMAGE)

    def convolved(x: int, kernel: int) -> int:
        return b("conv", x, channels=8, kernel=kernel)

    def reduced() -> int:
        return b(activation, b("batch_norm", convolved(0, 1)))

    x = b("concat", reduced(), convolved(reduced(), 3), convolved(reduced(), 5))
    x = b("global_avg_pool", x)
    side = b("linear", x, features=7) if head else None
    end = b("linear", x, features=5)
    return b.graph(end, [side] if side else [])


@pytest.mark.parametrize("head", [False, True])
def test_branches_that_begin_alike(head):
    reference, model = unsettle(Branches()), compile(branches(head)).double().eval()
    transfer_weights(reference, model)
    assert difference(reference, model) < 1e-9
    if head:
        x = torch.randn(2, *IMAGE, dtype=torch.float64)
        (_, expected), (_, [found]) = reference.train()(x), model.train()(x)
        torch.testing.assert_close(found, expected)


def refused(reference: nn.Module, graph: Graph) -> str:
    model = compile(graph)
    before = copy.deepcopy(model.state_dict())
    with pytest.raises(UserError) as error:
        transfer_weights(reference, model)
    assert all(torch.equal(value, before[key]) for key, value in model.state_dict().items())
    assert "\n" not in str(error.value)
    return str(error.value)


def test_another_kernel_is_refused_with_both_layers():
    said = refused(torchvision.models.resnet18(num_classes=10), resnet18(kernel=3))
    assert "'1' Conv2d(3, 64, kernel_size=(3, 3)" in said
    assert "'conv1' Conv2d(3, 64, kernel_size=(7, 7)" in said


def test_another_depth_is_refused():
    assert "layer3.2" not in refused(torchvision.models.resnet18(num_classes=10), resnet18(depths=(2, 2, 3, 2)))
    said = refused(torchvision.models.resnet34(num_classes=10), resnet18())
    assert "layer1.2.conv1" in said


def test_layers_that_the_network_lacks_are_refused():
    reference = nn.Sequential(nn.Conv2d(3, 8, 1), nn.Conv2d(8, 8, 1))
    b = Builder(IMAGE)
    b("conv", 0, channels=8, kernel=1, path="network.only")
    said = refused(reference, b.graph())
    assert "'1' Conv2d(8, 8" in said
    assert "'only'" in said


def test_other_functions_between_equal_layers_are_refused():
    assert "counterpart" in refused(Branches(nn.Tanh), branches())
    reference = nn.Sequential(nn.Conv2d(3, 8, 1), nn.Tanh())
    b = Builder(IMAGE)
    b("relu", b("conv", 0, channels=8, kernel=1))
    assert "outputs differ" in refused(reference, b.graph())


def test_another_head_is_refused_and_one_that_the_reference_lacks_keeps_its_weights():
    def other_head() -> Graph:
        b = Builder(IMAGE)
        x = b("conv", 0, channels=8, kernel=1, path="network.conv")
        return b.graph(x, [b("conv", x, channels=4, kernel=1, path="network.side")])

    model = compile(other_head())
    before, reference = model.side.weight.clone(), nn.Sequential(nn.Conv2d(3, 8, 1))
    transfer_weights(reference, model)
    assert torch.equal(model.side.weight, before)
    assert torch.equal(model.conv.weight, reference[0].weight)

    class Sided(nn.Sequential):
        def forward(self, x: Tensor) -> Tensor | tuple[Tensor, Tensor]:
            return (self[0](x), self[1](self[0](x))) if self.training else self[0](x)

    assert "'side' Conv2d(8, 4" in refused(Sided(nn.Conv2d(3, 8, 1), nn.Conv2d(8, 5, 1)), other_head())
