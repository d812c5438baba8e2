"""Checks of searchers' options."""

import math
from typing import Any

from nas.errors import UserError

WORDS: dict[type, str] = {int: "a whole number", float: "a number"}


def check_option(
    searcher: str,
    name: str,
    value: Any,
    kind: type[int] | type[float],
    least: float = -math.inf,
    below: float = math.inf,
    most: float = math.inf,
) -> None:
    """Raises UserError unless `value` is a number of the kind, at least `least`, less than `below`, at most `most`."""
    kinds = (int, float) if kind is float else int
    if isinstance(value, bool) or not isinstance(value, kinds) or not (least <= value <= most and value < below):
        limits = {"of at least": least, "and below": below, "and at most": most}
        bounds = "".join(f" {word} {limit:g}" for word, limit in limits.items() if math.isfinite(limit))
        raise UserError(f"searcher {searcher}", f"{name} is {value!r}", f"give {WORDS[kind]}{bounds}")
