"""Designs that the project does not ship, written in the language alone: it is general enough to say them.

Their parameters are those of the networks of these names in timm.
"""

from pathlib import Path

import pytest

from nas.space import load
from tests.space.documents import operations, space_of


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


def test_attention_between_neighbouring_channels():
    """ECA-Net (Wang et al. 2019, arXiv:1910.03151): a 1D convolution along the channels."""
    gate = """[global_avg_pool, {reshape: "=[1, in_channels]"}, {conv: {channels: 1, kernel: 3, bias: false}}, sigmoid,
       {reshape: "=[channels, 1, 1]"}]"""
    graph = space_of(f"blocks: {{eca: {{branches: [[], {gate}], merge: multiply}}}}\nnetwork: [{{eca: 3}}]").graph()
    assert (graph.parameters, graph.mult_adds, graph.shape) == (3, 9, graph.input)
