"""SqueezeNet against Iandola et al. 2016, Table 1, and torchvision's 1.1."""

import pytest

import nas
from nas.graph.costs import by_module


@pytest.mark.parametrize(
    ("name", "parameters", "millions"), [("squeezenet1_0", 1_248_424, 819), ("squeezenet1_1", 1_235_496, 349)]
)
def test_counts(name: str, parameters: int, millions: int):
    graph = nas.load(name).graph()
    assert graph.parameters == parameters
    assert round(graph.mult_adds / 1e6) == millions
    assert graph.depth == 18


def test_table_1_row_by_row():
    rows = by_module(nas.load("squeezenet1_0").graph(), depth=3)
    # The paper's maps are 111, 55, 27 and 13 pixels wide: it pads the first convolution.
    assert {name: (cost.parameters, cost.shape) for name, cost in rows.items() if cost.parameters} == {
        "conv1.0": (14_208, (96, 109, 109)),
        "fires.0.0": (11_920, (128, 54, 54)),  # fire2
        "fires.1.0": (12_432, (128, 54, 54)),
        "fires.2.0": (45_344, (256, 54, 54)),
        "fires.3.0": (49_440, (256, 27, 27)),
        "fires.4.0": (104_880, (384, 27, 27)),
        "fires.5.0": (111_024, (384, 27, 27)),
        "fires.6.0": (188_992, (512, 27, 27)),
        "fires.7.0": (197_184, (512, 13, 13)),  # fire9
        "conv10.1": (513_000, (1000, 13, 13)),
    }
