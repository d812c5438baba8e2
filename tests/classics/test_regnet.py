"""RegNets (Radosavovic et al. 2020, arXiv:2003.13678): widths from the quantised linear formula, and counts."""

from itertools import groupby

import pytest

import nas
from tests.classics.tables import stages

X_400MF = [(1, 32), (2, 64), (7, 160), (12, 400)]


@pytest.mark.parametrize(
    ("name", "parameters", "billions"),
    [
        # Figure 15: 5.2M, 0.4; 7.3M, 0.8; 9.2M, 1.6; 15.3M, 3.2; 39.6M, 8.0; 54.3M, 15.9; 107.8M, 31.7
        ("regnet_x_400mf", 5_495_976, 0.414),
        ("regnet_x_800mf", 7_259_656, 0.800),
        ("regnet_x_1_6gf", 9_190_136, 1.603),
        ("regnet_x_3_2gf", 15_296_552, 3.177),
        ("regnet_x_8gf", 39_572_648, 7.995),
        ("regnet_x_16gf", 54_278_536, 15.941),
        ("regnet_x_32gf", 107_811_560, 31.736),
        # Figure 16: 4.3M, 0.4; 6.3M, 0.8; 11.2M, 1.6; 19.4M, 3.2; 39.2M, 8.0; 83.6M, 15.9; 145.0M, 32.3
        ("regnet_y_400mf", 4_344_144, 0.402),
        ("regnet_y_800mf", 6_432_512, 0.834),
        ("regnet_y_1_6gf", 11_202_430, 1.612),
        ("regnet_y_3_2gf", 19_436_338, 3.176),
        ("regnet_y_8gf", 39_381_472, 8.473),
        ("regnet_y_16gf", 83_590_140, 15.912),
        ("regnet_y_32gf", 145_046_770, 32.280),
        # Goyal et al. 2022: 644.8M
        ("regnet_y_128gf", 644_812_894, 127.518),
    ],
)
def test_counts(name: str, parameters: int, billions: float):
    graph = nas.load(name).graph()
    assert graph.parameters == parameters
    assert round(graph.mult_adds / 1e9, 3) == billions


@pytest.mark.parametrize(
    ("name", "depths_and_widths"),
    [
        ("regnet_x_400mf", X_400MF),
        ("regnet_x_3_2gf", [(2, 96), (6, 192), (15, 432), (2, 1008)]),
        ("regnet_x_32gf", [(2, 336), (7, 672), (13, 1344), (1, 2520)]),
        ("regnet_y_800mf", [(1, 64), (3, 144), (8, 320), (2, 784)]),
        ("regnet_y_1_6gf", [(2, 48), (6, 120), (17, 336), (2, 888)]),
        ("regnet_y_32gf", [(2, 232), (5, 696), (12, 1392), (1, 3712)]),
        ("regnet_y_128gf", [(2, 528), (7, 1056), (17, 2904), (1, 7392)]),
    ],
)
def test_depths_and_widths(name: str, depths_and_widths: list[tuple[int, int]]):
    blocks = stages(name, "blocks")
    widths = [(len(list(same)), width) for width, same in groupby(width for _, width in blocks)]
    assert widths == depths_and_widths
    assert list(dict(blocks)) == [56, 28, 14, 7]  # each stage halves the map


def test_groups_divide_the_widths():
    nodes = nas.load("regnet_y_128gf").graph().nodes
    groups = [node.arguments["groups"] for node in nodes if node.path.endswith("residual.b.convolution")]
    assert groups == [2] * 2 + [4] * 7 + [11] * 17 + [28]


def test_squeeze_excite_takes_a_quarter_of_the_blocks_input():
    nodes = nas.load("regnet_y_800mf").graph().nodes
    squeezed = [node.shape[0] for node in nodes if node.path.endswith("excitation.reduce")]
    assert squeezed == [8, 16, 36, 36, 36, *[80] * 8, 196]
