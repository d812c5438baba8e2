"""Inception v2 to v4 and the Inception-ResNets: counts, module by module, maps, and torchvision's or timm's outputs."""

from types import SimpleNamespace
from typing import Any

import pytest
import torch
import torchvision

import nas
from nas.graph.costs import by_module
from tests.classics.comparison import assert_equal
from tests.classics.tables import norms, rates

V2 = {
    "conv1": (9_600, 118_013_952, (64, 56, 56)),
    "conv2": (115_456, 359_661_568, (192, 28, 28)),
    "inception3a": (219_552, 170_999_808, (256, 28, 28)),
    "inception3b": (260_704, 203_112_448, (320, 28, 28)),
    "inception3c": (385_632, 143_904_768, (576, 14, 14)),
    "inception4a": (610_848, 119_218_176, (576, 14, 14)),
    "inception4b": (666_240, 130_056_192, (576, 14, 14)),
    "inception4c": (915_456, 178_827_264, (608, 14, 14)),
    "inception4d": (1_144_000, 223_584_256, (608, 14, 14)),
    "inception4e": (1_451_008, 164_577_280, (1056, 7, 7)),
    "inception5a": (2_210_496, 108_079_104, (1024, 7, 7)),
    "inception5b": (2_281_248, 111_541_248, (1024, 7, 7)),
    "classifier": (1_025_000, 1_024_000, (1000,)),
}
V3 = {
    "conv1a": (928, 19_181_664, (32, 149, 149)),
    "conv2a": (9_280, 199_148_544, (32, 147, 147)),
    "conv2b": (18_560, 398_297_088, (64, 147, 147)),
    "pool2": (0, 0, (64, 73, 73)),
    "conv3b": (5_280, 27_284_480, (80, 73, 73)),
    "conv4a": (138_624, 696_867_840, (192, 71, 71)),
    "pool4": (0, 0, (192, 35, 35)),
    "mixed5b": (255_904, 312_345_600, (256, 35, 35)),
    "mixed5c": (277_472, 338_688_000, (288, 35, 35)),
    "mixed5d": (285_152, 348_096_000, (288, 35, 35)),
    "mixed6a": (1_153_280, 401_937_408, (768, 17, 17)),
    "mixed6b": (1_297_408, 374_063_104, (768, 17, 17)),
    "mixed6c": (1_691_008, 487_702_528, (768, 17, 17)),
    "mixed6d": (1_691_008, 487_702_528, (768, 17, 17)),
    "mixed6e": (2_141_952, 617_914_368, (768, 17, 17)),
    "head.do.auxiliary": (3_326_696, 5_683_200, (1000,)),
    "mixed7a": (1_698_304, 291_004_416, (1280, 8, 8)),
    "mixed7b": (5_044_608, 322_437_120, (2048, 8, 8)),
    "mixed7c": (6_076_800, 388_497_408, (2048, 8, 8)),
    "classifier": (2_049_000, 2_048_000, (1000,)),
}
V4 = {
    "stem": (605_728, 2_289_943_648, (384, 35, 35)),
    "mixed5": (1_270_528, 1_550_438_400, (384, 35, 35)),
    "mixed6a": (2_306_112, 1_097_164_800, (1024, 17, 17)),
    "mixed6": (20_553_792, 5_930_853_376, (1024, 17, 17)),
    "mixed7a": (2_747_392, 511_098_880, (1536, 8, 8)),
    "mixed7": (13_659_264, 872_939_520, (1536, 8, 8)),
    "classifier": (1_537_000, 1_536_000, (1000,)),
}
RESNET_V1 = {
    "stem": (615_552, 1_882_680_416, (256, 35, 35)),
    "mixed5": (387_200, 470_400_000, (256, 35, 35)),
    "mixed6a": (1_710_080, 850_169_856, (896, 17, 17)),
    "mixed6": (6_900_480, 1_988_689_920, (896, 17, 17)),
    "mixed7a": (3_346_176, 501_448_704, (1792, 8, 8)),
    "mixed7": (8_003_840, 511_180_800, (1792, 8, 8)),
    "classifier": (1_793_000, 1_792_000, (1000,)),
}
RESNET_V2 = {
    "stem": (172_672, 1_340_779_616, (192, 35, 35)),
    "mixed5b": (268_320, 327_398_400, (320, 35, 35)),
    "mixed5": (1_231_680, 1_499_008_000, (320, 35, 35)),
    "mixed6a": (2_664_960, 1_398_185_984, (1088, 17, 17)),
    "mixed6": (22_535_680, 6_498_754_560, (1088, 17, 17)),
    "mixed7a": (3_880_960, 585_424_896, (2080, 8, 8)),
    "mixed7": (18_318_816, 1_170_210_816, (2080, 8, 8)),
    "mixed7z": (2_035_424, 130_023_424, (2080, 8, 8)),
    "conv7b": (3_197_952, 204_472_320, (1536, 8, 8)),
    "classifier": (1_537_000, 1_536_000, (1000,)),
}


