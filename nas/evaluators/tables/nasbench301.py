"""Cells of DARTS' space with a surrogate's accuracy (NAS-Bench-301, Siems et al. 2020, arXiv:2008.09777).

As NAS-Bench-Suite-Zero has them (Krishnakumar et al. 2022, arXiv:2210.03230): columns `space`, `dataset`, `arch` - for
the normal and the reduction cell eight pairs (source, operation), two a node - and `val_accuracy`, in percent.
"""

import ast
from collections.abc import Hashable
from typing import Any

from nas.errors import UserError
from nas.evaluators.tables.table import Row, Table, answers_key, averaged, of_dataset
from nas.types import Metrics

OPERATIONS = (
    *("max_pool_3x3", "avg_pool_3x3", "skip_connect"),
    *("sep_conv_3x3", "sep_conv_5x5", "dil_conv_3x3", "dil_conv_5x5"),
)
EPOCHS = 100  # of the trainings that the surrogate was fitted to
SMALL = {"input": [3, 8, 8], "channels": 2, "layers": 3}


def table(rows: list[Row], file: str, dataset: str) -> Table:
    """Raises UserError for another space or data set than the rows have."""
    rows = of_dataset(rows, file, dataset)
    if {row["space"] for row in rows} != {"nasbench301"}:
        raise UserError(file, "rows of other spaces than nasbench301", "leave them out")
    measured: list[tuple[Hashable, int, Metrics]] = []
    for row in rows:
        metrics = {"valid_accuracy": float(row["val_accuracy"]) / 100}
        measured.append((answers_key(answers(row["arch"])), EPOCHS, metrics))
    return Table(file, averaged(measured), small=SMALL, dataset=dataset)


def answers(arch: str) -> dict[str, Any]:
    """The answers of the document `darts` for a pair of cells as the table writes them."""
    answers: dict[str, Any] = {}
    for name, pairs in zip(("normal", "reduction"), ast.literal_eval(arch), strict=True):
        for node in range(4):
            edges = dict(pairs[2 * node : 2 * node + 2])
            prefix = f"cells.{name}.nodes.{node}"
            answers[f"{prefix}.inputs"] = tuple(sorted(edges))
            answers.update((f"{prefix}.{source}.operation", OPERATIONS[code]) for source, code in edges.items())
    return answers
