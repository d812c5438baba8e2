"""Published benchmark tables, as their authors' files have them, as CSV files that `nas benchmark` reads."""

import csv
import gzip
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any

from nas.benchmark.tabulate import SHOWN
from nas.benchmark.tfrecord import trainings
from nas.errors import UserError
from nas.evaluators.tables import read_table
from nas.evaluators.tables.table import Curve, answers_key
from nas.space import Space

Row = dict[str, Any]
MEASURED = ("valid_acc", "test_acc", "train_sec")
NAMES = {"simulated_seconds": "seconds"}
NASBENCH101, DARTS = "nasbench101", "darts"


def convert(source: Path, space: Space, dataset: str, to: Path) -> int:
    """Writes the table of a file, and returns its number of rows.

    Args:
        source: a TFRecord file of NAS-Bench-101 or EC-NAS-Bench, a JSON file of NAS-Bench-Suite-Zero, or any file that
            `nas.evaluators.tables.read_table` takes, such as those of NATS-Bench.
        space: the space that it is of.
        dataset: of whose images its numbers are.
        to: the CSV file; gzipped where its name ends so.

    Raises:
        UserError: the file cannot be read, or is of another space or data set.
    """
    rows = iter(_rows(source, space, dataset))
    first = next(rows, None)
    if first is None:
        raise UserError(str(source), f"has no row of {space.name} on {dataset}", "name the space and data set it is of")
    count = 0
    with (gzip.open if to.name.endswith(".gz") else open)(to, "wt", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, list(first))
        table.writeheader()
        for count, row in enumerate(chain([first], rows), start=1):  # noqa: B007 - the last one is the number
            table.writerow(row)
    return count


def _rows(source: Path, space: Space, dataset: str) -> Iterable[Row]:
    if not source.exists():
        raise UserError(str(source), "does not exist", "see docs/benchmarks.md for where tables are from")
    if source.suffix == ".tfrecord":
        return averaged(trainings(source))
    if source.suffix == ".json":
        return suite_zero(source, space.name, dataset)
    return own(source, space, dataset)


def averaged(rows: Iterable[Row]) -> Iterator[Row]:
    """One row for the trainings of a cell after so many epochs: the means, so that a table is read in a third."""
    sums: dict[tuple[Any, ...], list[float]] = {}
    counts: Counter[tuple[Any, ...]] = Counter()
    for row in rows:
        key = (row["vertices"], row["adj"], row["ops"], row["epochs"])
        before = sums.setdefault(key, [0.0] * len(MEASURED))
        sums[key] = [total + row[name] for total, name in zip(before, MEASURED, strict=True)]
        counts[key] += 1
    for key, totals in sums.items():
        means = (round(total / counts[key], 6) for total in totals)
        yield dict(zip(("vertices", "adj", "ops", "epochs", *MEASURED), (*key, *means), strict=True))


def suite_zero(source: Path, space: str, dataset: str) -> Iterator[Row]:
    """Accuracies of `{dataset: {architecture: {"val_accuracy": ...}}}`. Raises UserError for another space."""
    if space not in (NASBENCH101, DARTS):
        raise UserError(str(source), f"of {space} nothing is read", f"name {NASBENCH101} or {DARTS}")
    try:
        cells = json.loads(source.read_text(encoding="utf-8"))[dataset]
        found = [(str(arch), float(cell["val_accuracy"])) for arch, cell in cells.items()]
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise UserError(str(source), f"no file of NAS-Bench-Suite-Zero with {dataset}: {error!r}") from None
    about = {"space": "nasbench301", "dataset": dataset} if space == DARTS else {}
    for arch, accuracy in found:
        yield {**about, "arch": arch, "val_accuracy": accuracy}


def own(source: Path, space: Space, dataset: str) -> Iterator[Row]:
    """Its rows in the form of `nas.evaluators.tables.answers`. Raises UserError for one whose rows are no answers."""
    table = read_table(str(source), dataset)
    table.fit(space)
    if table.key is not answers_key:
        raise UserError(str(source), "is a table already", "give it to --table")
    measured = [(space.genome(dict(key)).answers, _numbers(table.rows[key])) for key in table.rows]  # type: ignore[call-overload]
    choices = list(dict.fromkeys(path for answers, _ in measured for path in answers))
    columns = sorted({name for _, numbers in measured for name in numbers}, key=lambda name: (name[0], len(name), name))
    for answers, numbers in measured:
        row = {path: answers.get(path, "") for path in choices}
        yield {**row, "dataset": dataset, **{name: numbers.get(name, "") for name in columns}}


def _numbers(curve: Curve) -> dict[str, float]:
    """`METRIC@EPOCHS` at the epochs that a table shows."""
    return {
        f"{NAMES.get(metric, metric)}@{epochs}": round(value, 6)
        for epochs in SHOWN
        if epochs in curve
        for metric, value in curve[epochs].items()
    }
