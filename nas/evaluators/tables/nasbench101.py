"""Tables of NAS-Bench-101's cells (Ying et al. 2019, arXiv:1902.09635), each an adjacency matrix with its operations.

EC-NAS-Bench (Bakhtiarifard et al. 2024, arXiv:2210.06015): a row for each training of a cell. Columns `vertices`;
`adj`, the matrix as so many digits, row by row; `ops` between commas; `epochs`; `valid_acc` and `test_acc`, fractions;
`train_sec`, seconds of training.

NAS-Bench-Suite-Zero (Krishnakumar et al. 2022, arXiv:2210.03230): a row a cell. Columns `arch`, the seven times seven
numbers of the matrix and then the operations' codes; `val_accuracy`, in percent, after 108 epochs.

Cells are keyed by the fingerprint of their network, so that it does not matter in which order the vertices stand.
"""

import ast
from collections.abc import Hashable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from nas.errors import UserError
from nas.evaluators.tables.table import Row, Table, averaged
from nas.space import Space, load
from nas.types import Metrics

CODES = ("input", "output", "maxpool3x3", "conv1x1-bn-relu", "conv3x3-bn-relu")
VERTICES = 7
# One narrow cell, whose output adds: in this form two genomes are the same network where they are the same cell.
SMALL: Mapping[str, Any] = {"input": [3, 8, 8], "channels": 2, "stacks": 1, "cells": 1, "joined": "add"}


def ecnas(rows: list[Row], file: str, dataset: str) -> Table:
    """The mean over the repeats of each cell's training. Raises UserError for another data set than CIFAR-10."""
    of_cifar10(file, dataset)
    measured: list[tuple[Hashable, int, Metrics]] = []
    for row in rows:
        count = int(row["vertices"])
        digits = [int(digit) for digit in row["adj"]]
        metrics = {
            "valid_accuracy": float(row["valid_acc"]),
            "test_accuracy": float(row["test_acc"]),
            "simulated_seconds": float(row["train_sec"]),
        }
        measured.append((_key(_matrix(digits, count), tuple(row["ops"].split(","))), int(row["epochs"]), metrics))
    return Table(file, averaged(measured), by_fingerprint=True, small=SMALL)


def suite_zero(rows: list[Row], file: str, dataset: str) -> Table:
    """The one number that there is. Raises UserError for another data set than CIFAR-10."""
    of_cifar10(file, dataset)
    measured: list[tuple[Hashable, int, Metrics]] = []
    for row in rows:
        numbers = ast.literal_eval(row["arch"])
        matrix, operations = _matrix(numbers[: VERTICES**2], VERTICES), [CODES[code] for code in numbers[VERTICES**2 :]]
        metrics = {"valid_accuracy": float(row["val_accuracy"]) / 100}
        measured.append((_key(matrix, tuple(operations)), 108, metrics))
    return Table(file, averaged(measured), by_fingerprint=True, small=SMALL)


def of_cifar10(file: str, dataset: str) -> None:
    """Raises UserError where a table of CIFAR-10 alone is asked for another data set."""
    if dataset != "cifar10":
        raise UserError(file, f"no row of the data set '{dataset}'", "the table is of cifar10 alone")


def answers(matrix: Sequence[Sequence[int]], operations: Sequence[str], vertices: int = VERTICES) -> dict[str, Any]:
    """The answers of the document `nasbench101` for a cell: in the matrix 1 where the row's vertex feeds the column's.

    Vertices on no way from the input to the output are left out; those that the cell lacks are without edges.
    """
    last = len(operations) - 1
    fed, wanted = {0}, {last}
    for here in range(last + 1):
        fed |= {to for to in range(here + 1, last + 1) if here in fed and matrix[here][to]}
    for here in range(last, -1, -1):
        wanted |= {source for source in range(here) if here in wanted and matrix[source][here]}
    live = sorted((fed & wanted) - {0, last})
    place = {0: 0, last: vertices - 1, **{vertex: position for position, vertex in enumerate(live, start=1)}}
    edges = {(place[a], place[b]) for a in place for b in place if a < b and matrix[a][b]}
    names = {place[vertex]: operations[vertex] for vertex in live}
    found: dict[str, Any] = {}
    for node in range(vertices - 2):
        for source in range(node + 1):
            found[f"cells.cell.nodes.{node}.{source}.present"] = (source, node + 1) in edges
        found[f"cells.cell.nodes.{node}.operation"] = names.get(node + 1, CODES[2])
    for source in range(1, vertices - 1):
        found[f"cells.cell.nodes.{vertices - 2}.{source}.present"] = (source, vertices - 1) in edges
    return {**found, f"cells.cell.nodes.{vertices - 1}.0.present": (0, vertices - 1) in edges}


def _matrix(numbers: Sequence[int], count: int) -> tuple[tuple[int, ...], ...]:
    if len(numbers) != count**2:
        raise ValueError(f"a matrix of {len(numbers)} numbers for {count} vertices")
    return tuple(tuple(numbers[count * row : count * (row + 1)]) for row in range(count))


@lru_cache(maxsize=100_000)
def _key(matrix: tuple[tuple[int, ...], ...], operations: tuple[str, ...]) -> Hashable:
    space = _space()
    return space.graph(space.genome(answers(matrix, operations))).prune().fingerprint()


@lru_cache(maxsize=1)
def _space() -> Space:
    return load("nasbench101", **SMALL)
