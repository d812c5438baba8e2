"""Layers that are one thing in two forms: weights move between them."""

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from nas.errors import UserError
from nas.graph.graph import Graph
from nas.network import compile, transfer_weights
from nas.network.stand_in import hollow
from tests.graph.building import Builder
from tests.network.test_transfer import IMAGE, difference, refused


class NextBlock(nn.Module):
    """ConvNeXt's block: channels last between the convolutions, and a parameter of the block itself."""

    def __init__(self) -> None:
        super().__init__()
        self.gamma = nn.Parameter(torch.rand(6, 1, 1))
        self.depthwise = nn.Conv2d(6, 6, 3, padding=1, groups=6)
        self.norm = nn.LayerNorm(6)
        self.expand, self.project = nn.Linear(6, 12), nn.Linear(12, 6)

    def forward(self, x: Tensor) -> Tensor:
        y = self.norm(self.depthwise(x).permute(0, 2, 3, 1))
        return x + self.gamma * self.project(functional.gelu(self.expand(y))).permute(0, 3, 1, 2)


def blocks(turns: int) -> Graph:
    b = Builder(IMAGE)
    x = b("conv", 0, channels=6, kernel=1)
    for _ in range(turns):
        y = b("layer_norm", b("conv", x, kernel=3, groups=6))
        y = b("conv", b("gelu", b("conv", y, channels=12, kernel=1)), channels=6, kernel=1)
        x = b("add", x, b("scale", y, learned=True))
    b("linear", b("global_avg_pool", x), features=3)
    return b.graph()


class Pooled(nn.Module):
    """The head as a 1x1 convolution of a pooled map."""

    def __init__(self, turns: int) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(3, 6, 1), *(NextBlock() for _ in range(turns)), nn.AdaptiveAvgPool2d(1))
        self.head = nn.Conv2d(6, 3, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.body(x)).flatten(1)


def test_free_parameters_channels_last_and_linear_layers_as_convolutions():
    reference, model = Pooled(4).double(), compile(blocks(4)).double()
    for module in reference.modules():
        if isinstance(module, nn.LayerNorm):
            nn.init.normal_(module.weight)
            nn.init.normal_(module.bias)
    transfer_weights(reference, model)
    assert difference(reference, model) < 1e-9


def test_a_missing_free_parameter_is_refused():
    assert "NextBlock" in refused(Pooled(4), blocks(3))
    assert "counterpart" in refused(Pooled(3), blocks(4))


class Norm(nn.Module):
    """Layer norm over channels by hand, as in ConvNeXt's own code."""

    def __init__(self) -> None:
        super().__init__()
        self.scale, self.shift = nn.Parameter(torch.rand(6)), nn.Parameter(torch.rand(6))

    def forward(self, x: Tensor) -> Tensor:
        y = (x - x.mean(1, keepdim=True)) / (x.var(1, keepdim=True, unbiased=False) + 1e-5).sqrt()
        return y * self.scale[:, None, None] + self.shift[:, None, None]


def test_layers_of_somebodys_own_class():
    reference = nn.Sequential(nn.Conv2d(3, 6, 1), Norm(), nn.Conv2d(6, 6, 1), Norm()).double()
    b = Builder(IMAGE)
    b("layer_norm", b("conv", b("layer_norm", b("conv", 0, channels=6, kernel=1)), kernel=1))
    model = compile(b.graph()).double()
    transfer_weights(reference, model)
    assert difference(reference, model) < 1e-9


class Same(nn.Conv2d):
    """Pads by itself, more after than before, as TensorFlow does."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(functional.pad(x, (0, 1, 0, 1)))


class Cropped(nn.Conv2d):
    """Computes a first row and column too many, which the next module cuts off."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(functional.pad(x, (1, 0, 1, 0)))


class Cut(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x[:, :, 1:, 1:]


class NormAct(nn.BatchNorm2d):
    def forward(self, x: Tensor) -> Tensor:
        return functional.relu(super().forward(x))


def test_padding_and_activations_inside_the_references_layers():
    reference = nn.Sequential(
        Same(3, 8, 3, stride=2, bias=False),
        NormAct(8),
        Cropped(8, 8, 3, stride=2, padding=1),
        nn.Conv2d(8, 8, 1),
        Cut(),
        nn.Conv2d(8, 5, 1),
    ).double()
    nn.init.normal_(reference[1].weight)
    b = Builder(IMAGE)
    x = b("pad", 0, spatial=[0, 1])
    x = b("relu", b("batch_norm", b("conv", x, channels=8, kernel=3, stride=2, padding=0, bias=False)))
    x = b("conv", b("pad", x, spatial=[0, 1]), channels=8, kernel=3, stride=2, padding=0)
    b("conv", b("conv", x, channels=8, kernel=1), channels=5, kernel=1)
    model = compile(b.graph()).double().eval()
    transfer_weights(reference, model)
    assert difference(reference.eval(), model) < 1e-9


def test_a_layer_that_runs_twice_is_refused():
    layer = nn.Conv2d(3, 3, 1)
    b = Builder(IMAGE)
    b("conv", b("relu", b("conv", 0, kernel=1)), kernel=1)
    said = refused(nn.Sequential(layer, nn.ReLU(), layer), b.graph())
    assert "'0' runs more than once" in said
    once = nn.Sequential(nn.Conv2d(3, 3, 1), nn.ReLU())
    assert "all of its layers are used" in refused(once, b.graph())


def test_a_reference_that_cannot_run_is_told():
    with pytest.raises(UserError, match="cannot run on an image of 3x32x32") as error:
        transfer_weights(nn.Sequential(nn.Conv2d(4, 3, 1)), compile(blocks(1)))
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("training", [False, True])
def test_nothing_else_is_touched(training):
    reference, model = Pooled(1).train(training), compile(blocks(1))
    reference(torch.randn(1, *IMAGE)).sum().backward()
    gradients = [parameter.grad.clone() for parameter in reference.parameters()]
    state = torch.get_rng_state()
    transfer_weights(reference, model)
    assert torch.equal(torch.get_rng_state(), state)
    assert all(module.training == training for module in reference.modules())
    assert all(torch.equal(p.grad, before) for p, before in zip(reference.parameters(), gradients, strict=True))
    assert all(parameter.grad is None and parameter.requires_grad for parameter in model.parameters())


def test_a_stand_in_holds_no_weights():
    twin = hollow(Pooled(2), heads=False)
    assert all(parameter.device.type == "meta" for parameter in twin.parameters())


def test_many_pairs_of_look_alikes():
    """Two branches of each cell begin alike, and only what reads the cell can tell which is which."""

    class Cell(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.one, self.two, self.fit = nn.Conv2d(4, 4, 1), nn.Conv2d(4, 4, 1), nn.Conv2d(8, 4, 1)

        def forward(self, x: Tensor) -> Tensor:
            one, two = self.one(x), self.two(x)
            return self.fit(torch.cat([two, one], 1))

    reference = nn.Sequential(nn.Conv2d(3, 4, 1), *(Cell() for _ in range(40))).double()
    b = Builder(IMAGE)
    x = b("conv", 0, channels=4, kernel=1)
    for _ in range(40):
        x = b("conv", b("concat", b("conv", x, kernel=1), b("conv", x, kernel=1)), channels=4, kernel=1)
    model = compile(b.graph()).double()
    transfer_weights(reference, model)
    assert difference(reference, model) < 1e-9
