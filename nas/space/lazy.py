"""Values that hang on choices which are not answered yet, in walks that take several answers."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from nas.space.expressions import parse
from nas.space.target import End, Lazily


class Open(NamedTuple):
    """A value whose choice is not answered yet: a variable, and the value for each of its answers."""

    variable: str
    leaves: tuple[Any, ...]


class Deferred(NamedTuple):
    """An expression over lazy values, and all the names that it knows."""

    raw: str
    names: Mapping[str, Any]


def is_lazy(value: Any) -> bool:
    """Whether it is one of the two, or a list with one in it."""
    return isinstance(value, Open | Deferred) or (isinstance(value, list) and any(map(is_lazy, value)))


def force(lazy: Lazily, value: Any, then: Callable[[Any], End]) -> End:
    """`then(plain value)`, for each that it can have."""
    if isinstance(value, Open):
        return lazy.fork(value, lambda leaf: force(lazy, leaf, then))
    if isinstance(value, Deferred):
        return _forced_names(lazy, value, then)
    if is_lazy(value):
        return _forced_items(lazy, value, [], then)
    return then(value)


def _forced_names(lazy: Lazily, value: Deferred, then: Callable[[Any], End]) -> End:
    raw, names = value
    expression = parse(raw[1:])
    name = next((name for name in expression.names if is_lazy(names.get(name))), None)
    if name is None:
        return then(expression.value(names))
    return force(lazy, names[name], lambda plain: _forced_names(lazy, Deferred(raw, {**names, name: plain}), then))


def _forced_items(lazy: Lazily, items: list[Any], done: list[Any], then: Callable[[Any], End]) -> End:
    if len(done) == len(items):
        return then(done)
    return force(lazy, items[len(done)], lambda item: _forced_items(lazy, items, [*done, item], then))
