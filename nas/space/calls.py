"""Primitive operations by name, with arguments as a document gives them."""

import dataclasses
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from nas.errors import ArgumentError
from nas.graph.operation import Operation
from nas.graph.operations import OPERATIONS
from nas.space.expressions import ExpressionError
from nas.space.place import Closure


@lru_cache(maxsize=65536, typed=True)  # typed: a `true` is no 1
def _make(operation: type[Operation], /, **arguments: Any) -> Operation:
    return operation(**arguments)


def make(name: str, arguments: Mapping[str, Any]) -> Operation:
    """The operation with these arguments. Raises ExpressionError (`name: argument is ...`)."""
    try:
        return _make(OPERATIONS[name], **arguments)  # type: ignore[arg-type]  # for mypy a type has no hash
    except ArgumentError as error:
        raise ExpressionError(f"{name}: {error}") from None
    except TypeError:  # a list among the arguments, or what is worse
        pass
    for key, value in arguments.items():
        if isinstance(value, dict | Closure):
            raise ExpressionError(f"{name}: {key} is an operation, expected a value")
    fields: Any = dataclasses.fields(OPERATIONS[name])  # type: ignore[arg-type]
    required = [field.name for field in fields if field.default is dataclasses.MISSING]
    missing = [field for field in required if field not in arguments]
    if missing:
        raise ExpressionError(f"{name}: needs {' and '.join(missing)}")
    try:
        frozen = {key: freeze(value) for key, value in arguments.items()}
        return _make(OPERATIONS[name], **frozen)  # type: ignore[arg-type]
    except (ArgumentError, TypeError) as error:
        raise ExpressionError(f"{name}: {error}") from None


def hashable(value: tuple[Any, ...]) -> tuple[Any, ...]:
    """The value itself where it can be hashed, else with its lists as tuples; raises TypeError for operations in it."""
    if _hashes(value):
        return value
    return tuple([item if _hashes(item) else freeze(item) for item in value])  # most items can be


def _hashes(value: Any) -> bool:
    try:
        hash(value)
    except TypeError:
        return False
    return True


def freeze(value: Any) -> Any:
    """Lists as tuples, all the way down; raises TypeError for what has no value to compare."""
    if isinstance(value, list | tuple) and not isinstance(value, Closure):
        items = tuple(value)
        return items if _hashes(items) else tuple(map(freeze, items))
    if isinstance(value, dict | Closure):
        raise TypeError("not a plain value")
    return value
