"""ConvNeXt (Liu et al. 2022, arXiv:2201.03545): Table 9 and torchvision's counts."""

import pytest
import torch

import nas
from tests.classics.tables import rates, stages


@pytest.mark.parametrize(
    ("name", "parameters", "billions", "widths", "drop", "blocks"),
    [
        # Table 1 prints 29M, 4.5; 50M, 8.7; 89M, 15.4; 198M, 34.4
        ("convnext_tiny", 28_589_128, 4.456, [96, 192, 384, 768], 0.1, 18),
        ("convnext_small", 50_223_688, 8.684, [96, 192, 384, 768], 0.4, 36),
        ("convnext_base", 88_591_464, 15.355, [128, 256, 512, 1024], 0.5, 36),
        ("convnext_large", 197_767_336, 34.361, [192, 384, 768, 1536], 0.5, 36),
    ],
)
def test_counts_stages_and_stochastic_depth(
    name: str, parameters: int, billions: float, widths: list[int], drop: float, blocks: int
):
    graph = nas.load(name).graph()
    assert graph.parameters == parameters
    assert round(graph.mult_adds / 1e9, 3) == billions
    assert stages(name) == list(zip([56, 28, 14, 7], widths, strict=True))
    assert rates(name, "drop_path") == [drop * block / (blocks - 1) for block in range(1, blocks)]


def test_layer_scale_begins_at_a_millionth():
    model = nas.build("convnext_tiny", depths=[1, 1, 1, 1], input=[3, 32, 32])
    scales = [parameter for name, parameter in model.named_parameters() if "layer_scale" in name]
    assert len(scales) == 4
    assert all(torch.equal(scale, torch.full_like(scale, 1e-6)) for scale in scales)
