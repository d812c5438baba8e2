"""Values that come from Python or JSON, not from a document's text, made what a document could say."""

import math
import numbers
from typing import Any

from nas.errors import UserError
from nas.space.reader import MAX_DEPTH, MAX_VALUES


def plain(value: Any, where: str) -> Any:
    """A copy in mappings, lists, text, numbers, true, false and null; tuples become lists, numpy's numbers numbers.

    Raises UserError for anything else, and for what is deeper or larger than a document may be.
    """
    room = MAX_VALUES

    def copied(value: Any, depth: int) -> Any:
        nonlocal room
        room -= 1
        if room < 0 or depth > MAX_DEPTH:
            raise UserError(where, f"more than {MAX_VALUES} values, or nested deeper than {MAX_DEPTH}")
        if value is None or isinstance(value, str | bool):
            return value
        if isinstance(value, numbers.Integral):
            return int(value)
        if isinstance(value, numbers.Real) and math.isfinite(value):
            return float(value)
        if isinstance(value, list | tuple):
            return [copied(item, depth + 1) for item in value]
        if isinstance(value, dict) and all(isinstance(key, str) for key in value):
            return {key: copied(item, depth + 1) for key, item in value.items()}
        raise UserError(where, f"{value!r:.60} is no value of a document", "give numbers, words, lists or mappings")

    return copied(value, 0)
