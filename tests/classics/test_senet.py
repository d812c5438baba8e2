"""Squeeze-and-Excitation Networks (Hu et al. 2018, arXiv:1709.01507): counts, stages and plain references."""

import pytest
from torch import Tensor, nn

import nas
from tests.classics.comparison import assert_equal
from tests.classics.tables import rates, stages


@pytest.mark.parametrize(
    ("name", "parameters", "billions"),
    [  # Table 2 prints 3.87 and 4.25 billion for the first two
        ("se_resnet50", 28_088_024, 3.86),
        ("se_resnext50_32x4d", 27_559_896, 4.23),
        ("senet154", 115_088_984, 20.69),
    ],
)
def test_counts(name: str, parameters: int, billions: float):
    graph = nas.load(name).graph()
    assert graph.parameters == parameters
    assert round(graph.mult_adds / 1e9, 2) == billions
    assert stages(name) == [(56, 256), (28, 512), (14, 1024), (7, 2048)]


def test_only_senet154_has_dropout():
    assert [rates(name, "dropout") for name in ("se_resnet50", "se_resnext50_32x4d", "senet154")] == [[], [], [0.2]]


def conv(inputs: int, channels: int, kernel: int, stride: int = 1, groups: int = 1) -> nn.Sequential:
    layer = nn.Conv2d(inputs, channels, kernel, stride, kernel // 2, groups=groups, bias=False)
    return nn.Sequential(layer, nn.BatchNorm2d(channels))


class Unit(nn.Module):
    """Three convolutions (widths, strides), squeeze-excite, shortcut; Figure 3 of the paper."""

    def __init__(
        self, inputs: int, widths: list[int], strides: list[int], groups: int, shortcut: nn.Module | None
    ) -> None:
        super().__init__()
        a, b, c = widths
        first, second = conv(inputs, a, 1, strides[0]), conv(a, b, 3, strides[1], groups)
        self.body = nn.Sequential(first, nn.ReLU(), second, nn.ReLU(), conv(b, c, 1))
        self.excitation = nn.Sequential(
            nn.AdaptiveAvgPool2d(1), nn.Conv2d(c, c // 16, 1), nn.ReLU(), nn.Conv2d(c // 16, c, 1), nn.Sigmoid()
        )
        self.shortcut = shortcut

    def forward(self, x: Tensor) -> Tensor:
        y = self.body(x)
        y = y * self.excitation(y)
        return (y + (x if self.shortcut is None else self.shortcut(x))).relu()


DEPTHS = [2, 1, 1, 1]  # each kind of unit once is enough
SLOW = pytest.mark.slow


def network(name: str) -> nn.Sequential:
    """The first units of each stage, and 10 classes."""
    deep = name == "senet154"
    layers: list[nn.Module] = [conv(3, 64, 7, 2), nn.ReLU()]
    if deep:
        layers = [conv(3, 64, 3, 2), nn.ReLU(), conv(64, 64, 3), nn.ReLU(), conv(64, 128, 3), nn.ReLU()]
    layers.append(nn.MaxPool2d(3, 2, ceil_mode=True))
    inputs = 128 if deep else 64
    for stage, depth in enumerate(DEPTHS):
        p, stride = 64 * 2**stage, 1 if stage == 0 else 2
        widths, groups = {
            "se_resnet50": ([p, p, 4 * p], 1),
            "se_resnext50_32x4d": ([2 * p, 2 * p, 4 * p], 32),
            "senet154": ([2 * p, 4 * p, 4 * p], 64),
        }[name]
        strides = [stride, 1] if name == "se_resnet50" else [1, stride]
        shortcut = conv(inputs, 4 * p, 3 if deep and stage else 1, stride)
        layers.append(Unit(inputs, widths, strides, groups, shortcut))
        layers += [Unit(4 * p, widths, [1, 1], groups, None) for _ in range(depth - 1)]
        inputs = 4 * p
    dropout = [nn.Dropout(0.2)] if deep else []
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), *dropout, nn.Linear(inputs, 10))


@pytest.mark.parametrize("name", ["se_resnet50", "se_resnext50_32x4d", pytest.param("senet154", marks=SLOW)])
def test_units_stem_and_head_are_the_plain_ones(name: str):
    assert_equal(network(name), nas.build(name, depths=DEPTHS, input=[3, 45, 45], classes=10))
