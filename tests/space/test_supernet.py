"""The walk of several answers: with one to each choice it is the ordinary walk; with all, a graph with mixtures."""

import random
from collections import Counter
from dataclasses import replace

import pytest

from nas.errors import UserError
from nas.graph.graph import Graph, Node
from nas.space import load
from nas.space.build import build
from nas.space.cover import cover
from nas.space.oracles import replayed
from nas.space.supernet import every, explained, only, walk
from tests.space.documents import space_of

MIXED = (
    *("nasbench201", "nasbench_digits", "darts", "enas", "enas_macro", "transnas_micro", "nasbench_macro"),
    *("mobilenet", "inception_space"),
)
MIXED_SLOW = ("nasnet", "pnasnet")
PATHS = ("nasbench101", "plain", "zoph_le", "resnet_space", "efficientnet_space")


def without_slots(graph: Graph) -> Graph:
    instead, nodes = list(range(len(graph.nodes))), list[Node]()
    for position, node in enumerate(graph.nodes):
        nodes.append(node._replace(inputs=tuple(instead[i] for i in node.inputs)))
        if node.operation == "slot":
            instead[position] = nodes[-1].inputs[0]
    return replace(graph, nodes=tuple(nodes), output=instead[graph.output]).prune()


@pytest.mark.parametrize("several", [False, True])
@pytest.mark.parametrize("name", [*MIXED, *PATHS])
def test_one_answer_to_each_choice_gives_the_genomes_graph(name: str, several: bool) -> None:
    if several and name == "nasbench101":
        pytest.skip("its widths follow from all edges: only paths can be walked")
    space, rng = load(name), random.Random(0)
    for relaxed in (False, True):
        answers = space.sample(rng).answers
        path = walk(space.document, only(answers), relaxed, several=several, shares=False).graph
        assert without_slots(path) == build(space.document, replayed(answers), relaxed).graph.prune()


@pytest.mark.parametrize("name", MIXED)
def test_all_answers_give_a_mixture_of_each_choice(name: str) -> None:
    space = load(name)
    whole = walk(space.document, every, relaxed=True)
    graph, choices = whole.graph, whole.choices
    mixed = {node.arguments["choice"] for node in graph.nodes if node.operation == "mixture"}
    held = {path for n in graph.nodes if n.operation == "held" for use in n.arguments["uses"] for path, _ in use}
    several = {path for path, choice in choices.items() if choice.is_open}
    assert several <= mixed | held
    genome = space.sample(random.Random(0))
    assert set(genome.answers) <= set(choices)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("plain", "alternatives of several shapes cannot be mixed (1: 16x32x32, 2: 32x32x32, 3: 48x32x32)"),
        ("resnet_space", "depends on parameters.block, which has several answers; give one with --set block=..."),
        ("nasbench101", "channels follow from all of the cell's edges"),
        ("efficientnet_space", "give one with --set width=..., or search it by single paths (spos, ofa)"),
        ("zoph_le", "cannot be mixed (24: 24x32x32"),
    ],
)
def test_what_cannot_be_mixed_is_an_error_with_its_place_and_the_way_out(name: str, message: str) -> None:
    document = load(name).document
    with pytest.raises(UserError) as error:
        walk(document, every)
    text = str(explained(error.value, document))
    assert message in text
    assert f"{name}.yaml:" in text
    assert "\n" not in text


def test_turns_that_several_depths_share_are_there_once() -> None:
    space = space_of("""
name: deep
input: [3, 8, 8]
classes: 10
network:
  - {repeat: {choice: [1, 2, 4]}, body: [{conv: {channels: 3, kernel: 3}}]}
  - [flatten, {linear: 10}]
""")
    graph = walk(space.document, every).graph
    counts = Counter(node.operation for node in graph.nodes)
    assert (counts["conv"], counts["mixture"]) == (4, 1)
    (mixture,) = [node for node in graph.nodes if node.operation == "mixture"]
    assert mixture.arguments["answers"] == (1, 2, 4)


def test_a_choice_among_arguments_forks_the_call() -> None:
    space = space_of("""
name: kernels
input: [3, 8, 8]
classes: 10
network:
  - {conv: {channels: 4, kernel: {choice: [1, {choice: [3, 5]}]}}}
  - [flatten, {linear: 10}]
""")
    whole = walk(space.document, every)
    graph, choices = whole.graph, whole.choices
    kernels = {node.arguments["kernel"] for node in graph.nodes if node.operation == "conv"}
    assert kernels == {1, 3, 5}
    outer, inner = choices.values()
    assert (len(outer.answers), inner.answers) == (2, (3, 5))
    assert sum(node.operation == "mixture" for node in graph.nodes) == 2


def test_equal_nodes_without_weights_are_there_once() -> None:
    document = load("darts").document
    shared, apart = (walk(document, every, True, shares=shares).graph for shares in (True, False))
    pools = [sum(n.operation == "max_pool" for n in graph.nodes) for graph in (shared, apart)]
    assert pools[0] < pools[1] / 2
    assert sum(node.parameters for node in shared.nodes) == sum(node.parameters for node in apart.nodes)


def test_an_edge_outside_of_which_a_cell_stands_says_nothing_of_its_use() -> None:
    """A state that an edge surely reads stays out of `unused`, though the whole cell hangs on a choice."""
    space = space_of("""
name: outside
input: [3, 8, 8]
classes: 10
cells:
  cell:
    parameters: {channels: 3}
    nodes:
      - add: [[relu, 0]]
      - add: [[sigmoid, 1]]
    output: {concat: unused}
network: [{choice: [cell, relu]}, flatten, {linear: 10}]
""")
    graph = walk(space.document, every).graph
    assert not any(node.operation in ("concat", "held") for node in graph.nodes)


def test_the_cover_has_every_answer_of_every_choice() -> None:
    space = load("plain")
    graphs = list(cover(space))
    assert {answer for path in graphs for answer in path.choices["network.stages.0.for.wider"].answers} == {1, 2, 3}
    widths = {n.shape[0] for path in graphs for n in path.graph.nodes if n.path.startswith("network.stages.0.")}
    assert {16, 32, 48} <= widths
