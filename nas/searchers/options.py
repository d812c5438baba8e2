"""Checks of searchers' options."""

from typing import Any

from nas.errors import UserError

WORDS: dict[type, str] = {int: "a whole number", float: "a number"}


def check(
    searcher: str,
    name: str,
    value: Any,
    kind: type[int] | type[float],
    least: float = float("-inf"),
    below: float = float("inf"),
) -> None:
    """Raises UserError unless `value` is a number of the kind, at least `least` and less than `below`."""
    kinds = (int, float) if kind is float else int
    if isinstance(value, bool) or not isinstance(value, kinds) or not least <= value < below:
        bounds = (f" of at least {least:g}" if least > float("-inf") else "") + (
            f" and below {below:g}" if below < float("inf") else ""
        )
        raise UserError(f"searcher {searcher}", f"{name} is {value!r}", f"give {WORDS[kind]}{bounds}")
