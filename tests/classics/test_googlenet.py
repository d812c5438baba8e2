"""GoogLeNet against Szegedy et al. 2014, Table 1: modules 3a to 5b of the paper's network, and torchvision's."""

import pytest

import nas
from nas.graph.costs import by_module
from nas.graph.graph import Graph
from tests.classics.tables import rates
from tests.space.documents import graph_of

PAPER = [  # module, weights, the paper's operations in millions, output
    ("conv1", 9_408, None, (64, 56, 56)),  # printed: 2.7K and 34M, which a separable 7x7 would have
    ("conv2", 114_688, 360, (192, 28, 28)),
    ("inception3a", 163_328, 128, (256, 28, 28)),
    ("inception3b", 388_096, 304, (480, 28, 28)),
    ("pool3", 0, 0, (480, 14, 14)),
    ("inception4a", 375_552, 73, (512, 14, 14)),
    ("inception4b", 448_512, 88, (512, 14, 14)),
    ("inception4c", 509_440, 100, (512, 14, 14)),
    ("inception4d", 604_672, 119, (528, 14, 14)),
    ("inception4e", 867_328, 170, (832, 14, 14)),
    ("pool4", 0, 0, (832, 7, 7)),
    ("inception5a", 1_042_432, None, (832, 7, 7)),  # printed: 54M
    ("inception5b", 1_442_816, 71, (1024, 7, 7)),
    ("classifier", 1_024_000, 1, (1000,)),
]
HEADS = {"head1.do.auxiliary": 3_188_840, "head2.do.auxiliary": 3_190_888}


def weights(graph: Graph) -> dict[str, int]:
    """Of each module, biases left out, as the paper counts."""
    found: dict[str, int] = {}
    for node in graph.nodes[1:]:
        module = node.path.split(".")[1]
        biases = node.shape[0] if node.operation in ("conv", "linear") else 0
        found[module] = found.get(module, 0) + node.parameters - biases
    return found


def test_table_1():
    graph = nas.load("googlenet_2014").graph().prune()
    rows = by_module(graph)
    assert [name for name in rows if name not in HEADS] == [name for name, *_ in PAPER]
    own = weights(graph)
    for name, count, millions, shape in PAPER:
        assert own[name] == count
        assert rows[name].shape == shape
        assert millions is None or abs(rows[name].mult_adds / 1e6 - millions) < 1
    assert round(rows["conv1"].mult_adds / 1e6, 1) == 118.0
    assert round(rows["inception5a"].mult_adds / 1e6, 1) == 51.1


def test_the_papers_network_in_all():
    graph = nas.load("googlenet_2014").graph()
    assert graph.parameters == 6_998_552
    assert graph.parameters + graph.auxiliary_parameters == 13_378_280
    assert {name: cost.parameters for name, cost in by_module(graph).items() if name in HEADS} == HEADS
    assert round(graph.mult_adds / 1e9, 3) == 1.583
    assert graph.depth == 22
    assert not any(node.operation == "batch_norm" for node in graph.nodes)
    assert rates("googlenet_2014", "dropout") == [0.7, 0.7, 0.4]


def test_torchvisions_network_in_all():
    graph = nas.load("googlenet").graph()
    assert graph.parameters == 6_624_904
    assert graph.parameters + graph.auxiliary_parameters == 13_004_888
    assert round(graph.mult_adds / 1e9, 3) == 1.498
    assert rates("googlenet", "dropout") == [0.7, 0.7, 0.2]


@pytest.mark.parametrize("name", ["googlenet", "googlenet_2014"])
def test_heads_can_be_left_out_and_are_where_they_cannot_fit(name: str):
    assert not nas.load(name, heads=False).graph().auxiliary
    assert nas.load(name, heads=False).graph().parameters == nas.load(name).graph().parameters
    small = nas.load(name, input=[3, 31, 31]).graph()
    assert len(small.auxiliary) == (2 if name == "googlenet" else 0)
    edge = [len(nas.load("googlenet_2014", input=[3, size, size]).graph().auxiliary) for size in (78, 79)]
    assert edge == [0, 2]


MODULE = """
input: [256, 28, 28]
network:
  branches:
    - conv: {channels: 128, kernel: 1}
    - [{conv: {channels: REDUCED, kernel: 1}}, {conv: {channels: 192, kernel: 3}}]
    - [{conv: {channels: REDUCED, kernel: 1}}, {conv: {channels: 96, kernel: 5}}]
    - [{max_pool: {kernel: 3, stride: 1, padding: 1}}, {conv: {channels: REDUCED, kernel: 1}}]
"""


def test_what_reducing_the_channels_first_saves():
    reduced = graph_of(MODULE.replace("REDUCED", "64"))
    naive = graph_of(MODULE.replace("{conv: {channels: REDUCED, kernel: 1}}", "identity"))
    assert (naive.mult_adds, naive.shape) == (854_196_224, (672, 28, 28))
    assert (reduced.mult_adds, reduced.shape) == (271_351_808, (480, 28, 28))
