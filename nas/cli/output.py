"""What goes to standard output: tables for people, one JSON value for programs."""

import json
import math
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from nas.run.words import clean as clean
from nas.run.words import duration as duration
from nas.run.words import percent as percent

JSON_SAFE = 2**53  # beyond it a JSON reader may round an integer


def print_json(value: Any) -> None:
    """One JSON value; numbers that JSON does not have (NaN, infinities) become null. In ASCII, which every terminal has
    and every reader of JSON undoes."""
    print(json.dumps(_plain(value), indent=2, allow_nan=False))


def _plain(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value


def exact(size: int) -> int | str:
    """A count that any JSON reader gets right: text where it exceeds 2^53."""
    return size if size <= JSON_SAFE else _digits(size)


def _digits(number: int) -> str:
    return str(Decimal(number))  # str(int) refuses more than 4,300 digits, which a search space's size may have


def count(number: int | None) -> str:
    """`25,557,032`; with `(about 1.0e+18)` beside it where nobody counts the digits; nothing for None."""
    if number is None:
        return ""
    digits = _digits(number)
    about = f" (about {Decimal(number):.1e})".replace("e+", "e") if len(digits) > 9 else ""
    return f"{number:,}{about}" if len(digits) <= 30 else about.strip(" ()")


def table(heads: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Columns under heads: numbers to the right, words to the left, None as a blank."""
    cells = [
        [("" if cell is None else f"{cell:,}" if isinstance(cell, int) else clean(cell)) for cell in row]
        for row in rows
    ]
    right = [all(isinstance(row[i], int | float) or row[i] in (None, "") for row in rows) for i in range(len(heads))]
    widths = [max([len(head), *(len(row[i]) for row in cells)]) for i, head in enumerate(heads)]

    def line(row: Sequence[str]) -> str:
        columns = zip(row, widths, right, strict=True)
        return "  ".join(f"{c:>{w}}" if r else f"{c:<{w}}" for c, w, r in columns).rstrip()

    return "\n".join([line(heads), line(["-" * width for width in widths]), *map(line, cells)])
