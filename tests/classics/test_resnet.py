"""Residual networks for ImageNet, against the papers' tables, torchvision's code and plain references."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional
from torchvision.models import resnet as torchvisions
from torchvision.models.resnet import Bottleneck

import nas
from tests.classics.comparison import assert_equal

SMALL = {"input": [3, 33, 33], "classes": 11}


@pytest.mark.parametrize(
    ("name", "parameters", "billions"),
    [
        # He et al. 2015, Table 1 prints 1.8, 3.6, 3.8, 7.6 and 11.3; Figure 3 3.6 for both networks of 34 layers
        ("plain18", 11_515_688, 1.79),
        ("plain34", 21_623_848, 3.64),
        ("resnet18_pad", 11_515_688, 1.79),
        ("resnet34_pad", 21_623_848, 3.64),
        ("resnet18", 11_689_512, 1.81),
        ("resnet34", 21_797_672, 3.66),
        ("resnet50_v1", 25_557_032, 3.86),
        ("resnet101_v1", 44_549_160, 7.57),
        ("resnet152_v1", 60_192_808, 11.28),
        ("resnet50", 25_557_032, 4.09),
        ("resnet101", 44_549_160, 7.80),
        ("resnet152", 60_192_808, 11.51),
        # He et al. 2016
        ("resnet200", 64_666_152, 15.01),
        # Xie et al. 2016
        ("resnext50_32x4d", 25_028_904, 4.23),
        ("resnext101_32x4d", 44_177_704, 7.97),
        ("resnext101_64x4d", 83_455_272, 15.46),
        ("resnext101_2x64d", 84_198_184, 15.12),
        ("resnext101_32x8d", 88_791_336, 16.41),
        ("resnext29_8x64d", 34_426_698, 5.39),
        ("resnext29_16x64d", 68_155_210, 10.69),
        # Zagoruyko & Komodakis 2016
        ("wide_resnet50_2", 68_883_240, 11.40),
        ("wide_resnet101_2", 126_886_696, 22.75),
    ],
)
def test_counts(name: str, parameters: int, billions: float):
    graph = nas.load(name).graph()
    assert graph.parameters == parameters
    assert round(graph.mult_adds / 1e9, 2) == billions


@pytest.mark.parametrize(
    ("name", "maps"),
    [("resnet18", [64, 128, 256, 512]), ("resnet50", [256, 512, 1024, 2048]), ("resnet200", [256, 512, 1024, 2048])],
)
def test_table_1_has_these_maps(name: str, maps: list[int]):
    shapes = [node.shape for node in nas.load(name).graph().nodes]
    for channels, size in zip([64, *maps], [112, 56, 28, 14, 7], strict=True):
        assert (channels, size, size) in shapes


def swapped(model: nn.Module) -> nn.Module:
    """The paper's: a bottleneck's stride on its first 1x1 convolution."""
    for block in model.modules():
        if isinstance(block, Bottleneck):
            block.conv1.stride, block.conv2.stride = block.conv2.stride, block.conv1.stride
            block.conv2.padding = (1, 1)
    return model


DEPTHS = {50: [3, 4, 6, 3], 101: [3, 4, 23, 3], 152: [3, 8, 36, 3]}


def test_the_stride_on_the_first_1x1():
    reference = swapped(torchvisions.ResNet(Bottleneck, [1, 1, 2, 1], num_classes=11))
    assert_equal(reference, nas.build("resnet50_v1", depths=[1, 1, 2, 1], **SMALL))


@pytest.mark.slow
@pytest.mark.parametrize("depth", [50, 101, 152])
def test_all_of_the_stride_on_the_first_1x1(depth: int):
    reference = swapped(torchvisions.ResNet(Bottleneck, DEPTHS[depth], num_classes=11))
    assert_equal(reference, nas.build(f"resnet{depth}_v1", **SMALL))


class OptionA(nn.Module):
    """A shortcut without weights: every other position, and zeros for half of the new channels on either side."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.channels = channels

    def forward(self, x: Tensor) -> Tensor:
        zeros = (self.channels - x.shape[1]) // 2
        return functional.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, zeros, zeros))


@pytest.mark.parametrize("depth", [18, pytest.param(34, marks=pytest.mark.slow)])
def test_zero_padded_shortcuts(depth: int):
    reference = getattr(torchvisions, f"resnet{depth}")(num_classes=11)
    for stage, channels in ((reference.layer2, 128), (reference.layer3, 256), (reference.layer4, 512)):
        stage[0].downsample = OptionA(channels)
    assert_equal(reference, nas.build(f"resnet{depth}_pad", **SMALL))


def conv_bn_relu(inputs: int, channels: int, kernel: int, stride: int = 1) -> list[nn.Module]:
    convolution = nn.Conv2d(inputs, channels, kernel, stride, kernel // 2, bias=False)
    return [convolution, nn.BatchNorm2d(channels), nn.ReLU()]


def plain(depths: list[int]) -> nn.Sequential:
    layers = [*conv_bn_relu(3, 64, 7, 2), nn.MaxPool2d(3, 2, 1)]
    inputs = 64
    for stage, depth in enumerate(depths):
        for turn in range(2 * depth):
            layers += conv_bn_relu(inputs, 64 * 2**stage, 3, 2 if stage > 0 and turn == 0 else 1)
            inputs = 64 * 2**stage
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(512, 11))


