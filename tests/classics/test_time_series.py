"""The baselines of time series classification, against references as one would write them from the papers."""

import random

import torch
from torch import Tensor, nn

import nas
from tests.classics.comparison import assert_equal


def convolution(inputs: int, width: int, kernel: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv1d(inputs, width, kernel, padding="same"), nn.BatchNorm1d(width))


class Residual(nn.Module):
    def __init__(self, inputs: int, width: int) -> None:
        super().__init__()
        self.first = convolution(inputs, width, 8)
        self.second = convolution(width, width, 5)
        self.third = convolution(width, width, 3)
        self.shortcut = nn.BatchNorm1d(width) if inputs == width else convolution(inputs, width, 1)

    def forward(self, x: Tensor) -> Tensor:
        return (self.third(self.second(self.first(x).relu()).relu()) + self.shortcut(x)).relu()


class Average(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x.mean(2)


def fcn(channels: int, classes: int) -> nn.Sequential:
    layers: list[nn.Module] = []
    for inputs, width, kernel in ((channels, 128, 8), (128, 256, 5), (256, 128, 3)):
        layers += [convolution(inputs, width, kernel), nn.ReLU()]
    return nn.Sequential(*layers, Average(), nn.Linear(128, classes))


def resnet(channels: int, classes: int) -> nn.Sequential:
    blocks = [Residual(channels, 64), Residual(64, 128), Residual(128, 128)]
    return nn.Sequential(*blocks, Average(), nn.Linear(128, classes))


def test_the_fully_convolutional_network_is_its_reference() -> None:
    assert_equal(fcn(3, 5), nas.build("time_series_fcn", input=[3, 37], classes=5))


def test_the_residual_network_is_its_reference() -> None:
    assert_equal(resnet(3, 5), nas.build("time_series_resnet", input=[3, 37], classes=5))


def test_the_published_sizes() -> None:
    """Trainable weights of the Keras networks for one channel and two classes, added up layer by layer."""
    block = [1 * 8 * 128 + 128, 128 * 5 * 256 + 256, 256 * 3 * 128 + 128]
    assert nas.load("time_series_fcn").graph().parameters == sum(block) + 2 * (128 + 256 + 128) + 258 == 264_962
    assert nas.load("time_series_resnet").graph().parameters == 504_258


def test_the_space_takes_signals_of_any_length_and_number_of_channels() -> None:
    for channels, steps in ((1, 24), (6, 300)):
        space = nas.load("time_series_space", input=[channels, steps], classes=7)
        assert space.size() > 10**6
        for seed in range(4):
            model = nas.build(space, space.sample(random.Random(seed)))
            assert model(torch.zeros(2, channels, steps)).shape == (2, 7)
