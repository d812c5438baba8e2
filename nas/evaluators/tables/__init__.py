"""Benchmark tables: what every network of a space reached when somebody trained it, so that a search costs nothing.

A table's file says by itself which it is: its name, or the columns of its header, choose the reader.
"""

import csv
import gzip
import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path

from nas.errors import UserError
from nas.evaluators.tables import answers, nasbench101, nasbench201, nasbench301, nats
from nas.evaluators.tables.table import NotInTable, Row, Table

__all__ = ["NotInTable", "Table", "packaged", "read_table"]

Reader = Callable[[list[Row], str, str], Table]
READERS: Mapping[str, Reader] = {  # by a column of this form; the first that fits counts
    "arch_str": nasbench201.table,
    "adj": nasbench101.ecnas,
    "space": nasbench301.table,
    "val_accuracy": nasbench101.suite_zero,
}


def packaged(name: str) -> str | None:
    """The file of a table that comes with the project, by the name of its space; None where there is none."""
    path = Path(__file__).parent / "packaged" / f"{name}.csv.gz"
    return str(path) if re.fullmatch(r"\w+", name) and path.is_file() else None


@lru_cache(maxsize=4)
def read_table(path: str, dataset: str) -> Table:
    """The table in a CSV file (plain or gzip), of the data set `dataset` where it has several. Raises UserError.

    NATS-Bench's own files, which are pickles, are read by their authors' package (`nas.evaluators.tables.nats`).
    """
    if nats.is_nats(path):
        return nats.table(path, dataset)
    try:
        with (gzip.open if path.endswith(".gz") else open)(path, "rt", encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
    except (OSError, EOFError, UnicodeDecodeError, csv.Error) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UserError(path, f"cannot be read as a table: {reason}", "give a CSV file, plain or gzipped") from None
    if not rows:
        raise UserError(path, "a table without rows")
    reader = next((reader for column, reader in READERS.items() if column in rows[0]), answers.table)
    try:
        return reader(rows, path, dataset)
    except (KeyError, ValueError, TypeError, IndexError, SyntaxError) as error:
        if isinstance(error, UserError):
            raise
        raise UserError(
            path, f"not a table of the form that its columns name: {error}", "see docs/benchmarks.md"
        ) from None
