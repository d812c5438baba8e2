"""Checks of operations' arguments; each raises ArgumentError, which says what was expected.

They run for every operation of every genome, so the usual case is one comparison.
"""

import math
from typing import Any

from nas.errors import ArgumentError

Axes = int | tuple[int, ...]  # one number for all spatial axes, or one for each


def check_whole(argument: str, value: object, least: int = 1) -> None:
    """`value` is a whole number, at least `least` (True and 1.0 are not)."""
    if type(value) is not int or value < least:
        raise ArgumentError(argument, value, _whole(least))


def check_axes(owner: object, argument: str, least: int = 1) -> None:
    """`owner.argument` is a whole number or a list of one to three; a list becomes a tuple, so that `owner` hashes."""
    value = getattr(owner, argument)
    if type(value) is int and value >= least:
        return
    if not isinstance(value, list | tuple) or not 1 <= len(value) <= 3:
        raise ArgumentError(argument, value, f"{_whole(least)}, or a list with one for each spatial axis")
    for item in value:
        check_whole(argument, item, least)
    object.__setattr__(owner, argument, tuple(value))


def check_padding(owner: Any) -> None:
    """`owner.padding` is the word `same`, a whole number from 0, or a list of one to three."""
    if isinstance(owner.padding, str) and owner.padding != "same":
        raise ArgumentError("padding", owner.padding, "a whole number from 0, or same")
    if owner.padding != "same":
        check_axes(owner, "padding", 0)


def check_number(argument: str, value: object, low: float = -math.inf, high: float = math.inf) -> None:
    """`value` is a finite number with low <= value <= high."""
    if type(value) not in (int, float) or not low <= value <= high or not math.isfinite(value):  # type: ignore[operator, arg-type]
        bounds = (f" from {low:g}" if math.isfinite(low) else "") + (f" to {high:g}" if math.isfinite(high) else "")
        raise ArgumentError(argument, value, "a number" + bounds)


def check_rate(argument: str, value: object) -> None:
    """`value` is a probability below 1."""
    if type(value) not in (int, float) or not 0 <= value < 1:  # type: ignore[operator]
        raise ArgumentError(argument, value, "a number from 0 to below 1")


def check_flag(argument: str, value: object) -> None:
    """`value` is true or false."""
    if value is not True and value is not False:
        raise ArgumentError(argument, value, "true or false")


def check_word(argument: str, value: object, words: tuple[str, ...]) -> None:
    """`value` is one of `words`."""
    if value not in words:
        raise ArgumentError(argument, value, "one of " + ", ".join(words))


def _whole(least: int) -> str:
    return {0: "a whole number from 0", 1: "a positive whole number"}.get(least, f"a whole number from {least}")
