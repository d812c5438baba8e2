"""VGG against Simonyan and Zisserman 2014, Tables 1 and 2, and torchvision's depths."""

import math

import pytest

import nas
from nas.graph.costs import by_module


@pytest.mark.parametrize(
    ("name", "layers", "parameters", "billions"),
    [
        ("vgg_a", 11, 132_863_336, 7.61),
        ("vgg_a_lrn", 11, 132_863_336, 7.61),
        ("vgg_b", 13, 133_047_848, 11.31),
        ("vgg_c", 16, 133_638_952, 11.77),
        ("vgg_d", 16, 138_357_544, 15.47),
        ("vgg_e", 19, 143_667_240, 19.63),
    ],
)
def test_table_1(name: str, layers: int, parameters: int, billions: float):
    graph = nas.load(name).graph().prune()
    assert graph.parameters == parameters
    assert round(graph.mult_adds / 1e9, 2) == billions
    assert graph.depth == layers
    assert sum(node.operation == "local_response_norm" for node in graph.nodes) == (name == "vgg_a_lrn")


@pytest.mark.parametrize(("column", "name"), [("a", "vgg11"), ("b", "vgg13"), ("d", "vgg16"), ("e", "vgg19")])
def test_columns_are_torchvisions_networks(column: str, name: str):
    assert nas.load(f"vgg_{column}").graph().fingerprint() == nas.load(name).graph().fingerprint()
    plain, normed = nas.load(name).graph(), nas.load(f"{name}_bn").graph()
    widths = [node.shape[0] for node in plain.nodes if node.operation == "conv"]
    assert normed.parameters - plain.parameters == 2 * sum(widths)


def test_only_the_third_convolutions_of_blocks_3_to_5_are_1x1_in_c():
    kernels = [node.arguments["kernel"] for node in nas.load("vgg_c").graph().nodes if node.operation == "conv"]
    assert kernels == [3, 3, 3, 3, 3, 3, 1, 3, 3, 1, 3, 3, 1]


def test_d_block_by_block():
    assert by_module(nas.load("vgg_d").graph(), depth=2) == {
        "blocks.0": (38_720, 1_936_392_192, (64, 112, 112)),
        "blocks.1": (221_440, 2_774_532_096, (128, 56, 56)),
        "blocks.2": (1_475_328, 4_624_220_160, (256, 28, 28)),
        "blocks.3": (5_899_776, 4_624_220_160, (512, 14, 14)),
        "blocks.4": (7_079_424, 1_387_266_048, (512, 7, 7)),
        "head.pool": (0, 0, (512, 7, 7)),
        "head.flat": (0, 0, (25_088,)),
        "head.fc6": (102_764_544, 102_760_448, (4096,)),
        "head.fc7": (16_781_312, 16_777_216, (4096,)),
        "head.fc8": (4_097_000, 4_096_000, (1000,)),
    }


def test_activations_of_d_as_lectures_list_them():
    listed = ("input", "conv", "max_pool", "linear")
    values = sum(math.prod(node.shape) for node in nas.load("vgg_d").graph().nodes if node.operation in listed)
    assert values == 15_237_608 and round(4 * values / 1e6) == 61
