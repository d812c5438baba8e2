from typing import Any

import pytest

from nas.errors import UserError
from nas.graph.costs import COSTS
from nas.graph.limits import broken, parse_limits
from tests import cheap


@pytest.mark.parametrize(
    ("value", "amount"),
    [("3.5M", 3.5e6), ("600m", 600e6), ("2k", 2000), ("1G", 1e9), ("1B", 1e9), (7, 7), (3.5e6, 3.5e6)],
)
def test_amounts(value: Any, amount: float) -> None:
    assert parse_limits({"parameters": value}) == {"parameters": amount}


@pytest.mark.parametrize(
    "value", ["", "M", "3.5X", "-1", 0, -2.0, "nan", float("nan"), float("inf"), True, None, "1.2.3", [1], "9e999"]
)
def test_what_is_no_amount(value: Any) -> None:
    with pytest.raises(UserError, match=r"limit: parameters is .*; give a positive number"):
        parse_limits({"parameters": value})


def test_unknown_quantity() -> None:
    with pytest.raises(UserError, match=r"unknown quantity 'params'; did you mean 'parameters'\?"):
        parse_limits({"params": 1})


def test_what_is_measured_later_is_no_limit_on_a_graph() -> None:
    graph = cheap.space(1).graph(cheap.genomes(1, layers=1)[0]).prune()
    assert broken(graph, parse_limits({"latency_ms": "0.001", "depth": 100})) is None


def test_a_limit_is_the_most_that_is_allowed() -> None:
    space = cheap.space(1)
    graph = space.graph(cheap.genomes(1, layers=1)[0]).prune()
    for name in COSTS:
        assert broken(graph, {name: getattr(graph, name)}) is None
        assert broken(graph, {"parameters": 1e9, name: getattr(graph, name) - 1}) == name
