"""What documents mean, against counts that others published or computed (torchvision's, the authors' code)."""

import pytest

from nas.space import Space, load
from tests.space.documents import space_of

MOBILENET_V2 = """
input: [3, 224, 224]
classes: 1000
network:
  stem: {conv_bn_act: {channels: 32, kernel: 3, stride: 2, activation: relu6}}
  stages:
    for:
      expansion: [1, 6, 6, 6, 6, 6, 6]
      width: [16, 24, 32, 64, 96, 160, 320]
      blocks: [1, 2, 3, 4, 3, 3, 1]
      stride: [1, 2, 2, 2, 1, 2, 1]
    do:
      - inverted_residual: {channels: =width, expansion: =expansion, stride: =stride}
      - {repeat: =blocks - 1, body: [{inverted_residual: {channels: =width, expansion: =expansion}}]}
  last: {conv_bn_act: {channels: 1280, kernel: 1, activation: relu6}}
  head: [global_avg_pool, {dropout: 0.2}, {linear: =classes}]
"""

SQUEEZENET = """
input: [3, 224, 224]
classes: 1000
parameters:
  fires: [[16, 64], [16, 64], [32, 128], null, [32, 128], [48, 192], [48, 192], [64, 256], null, [64, 256]]
network:
  - conv: {channels: 96, kernel: 7, stride: 2, padding: 0}
  - relu
  - max_pool: {kernel: 3, stride: 2, ceil: true}
  - for: {sizes: =fires}
    do:
      - when: =index == 3 or index == 8
        do: [{max_pool: {kernel: 3, stride: 2, ceil: true}}]
        else: [{fire: {squeeze: "=sizes[0]", expand_1x1: "=sizes[1]", expand_3x3: "=sizes[1]"}}]
  - [dropout, {conv: {channels: =classes, kernel: 1}}, relu, global_avg_pool]
"""

GOOGLENET = """
input: [3, 224, 224]
classes: 1000
blocks:
  inception:
    parameters: {sizes: []}
    body:
      branches:
        - conv_bn_relu: {channels: "=sizes[0]", kernel: 1}
        - [{conv_bn_relu: {channels: "=sizes[1]", kernel: 1}}, {conv_bn_relu: {channels: "=sizes[2]", kernel: 3}}]
        - [{conv_bn_relu: {channels: "=sizes[3]", kernel: 1}}, {conv_bn_relu: {channels: "=sizes[4]", kernel: 3}}]
        - [{max_pool: {kernel: 3, stride: 1, padding: 1}}, {conv_bn_relu: {channels: "=sizes[5]", kernel: 1}}]
  head: [{adaptive_avg_pool: 4}, {conv_bn_relu: {channels: 128, kernel: 1}}, flatten, {linear: 1024}, relu, dropout,
         {linear: =classes}]
network:
  stem:
    - conv_bn_relu: {channels: 64, kernel: 7, stride: 2}
    - max_pool: {kernel: 3, stride: 2, ceil: true}
    - conv_bn_relu: {channels: 64, kernel: 1}
    - conv_bn_relu: {channels: 192, kernel: 3}
    - max_pool: {kernel: 3, stride: 2, ceil: true}
  three: [{inception: {sizes: [64, 96, 128, 16, 32, 32]}}, {inception: {sizes: [128, 128, 192, 32, 96, 64]}}]
  pool3: {max_pool: {kernel: 3, stride: 2, ceil: true}}
  four:
    for:
      sizes:
        - [192, 96, 208, 16, 48, 64]
        - [160, 112, 224, 24, 64, 64]
        - [128, 128, 256, 24, 64, 64]
        - [112, 144, 288, 32, 64, 64]
        - [256, 160, 320, 32, 128, 128]
    do: [{inception: {sizes: =sizes}}, {when: "index in [0, 3]", do: [{auxiliary: [head]}]}]
  pool4: {max_pool: {kernel: 2, stride: 2, ceil: true}}
  five: [{inception: {sizes: [256, 160, 320, 32, 128, 128]}}, {inception: {sizes: [384, 192, 384, 48, 128, 128]}}]
  classifier: [global_avg_pool, dropout, {linear: =classes}]
"""

