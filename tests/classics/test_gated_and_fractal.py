"""Highway networks, FractalNet and an ensemble, against their papers' tables and plain references."""

import pytest
import torch
from torch import Tensor, nn

import nas
from tests.classics.comparison import assert_equal


@pytest.mark.parametrize(
    ("name", "parameters", "mult_adds", "depth"),
    [
        ("highway19", 2_256_838, 330.8, 19),
        ("highway32", 1_255_270, 314.5, 32),  # the paper: about 1.25M
        ("fractalnet_20", 33_714_314, 845.2, 21),  # 5 blocks of 4, and the classifier
    ],
)
def test_counts(name: str, parameters: int, mult_adds: float, depth: int):
    graph = nas.load(name).graph()
    assert graph.parameters == parameters
    assert round(graph.mult_adds / 1e6, 1) == mult_adds
    assert graph.depth == depth


class Gated(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.transformed = nn.Conv2d(width, width, 3, padding=1)
        self.gate = nn.Conv2d(width, width, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        gate = self.gate(x).sigmoid()
        return self.transformed(x).relu() * gate + x * (1 - gate)


def highway(widths: list[int], depths: list[int]) -> nn.Sequential:
    layers: list[nn.Module] = []
    inputs = 3
    for width, depth in zip(widths, depths, strict=True):
        layers += [nn.MaxPool2d(2)] if layers else []
        layers += [
            nn.Dropout(0.2),
            nn.Conv2d(inputs, width, 3, padding=1),
            nn.ReLU(),
            *(Gated(width) for _ in range(depth)),
        ]
        inputs = width
    layers += [nn.Conv2d(inputs, 100, 1), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(0.2)]
    return nn.Sequential(*layers, nn.Linear(100, 10))


def test_highway_networks():
    assert_equal(highway([32, 80, 128], [4, 5, 5]), nas.build("highway19"))
    assert_equal(highway([32, 48, 64], [9, 9, 9]), nas.build("highway32"))


def test_gates_begin_nearly_closed():
    starts = [m.bias[0].item() for m in nas.build("highway19").modules() if isinstance(m, nn.Conv2d)]
    assert starts == [0, *[0, -2] * 4, 0, *[0, -2] * 5, 0, *[0, -2] * 5, 0]


def convolution(inputs: int, width: int, rate: float) -> nn.Sequential:
    layers = nn.Conv2d(inputs, width, 3, padding=1), nn.Dropout(rate), nn.BatchNorm2d(width, affine=False), nn.ReLU()
    return nn.Sequential(*layers)


class Fractal(nn.Module):
    """Columns of 1, 2 and 4 convolutions; in every second row those that end there meet. Each is pooled at the end."""

    def __init__(self, inputs: int, width: int, rate: float) -> None:
        super().__init__()
        sizes = [[inputs], [inputs, width], [inputs, width, width, width]]
        self.columns = nn.ModuleList([nn.ModuleList([convolution(i, width, rate) for i in size]) for size in sizes])

    def forward(self, x: Tensor) -> Tensor:
        heads = [x, x, x]
        for row in range(4):
            ending = [column for column in (2, 1, 0) if (row + 1) % (4 >> column) == 0]
            for column in ending:
                heads[column] = self.columns[column][row // (4 >> column)](heads[column])
                if row == 3:
                    heads[column] = nn.functional.max_pool2d(heads[column], 2)
            if len(ending) > 1:
                mean = sum(heads[column] for column in ending) / len(ending)
                for column in ending:
                    heads[column] = mean  # type: ignore[assignment]
        return heads[0]


def fractalnet(widths: list[int], rates: list[float]) -> nn.Sequential:
    inputs = [3, *widths]
    blocks = [Fractal(i, width, rate) for i, width, rate in zip(inputs, widths, rates, strict=False)]
    return nn.Sequential(*blocks, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(widths[-1], 10))


@pytest.mark.parametrize(
    "widths", [[8, 16, 24], pytest.param([64, 128, 256, 512, 512], marks=pytest.mark.slow)], ids=["narrow", "whole"]
)
def test_fractalnet(widths: list[int]):
    rates = [0, 0.1, 0.2, 0.3, 0.4][: len(widths)]
    model = nas.build("fractalnet_20", widths=widths, dropouts=rates, drop_path=0)
    assert_equal(fractalnet(widths, rates), model)


def test_fractalnet_drops_paths_of_its_means():
    space = nas.load("fractalnet_20")
    means = [node.arguments["drop"] for node in space.graph().nodes if node.operation == "mean"]
    assert means == [0.15] * 10


class Residual(nn.Module):
    def __init__(self, inputs: int, width: int, stride: int) -> None:
        super().__init__()
        self.body = nn.Sequential(unit(inputs, width, 3, stride), unit(width, width, 3)[:2])
        self.shortcut = unit(inputs, width, 1, stride)[:2] if (inputs, 1) != (width, stride) else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        result: Tensor = (self.body(x) + self.shortcut(x)).relu()
        return result


class Inception(nn.Module):
    def __init__(self, inputs: int, width: int, stride: int) -> None:
        super().__init__()
        self.point = unit(inputs, width // 4, 1, stride)
        self.window = nn.Sequential(unit(inputs, width // 4, 1), unit(width // 4, width // 2, 3, stride))
        self.pooled = nn.Sequential(nn.MaxPool2d(3, stride, 1), unit(inputs, width // 4, 1))

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([self.point(x), self.window(x), self.pooled(x)], 1)


def unit(inputs: int, width: int, kernel: int, stride: int = 1) -> nn.Sequential:
    convolution = nn.Conv2d(inputs, width, kernel, stride, padding=kernel // 2, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(width), nn.ReLU())


class Ensemble(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        kinds = (lambda i, width, stride: unit(i, width, 3, stride)), Residual, Inception
        self.members = nn.ModuleList()
        for kind in kinds:
            layers: list[nn.Module] = [unit(3, 16, 3)]
            for inputs, width in ((16, 16), (16, 32), (32, 64)):
                layers += [kind(inputs, width, width // inputs), kind(width, width, 1), kind(width, width, 1)]
            self.members.append(nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10)))

    def forward(self, x: Tensor) -> Tensor:
        return torch.stack([member(x) for member in self.members]).mean(0)


def test_an_ensemble_is_the_mean_of_its_members():
    assert_equal(Ensemble(), nas.build("ensemble"))
    space = nas.load("ensemble")
    alone = [
        space.with_parameters(members=[member]).graph().parameters for member in space.document.parameters["members"]
    ]
    assert space.graph().parameters == sum(alone) == 426_646
    assert space.with_parameters(members=["plain"] * 5).graph().parameters == 5 * alone[0]
