"""Tables of NAS-Bench-101's cells (Ying et al. 2019, arXiv:1902.09635), each an adjacency matrix with its operations.

EC-NAS-Bench (Bakhtiarifard et al. 2024, arXiv:2210.06015): a row for each training of a cell. Columns `vertices`;
`adj`, the matrix as so many digits, row by row; `ops` between commas; `epochs`; `valid_acc` and `test_acc`, fractions;
`train_sec`, seconds of training.

NAS-Bench-Suite-Zero (Krishnakumar et al. 2022, arXiv:2210.03230): a row a cell. Columns `arch`, the seven times seven
numbers of the matrix and then the operations' codes; `val_accuracy`, in percent, after 108 epochs.

A cell's key is the same in whatever order its vertices stand, and without those on no way from input to output: it is
the least way to write the cell down, which takes at most 5! orders of the vertices between input and output.
"""

import ast
from collections.abc import Hashable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import chain, groupby, permutations, product
from typing import Any

from nas.errors import UserError
from nas.evaluators.tables.table import Row, Table, averaged
from nas.types import Metrics

Matrix = tuple[tuple[int, ...], ...]
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
        measured.append((canonical(_matrix(digits, count), tuple(row["ops"].split(","))), int(row["epochs"]), metrics))
    return Table(file, averaged(measured), key=key, small=SMALL, dataset=dataset)


def suite_zero(rows: list[Row], file: str, dataset: str) -> Table:
    """The one number that there is. Raises UserError for another data set than CIFAR-10."""
    of_cifar10(file, dataset)
    measured: list[tuple[Hashable, int, Metrics]] = []
    for row in rows:
        numbers = ast.literal_eval(row["arch"])
        matrix, operations = _matrix(numbers[: VERTICES**2], VERTICES), [CODES[code] for code in numbers[VERTICES**2 :]]
        metrics = {"valid_accuracy": float(row["val_accuracy"]) / 100}
        measured.append((canonical(matrix, tuple(operations)), 108, metrics))
    return Table(file, averaged(measured), key=key, small=SMALL, dataset=dataset)


def of_cifar10(file: str, dataset: str) -> None:
    """Raises UserError where a table of CIFAR-10 alone is asked for another data set."""
    if dataset != "cifar10":
        raise UserError(
            file, f"no row of the data set '{dataset}'", "name cifar10 with --dataset, of which alone the table is"
        )


def answers(matrix: Sequence[Sequence[int]], operations: Sequence[str], vertices: int = VERTICES) -> dict[str, Any]:
    """The answers of the document `nasbench101` for a cell: in the matrix 1 where the row's vertex feeds the column's.

    Vertices on no way from the input to the output are left out; those that the cell lacks are without edges.
    """
    last, live = len(operations) - 1, _live(matrix)
    place = {0: 0, last: vertices - 1, **{vertex: position for position, vertex in enumerate(live, start=1)}}
    edges = {(place[a], place[b]) for a in place for b in place if a < b and matrix[a][b]}
    names = {place[vertex]: operations[vertex] for vertex in live}
    answers: dict[str, Any] = {}
    for node in range(vertices - 2):
        for source in range(node + 1):
            answers[f"cells.cell.nodes.{node}.{source}.present"] = (source, node + 1) in edges
        answers[f"cells.cell.nodes.{node}.operation"] = names.get(node + 1, CODES[2])
    for source in range(1, vertices - 1):
        answers[f"cells.cell.nodes.{vertices - 2}.{source}.present"] = (source, vertices - 1) in edges
    return {**answers, f"cells.cell.nodes.{vertices - 1}.0.present": (0, vertices - 1) in edges}


def key(answers: Mapping[str, Any]) -> Hashable:
    """Of the cell that these answers of the document `nasbench101` describe. Raises KeyError for another document's."""
    prefix = "cells.cell.nodes"
    vertices = sum(path.endswith(".operation") for path in answers) + 2
    last = vertices - 1
    matrix = [[0] * vertices for _ in range(vertices)]
    for node in range(last):  # node n is vertex n + 1; what the output reads of the input is the last node's
        for source in range(1 if node + 1 == last else 0, node + 1):
            matrix[source][node + 1] = int(answers[f"{prefix}.{node}.{source}.present"])
    matrix[0][last] = int(answers[f"{prefix}.{last}.0.present"])
    between = [answers[f"{prefix}.{node}.operation"] for node in range(vertices - 2)]
    return canonical(tuple(map(tuple, matrix)), ("input", *between, "output"))


@lru_cache(maxsize=100_000)
def canonical(matrix: Matrix, operations: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[tuple[int, int], ...]]:
    """(operations, edges) of a cell's live vertices in the order in which the edges are least."""
    if len(matrix) != len(operations):
        raise ValueError(f"{len(operations)} operations for {len(matrix)} vertices")
    last, live = len(operations) - 1, _live(matrix)
    kept = (0, *live, last)
    edges = [(a, b) for a in kept for b in kept if a < b and matrix[a][b]]

    def look(vertex: int) -> tuple[str, int, int]:  # what no order changes; only look-alikes change places
        return operations[vertex], sum(a == vertex for a, _ in edges), sum(b == vertex for _, b in edges)

    alike = [list(group) for _, group in groupby(sorted(live, key=look), look)]
    forms: Iterator[tuple[tuple[int, int], ...]] = (
        tuple(sorted((place[a], place[b]) for a, b in edges))
        for orders in product(*map(permutations, alike))
        for place in [{vertex: at for at, vertex in enumerate((0, *chain(*orders), last))}]
    )
    return tuple(operations[vertex] for group in alike for vertex in group), min(forms)


def _live(matrix: Sequence[Sequence[int]]) -> list[int]:
    """The vertices between, on a way from the input to the output."""
    last = len(matrix) - 1
    fed, wanted = {0}, {last}
    for vertex in range(last + 1):
        fed |= {to for to in range(vertex + 1, last + 1) if vertex in fed and matrix[vertex][to]}
    for vertex in range(last, -1, -1):
        wanted |= {source for source in range(vertex) if vertex in wanted and matrix[source][vertex]}
    return sorted((fed & wanted) - {0, last})


def _matrix(numbers: Sequence[int], count: int) -> Matrix:
    if len(numbers) != count**2:
        raise ValueError(f"a matrix of {len(numbers)} numbers for {count} vertices")
    return tuple(tuple(numbers[count * row : count * (row + 1)]) for row in range(count))
