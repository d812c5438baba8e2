import random

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.graph.building import Builder, nasbench201, relabelled
from tests.graph.random_graphs import graphs


def names(graph):
    return [node.operation for node in graph.nodes]


def test_dead_nodes_and_identities_go_and_places_stay():
    b = Builder()
    b("relu", 0, path="network.dead")
    x = b("identity", b("conv", 0, channels=4, kernel=3, path="network.conv"))
    b("relu", x, path="network.end")
    graph = b.graph().prune()
    assert [(node.operation, node.inputs, node.path) for node in graph.nodes[1:]] == [
        ("conv", (0,), "network.conv"),
        ("relu", (1,), "network.end"),
    ]
    assert graph.output == 2


def test_an_identity_at_the_end_is_what_it_reads():
    b = Builder()
    x = b("conv", 0, channels=4, kernel=3)
    b("identity", b("identity", x))
    assert names(b.graph().prune()) == ["input", "conv"]
    empty = Builder()
    empty("identity", 0)
    assert (names(empty.graph().prune()), empty.graph().prune().output) == (["input"], 0)


def test_an_auxiliary_head_is_kept_and_moved():
    b = Builder()
    x = b("identity", 0)
    b("relu", x)
    head = b("sigmoid", x)
    b("tanh", x)
    graph = b.graph(output=2, auxiliary=(head, x)).prune()
    assert names(graph) == ["input", "relu", "sigmoid"]
    assert (graph.output, graph.auxiliary) == (1, (2, 0))


def test_add_drops_none_and_then_itself_and_then_what_that_leaves_dead():
    b = Builder()
    x = b("relu", 0)
    nothing = b("none", b("conv", x, channels=3, kernel=3))
    b("tanh", b("add", nothing, x))
    assert names(b.graph().prune()) == ["input", "relu", "tanh"]


def test_add_of_none_alone_is_none():
    b = Builder()
    first = b("add", b("none", 0), b("none", b("relu", 0)))
    b("relu", b("add", first, b("none", first)))
    assert names(b.graph().prune()) == ["input", "none", "relu"]


def test_none_that_gives_the_shape_stays():
    b = Builder()
    small = b("adaptive_avg_pool", 0, size=1)
    b("add", small, b("none", 0))
    graph = b.graph()
    assert names(graph.prune()) == ["input", "adaptive_avg_pool", "none", "add"]
    assert graph.prune().shape == graph.shape


def test_zeros_do_not_keep_what_they_are_made_from():
    b = Builder((3, 9, 9))
    x = b("conv", b("conv", 0, channels=5, kernel=3, stride=2), channels=6, kernel=3, stride=2)
    b("batch_norm", b("none", x, stride=2))
    graph = b.graph()
    assert names(graph.prune()) == ["input", "none", "batch_norm"]
    assert [node.shape for node in graph.prune().nodes] == [(3, 9, 9), (6, 2, 2), (6, 2, 2)]


def test_zeros_that_no_stride_reaches_keep_their_source():
    b = Builder()
    x = b("conv", 0, channels=3, kernel=3, padding=0)
    b("batch_norm", b("none", x))
    b("none", b("global_avg_pool", x))
    assert names(b.graph(output=3).prune()) == ["input", "conv", "none", "batch_norm"]
    assert names(b.graph().prune()) == ["input", "conv", "global_avg_pool", "none"]


def test_merges_of_one_input_go_and_gates_stay():
    b = Builder()
    x = b("relu", 0)
    for merge in ("add", "concat", "mean", "multiply"):
        x = b(merge, x)
    b("gate", x, x, x)
    assert names(b.graph().prune()) == ["input", "relu", "gate"]
    twice = Builder()
    twice("add", 0, 0)
    assert names(twice.graph().prune()) == ["input", "add"]


def test_every_weight_of_the_all_none_network_is_used():
    graph = nasbench201([0] * 6).prune()
    assert names(graph) == ["input", "none", "batch_norm", "relu", "global_avg_pool", "linear"]


def test_ten_thousand_nodes_in_a_row():
    b = Builder()
    x = 0
    for _ in range(5000):
        x = b("add", b("identity", x), b("none", x))
    assert names(b.graph().prune()) == ["input"]


@settings(max_examples=200, deadline=None)
@given(graphs(), st.randoms(use_true_random=False))
def test_pruning_again_changes_nothing_and_order_does_not_matter(graph, rng):
    pruned = graph.prune()
    assert pruned.prune() == pruned
    assert pruned.shape == graph.shape
    assert pruned.ancestors([0, pruned.output, *pruned.auxiliary]) == set(range(len(pruned.nodes)))
    assert all(source < here for here, node in enumerate(pruned.nodes) for source in node.inputs)
    again = relabelled(graph, random.Random(rng.random())).prune()
    assert sorted(names(again)) == sorted(names(pruned))
