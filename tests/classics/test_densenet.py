"""DenseNet (Huang et al. 2017, arXiv:1608.06993): Tables 1 and 2, torchvision's code and a plain reference."""

import pytest
import torch
from torch import Tensor, nn
from torchvision.models import DenseNet

import nas
from tests.classics.comparison import assert_equal
from tests.classics.tables import stages


@pytest.mark.parametrize(
    ("name", "parameters", "billions"),
    [
        ("densenet121", 7_978_856, 2.834),
        ("densenet161", 28_681_000, 7.728),
        ("densenet169", 14_149_480, 3.360),
        ("densenet201", 20_013_928, 4.291),
        ("densenet264", 33_337_704, 5.752),
        # Table 2 prints 1.0M, 7.0M, 27.2M, 0.8M and 25.6M
        ("densenet_40_12", 1_019_722, 0.265),
        ("densenet_100_12", 6_979_642, 1.770),
        ("densenet_100_24", 27_249_082, 6.889),
        ("densenet_bc_100_12", 769_162, 0.288),
        ("densenet_bc_190_40", 25_624_430, 9.302),
    ],
)
def test_counts(name: str, parameters: int, billions: float):
    graph = nas.load(name).graph()
    assert graph.parameters == parameters
    assert round(graph.mult_adds / 1e9, 3) == billions


@pytest.mark.parametrize(
    ("name", "depth"),
    [
        ("densenet121", 121),
        ("densenet161", 161),
        ("densenet169", 169),
        ("densenet201", 201),
        ("densenet264", 265),  # Table 1's 6, 12, 64, 48 give one more than it prints
        ("densenet_40_12", 40),
        ("densenet_100_24", 100),
        ("densenet_bc_100_12", 100),
        ("densenet_bc_190_40", 190),
    ],
)
def test_the_number_in_a_name_is_the_depth(name: str, depth: int):
    assert nas.load(name).graph().depth == depth


@pytest.mark.parametrize(
    ("name", "maps"),
    [
        ("densenet121", [(56, 256), (28, 512), (14, 1024), (7, 1024)]),
        ("densenet161", [(56, 384), (28, 768), (14, 2112), (7, 2208)]),
        ("densenet264", [(56, 256), (28, 512), (14, 2304), (7, 2688)]),
        ("densenet_40_12", [(32, 160), (16, 304), (8, 448)]),
        ("densenet_bc_100_12", [(32, 216), (16, 300), (8, 342)]),
    ],
)
def test_dense_blocks(name: str, maps: list[tuple[int, int]]):
    assert stages(name, "blocks") == maps


def of_torchvision(growth: int, layers: list[int], channels: int, cifar: bool = True) -> nn.Module:
    """torchvision's class, which is BC; for CIFAR with a stem of one convolution."""
    model = DenseNet(growth, layers, channels, num_classes=10)
    if cifar:
        model.features.conv0 = nn.Conv2d(3, channels, 3, padding=1, bias=False)
        for name in ("norm0", "relu0", "pool0"):
            model.features.register_module(name, nn.Identity())
    return model


def test_densenet_bc_is_torchvisions():
    assert_equal(of_torchvision(12, [16, 16, 16], 24), nas.build("densenet_bc_100_12", input=[3, 16, 16]))


@pytest.mark.slow
def test_deep_networks_are_torchvisions():
    assert_equal(of_torchvision(40, [31, 31, 31], 80), nas.build("densenet_bc_190_40", input=[3, 8, 8]))
    deepest = nas.build("densenet264", input=[3, 32, 32], classes=10)
    assert_equal(of_torchvision(32, [6, 12, 64, 48], 64, cifar=False), deepest)


class Plain(nn.Module):
    """A layer of the plain network: batch norm, ReLU, 3x3 convolution, and dropout; concatenated with what it read."""

    def __init__(self, channels: int, growth: int, drop: float) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.BatchNorm2d(channels), nn.ReLU(), nn.Conv2d(channels, growth, 3, padding=1, bias=False), nn.Dropout(drop)
        )

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([x, self.body(x)], 1)


def plain(growth: int, depth: int, drop: float) -> nn.Sequential:
    """The paper's first network for CIFAR: no bottlenecks, no compression."""
    channels = 16
    layers: list[nn.Module] = [nn.Conv2d(3, channels, 3, padding=1, bias=False)]
    for block in range(3):
        if block:
            transition = nn.Conv2d(channels, channels, 1, bias=False)
            layers += [nn.BatchNorm2d(channels), nn.ReLU(), transition, nn.Dropout(drop), nn.AvgPool2d(2)]
        for _ in range((depth - 4) // 3):
            layers.append(Plain(channels, growth, drop))
            channels += growth
    head = [nn.BatchNorm2d(channels), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, 10)]
    return nn.Sequential(*layers, *head)


def test_densenet_without_bottlenecks():
    assert_equal(plain(12, 40, 0.0), nas.build("densenet_40_12", input=[3, 16, 16]))
    assert_equal(plain(12, 40, 0.2), nas.build("densenet_40_12", input=[3, 16, 16], drop=0.2))
