"""EfficientNet and EfficientNetV2 against the papers' tables and torchvision's counts."""

from itertools import pairwise

import pytest
from torchvision.models.efficientnet import EfficientNet, MBConvConfig

import nas
from tests.classics.comparison import assert_equal
from tests.classics.tables import norms, rates, stages


@pytest.mark.parametrize(
    ("name", "parameters", "billions", "side"),
    [
        # Tan & Le 2019, Table 2: 5.3M, 0.39; 7.8M, 0.70; 9.2M, 1.0; 12M, 1.8; 19M, 4.2; 30M, 9.9; 43M, 19; 66M, 37
        ("efficientnet_b0", 5_288_548, 0.386, 224),
        ("efficientnet_b1", 7_794_184, 0.687, 240),
        ("efficientnet_b2", 9_109_994, 0.994, 260),
        ("efficientnet_b3", 12_233_232, 1.827, 300),
        ("efficientnet_b4", 19_341_616, 4.394, 380),
        ("efficientnet_b5", 30_389_784, 10.266, 456),
        ("efficientnet_b6", 43_040_704, 19.068, 528),
        ("efficientnet_b7", 66_347_960, 37.746, 600),
        # Table 3, b0 scaled in one dimension and in all; it prints 1.8, 1.8, 1.9, 1.8
        ("efficientnet_b0_depth4", 20_091_856, 1.575, 224),
        ("efficientnet_b0_width2", 18_122_720, 1.450, 224),
        ("efficientnet_b0_resolution2", 5_288_548, 1.538, 448),
        ("efficientnet_b0_compound", 12_233_232, 1.800, 291),
        # Tan & Le 2021, Table 7: 22M, 8.8; 54M, 24; 120M, 53
        ("efficientnet_v2_s", 21_458_488, 8.366, 384),
        ("efficientnet_v2_m", 54_139_356, 24.582, 480),
        ("efficientnet_v2_l", 118_515_272, 56.080, 480),
    ],
)
def test_counts(name: str, parameters: int, billions: float, side: int):
    space = nas.load(name)
    assert space.input == (3, side, side)
    assert space.graph().parameters == parameters
    assert round(space.graph().mult_adds / 1e9, 3) == billions


@pytest.mark.parametrize(
    ("name", "maps"),
    [
        # The paper's Table 1 prints a stage's input size, and its strides differ from the authors' code
        ("efficientnet_b0", [(112, 16), (56, 24), (28, 40), (14, 80), (14, 112), (7, 192), (7, 320)]),
        ("efficientnet_b7", [(300, 32), (150, 48), (75, 80), (38, 160), (38, 224), (19, 384), (19, 640)]),
        # Tan & Le 2021, Table 4
        ("efficientnet_v2_s", [(192, 24), (96, 48), (48, 64), (24, 128), (24, 160), (12, 256)]),
        ("efficientnet_v2_l", [(240, 32), (120, 64), (60, 96), (30, 192), (30, 224), (15, 384), (15, 640)]),
    ],
)
def test_stages(name: str, maps: list[tuple[int, int]]):
    assert stages(name) == maps


def test_one_coefficient_scales_depth_width_and_resolution():
    grown = nas.load("efficientnet_b0", phi=1)  # 1.2, 1.1, 1.15: b2, but for its two pixels more
    assert grown.input == (3, 258, 258)
    assert grown.graph().parameters == nas.load("efficientnet_b2").graph().parameters
    costs = [nas.load("efficientnet_b0", phi=phi).graph().mult_adds for phi in range(4)]
    for small, large in pairwise(costs):
        assert 1.7 < large / small < 2.6  # about 2: alpha * beta ** 2 * gamma ** 2 = 1.92, and rounding up
    assert nas.load("efficientnet_b0", phi=1, input=[3, 32, 32]).input == (3, 32, 32)


@pytest.mark.parametrize(
    ("name", "repeats"),
    [
        ("efficientnet_b0", [1, 2, 2, 3, 3, 4, 1]),
        ("efficientnet_b4", [2, 4, 4, 6, 6, 8, 2]),
        ("efficientnet_v2_s", [2, 4, 4, 6, 9, 15]),
    ],
)
def test_stochastic_depth_rises_linearly_over_the_blocks(name: str, repeats: list[int]):
    """Block i of n drops at 0.2 i / n; a stage's first block has no shortcut (or is block 0) and never drops."""
    firsts = {sum(repeats[:stage]) for stage in range(len(repeats))}
    expected = [0.2 * block / sum(repeats) for block in range(sum(repeats)) if block not in firsts]
    assert rates(name, "drop_path") == expected


def test_norms_and_dropout():
    assert norms("efficientnet_b4") == {(1e-5, 0.1)}
    assert norms("efficientnet_b5") == norms("efficientnet_b7") == {(1e-3, 0.01)}
    assert norms("efficientnet_v2_m") == {(1e-3, 0.1)}
    dropouts = [rate for number in range(8) for rate in rates(f"efficientnet_b{number}", "dropout")]
    assert dropouts == [0.2, 0.2, 0.3, 0.3, 0.4, 0.4, 0.5, 0.5]
    assert [rates(f"efficientnet_v2_{size}", "dropout") for size in "sml"] == [[0.2], [0.3], [0.4]]


def test_squeeze_excite_takes_a_quarter_of_the_blocks_input():
    nodes = nas.load("efficientnet_b0").graph().nodes
    squeezed = [node.shape[0] for node in nodes if node.path.endswith("excitation.reduce")]
    assert squeezed == [8, 4, 6, 6, 10, 10, 20, 20, 20, 28, 28, 28, 48, 48, 48, 48]


ROWS = [  # Table 1: expansion, kernel, stride, input channels, channels, layers
    (1, 3, 1, 32, 16, 1),
    (6, 3, 2, 16, 24, 2),
    (6, 5, 2, 24, 40, 2),
    (6, 3, 2, 40, 80, 3),
    (6, 5, 1, 80, 112, 3),
    (6, 5, 2, 112, 192, 4),
    (6, 3, 1, 192, 320, 1),
]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "width", "depth"),
    [("efficientnet_b0_compound", 1.2, 1.4), ("efficientnet_b0_depth4", 1, 4), ("efficientnet_b0_width2", 2, 1)],
)
def test_scaled_networks_are_torchvisions(name: str, width: float, depth: float):
    reference = EfficientNet([MBConvConfig(*row, width, depth) for row in ROWS], 0.2, num_classes=10)
    assert_equal(reference, nas.build(name, input=[3, 33, 33], classes=10))
