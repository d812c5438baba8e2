"""MobileNet V1 to V3, MnasNet and ShuffleNet V2, against the papers' tables, torchvision's counts and a plain V1."""

import pytest
from torch import nn

import nas
from tests.classics.comparison import assert_equal
from tests.classics.tables import norms, rates, stages


@pytest.mark.parametrize(
    ("name", "parameters", "millions"),
    [
        # Howard et al. 2017, Table 6: 4.2M, 569; 2.6M, 325; 1.3M, 149; 0.5M, 41
        ("mobilenet_v1", 4_231_976, 568.7),
        ("mobilenet_v1_0_75", 2_585_560, 325.4),
        ("mobilenet_v1_0_5", 1_331_592, 149.5),
        ("mobilenet_v1_0_25", 470_072, 41.0),
        # Sandler et al. 2018, Table 4: 3.4M, 300
        ("mobilenet_v2", 3_504_872, 300.8),
        # Howard et al. 2019, Table 3: 5.4M, 219; 2.5M (as corrected), 56
        ("mobilenet_v3_large", 5_483_032, 216.6),
        ("mobilenet_v3_small", 2_542_856, 56.5),
        # Tan et al. 2019; torchvision's widths
        ("mnasnet0_5", 2_218_512, 104.5),
        ("mnasnet0_75", 3_170_208, 215.5),
        ("mnasnet1_0", 4_383_312, 314.4),
        ("mnasnet1_3", 6_282_256, 526.4),
        # Ma et al. 2018, Table 5: 1.4M, 41; 2.3M, 146; 3.5M, 299; 7.4M, 591
        ("shufflenet_v2_x0_5", 1_366_792, 40.5),
        ("shufflenet_v2_x1_0", 2_278_604, 144.9),
        ("shufflenet_v2_x1_5", 3_503_624, 295.8),
        ("shufflenet_v2_x2_0", 7_393_996, 583.3),
    ],
)
def test_counts(name: str, parameters: int, millions: float):
    graph = nas.load(name).graph()
    assert graph.parameters == parameters
    assert round(graph.mult_adds / 1e6, 1) == millions


@pytest.mark.parametrize(
    ("name", "maps"),
    [
        ("mobilenet_v1", [(112, 64), *[(56, 128)] * 2, *[(28, 256)] * 2, *[(14, 512)] * 6, *[(7, 1024)] * 2]),
        ("mobilenet_v2", [(112, 16), (56, 24), (28, 32), (14, 64), (14, 96), (7, 160), (7, 320)]),
        ("mnasnet1_0", [(56, 24), (28, 40), (14, 80), (14, 96), (7, 192), (7, 320)]),
        ("mnasnet0_5", [(56, 16), (28, 24), (14, 40), (14, 48), (7, 96), (7, 160)]),
        ("shufflenet_v2_x0_5", [(28, 48), (14, 96), (7, 192)]),
        ("shufflenet_v2_x1_5", [(28, 176), (14, 352), (7, 704)]),
    ],
)
def test_stages(name: str, maps: list[tuple[int, int]]):
    assert stages(name) == maps


def test_table_1_and_2_of_mobilenet_v3():
    large = [(112, 16), *[(56, 24)] * 2, *[(28, 40)] * 3, *[(14, 80)] * 4, *[(14, 112)] * 2, *[(7, 160)] * 3]
    assert stages("mobilenet_v3_large", "bnecks") == large
    small = [(56, 16), *[(28, 24)] * 2, *[(14, 40)] * 3, *[(14, 48)] * 2, *[(7, 96)] * 3]
    assert stages("mobilenet_v3_small", "bnecks") == small


def squeezes(name: str) -> list[int]:
    """How many channels each squeeze-excite squeezes to."""
    nodes = nas.load(name).graph().nodes
    return [node.shape[0] for node in nodes if node.path.endswith("excitation.reduce")]


def test_squeeze_excite_of_mobilenet_v3_takes_a_quarter_in_eights():
    assert squeezes("mobilenet_v3_large") == [24, 32, 32, 120, 168, 168, 240, 240]
    assert squeezes("mobilenet_v3_small") == [8, 24, 64, 64, 32, 40, 72, 144, 144]


def test_norms_and_dropout():
    assert norms("mobilenet_v2") == {(1e-5, 0.1)}
    assert norms("mobilenet_v3_large") == {(1e-3, 0.01)}
    assert norms("mnasnet1_0") == {(1e-5, 3e-4)}
    assert rates("mobilenet_v1", "dropout") == [0.001]
    for name in ("mobilenet_v2", "mobilenet_v3_small", "mnasnet1_3"):
        assert rates(name, "dropout") == [0.2]


def mobilenet_v1(classes: int) -> nn.Sequential:
    """The rows of Howard et al. 2017, Table 1."""

    def conv(inputs: int, channels: int, kernel: int, stride: int, groups: int) -> list[nn.Module]:
        layer = nn.Conv2d(inputs, channels, kernel, stride, kernel // 2, groups=groups, bias=False)
        return [layer, nn.BatchNorm2d(channels), nn.ReLU()]

    layers, inputs = conv(3, 32, 3, 2, 1), 32
    rows = [(64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), *[(512, 1)] * 5, (1024, 2), (1024, 1)]
    for channels, stride in rows:
        layers += [*conv(inputs, inputs, 3, stride, inputs), *conv(inputs, channels, 1, 1, 1)]
        inputs = channels
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(0.001), nn.Linear(inputs, classes))


def test_mobilenet_v1_is_the_plain_network():
    assert_equal(mobilenet_v1(11), nas.build("mobilenet_v1", input=[3, 33, 33], classes=11))
