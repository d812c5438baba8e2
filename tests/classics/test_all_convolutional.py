"""Network In Network, Deeply-Supervised Nets, the All Convolutional Net and SimpNet, against their papers' tables."""

import pytest
import torch
from torch import Tensor, nn

import nas
from tests.classics.comparison import assert_equal


@pytest.mark.parametrize(
    ("name", "parameters", "auxiliary", "mult_adds"),
    [
        ("network_in_network", 966_986, 0, 222.5),
        ("deeply_supervised_net", 966_986, 1_966_090 + 491_530 + 122_890, 222.5),
        ("all_cnn_c", 1_369_738, 0, 281.2),
        ("simpnet_300k", 300_964, 0, 97.4),
        ("simpnet_600k", 601_021, 0, 207.0),
    ],
)
def test_counts(name: str, parameters: int, auxiliary: int, mult_adds: float):
    graph = nas.load(name).graph()
    assert graph.parameters == parameters
    assert graph.auxiliary_parameters == auxiliary
    assert round(graph.mult_adds / 1e6, 1) == mult_adds


def mlpconv(inputs: int, widths: list[int], kernel: int) -> list[nn.Module]:
    layers: list[nn.Module] = []
    for width, size in zip(widths, (kernel, 1, 1), strict=True):
        layers += [nn.Conv2d(inputs, width, size, padding=size // 2), nn.ReLU()]
        inputs = width
    return layers


def network_in_network(second_pool: nn.Module, classes: int = 10) -> nn.Sequential:
    return nn.Sequential(
        *mlpconv(3, [192, 160, 96], 5),
        nn.MaxPool2d(3, 2, ceil_mode=True),
        nn.Dropout(),
        *mlpconv(96, [192, 192, 192], 5),
        second_pool,
        nn.Dropout(),
        *mlpconv(192, [192, 192, classes], 3),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
    )


class DeeplySupervised(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.trunk = network_in_network(nn.MaxPool2d(3, 2, ceil_mode=True))
        self.heads = nn.ModuleList([nn.Linear(192 * size * size, 10) for size in (32, 16, 8)])
        self.supervised = [0, 8, 16]  # the 5x5, 5x5 and 3x3 convolutions

    def forward(self, x: Tensor) -> Tensor | tuple[Tensor, list[Tensor]]:
        heads = []
        for position, layer in enumerate(self.trunk):
            x = layer(x)
            if self.training and position in self.supervised:
                heads.append(self.heads[len(heads)](x.flatten(1)))
        return (x, heads) if self.training else x


def all_cnn_c() -> nn.Sequential:
    layers: list[nn.Module] = [nn.Dropout(0.2)]
    inputs = 3
    for width, stride in [(96, 1), (96, 1), (96, 2), (192, 1), (192, 1), (192, 2), (192, 1)]:
        layers += [nn.Conv2d(inputs, width, 3, stride, padding=1), nn.ReLU()]
        layers += [nn.Dropout(0.5)] if stride == 2 else []
        inputs = width
    layers += [nn.Conv2d(192, 192, 1), nn.ReLU(), nn.Conv2d(192, 10, 1), nn.ReLU()]
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten())


class SimpNet(nn.Module):
    def __init__(self, widths: list[int], rate: float) -> None:
        super().__init__()
        inputs = [3, *widths]
        self.convolutions = nn.ModuleList([nn.Conv2d(i, o, 3, padding=1) for i, o in zip(inputs, widths, strict=False)])
        self.norms = nn.ModuleList([nn.BatchNorm2d(width) for width in widths])
        self.classifier = nn.Linear(widths[-1], 10)
        self.rate = rate

    def forward(self, x: Tensor) -> Tensor:
        for layer, (convolution, norm) in enumerate(zip(self.convolutions, self.norms, strict=True), 1):
            x = torch.relu(norm(convolution(x)))
            if layer in (5, 10):
                x = nn.functional.max_pool2d(x, 2)
            if layer == 13:
                x = x.amax((2, 3))
            if self.rate:
                x = nn.functional.dropout(x, self.rate if layer <= 9 else 2 * self.rate, self.training)
        result: Tensor = self.classifier(x)
        return result


def test_network_in_network():
    assert_equal(network_in_network(nn.AvgPool2d(3, 2, ceil_mode=True)), nas.build("network_in_network"))


def test_deeply_supervised_net_with_its_companions():
    assert_equal(DeeplySupervised(), nas.build("deeply_supervised_net"))


def test_all_cnn_c():
    assert_equal(all_cnn_c(), nas.build("all_cnn_c"))


def test_simpnets():
    assert_equal(SimpNet([30, 40, 40, 40, 50, 50, 50, 50, 50, 58, 58, 70, 90], 0), nas.build("simpnet_300k"))
    widths = [40, 60, 60, 60, 72, 73, 73, 73, 75, 81, 82, 90, 120]
    assert_equal(SimpNet(widths, 0.1), nas.build("simpnet_600k"))