def test_plain18():
    assert_equal(plain([2, 2, 2, 2]), nas.build("plain18", **SMALL))


@pytest.mark.slow
def test_plain34():
    assert_equal(plain([3, 4, 6, 3]), nas.build("plain34", **SMALL))


class PreActivated(nn.Module):
    """He et al. 2016; in a stage's `first` unit both paths read the pre-activation; `bare`: the stem has done it."""

    def __init__(self, inputs: int, width: int, stride: int, first: bool, bare: bool) -> None:
        super().__init__()
        self.bn1 = nn.Identity() if bare else nn.BatchNorm2d(inputs)
        self.conv1 = nn.Conv2d(inputs, width, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, stride, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, 4 * width, 1, bias=False)
        self.projection = nn.Conv2d(inputs, 4 * width, 1, stride, bias=False) if first else None

    def forward(self, x: Tensor) -> Tensor:
        y = self.bn1(x).relu()
        shortcut = x if self.projection is None else self.projection(y)
        y = self.conv1(y)
        y = self.conv2(self.bn2(y).relu())
        y = self.conv3(self.bn3(y).relu())
        total: Tensor = y + shortcut
        return total


def preactivated(depths: list[int]) -> nn.Sequential:
    layers = [*conv_bn_relu(3, 64, 7, 2), nn.MaxPool2d(3, 2, 1)]
    inputs = 64
    for stage, depth in enumerate(depths):
        for turn in range(depth):
            stride = 2 if stage > 0 and turn == 0 else 1
            layers.append(PreActivated(inputs, 64 * 2**stage, stride, turn == 0, stage == turn == 0))
            inputs = 256 * 2**stage
    return nn.Sequential(
        *layers, nn.BatchNorm2d(inputs), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(inputs, 11)
    )


@pytest.mark.parametrize("depths", [[2, 2, 3, 2], pytest.param([3, 24, 36, 3], marks=pytest.mark.slow)])
def test_resnet200(depths: list[int]):
    assert_equal(preactivated(depths), nas.build("resnet200", depths=depths, **SMALL))


def resnext(depths: list[int], groups: int, base: int, stem: list[nn.Module]) -> nn.Sequential:
    layers, inputs = list(stem), 64
    for stage, depth in enumerate(depths):
        for turn in range(depth):
            width, stride = 64 * 2**stage, 2 if stage > 0 and turn == 0 else 1
            projection = nn.Sequential(*conv_bn_relu(inputs, 4 * width, 1, stride)[:2]) if turn == 0 else None
            layers.append(Bottleneck(inputs, width, stride, projection, groups, base))
            inputs = 4 * width
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(inputs, 11))


SLOW_RESNEXT = [
    ("resnext29_8x64d", lambda: resnext([3, 3, 3], 8, 64, conv_bn_relu(3, 64, 3)), {}),
    ("resnext29_16x64d", lambda: resnext([3, 3, 3], 16, 64, conv_bn_relu(3, 64, 3)), {}),
    (
        "resnext101_32x4d",
        lambda: resnext([3, 4, 23, 3], 32, 4, [*conv_bn_relu(3, 64, 7, 2), nn.MaxPool2d(3, 2, 1)]),
        {},
    ),
    (
        "resnext101_2x64d",
        lambda: resnext([3, 4, 23, 3], 2, 64, [*conv_bn_relu(3, 64, 7, 2), nn.MaxPool2d(3, 2, 1)]),
        {},
    ),
]


@pytest.mark.parametrize(
    ("name", "reference", "parameters"),
    [
        ("resnext29_8x64d", lambda: resnext([3, 3, 3], 8, 4, conv_bn_relu(3, 64, 3)), {"base": 4}),
        *(pytest.param(*case, marks=pytest.mark.slow) for case in SLOW_RESNEXT),
    ],
)
def test_resnext(name: str, reference: Callable[[], nn.Module], parameters: dict[str, int]):
    size = {"input": [3, 16, 16], "classes": 11} if "29" in name else SMALL
    assert_equal(reference(), nas.build(name, **size, **parameters))


@pytest.mark.parametrize("name", ["plain18", "resnet18_pad", "resnet50_v1", "resnet200", "resnext29_8x64d"])
@pytest.mark.parametrize("size", [7, 8, 31, 97, 225])
def test_any_size_and_number_of_classes(name: str, size: int):
    for classes in (3, 11):
        assert nas.load(name, input=[3, size, size], classes=classes).graph().shape == (classes,)


def test_odd_sizes_run():
    for size in (7, 31):
        model = nas.build("resnet18_pad", input=[3, size, size], classes=3).eval()
        with torch.no_grad():
            assert model(torch.zeros(1, 3, size, size)).shape == (1, 3)
