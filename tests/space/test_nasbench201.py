"""The NAS-Bench-201 document against the published table: parameters and mult-adds of every cell, unpruned."""

import csv
import gzip
import random
from pathlib import Path

import pytest

from nas.space import load

TABLE = Path(__file__).parents[2] / "../shared/data/benchmarks/nasbench201.csv.gz"
OPERATIONS = ("none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3")  # by the table's digits
EDGES = ("0.0", "1.0", "1.1", "2.0", "2.1", "2.2")  # node and source, in the table's order
DATA = {"c10": {}, "c100": {"classes": 100}, "in16": {"classes": 120, "input": [3, 16, 16]}}


def rows() -> list[dict[str, str]]:
    if not TABLE.exists():
        pytest.skip("the table of NAS-Bench-201 is not beside the checkout")
    with gzip.open(TABLE, "rt") as file:
        return list(csv.DictReader(file))


def check(chosen: list[dict[str, str]], data: str) -> None:
    space = load("nasbench201", **DATA[data])
    for row in chosen:
        digits = zip(EDGES, row["ops"], strict=True)
        answers = {f"cells.cell.nodes.{edge}.operation": OPERATIONS[int(digit)] for edge, digit in digits}
        graph = space.graph(space.genome(answers))
        assert graph.parameters / 1e6 == pytest.approx(float(row[f"{data}_mparams"]), abs=5e-7), row["arch_str"]
        with_bias = graph.mult_adds + space.classes  # the table counts the classifier's bias too
        assert with_bias / 1e6 == pytest.approx(float(row[f"{data}_mflops"]), abs=5e-6), row["arch_str"]


@pytest.mark.parametrize("data", DATA)
def test_some_cells_cost_what_the_table_says(data: str):
    check(random.Random(0).sample(rows(), 100), data)


@pytest.mark.slow
def test_every_cell_costs_what_the_table_says():
    check(rows(), "c10")


def test_the_space_has_15625_cells_and_the_empty_one_trains():
    import torch

    from nas.network import compile

    space = load("nasbench201", channels=4, cells=1, input=[3, 8, 8])
    assert space.size() == 5**6
    empty = space.genome({f"cells.cell.nodes.{edge}.operation": "none" for edge in EDGES})
    model = compile(space.graph(empty))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
    losses = []
    for _ in range(20):  # it learns the classes' frequencies: here one class alone
        loss = torch.nn.functional.cross_entropy(model(torch.randn(8, 3, 8, 8)), torch.zeros(8, dtype=torch.long))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(float(loss))
    assert losses[-1] < losses[0] / 2
