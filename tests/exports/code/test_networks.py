"""Whole networks: equal to ours, short, and made of the classes and loops that a person would write."""

import random
from typing import Any

import pytest

import nas
from nas.space.files import packaged
from tests.exports.code.comparing import classes, imported, unused, written

SMALL = {"input": [3, 32, 32]}
# Lines of the file, and classes that it has:
FIXED: list[tuple[str, dict[str, Any], int, set[str]]] = [
    ("resnet50", {"input": [3, 64, 64]}, 120, {"Bottleneck", "ResNet50"}),
    ("efficientnet_b0", {"input": [3, 64, 64]}, 130, {"MBConv", "SqueezeExcite", "EfficientNetB0"}),
    ("densenet121", {"input": [3, 64, 64]}, 80, {"DenseLayer", "Transition"}),
    ("googlenet", {"input": [3, 224, 224]}, 140, {"GoogLeNet"}),
    ("lenet5", {}, 40, {"LeNet5"}),
    ("nasnet_a_cifar", {}, 195, {"Cell", "FactorizedReduce"}),
    ("darts_v2", {}, 150, {"Cell", "FactorizedReduce", "Separable"}),
    ("convnext_tiny", {"input": [3, 64, 64]}, 110, {"Block"}),
]
OPEN = [
    ("darts", 150, {"Cell", "FactorizedReduce"}),
    ("nasnet", 170, {"Cell", "FactorizedReduce"}),
    ("nasbench201", 80, {"Cell", "Reduction"}),
    ("enas_macro", 175, set()),
]


def judge(text: str, difference: float, lines: int, expected: set[str]) -> None:
    assert difference < 1e-6
    assert len(text.splitlines()) <= lines
    assert max(map(len, text.splitlines())) <= 100
    assert expected <= set(classes(text))
    assert not unused(text)
    assert imported(text) <= {"torch", "collections"}


@pytest.mark.parametrize(("name", "parameters", "lines", "expected"), FIXED)
def test_fixed_networks(name: str, parameters: dict[str, Any], lines: int, expected: set[str]) -> None:
    judge(*written(nas.load(name, **parameters)), lines, expected)


@pytest.mark.parametrize(("name", "lines", "expected"), OPEN)
def test_genomes(name: str, lines: int, expected: set[str]) -> None:
    space = nas.load(name)
    text, difference = written(space, space.sample(random.Random(1)))
    judge(text, difference, lines, expected)


def test_a_cell_with_a_cut_edge_makes_its_own_zeros() -> None:
    """nor_conv_1x1 of nothing gives what its batch norm learned; pruned, all cells read one node of zeros."""
    space = nas.load("nasbench201")
    answers = {f"cells.cell.nodes.{path}.operation": "none" for path in ("0.0", "1.0", "1.1")}
    answers |= {"cells.cell.nodes.2.0.operation": "nor_conv_1x1", "cells.cell.nodes.2.1.operation": "skip_connect"}
    text, difference = written(space, space.genome({**answers, "cells.cell.nodes.2.2.operation": "nor_conv_1x1"}))
    judge(text, difference, 80, {"Cell", "ZerosLike"})
    assert "*(Cell(16) for _ in range(5))" in text


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(packaged()))
def test_every_document(name: str) -> None:
    space = nas.load(name)
    for seed in range(1 if space.fixed else 13):
        text, difference = written(space, None if space.fixed else space.sample(random.Random(seed)))
        judge(text, difference, 10_000, set())