HIGHWAY_19 = """
blocks:
  gated:
    branches:
      - [{conv: {kernel: 3}}, relu]
      - [{conv: {kernel: 3}}, sigmoid]
    merge: gate
network:
  - for: {width: [32, 80, 128], gates: [4, 5, 5]}
    do:
      - {when: =index > 0, do: [{max_pool: {kernel: 2}}]}
      - [{conv: {channels: =width, kernel: 3}}, relu]
      - {repeat: =gates, body: [gated]}
  - [{conv: {channels: 100, kernel: 1}}, relu, global_avg_pool, {linear: =classes}]
"""


def test_the_published_darts_cell():
    graph = load("darts_v2").graph()
    assert graph.parameters == 3_349_342
    assert round(graph.mult_adds / 1e6) == 528
    assert graph.auxiliary_parameters == 576 * 128 + 2 * 128 + 128 * 768 * 4 + 2 * 768 + 7690


def test_nasnet_a_as_a_found_architecture_of_its_space():
    space = load("nasnet_a")
    assert space.fixed and space.name == "nasnet_a"
    assert space.graph().parameters == 3_346_538
    assert round(space.graph().mult_adds / 1e6) in (544, 545)


@pytest.mark.parametrize(
    ("document", "parameters", "mult_adds"),
    [
        (MOBILENET_V2, 3_504_872, 300_774_272),
        (SQUEEZENET, 1_248_424, 818_924_576),
        (GOOGLENET, 6_624_904, 1_498_371_616),
        (HIGHWAY_19, 2_256_838, 330_786_824),
    ],
    ids=["mobilenet_v2", "squeezenet", "googlenet", "highway19"],
)
def test_counts_of_known_networks(document: str, parameters: int, mult_adds: int):
    graph = space_of(document).graph()
    assert graph.parameters == parameters
    assert abs(graph.mult_adds / mult_adds - 1) < 0.01


def test_auxiliary_heads_are_counted_apart():
    graph = space_of(GOOGLENET).graph()
    assert graph.auxiliary_parameters == 13_004_888 - 6_624_904
    assert len(graph.auxiliary) == 2


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("resnet18", 11_689_512),
        ("resnet34", 21_797_672),
        ("resnet50", 25_557_032),
        ("resnet101", 44_549_160),
        ("resnet152", 60_192_808),
        ("resnext50_32x4d", 25_028_904),
        ("resnext101_32x8d", 88_791_336),
        ("resnext101_64x4d", 83_455_272),
        ("wide_resnet50_2", 68_883_240),
        ("wide_resnet101_2", 126_886_696),
    ],
)
def test_resnets_have_torchvisions_parameters(name: str, parameters: int):
    assert load(name).graph().parameters == parameters


def graph_of(text: str) -> "tuple[Space, int, tuple[int, ...]]":
    space = space_of(text)
    return space, space.graph().parameters, space.graph().shape


def test_the_same_document_in_one_two_and_three_dimensions():
    for input, kernels in (([2, 16], 3), ([2, 16, 16], 9), ([2, 8, 16, 16], 27)):
        text = f"input: {input}\nnetwork: [{{conv_bn_relu: {{channels: 4, kernel: 3, stride: 2}}}}, max_pool_3x3]"
        _, parameters, shape = graph_of(text)
        assert parameters == 2 * 4 * kernels + 8
        assert shape == (4, *(size // 2 for size in input[1:]))


def test_a_vector_network():
    _, parameters, shape = graph_of("input: [7]\nnetwork: [{linear: 5}, batch_norm, relu, {linear: =classes}]")
    assert (parameters, shape) == (7 * 5 + 5 + 10 + 5 * 10 + 10, (10,))
