"""AlexNet and ZFNet against their papers' numbers, and against plain networks."""

import pytest
import torch
from torch import nn

import nas
from nas.graph.costs import by_module
from tests.classics.comparison import assert_equal

ALEXNET = {
    "layer1": (34_944, 105_415_200, (96, 27, 27)),
    "layer2": (307_456, 223_948_800, (256, 13, 13)),
    "layer3": (885_120, 149_520_384, (384, 13, 13)),
    "layer4": (663_936, 112_140_288, (384, 13, 13)),
    "layer5": (442_624, 74_760_192, (9216,)),
    "layer6": (37_752_832, 37_748_736, (4096,)),
    "layer7": (16_781_312, 16_777_216, (4096,)),
    "layer8": (4_097_000, 4_096_000, (1000,)),
}


def test_the_eight_layers_of_2012():
    graph = nas.load("alexnet_2012").graph().prune()
    assert by_module(graph) == ALEXNET
    assert graph.parameters == 60_965_224
    assert round(graph.mult_adds / 1e6, 1) == 724.4
    assert graph.depth == 8


@pytest.mark.parametrize(
    ("without", "parameters"),
    [("7", 44_183_912), ("6_7", 11_551_080), ("3_4", 59_268_712), ("3_4_6_7", 9_854_568)],
)
def test_what_is_left_without_some_layers(without: str, parameters: int):
    graph = nas.load(f"alexnet_2012_without_{without}").graph().prune()
    assert graph.parameters == parameters
    left = [name for name in ALEXNET if name[-1] not in without]
    assert list(by_module(graph)) == left and graph.depth == len(left)
    dropouts = [node for node in graph.nodes if node.operation == "dropout"]
    assert len(dropouts) == sum(name in ("layer6", "layer7") for name in left)  # after the hidden layers alone


def test_torchvisions_single_tower():
    graph = nas.load("alexnet").graph()
    assert graph.parameters == 61_100_840
    assert by_module(graph)["layer1"] == (23_296, 70_276_800, (64, 27, 27))


@pytest.mark.parametrize(
    ("name", "parameters", "billions"), [("zfnet", 62_357_608, 1.17), ("zfnet_512_1024_512", 107_627_624, 2.48)]
)
def test_zfnet(name: str, parameters: int, billions: float):
    graph = nas.load(name).graph()
    assert graph.parameters == parameters
    assert round(graph.mult_adds / 1e9, 2) == billions
    sizes = [node.shape[1] for node in graph.nodes if node.operation in ("conv", "max_pool")]
    assert sizes == [110, 55, 26, 13, 13, 13, 13, 6]


def test_the_network_of_2012_is_its_plain_counterpart():
    lrn = nn.LocalResponseNorm(5, alpha=5e-4, beta=0.75, k=2)
    plain = nn.Sequential(
        *(nn.Conv2d(3, 96, 11, 4), nn.ReLU(), lrn, nn.MaxPool2d(3, 2)),
        *(nn.Conv2d(96, 256, 5, padding=2, groups=2), nn.ReLU(), lrn, nn.MaxPool2d(3, 2)),
        *(nn.Conv2d(256, 384, 3, padding=1), nn.ReLU()),
        *(nn.Conv2d(384, 384, 3, padding=1, groups=2), nn.ReLU()),
        *(nn.Conv2d(384, 256, 3, padding=1, groups=2), nn.ReLU(), nn.MaxPool2d(3, 2)),
        *(nn.Flatten(), nn.Linear(256 * 4, 32), nn.ReLU(), nn.Dropout()),
        *(nn.Linear(32, 32), nn.ReLU(), nn.Dropout(), nn.Linear(32, 7)),
    )
    torch.manual_seed(0)
    assert_equal(plain, nas.build("alexnet_2012", input=[3, 99, 99], classes=7, hidden=32))


def test_zfnet_is_its_plain_counterpart():
    lrn = nn.LocalResponseNorm(5, alpha=5e-4, beta=0.75, k=2)
    plain = nn.Sequential(
        *(nn.Conv2d(3, 96, 7, 2, padding=1), nn.ReLU(), nn.MaxPool2d(3, 2, ceil_mode=True), lrn),
        *(nn.Conv2d(96, 256, 5, 2), nn.ReLU(), nn.MaxPool2d(3, 2, ceil_mode=True), lrn),
        *(nn.Conv2d(256, 384, 3, padding=1), nn.ReLU(), nn.Conv2d(384, 384, 3, padding=1), nn.ReLU()),
        *(nn.Conv2d(384, 256, 3, padding=1), nn.ReLU(), nn.MaxPool2d(3, 2, ceil_mode=True), nn.Flatten()),
        *(nn.Linear(256 * 4, 32), nn.ReLU(), nn.Dropout()),
        *(nn.Linear(32, 32), nn.ReLU(), nn.Dropout(), nn.Linear(32, 7)),
    )
    assert_equal(plain, nas.build("zfnet", input=[3, 96, 96], classes=7, hidden=32))
