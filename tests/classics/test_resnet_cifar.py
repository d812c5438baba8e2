"""Residual networks for small images, against the papers' tables and plain references."""

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

import nas
from tests.classics.comparison import assert_equal

SMALL = {"input": [3, 16, 16]}
slow = pytest.mark.slow


@pytest.mark.parametrize(
    ("name", "parameters", "millions"),
    [
        # He et al. 2015, Table 6 prints 0.27M, 0.46M, 0.66M, 0.85M, 1.7M and 19.4M
        ("resnet20", 269_722, 40.6),
        ("resnet32", 464_154, 68.9),
        ("resnet44", 658_586, 97.2),
        ("resnet56", 853_018, 125.5),
        ("resnet110", 1_727_962, 252.9),
        ("resnet1202", 19_421_274, 2829.2),
        ("plain20", 269_722, 40.6),
        ("plain56", 853_018, 125.5),
        # He et al. 2016, Table 2: the five units; Tables 3 and 4 print 1.7M and 10.2M
        ("resnet110_bn_after_addition", 1_727_962, 252.9),
        ("resnet110_relu_before_addition", 1_727_962, 252.9),
        ("resnet110_relu_preactivation", 1_727_962, 252.9),
        ("preact_resnet110", 1_727_962, 252.9),
        ("resnet164", 1_704_154, 244.5),
        ("resnet164_bn_after_addition", 1_703_258, 244.5),
        ("resnet164_relu_before_addition", 1_704_154, 244.5),
        ("resnet164_relu_preactivation", 1_704_154, 244.5),
        ("preact_resnet164", 1_703_258, 244.5),
        ("preact_resnet1001", 10_327_706, 1487.8),
        # Huang et al. 2016
        ("stochastic_depth_110", 1_727_962, 252.9),
        ("stochastic_depth_1202", 19_421_274, 2829.2),
        # Zagoruyko & Komodakis 2016, Table 5 prints 11.0M and 36.5M
        ("wide_resnet_16_8", 10_961_370, 1548.1),
        ("wide_resnet_28_10", 36_479_194, 5243.3),
        ("wide_resnet_28_10_dropout", 36_479_194, 5243.3),
    ],
)
def test_counts(name: str, parameters: int, millions: float):
    graph = nas.load(name).graph().prune()
    assert graph.parameters == parameters
    assert round(graph.mult_adds / 1e6, 1) == millions


def test_the_paper_counts_resnet1001_without_batch_norms():
    nodes = nas.load("preact_resnet1001").graph().nodes
    assert sum(node.parameters for node in nodes if node.operation != "batch_norm") == 10_178_490


@pytest.mark.parametrize(
    ("name", "layers"),
    [("resnet20", 20), ("plain56", 56), ("resnet1202", 1202), ("resnet164", 164), ("preact_resnet1001", 1001)],
)
def test_names_count_layers(name: str, layers: int):
    assert nas.load(name).graph().prune().depth == layers


