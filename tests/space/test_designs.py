"""Designs that the project does not ship, written in the language alone: it is general enough to say them.

Their parameters are those of the networks of these names in timm.
"""

from pathlib import Path

import pytest

from nas.space import load
from tests.space.documents import operations


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("xception", 22_855_952),  # sums of separable convolutions
        ("dpn68", 12_611_602),  # a part of the channels is added to, another concatenated
        ("res2net50", 25_699_120),  # convolutions from one group of channels to the next
        ("skresnet18", 11_958_056),  # parallel kernels weighed against each other by a softmax
        ("repvgg_a0", 9_108_968),
        ("cspresnet50", 21_616_168),
        ("ghostnet", 5_182_508),
        ("mixnet_s", 4_134_606),  # as many branches as kernels
        ("dla34", 15_742_104),  # trees of aggregation
        ("hrnet_w18_small", 13_187_464),  # parallel streams of several resolutions
    ],
)
def test_designs_in_the_language_alone(name: str, parameters: int):
    graph = load(str(Path(__file__).parent / "designs" / f"{name}.yaml")).graph()
    assert graph.prune().parameters == parameters
    assert graph.shape == (1000,)
    assert operations(graph)[-1] == "linear"
