"""The expected cost against the sum over all genomes."""

import math

import pytest
import torch

from nas.errors import UserError
from nas.graph.graph import Graph
from nas.graph.operation import Operation, Shape
from nas.oneshot.expected_cost import PRICES, ExpectedCost, Price
from nas.space import Space, load
from nas.space.supernet import every, walk
from tests.space.documents import space_of

NESTED = """
input: [1, 8, 8]
classes: 10
network:
  - choice:
      - {conv: {channels: 3, kernel: 1}}
      - [{conv: {channels: 2, kernel: {choice: [1, 3]}}}, {conv: {channels: 5, kernel: {choice: [1, 3]}}},
         {conv: {channels: 3, kernel: 1}}]
      - [{conv: {channels: 3, kernel: 3}}, relu]
  - repeat: {choice: [1, 2, 4]}
    body: {conv: {channels: 3, kernel: {choice: [1, 3]}}}
  - global_avg_pool
  - {linear: 10}
"""
EDGES = """
input: [1, 8, 8]
classes: 10
network: [{conv: {channels: 4, kernel: 1}}, {cell: only}, global_avg_pool, {linear: 10}]
cells:
  only:
    inputs: {before: [], last: []}
    nodes:
      - repeat: 2
        add: {choose: 2, of: =earlier, operation: {choice: [identity, {conv: {channels: 4, kernel: 3}}]}}
    output: {concat: nodes}
"""


def probabilities(space: Space) -> dict[str, torch.Tensor]:
    torch.manual_seed(0)
    choices = walk(space.document, every).choices
    return {
        path: torch.randn(len(choice.answers), dtype=torch.float64).softmax(0).requires_grad_()
        for path, choice in choices.items()
        if not choice.sets
    }


def by_hand(op: Operation, shapes: tuple[Shape, ...]) -> float:
    """A table of latencies."""
    kernel = op.arguments.get("kernel")
    return {"conv": 0.5 if kernel == 1 else 1.25, "linear": 0.0625, "relu": 0.75, "batch_norm": 0.375}.get(op.name, 0.0)


def summed(price: Price, graph: Graph) -> float:
    return sum(price(node.op, tuple(graph.nodes[i].shape for i in node.inputs)) for node in graph.nodes)


@pytest.mark.parametrize("price", [*PRICES.values(), by_hand], ids=[*PRICES, "latency"])
@pytest.mark.parametrize("name", ["nasbench_digits", NESTED, EDGES])
def test_it_is_that_of_all_genomes(name: str, price: Price) -> None:
    space = space_of(name) if "\n" in name else load(name)
    given = probabilities(space)
    choices = walk(space.document, every).choices
    total = torch.zeros((), dtype=torch.float64)
    mass = 0.0
    for genome in space.enumerate():
        probability = torch.ones((), dtype=torch.float64)
        for path, answer in genome.answers.items():
            choice = choices[path]
            sets = math.comb(len(choice.answers), choice.sets)  # all are alike
            probability = probability * (1 / sets if choice.sets else given[path][choice.answers.index(answer)])
        total = total + probability * summed(price, space.graph(genome))
        mass += probability.item()
    assert mass == pytest.approx(1)
    found = ExpectedCost(space, price)(given)
    assert found.item() == pytest.approx(total.item(), rel=1e-12)
    paths = list(given.values())
    for one, other in zip(torch.autograd.grad(found, paths), torch.autograd.grad(total, paths), strict=True):
        centred = [g - g.mean() for g in (one, other)]  # along the simplex: a cost of all genomes is one or the other
        assert torch.allclose(*centred, rtol=1e-9, atol=1e-6)


def test_alternatives_that_cannot_be_mixed_are_an_error() -> None:
    with pytest.raises(UserError, match="several shapes cannot be mixed"):
        ExpectedCost(load("plain"), by_hand)
