"""The project's own form, for any space: a column for each choice, and one for each measurement at some epochs.

    cells.cell.nodes.0.0.operation,cells.cell.nodes.1.0.operation,...,valid_accuracy@12,test_accuracy@200,seconds@12
    nor_conv_3x3,skip_connect,...,0.9134,0.9375,301.5

A choice's column is named by its path (`nas show SPACE --json` lists them) and holds its answer, empty where this
genome is not asked. Answers are words, numbers, and `[0, 2]` for sets of sources. Accuracies are fractions; `seconds`
those of training up to there. Rows for the same answers (other seeds) are averaged.
"""

import json
import math
import re
from collections.abc import Hashable
from typing import Any

from nas.errors import UserError
from nas.evaluators.tables.table import ACCURACIES, Row, Table, answers_key, of_dataset
from nas.space.oracles import as_answer
from nas.types import Metrics


def table(rows: list[Row], file: str, dataset: str) -> Table:
    """`dataset` selects rows where there is a column of that name. Raises UserError for measurements that are none."""
    if "dataset" in rows[0]:
        rows = of_dataset(rows, file, dataset)
    measured = {column: _measurement(column, file) for column in rows[0] if re.fullmatch(r"\w+@.*", column)}
    choices = [column for column in rows[0] if column not in measured and column not in ("dataset", "seed")]
    if not measured or not choices:
        what = "no table: it needs columns, between commas, of choices and of measurements"
        raise UserError(file, what, "such as valid_accuracy@12")
    sums: dict[Hashable, dict[int, Metrics]] = {}
    counts: dict[tuple[Hashable, int, str], int] = {}
    for number, row in enumerate(rows, start=2):
        key: Hashable = answers_key({choice: _answer(row[choice]) for choice in choices if row[choice] != ""})
        curve = sums.setdefault(key, {})
        for column, (metric, epochs) in measured.items():
            if row[column]:
                metrics = curve.setdefault(epochs, {})
                metrics[metric] = metrics.get(metric, 0.0) + _number(row[column], file, number, column)
                counts[key, epochs, metric] = counts.get((key, epochs, metric), 0) + 1
    for (of, epochs, metric), count in counts.items():
        sums[of][epochs][metric] /= count
    return Table(file, sums, dataset=dataset if "dataset" in rows[0] else "")


def _measurement(column: str, file: str) -> tuple[str, int]:
    metric, _, epochs = column.partition("@")
    if not epochs.isdecimal() or not metric:
        raise UserError(file, f"column '{column}'", "name measurements METRIC@EPOCHS, such as valid_accuracy@12")
    return ("simulated_seconds" if metric == "seconds" else metric), int(epochs)


def _answer(text: str) -> Any:
    """Numbers, lists, true and false as such, anything else as the word it is."""
    if text in ("True", "False"):  # as Python's own csv writes them
        return text == "True"
    try:
        return as_answer(json.loads(text))
    except ValueError:
        return text


def _number(text: str, file: str, line: int, column: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise UserError(f"{file}:{line}", f"{column} is '{text}'", "give a number, or leave it empty where none is")
    if not 0 <= value <= 1 and column.partition("@")[0] in ACCURACIES:
        raise UserError(f"{file}:{line}", f"{column} is '{text}'", "give a fraction, such as 0.91 for 91 %")
    return value
