import pytest

import nas
from nas.report.cellfigure import CellFigure, cell_figure
from nas.report.cellwords import listed
from nas.report.views import View
from nas.space.sketch import sketch
from tests.report.test_figure import texts


def opened(name: str, place: str) -> CellFigure:
    found = sketch(nas.load(name).document, {})
    drawing = cell_figure(View(found.graph, (), found), place)
    assert drawing is not None
    return drawing


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (["h_{k−2}", "h_{k−1}"], "h_{k−2}, h_{k−1}"),
        (["in", "2", "1", "3", "5"], "in, 1 … 3, 5"),
        (["1", "2", "2", "10"], "1, 2, 10"),
    ],
)
def test_states_are_listed_in_runs(names: list[str], said: str) -> None:
    assert listed(names) == said


def test_alternatives_that_all_edges_have_are_told_once() -> None:
    drawing = opened("nasbench201", "network.stages.0.1.0.0")
    assert drawing.notes == ("op ∈ {none, skip connect, nor conv 1×1, nor conv 3×3, avg pool 3×3}",)
    assert texts(drawing.figure) == ["in", "op", "1", "op", "op", "2", "op", "op", "op", "3"]


def test_edges_of_which_some_are_taken_are_dashed() -> None:
    drawing = opened("darts", "network.cells.0.0.else.0")
    assert drawing.notes[1] == "each node takes 2 of the edges into it"
    assert drawing.figure.svg.count(' maybe"') == 2 * 14  # both halves of each edge
    assert drawing.figure.svg.count('class="edge"') == 4 + 1  # into the output, and out of it


def test_an_edge_whose_source_is_open_names_its_sources() -> None:
    told = texts(opened("nasnet", "network.stacks.0.2.0.0").figure)
    assert told.count("2 × op") == 5 and "concat of those unused" in told


def test_lines_that_would_be_too_many_are_words() -> None:
    graph = nas.load("zoph_le_v1").graph()
    drawing = cell_figure(View(graph), "network.0")
    assert drawing is not None
    told = texts(drawing.figure)
    assert told[told.index("4: conv 5×5, 36") - 1] == "concat of 1 … 3"
    assert drawing.figure.svg.count('class="edge"') == 15 + 1
    told = texts(opened("enas_macro", "network.chain").figure)
    assert told.count("op") == 12 and "add any of in, 1 … 10" in told
