import os
import random
import subprocess
import sys
import time
from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nas.graph.graph import Graph
from nas.graph.operations import Scale
from nas.graph.prune import inference
from tests.graph.building import Builder, nasbench201, relabelled
from tests.graph.random_graphs import graphs, isomorphic


def summed(edges: list[tuple[int, int]], low: int, high: int, tail: bool = True) -> Graph:
    """`low` convolutions, `high` sums over them as `edges` (convolution, sum) say, and the sum of it all."""
    b = Builder()
    sources = [b("conv", 0, channels=3, kernel=3) for _ in range(low)]
    sums = [b("add", *[sources[i] for i, j in edges if j == here]) for here in range(high)]
    if tail:
        b("add", *[b("relu", x) for x in sums])
    return b.graph()


def cycles(*lengths: int) -> list[tuple[int, int]]:
    edges, start = [], 0
    for length in lengths:
        edges += [(start + i, start + j) for i in range(length) for j in (i, (i + 1) % length)]
        start += length
    return edges


@settings(max_examples=300, deadline=None)
@given(graphs(), graphs())
def test_equal_exactly_when_isomorphic(one, two):
    """Training's; the function's are then equal too."""
    alike = one.fingerprint(training=True) == two.fingerprint(training=True)
    assert alike == isomorphic(one.prune(), two.prune())
    assert not alike or one.fingerprint() == two.fingerprint()
    there, here = inference(one.prune()), inference(two.prune())
    assert (one.fingerprint() == two.fingerprint()) == isomorphic(there, here)


@settings(max_examples=300, deadline=None)
@given(graphs(12), st.integers(0, 10**9), st.integers(0, 10**9))
def test_equal_exactly_when_isomorphic_after_a_small_change(graph, seed, choice):
    """Most pairs above differ at once; these are the same graph but for one input of one node."""
    other = relabelled(graph, random.Random(seed))
    assert other.fingerprint() == graph.fingerprint()
    assert other.fingerprint(training=True) == graph.fingerprint(training=True)
    merges = [(here, i) for here, node in enumerate(other.nodes) for i in range(len(node.inputs))]
    if not merges:
        return
    here, position = merges[choice % len(merges)]
    node = other.nodes[here]
    alike = [i for i in range(here) if other.nodes[i].shape == other.nodes[node.inputs[position]].shape]
    inputs = list(node.inputs)
    inputs[position] = alike[choice % len(alike)]
    nodes = list(other.nodes)
    nodes[here] = node._replace(inputs=tuple(inputs))
    changed = Graph(tuple(nodes), other.output, other.auxiliary)
    alike = changed.fingerprint(training=True) == graph.fingerprint(training=True)
    assert alike == isomorphic(changed.prune(), graph.prune())