@pytest.mark.parametrize(
    ("name", "parameters", "billions", "table"),
    [
        ("inception_v2", 11_295_240, 2.03, V2),
        ("inception_v3", 23_834_568, 5.71, V3),
        ("inception_v4", 42_679_816, 12.25, V4),
        ("inception_resnet_v1", 22_756_328, 6.21, RESNET_V1),
        ("inception_resnet_v2", 55_843_464, 13.16, RESNET_V2),
    ],
)
def test_counts_and_modules(name: str, parameters: int, billions: float, table: dict[str, object]):
    graph = nas.load(name).graph().prune()
    assert graph.parameters == parameters
    assert round(graph.mult_adds / 1e9, 2) == billions
    assert by_module(graph) == table
    assert norms(name) == {(1e-5 if name == "inception_v2" else 1e-3, 0.1)}


def test_inception_v3_with_its_head():
    graph = nas.load("inception_v3").graph()
    assert graph.parameters + graph.auxiliary_parameters == 27_161_264
    assert [len(nas.load("inception_v3", input=[3, size, size]).graph().auxiliary) for size in (298, 299)] == [0, 1]
    assert rates("inception_v3", "dropout") == [0.5]


def test_numbers_of_modules():
    def modules(name: str) -> list[int]:
        deeper = by_module(nas.load(name).graph(), depth=2)
        return [sum(path.startswith(f"{stage}.") for path in deeper) for stage in ("mixed5", "mixed6", "mixed7")]

    assert modules("inception_v4") == [4, 7, 3]
    assert modules("inception_resnet_v1") == [5, 10, 5]
    assert modules("inception_resnet_v2") == [10, 20, 9]  # and mixed7z


def test_residuals_are_scaled():
    scales = [
        node.arguments["value"] for node in nas.load("inception_resnet_v2").graph().nodes if node.op.name == "scale"
    ]
    assert scales == [0.17] * 10 + [0.1] * 20 + [0.2] * 9 + [1]
    scales = [
        node.arguments["value"] for node in nas.load("inception_resnet_v1").graph().nodes if node.op.name == "scale"
    ]
    assert scales == [0.17] * 5 + [0.1] * 10 + [0.2] * 5


@pytest.mark.parametrize(
    ("name", "theirs"), [("googlenet", torchvision.models.GoogLeNet), ("inception_v3", torchvision.models.Inception3)]
)
def test_transform_input_is_torchvisions(name: str, theirs: Any):
    options: dict[str, Any] = {"input": [3, 75, 75], "classes": 11, "heads": False}
    plain, graph = (nas.load(name, **options, transform_input=on).graph() for on in (False, True))
    assert [node.op for node in graph.nodes if node.path != "network.transform.do"] == [n.op for n in plain.nodes]
    x = torch.randn(2, 3, 75, 75, dtype=torch.float64)
    transformed = nas.build(name, **options, transform_input=True).double().transform.do(x)
    expected = theirs._transform_input(SimpleNamespace(transform_input=True), x)
    torch.testing.assert_close(transformed, expected, rtol=0, atol=1e-15)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["inception_v4", "inception_resnet_v2"])
def test_outputs_and_gradients_are_timms(name: str):
    timm = pytest.importorskip("timm")
    torch.manual_seed(0)
    model = nas.build(name, input=[3, 139, 139], classes=11)
    assert_equal(timm.create_model(name, num_classes=11), model, training=False)
