"""Tables in Parquet, and the pictures whose files lie inside them, as Hugging Face writes them."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nas.errors import UserError, shortened

ENDING = ".parquet"
AT_ONCE = 256  # rows


@dataclass(frozen=True, eq=False)
class Packed:
    """The bytes of a picture's file in a row of a table; it stands where a path may."""

    table: Path
    row: int
    content: bytes

    def __str__(self) -> str:
        return f"{self.table}:{self.row}"

    def open(self) -> io.BytesIO:
        return io.BytesIO(self.content)

    def stat(self) -> os.stat_result:
        """Of the whole table."""
        return self.table.stat()


Source = Path | Packed  # of a picture


def read_parquet(path: Path) -> tuple[list[str], Iterator[tuple[int, dict[str, Any]]]]:
    """The names of a table's columns, and its rows with their numbers, from 1.

    Hugging Face's `{bytes, path}` become the Packed picture, or the path where there are no bytes; numbers of classes
    become their names where the table has these. All else is as pyarrow gives it. Raises UserError for what is no such
    table.
    """
    import pyarrow
    from pyarrow import parquet

    try:
        table = parquet.ParquetFile(path, memory_map=True)
    except (OSError, pyarrow.ArrowException) as error:
        what = f"cannot be read as Parquet ({shortened(str(error))})"
        raise UserError(str(path), what, "give a table of pictures") from None
    names = _names(table.schema_arrow.metadata or {})

    def rows() -> Iterator[tuple[int, dict[str, Any]]]:
        number = 0
        try:
            for batch in table.iter_batches(AT_ONCE):
                for row in batch.to_pylist():
                    number += 1
                    yield number, {key: _value(path, number, value, names.get(key)) for key, value in row.items()}
        except (OSError, pyarrow.ArrowException) as error:
            where, what = f"{path}:{number + 1}", f"cannot be read ({shortened(str(error))})"
            raise UserError(where, what, "restore the table from a copy") from None

    return list(table.schema_arrow.names), rows()


def _names(metadata: Mapping[bytes, bytes]) -> dict[str, list[str]]:
    """Of the classes by column: `ClassLabel` of Hugging Face, in JSON that anyone may have written."""
    try:
        features = json.loads(metadata.get(b"huggingface", b"{}"))["info"]["features"]
        given = {column: feature.get("names") for column, feature in features.items() if isinstance(feature, dict)}
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return {}
    return {column: list(map(str, names)) for column, names in given.items() if isinstance(names, list)}


def _value(table: Path, row: int, value: Any, names: list[str] | None) -> Any:
    if isinstance(value, dict) and set(value) == {"bytes", "path"}:
        value = value["path"] if value["bytes"] is None else value["bytes"]
    if isinstance(value, bytes):
        return Packed(table, row, value)
    known = names and type(value) is int and 0 <= value < len(names)
    return names[value] if names and known else value
