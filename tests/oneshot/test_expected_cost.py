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
UNUSED = """
input: [1, 8, 8]
classes: 10
network:
  - {conv: {channels: 4, kernel: 1}}
  - {even: {channels: 4}}
  - {down: {channels: 4}}
  - relu
  - max_pool: {kernel: 3, stride: 1, padding: 1}
  - conv: {channels: 3, kernel: 1, bias: false}
  - batch_norm
  - global_avg_pool
  - {linear: 10}
cells:
  even:
    inputs: &inputs
      before: [{relu_conv_bn: {channels: =channels, kernel: 1}}]
      last: [{relu_conv_bn: {channels: =channels, kernel: 1}}]
    nodes:
      - add: [[{choice: [skip_connect, nor_conv_3x3]}, {choice: =earlier}], [identity, 1]]
    output: {concat: unused}
  down:
    inputs: *inputs
    stride: 2
    nodes:
      - add: [[{choice: [skip_connect, nor_conv_1x1]}, {choice: =earlier}]]
      - add: [[{choice: [skip_connect, nor_conv_1x1]}, {choice: =earlier}]]
    output: {concat: unused}
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
    """A table of latencies, times the channels that are read."""
    table = {
        "conv": 0.5 if op.arguments.get("kernel") == 1 else 1.25,
        "linear": 0.0625,
        "relu": 0.75,
        "batch_norm": 0.375,
    }
    return table.get(op.name, 0.0) * shapes[0][0] if shapes else 0.0


def summed(price: Price, graph: Graph) -> float:
    return sum(price(node.op, tuple(graph.nodes[i].shape for i in node.inputs)) for node in graph.nodes)


@pytest.mark.parametrize(
    "name", ["nasbench_digits", NESTED, EDGES, UNUSED], ids=["digits", "nested", "edges", "unused"]
)
def test_it_is_that_of_all_genomes(name: str) -> None:
    space = space_of(name) if "\n" in name else load(name)
    given = probabilities(space)
    choices = walk(space.document, every).choices
    prices = [*PRICES.values(), by_hand]
    totals, mass = torch.zeros(len(prices), dtype=torch.float64), 0.0
    for genome in space.enumerate():
        probability = torch.ones((), dtype=torch.float64)
        for path, answer in genome.answers.items():
            choice = choices[path]
            sets = math.comb(len(choice.answers), choice.sets)  # all are alike
            probability = probability * (1 / sets if choice.sets else given[path][choice.answers.index(answer)])
        graph = space.graph(genome)
        totals = totals + probability * torch.tensor([summed(price, graph) for price in prices], dtype=torch.float64)
        mass += probability.item()
    assert mass == pytest.approx(1)
    paths = list(given.values())
    for price, total in zip(prices, totals, strict=True):
        found = ExpectedCost(space, price)(given)
        assert found.item() == pytest.approx(total.item(), rel=1e-12)
        slopes = [torch.autograd.grad(cost, paths, retain_graph=True) for cost in (found, total)]
        for pair in zip(*slopes, strict=True):
            centred = [g - g.mean() for g in pair]  # along the simplex: a cost of all genomes is one or the other
            assert torch.allclose(*centred, rtol=1e-9, atol=1e-6)


def test_alternatives_that_cannot_be_mixed_are_an_error() -> None:
    with pytest.raises(UserError, match="several shapes cannot be mixed"):
        ExpectedCost(load("plain"), by_hand)
