import nas
from nas.report.cellfigure import cell_figure
from nas.report.cells import OUT, Cell, cell, is_cell, place_of
from nas.report.outline import outline
from nas.report.views import View
from nas.space import Space
from tests.report.test_figure import texts
from tests.space.documents import graph_of

DARTS = {  # the normal cell of DARTS (second order), Figure 4 of arXiv:1806.09055: (source, operation) of each edge
    0: [(-2, "sep_conv_3x3"), (-1, "sep_conv_3x3")],
    1: [(-2, "sep_conv_3x3"), (-1, "sep_conv_3x3")],
    2: [(-1, "sep_conv_3x3"), (-2, "skip_connect")],
    3: [(-2, "skip_connect"), (0, "dil_conv_3x3")],
}


def found_in(space: Space, name: str, answers: dict[str, object] | None = None) -> tuple[View, str, Cell]:
    graph = space.graph(answers)
    pruned = graph.prune()
    part = next(part for part in outline(pruned) if part.name == name)
    place = place_of(pruned, part)
    assert is_cell(graph, place)
    there = cell(graph, place)
    assert there is not None
    return View(graph), place, there


def nasbench201(*words: str) -> dict[str, object]:
    paths = [f"cells.cell.nodes.{node}.{source}.operation" for node in range(3) for source in range(node + 1)]
    return dict(zip(paths, words, strict=True))


def test_a_found_cell_is_that_of_its_paper() -> None:
    view, place, there = found_in(nas.load("darts_v2"), "normal")
    assert [state.name for state in there.states.values()] == ["h_{k−2}", "h_{k−1}", "0", "1", "2", "3", "concat"]
    for node, edges in DARTS.items():
        sources = [edge.sources for edge in there.states[2 + node].edges]
        assert sources == [(2 + source,) for source, _ in edges]
    assert [edge.sources for edge in there.states[OUT].edges] == [(2,), (3,), (4,), (5,)]
    drawing = cell_figure(view, place)
    assert drawing is not None
    told = texts(drawing.figure)
    assert told.count("sep conv 3×3") == 5 and told.count("skip connect") == 2 and told.count("dil conv 3×3") == 1


def test_edges_without_operation_and_nodes_without_edges_are_left_out() -> None:
    space = nas.load("nasbench201")
    words = nasbench201("none", "nor_conv_3x3", "skip_connect", "none", "nor_conv_1x1", "avg_pool_3x3")
    _, _, there = found_in(space, "cell", words)
    assert {number: [edge.sources for edge in state.edges] for number, state in there.states.items()} == {
        0: [],
        2: [(0,)],  # node 1 has no edge
        3: [(2,)],  # the pooling of node 2
    }


def test_a_cell_of_which_a_chain_is_left_is_still_a_cell() -> None:
    space = nas.load("nasbench201")
    words = nasbench201("nor_conv_3x3", "none", "nor_conv_1x1", "none", "none", "skip_connect")
    graph = space.graph(words).prune()
    assert [part.name for part in outline(graph)].count("cell") == 15
    _, _, there = found_in(space, "cell", words)
    assert [edge.sources for state in there.states.values() for edge in state.edges] == [(0,), (1,), (2,)]


def test_a_block_is_no_cell() -> None:
    graph = graph_of("network: {trunk: {repeat: 2, body: [residual: [{conv: {kernel: 3}}]]}}")
    part = outline(graph.prune())[0]
    assert not is_cell(graph, place_of(graph.prune(), part))


def test_operations_of_nodes_stand_in_the_nodes() -> None:
    graph = graph_of("""
        cells:
          cell:
            nodes:
              - {add: [[identity, 0]], do: {conv: {channels: 3, kernel: 3}}}
              - {concat: [[identity, 0], [identity, 1]], do: {max_pool: {kernel: 3, stride: 1, padding: 1}}}
        network: {repeat: 2, body: [cell]}
    """)
    drawing = cell_figure(View(graph), "network.0.0")
    assert drawing is not None
    assert texts(drawing.figure) == ["in", "1: conv 3×3, 3", "concat", "2: max pool 3×3"]
    assert drawing.figure.svg.count('class="edge"') == 4 + 1