def conv(inputs: int, channels: int, kernel: int, stride: int = 1) -> nn.Conv2d:
    return nn.Conv2d(inputs, channels, kernel, stride, kernel // 2, bias=False)


class Basic(nn.Module):
    """Two 3x3 convolutions, as He et al. 2015 write them. `shortcut`: option A, none, or pooled (units drop)."""

    def __init__(self, inputs: int, channels: int, stride: int, shortcut: str = "A", survival: float = 1.0) -> None:
        super().__init__()
        self.conv1, self.bn1 = conv(inputs, channels, 3, stride), nn.BatchNorm2d(channels)
        self.conv2, self.bn2 = conv(channels, channels, 3), nn.BatchNorm2d(channels)
        self.shortcut, self.stride, self.new, self.survival = shortcut, stride, channels - inputs, survival

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.bn2(self.conv2(self.bn1(self.conv1(x)).relu()))
        if self.shortcut == "none":
            return y.relu()
        if self.survival < 1:  # Huang et al. 2016, Equations 2 and 5
            y = y * (
                torch.empty(1, 1, 1, 1, dtype=y.dtype).bernoulli_(self.survival) if self.training else self.survival
            )
        if self.new and self.shortcut == "A":
            x = functional.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, self.new // 2, self.new // 2))
        elif self.new:
            x = torch.cat([functional.avg_pool2d(x, 2), x.new_zeros(len(x), self.new, *y.shape[2:])], 1)
        return (x + y).relu()


def resnet(depth: int, shortcut: str = "A", last_survival: float = 1.0) -> nn.Sequential:
    layers: list[nn.Module] = [conv(3, 16, 3), nn.BatchNorm2d(16), nn.ReLU()]
    inputs = 16
    for unit in range(3 * depth):
        channels = 16 * 2 ** (unit // depth)
        survival = 1 - (unit + 1) / (3 * depth) * (1 - last_survival)
        layers.append(Basic(inputs, channels, channels // inputs, shortcut, survival))
        inputs = channels
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10))


@pytest.mark.parametrize(
    ("name", "depth", "shortcut"),
    [
        ("resnet20", 3, "A"),
        ("plain20", 3, "none"),
        *(
            pytest.param(*case, marks=slow)
            for case in (("resnet32", 5, "A"), ("resnet44", 7, "A"), ("resnet56", 9, "A"), ("resnet110", 18, "A"),
                         ("resnet1202", 200, "A"), ("plain56", 9, "none"))
        ),
    ],
)  # fmt: skip
def test_residual_and_plain_networks(name: str, depth: int, shortcut: str):
    assert_equal(resnet(depth, shortcut), nas.build(name, **SMALL))


@pytest.mark.parametrize(
    ("name", "depth"),
    [("110", 3), pytest.param("110", 18, marks=slow), pytest.param("1202", 200, marks=slow)],
)
def test_stochastic_depth_drops_and_scales_as_the_paper_does(name: str, depth: int):
    """From the same draws in training: there too what survives is not scaled."""
    assert_equal(resnet(depth, "pooled", 0.5), nas.build(f"stochastic_depth_{name}", depth=depth, **SMALL))


def test_stochastic_depth_survives_from_1_to_a_half():
    ops = [node.op for node in nas.load("stochastic_depth_110").graph().nodes if node.operation == "scale"]
    assert [op.value for op in ops] == pytest.approx([1 - unit / 108 for unit in range(1, 55)])


class Unit(nn.Module):
    """He et al. 2016, Figure 4, (a) to (e), by what the paper's picture shows from top to bottom.

    `both`: the two paths of a stage's first unit share the pre-activation; the stem's is the network's first one's.
    """

    def __init__(self, kind: str, inputs: int, width: int, stride: int, kernels: list[int], first: bool, stem: bool):
        super().__init__()
        channels = [*[width] * (len(kernels) - 1), width * (4 if len(kernels) == 3 else 1)]
        self.kind, self.first, self.stem, self.stride, self.out = kind, first, stem, stride, channels[-1]
        self.convolutions = nn.ModuleList()
        self.norms = nn.ModuleList()  # one a convolution: those before it in (e), else those after it
        before = inputs
        for position, (kernel, after) in enumerate(zip(kernels, channels, strict=True)):
            self.convolutions.append(conv(before, after, kernel, stride if position == 0 else 1))
            self.norms.append(nn.BatchNorm2d(before if kind == "e" else after))
            before = after
        if stem and kind == "e":
            self.norms[0] = nn.Identity()
        self.project = self.project_norm = None
        if inputs != self.out and len(kernels) == 3:
            self.project = conv(inputs, self.out, 1, stride)
            self.project_norm = nn.Identity() if kind in "be" else nn.BatchNorm2d(self.out)

    def shortcut(self, x: Tensor) -> Tensor:
        if self.project is not None and self.project_norm is not None:
            projected: Tensor = self.project_norm(self.project(x))
            return projected
        zeros = (self.out - x.shape[1]) // 2
        return functional.pad(x[:, :, :: self.stride, :: self.stride], (0, 0, 0, 0, zeros, zeros))

    def forward(self, x: Tensor) -> Tensor:
        y = x
        if self.kind == "e":
            for position, (norm, convolution) in enumerate(zip(self.norms, self.convolutions, strict=True)):
                y = norm(y).relu()
                x = y if position == 0 and self.first else x
                y = convolution(y)
            return y + self.shortcut(x)
        if self.kind == "d":
            for position, (norm, convolution) in enumerate(zip(self.norms, self.convolutions, strict=True)):
                y = y.relu()
                x = y if position == 0 and self.first else x
                y = norm(convolution(y))
            return y + self.shortcut(x)
        *norms, last = self.norms
        for norm, convolution in zip(norms, self.convolutions, strict=False):
            y = norm(convolution(y)).relu()
        y = self.convolutions[-1](y)
        if self.kind == "a":
            return (last(y) + self.shortcut(x)).relu()
        if self.kind == "b":
            total: Tensor = last(y + self.shortcut(x))
            return total.relu()
        return last(y).relu() + self.shortcut(x)  # c


def residual_units(kind: str, depth: int, bottleneck: bool, widen: int = 1) -> nn.Sequential:
    layers: list[nn.Module] = [conv(3, 16, 3), nn.BatchNorm2d(16), nn.ReLU()]
    inputs, kernels = 16, [1, 3, 1] if bottleneck else [3, 3]
    for stage in range(3):
        for turn in range(depth):
            width, stride = 16 * widen * 2**stage, 2 if stage and not turn else 1
            layers.append(Unit(kind, inputs, width, stride, kernels, turn == 0, stage == turn == 0))
            inputs = width * (4 if bottleneck else 1)
    layers += {"d": [nn.ReLU()], "e": [nn.BatchNorm2d(inputs), nn.ReLU()]}.get(kind, [])
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(inputs, 10))


FIGURE_4 = {
    "a": ("resnet110", "resnet164"),
    "b": ("resnet110_bn_after_addition", "resnet164_bn_after_addition"),
    "c": ("resnet110_relu_before_addition", "resnet164_relu_before_addition"),
    "d": ("resnet110_relu_preactivation", "resnet164_relu_preactivation"),
    "e": ("preact_resnet110", "preact_resnet164"),
}


@pytest.mark.parametrize("depth", [2, pytest.param(18, marks=slow)])
@pytest.mark.parametrize("kind", FIGURE_4)
def test_the_five_residual_units(kind: str, depth: int):
    for bottleneck, name in enumerate(FIGURE_4[kind]):
        assert_equal(residual_units(kind, depth, bool(bottleneck)), nas.build(name, depth=depth, **SMALL))


@slow
def test_resnet1001():
    assert_equal(residual_units("e", 111, True), nas.build("preact_resnet1001", **SMALL))


class Wide(nn.Module):
    """Zagoruyko & Komodakis 2016, as their code has it."""

    def __init__(self, inputs: int, width: int, stride: int, rate: float) -> None:
        super().__init__()
        self.bn1, self.conv1 = nn.BatchNorm2d(inputs), conv(inputs, width, 3, stride)
        self.bn2, self.conv2 = nn.BatchNorm2d(width), conv(width, width, 3)
        self.drop = nn.Dropout(rate)
        self.projection = conv(inputs, width, 1, stride) if inputs != width else None

    def forward(self, x: Tensor) -> Tensor:
        first = self.bn1(x).relu()
        second = self.conv2(self.drop(self.bn2(self.conv1(first)).relu()))
        total: Tensor = second + (x if self.projection is None else self.projection(first))
        return total


def wide_resnet(depth: int, widen: int, rate: float = 0) -> nn.Sequential:
    layers: list[nn.Module] = [conv(3, 16, 3)]
    inputs = 16
    for unit in range((depth - 4) // 2):
        stage, turn = divmod(unit, (depth - 4) // 6)
        width = 16 * widen * 2**stage
        layers.append(Wide(inputs, width, 2 if stage and not turn else 1, rate))
        inputs = width
    return nn.Sequential(
        *layers, nn.BatchNorm2d(inputs), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(inputs, 10)
    )


def test_wide_networks():
    assert_equal(wide_resnet(16, 2), nas.build("wide_resnet_16_8", widen=2, **SMALL))
    assert_equal(wide_resnet(16, 2, 0.3), nas.build("wide_resnet_28_10_dropout", depth=2, widen=2, **SMALL))


@slow
def test_wide_networks_as_published():
    assert_equal(wide_resnet(16, 8), nas.build("wide_resnet_16_8", **SMALL))
    assert_equal(wide_resnet(28, 10), nas.build("wide_resnet_28_10", **SMALL))


@pytest.mark.parametrize(
    "name", ["resnet20", "plain20", "preact_resnet110", "resnet164", "stochastic_depth_110", "wide_resnet_16_8"]
)
@pytest.mark.parametrize("size", [7, 8, 31, 97, 225])
def test_any_size_and_number_of_classes(name: str, size: int):
    for classes in (3, 11):
        assert nas.load(name, input=[3, size, size], classes=classes).graph().shape == (classes,)


@pytest.mark.parametrize("name", ["resnet20", "preact_resnet110", "stochastic_depth_110"])
def test_odd_sizes_run(name: str):
    for size in (7, 31):
        model = nas.build(name, input=[3, size, size], classes=3, depth=2).eval()
        with torch.no_grad():
            assert model(torch.zeros(1, 3, size, size)).shape == (1, 3)