@pytest.mark.parametrize("count", [500, pytest.param(10_000, marks=pytest.mark.slow)])
def test_relabelled_networks_keep_theirs(count):
    rng = random.Random(0)
    networks = [nasbench201([rng.randrange(5) for _ in range(6)], cells=1) for _ in range(count // 10)]
    for network in networks:
        expected = network.fingerprint()
        for _ in range(10):
            assert relabelled(network, rng).fingerprint() == expected


def test_a_node_read_twice_is_not_two_nodes():
    for merge in ("add", "concat"):
        once, twice = Builder(), Builder()
        x = once("conv", 0, channels=4, kernel=3)
        once(merge, x, x)
        twice(merge, *[twice("conv", 0, channels=4, kernel=3) for _ in range(2)])
        assert once.graph().fingerprint() != twice.graph().fingerprint()


def test_add_commutes_and_concat_does_not():
    found = {}
    for merge, turn in product(("add", "concat"), (False, True)):
        b = Builder()
        x, y = b("relu", 0), b("tanh", 0)
        b(merge, *((y, x) if turn else (x, y)))
        found[merge, turn] = b.graph().fingerprint()
    assert found["add", False] == found["add", True]
    assert found["concat", False] != found["concat", True]
    assert len(set(found.values())) == 3


def one(operation, training=False, **arguments):
    b = Builder()
    b(operation, 0, **arguments)
    return b.graph().fingerprint(training)


def test_what_changes_the_function_counts_and_what_does_not_does_not():
    assert one("dropout", rate=0.1) == one("dropout", rate=0.2)
    assert one("batch_norm", momentum=0.1) == one("batch_norm", momentum=0.01)
    assert one("batch_norm", eps=1e-5) != one("batch_norm", eps=1e-3)
    assert one("conv", channels=4, kernel=3) == one("conv", channels=4, kernel=[3, 3], padding=1)
    assert one("conv", kernel=1) == one("conv", channels=3, kernel=1)
    assert one("conv", kernel=3) != one("conv", kernel=3, dilation=2)


@pytest.mark.parametrize(
    ("operation", "argument", "values"),
    [
        ("dropout", "rate", (0.0, 0.2, 0.5, 0.9)),
        ("drop_path", "rate", (None, 0.0, 0.2, 0.9)),
        ("drop_path", "batch", (False, True)),
        ("batch_norm", "momentum", (0.001, 0.1, 0.9)),
        ("mean", "drop", (0.0, 0.2, 0.5)),
        ("conv", "bias_start", (0.0, 1.0)),
    ],
)
def test_what_acts_in_training_alone_counts_there(operation, argument, values):
    def found(training):
        prints = set()
        for value in values:
            b = Builder()
            x, y = b("relu", 0), b("tanh", 0)
            inputs = (x, y) if operation == "mean" else (x,)
            b(operation, *inputs, **{argument: value}, **({"kernel": 1} if operation == "conv" else {}))
            prints.add(b.graph().fingerprint(training))
        return len(prints)

    assert (found(True), found(False)) == (len(values), 1)


def test_a_dropout_is_something_in_training_and_nothing_at_inference():
    with_it, without = Builder(), Builder()
    with_it("relu", with_it("dropout", 0, rate=0.0))
    without("relu", 0)
    graph, other = with_it.graph(), without.graph()
    assert graph.fingerprint() == other.fingerprint() == other.fingerprint(training=True)
    assert graph.fingerprint(training=True) != other.fingerprint(training=True)


def test_a_first_bias_counts_where_there_is_a_bias():
    assert one("conv", True, kernel=1, bias=False) == one("conv", True, kernel=1, bias=False, bias_start=1)


def test_settings_of_the_recipe_count_in_training():
    b = Builder()
    b("relu", 0)
    graphs = [b.graph(), *(replace(b.graph(), recipe=(("learning_rate", rate),)) for rate in (0.1, 0.5, 0.5))]
    assert len({graph.fingerprint() for graph in graphs}) == 1
    assert len({graph.fingerprint(training=True) for graph in graphs}) == 3


def test_equal_numbers_are_one_whichever_comes_first():
    """Operations of equal arguments share a cache entry, so 1 and 1.0 must not print differently."""
    assert Scale(1) == Scale(1.0)
    assert one("scale", value=3) == one("scale", value=3.0)
    assert one("scale", value=5.0) == one("scale", value=5)


def test_the_input_counts():
    small, large = Builder((3, 8, 8)), Builder((3, 16, 16))
    for b in (small, large):
        b("global_avg_pool", 0)
    assert small.graph().fingerprint() != large.graph().fingerprint()


def test_heads_and_the_output_count():
    b = Builder()
    x, y = b("relu", 0), b("tanh", 0)
    b("add", x, y)
    found = [b.graph(3), b.graph(3, [x]), b.graph(3, [y]), b.graph(3, [x, y]), b.graph(x), b.graph(y)]
    assert len({graph.fingerprint(training=True) for graph in found}) == len(found)
    assert b.graph(3, [x, y]).fingerprint(True) == b.graph(3, [y, x]).fingerprint(True)
    assert [graph.fingerprint() == found[0].fingerprint() for graph in found] == [True] * 4 + [False] * 2


@pytest.mark.parametrize("tail", [True, False])
@pytest.mark.parametrize(
    ("one", "two"), [((3, 3), (6,)), ((4, 4), (8,)), ((3, 5), (4, 4)), ((3, 3, 4), (3, 7)), ((3, 4, 5), (6, 6))]
)
def test_cycles_that_colours_cannot_tell_apart(one, two, tail):
    graphs = [summed(cycles(*lengths), sum(lengths), sum(lengths), tail) for lengths in (one, two)]
    if tail:
        assert graphs[0].fingerprint() != graphs[1].fingerprint()
    rng = random.Random(0)
    for graph in graphs:
        assert {relabelled(graph, rng).fingerprint() for _ in range(20)} == {graph.fingerprint()}


def regular(count: int, degree: int, rng: random.Random) -> list[tuple[int, int]]:
    """A random bipartite graph in which every node has `degree` edges."""
    while True:
        columns = [rng.sample(range(count), count) for _ in range(degree)]
        if all(len({column[i] for column in columns}) == degree for i in range(count)):
            return [(column[i], i) for column in columns for i in range(count)]


def test_regular_graphs():
    rng = random.Random(1)
    for _ in range(8):
        one, two = (summed(regular(7, 3, rng), 7, 7) for _ in range(2))
        assert relabelled(one, rng).fingerprint() == one.fingerprint()
        assert (one.fingerprint() == two.fingerprint()) == isomorphic(one.prune(), two.prune())


def test_look_alikes_are_quick():
    """Components, complements and uniform joins, each of which would take factorial time by individualisation alone."""
    rng = random.Random(2)
    b = Builder()
    ends = []
    for _ in range(32):  # parallel chains
        x = 0
        for _ in range(6):
            x = b("conv", x, channels=3, kernel=3)
        ends.append(x)
    b("add", *ends)
    chains = b.graph()
    crown = summed([(i, j) for i, j in product(range(12), range(12)) if i != j], 12, 12)
    full = summed(list(product(range(12), range(12))), 12, 12)
    hexagons = summed(cycles(*[6] * 12), 72, 72)
    cube = summed([(i, j ^ 1 << k) for i in range(16) for k in range(4) for j in (i,)], 16, 16)
    start = time.process_time()
    for graph in (chains, crown, full, hexagons, cube):
        assert relabelled(graph, rng).fingerprint() == graph.fingerprint()
    assert time.process_time() - start < 5


def test_the_search_space_of_nasbench201():
    """A sample in one cell a stage: as many fingerprints as networkx finds classes."""
    rng = random.Random(3)
    classes: dict[str, list[Graph]] = {}
    for _ in range(150):
        graph = nasbench201([rng.choice((0, 0, 1, 1, 3)) for _ in range(6)], cells=1).prune()
        classes.setdefault(graph.fingerprint(), []).append(graph)
    assert 20 < len(classes) < 140
    assert all(isomorphic(group[0], other) for group in classes.values() for other in group[1:])
    first = [group[0] for group in classes.values()]
    same_size = [(a, b) for i, a in enumerate(first) for b in first[:i] if len(a.nodes) == len(b.nodes)]
    assert not any(isomorphic(a, b) for a, b in rng.sample(same_size, min(60, len(same_size))))


def test_a_nasbench201_network_takes_milliseconds():
    graph = nasbench201([3, 1, 3, 2, 3, 3])
    best = float("inf")
    for _ in range(5):
        fresh = Graph(graph.nodes, graph.output)
        start = time.process_time()
        fresh.fingerprint()
        best = min(best, time.process_time() - start)
    assert len(graph.nodes) > 250
    assert best < 0.03


def test_the_same_in_every_process():
    """Stored beside results, so it must depend neither on hash seeds nor on what was fingerprinted before."""
    code = "from tests.graph.building import nasbench201 as n; print(n([3, 1, 2, 3, 4, 3], cells=1).fingerprint())"
    printed = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p) or "."},
            check=True,
            capture_output=True,
            text=True,
        ).stdout.strip()
        for seed in ("1", "2")
    }
    assert printed == {nasbench201([3, 1, 2, 3, 4, 3], cells=1).fingerprint()}
