import random

import pytest

import nas
from nas.graph.graph import Graph
from nas.report.forms import difference, forms, parameters, sizes
from nas.report.outline import outline
from nas.report.rows import rows
from nas.report.views import View
from nas.space import packaged
from tests.report.test_outline import UNITS
from tests.space.documents import graph_of, open_documents

FEW = (
    "resnet50",
    "densenet121",
    "efficientnet_b0",
    "googlenet",
    "nasnet_a",
    "darts_v2",
    "fractalnet",
    "ensemble",
    "evanet",
)


def check(graph: Graph) -> None:
    """All that a drawing counts adds up to the network."""
    graph = graph.prune()
    parts = outline(graph)
    assert sorted(i for part in parts for i in part.nodes) == sorted(
        set(range(1, len(graph.nodes))) - graph.training_nodes
    )
    found = forms(graph, parts)
    assert sum(len(form.parts) * form.parameters for form in found) == graph.parameters
    assert sum(len(form.parts) for form in found) == len(parts)
    for form in found:
        assert {parameters(graph, part) for part in form.parts} == {form.parameters}
    drawn = rows(View(graph), parts)
    assert sum(graph.nodes[i].parameters for row in drawn for i in row.nodes) == graph.parameters
    for name in {part.name for part in parts}:
        listed = sizes(graph, [part for part in parts if part.name == name])
        assert sum(size.times for size in listed) == sum(int(row.times) for row in drawn if row.parts[0].name == name)
        assert sum(size.parameters for size in listed) == sum(
            form.parameters * len(form.parts) for form in found if form.name == name
        )


@pytest.mark.parametrize("name", FEW)
def test_the_forms_of_a_network_are_the_network(name: str) -> None:
    check(nas.load(name).graph())


@pytest.mark.parametrize("name", open_documents())
def test_the_forms_of_random_genomes_are_their_networks(name: str) -> None:
    space = nas.load(name)
    for seed in range(3):
        check(space.graph(space.sample(random.Random(seed))))


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(set(packaged()) - set(open_documents())))
def test_the_forms_of_every_packaged_network_are_it(name: str) -> None:
    check(nas.load(name).graph())


def test_blocks_are_one_form_where_all_is_equal() -> None:
    graph = graph_of(UNITS + "    network: {for: {width: [8, 16]}, do: [{stage: {width: =width, depth: 3}}]}").prune()
    found = forms(graph, outline(graph))
    assert [(form.name, len(form.parts)) for form in found] == [("unit", 1), ("unit", 2), ("unit", 1), ("unit", 2)]
    first, second = found[0].parts[0], found[1].parts[0]
    assert difference(graph, first, second) == "+ conv 1×1"
    assert difference(graph, second, first) == "− conv 1×1"
    assert difference(graph, first, first) == ""


def test_many_shapes_are_listed_by_their_size() -> None:
    unit = "{residual: [{conv: {channels: =width, kernel: 3}}], shortcut: projection}"
    graph = graph_of(f"network: {{for: {{width: '=range(1, 9)'}}, do: [{unit}]}}")
    listed = sizes(graph.prune(), outline(graph.prune()))
    assert [(size.shape, size.times) for size in listed] == [("1 … 8 × 32 × 32", 8)]
