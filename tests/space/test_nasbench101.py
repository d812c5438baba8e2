"""The NAS-Bench-101 document against published tables: costs of cells, and how many cells there are."""

import ast
import csv
import gzip
import math
import random
from pathlib import Path

import pytest

from nas.errors import UserError
from nas.evaluators.tables.nasbench101 import CODES, SMALL, answers
from nas.graph.graph import Graph
from nas.space import Space, load

TABLES = Path(__file__).parents[2] / "../shared/data/benchmarks"
TINY = {"input": [3, 8, 8], "channels": 12, "cells": 1, "stacks": 2}


def rows(name: str) -> list[dict[str, str]]:
    if not (TABLES / name).exists():
        pytest.skip(f"{name} is not beside the checkout")
    with gzip.open(TABLES / name, "rt") as file:
        return list(csv.DictReader(file))


def cell(space: Space, matrix: list[list[int]], *operations: str) -> Graph:
    return space.graph(space.genome(answers(matrix, ("input", *operations, "output"))))


def counted(graph: Graph) -> int:
    """As the table counts: also two for each batch norm's output, one for each ReLU's, and pooled numbers."""
    more = 0
    for node in graph.prune().nodes:
        if node.operation == "conv":
            more += 3 * math.prod(node.shape)
        if node.operation == "max_pool":
            more += node.op.kernel**2 * math.prod(node.shape)  # type: ignore[attr-defined]
    return graph.prune().mult_adds + more


def check_seven_vertices(chosen: list[dict[str, str]]) -> None:
    space = load("nasbench101")
    for row in chosen:
        arch = ast.literal_eval(row["arch"])
        matrix = [arch[7 * i : 7 * i + 7] for i in range(7)]
        graph = cell(space, matrix, *(CODES[code] for code in arch[50:-1]))
        assert graph.prune().parameters == round(1e6 * float(row["params"]))
        assert counted(graph) == round(1e6 * float(row["flops"]))


def check_five_vertices(chosen: list[dict[str, str]]) -> None:
    space = load("nasbench101")
    for row in chosen:
        count = int(row["vertices"])
        matrix = [[int(digit) for digit in row["adj"][count * i : count * (i + 1)]] for i in range(count)]
        graph = cell(space, matrix, *row["ops"].split(",")[1:-1])
        assert graph.prune().parameters == int(row["params"]), row["hash"]


def test_some_cells_cost_what_the_tables_say():
    rng = random.Random(0)
    check_seven_vertices(rng.sample(rows("naslib_zc_nb101_500.csv.gz"), 25))
    check_five_vertices(rng.sample(rows("ecnas_4v5v.csv.gz"), 25))


@pytest.mark.slow
def test_every_cell_costs_what_the_tables_say():
    check_seven_vertices(rows("naslib_zc_nb101_500.csv.gz"))
    check_five_vertices(rows("ecnas_4v5v.csv.gz"))


@pytest.mark.parametrize(("vertices", "cells"), [(3, 7), (4, 91), pytest.param(5, 2532, marks=pytest.mark.slow)])
def test_as_many_distinct_cells_as_the_paper_counts(vertices: int, cells: int):
    space = load("nasbench101", **{**SMALL, "vertices": vertices})
    assert len({space.graph(genome).fingerprint() for genome in space.networks()}) == cells


def test_genomes_without_a_way_to_the_output_are_counted_and_cannot_be_built():
    space = load("nasbench101", **{**SMALL, "vertices": 3})
    lost = [genome for genome in space.enumerate() if not space.can_be_built(genome)]
    assert len(lost) == space.size() - sum(map(space.can_be_built, space.enumerate())) > 0
    with pytest.raises(UserError, match="no edges lead from the cell's inputs to its output"):
        space.graph(lost[0])


def test_at_full_size_six_of_them_come_in_two_orders():
    """Two different vertices beside each other can be joined either way round; an addition has no order."""
    assert len(list(load("nasbench101", vertices=4, cells=1).networks())) == 91 + 6
    assert len(list(load("nasbench101", vertices=4, cells=1, joined="add").networks())) == 91


def test_the_genomes_are_the_graphs_of_at_most_nine_edges():
    assert load("nasbench101").size() == sum(math.comb(21, edges) for edges in range(10)) * 3**5


def test_the_output_is_divided_among_the_vertices_that_it_reads():
    """12 channels for five vertices: 3, 3, 2, 2, 2; for two: 6 each; any other is as wide as its widest reader."""
    space = load("nasbench101", **TINY, most_edges=10)
    fan = [[0, 1, 1, 1, 1, 1, 0]] + [[0, 0, 0, 0, 0, 0, 1]] * 5 + [[0] * 7]
    graph = cell(space, fan, *["conv3x3-bn-relu"] * 5).prune()
    wide = [node.shape[0] for node in graph.nodes if node.operation == "conv" and node.arguments["kernel"] == 3]
    assert wide[:6] == [12, 3, 3, 2, 2, 2]
    chain = [[0, 1, 0, 1, 0], [0, 0, 1, 1, 0], [0, 0, 0, 0, 1], [0, 0, 0, 0, 1], [0] * 5]
    graph = cell(space, chain, *["conv3x3-bn-relu"] * 3).prune()
    wide = [node.shape[0] for node in graph.nodes if node.operation == "conv" and node.arguments["kernel"] == 3]
    assert wide[:4] == [12, 6, 6, 6]


def test_vertices_on_no_way_to_the_output_change_nothing():
    space = load("nasbench101", **TINY)
    line = [[0, 1, 0], [0, 0, 1], [0, 0, 0]]
    given = answers(line, ("input", "conv3x3-bn-relu", "output"))
    plain = space.graph(space.genome(given)).prune().fingerprint()
    for dead in (
        {"cells.cell.nodes.1.0.present": True, "cells.cell.nodes.2.2.present": True},  # 0 > 2 > 3, and no further
        {
            "cells.cell.nodes.3.3.present": True,
            "cells.cell.nodes.5.4.present": True,
        },  # 3 > 4 > output, read from nothing
        {"cells.cell.nodes.0.0.present": True, "cells.cell.nodes.1.1.present": True},
    ):
        assert space.graph(space.genome({**given, **dead})).prune().fingerprint() == plain


def test_two_orders_of_the_vertices_are_one_cell_in_the_small_form():
    space = load("nasbench101", **SMALL)
    both = [[0, 1, 1, 0], [0, 0, 0, 1], [0, 0, 0, 1], [0, 0, 0, 0]]
    one = cell(space, both, "maxpool3x3", "conv1x1-bn-relu").prune().fingerprint()
    assert cell(space, both, "conv1x1-bn-relu", "maxpool3x3").prune().fingerprint() == one
    assert cell(space, both, "conv1x1-bn-relu", "conv1x1-bn-relu").prune().fingerprint() != one


def test_it_samples_mutates_and_runs():
    import torch

    from nas.network import compile

    space, rng = load("nasbench101", **TINY), random.Random(1)
    genome = space.sample(rng)
    for _ in range(5):
        genome = space.mutate(genome, rng)
        out = compile(space.graph(genome))(torch.randn(2, 3, 8, 8))
        assert out.shape == (2, 10)
