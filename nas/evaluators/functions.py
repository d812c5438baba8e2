"""The functions of a program by which candidates train: a run keeps their names, and is given them again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from nas.errors import UserError
from nas.tasks.own import Own

if TYPE_CHECKING:
    from nas.data import Dataset


def names_of(values: Any) -> tuple[str, ...]:
    """Of a run's record. Raises TypeError for what are no names."""
    if not isinstance(values, list | tuple) or not all(isinstance(name, str) for name in values):
        raise TypeError("functions are names")
    return tuple(values)


def with_functions(data: Dataset, own: Own | None, needed: Sequence[str]) -> Dataset:
    """The data set, whose task has the functions. Raises UserError where they are not those that are needed."""
    if tuple(needed) != (own.names if own else ()):
        again = f"nas.resume(run, {'loss=..., ' * ('loss' in needed)}metrics={{...}})"
        what = f"it trains with functions of a program: {', '.join(needed)}"
        raise UserError("evaluator train", what, f"give them, and no others, again: {again}")
    return replace(data, task=replace(data.task, own=own)) if own else data
