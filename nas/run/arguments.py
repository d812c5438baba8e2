"""The arguments of `search` and `resume` as people give them in Python, as the plain values that they mean: a Path is
its text, numpy's 5 and the text "5" are 5, one objective is a list of one. Anything else is the user's error.
"""

import inspect
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial, reduce, wraps
from operator import or_
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, ParamSpec, TypeVar, Union, get_args, get_origin

from nas.errors import UserError, shortened

P = ParamSpec("P")
R = TypeVar("R")


def taken(name: str, value: Any, kind: Any, default: Any = None, least: int | None = None) -> Any:
    """The plain value that is meant by an argument of this kind; None is left as it is where it is the default.

    Raises UserError, naming the argument, for a value that means nothing.
    """
    if value is None and default is None:
        return None
    kind = bare(kind)
    if name in BY_NAME:
        return BY_NAME[name](name, value)
    if kind in (int, float):
        return _number(name, value, kind, least)
    return BY_KIND[kind](name, value) if kind in BY_KIND else value


def bare(kind: Any) -> Any:
    """A type without its None."""
    others = [one for one in get_args(kind) if one is not NoneType]
    return reduce(or_, others) if get_origin(kind) in (Union, UnionType) else kind


def understood(function: Callable[P, R]) -> Callable[P, R]:
    """The function, given the plain values of its arguments."""
    signature = inspect.signature(function)

    @wraps(function)
    def run(*args: P.args, **settings: P.kwargs) -> R:
        bound = signature.bind(*args, **settings)
        for name, value in bound.arguments.items():
            parameter = signature.parameters[name]
            bound.arguments[name] = taken(name, value, parameter.annotation, parameter.default)
        return function(*bound.args, **bound.kwargs)

    return run


def _wrong(name: str, value: Any, hint: str) -> UserError:
    return UserError("", f"{name} is {shortened(repr(value))}", hint)


def _path(name: str, value: Any, wanted: str = "a path") -> str:
    text = str(os.fspath(value)) if isinstance(value, str | os.PathLike) else "\0"
    if "\0" in text:  # no system has such a path
        raise _wrong(name, value, f"give {wanted}")
    return text


def _space(name: str, value: Any) -> Any:
    from nas.space import Space

    return value if isinstance(value, Space) else _path(name, value, "a packaged name, a document's path, or a Space")


def _text(name: str, value: Any) -> str:
    if type(value).__module__ == "torch":  # torch.device("cpu")
        value = str(value)
    if not isinstance(value, str):
        raise _wrong(name, value, "give a name")
    return str(value)


def _scalar(value: Any) -> Any:
    """numpy's and torch's single numbers as Python's."""
    return value.item() if hasattr(value, "item") and getattr(value, "shape", None) == () else value


def _number(name: str, value: Any, kind: type[int] | type[float], least: int | None) -> int | float:
    wanted = "a whole number" if kind is int else "a number"
    wanted += "" if least is None else f" of at least {least}"
    scalar = _scalar(value)
    try:
        if isinstance(scalar, bool) or not isinstance(scalar, int | float | str):
            raise ValueError
        number: int | float = scalar if isinstance(scalar, int) else kind(scalar)
        if (number != scalar and not isinstance(scalar, str)) or (least is not None and number < least):
            raise ValueError
    except (ValueError, OverflowError):
        raise _wrong(name, value, f"give {wanted}") from None
    return number


def _mapping(name: str, value: Any) -> dict[str, Any]:
    if not isinstance(value, Mapping) or not all(isinstance(key, str) for key in value):
        raise _wrong(name, value, "give names with values: {'name': value}")
    return {key: _plain(given) for key, given in value.items()}


def _plain(value: Any) -> Any:
    """What run.yaml can hold of what is nearly so."""
    if isinstance(value, Mapping):
        return {key: _plain(given) for key, given in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(map(_plain, value)) if type(value) in (list, tuple) else value
    return str(value) if isinstance(value, os.PathLike) else _scalar(value)


def _several(name: str, value: Any) -> list[str]:
    """One name is a list of one."""
    from nas.objectives import Objective

    several = [value] if isinstance(value, str | Objective) else value
    several = list(several) if isinstance(several, Iterable) and not isinstance(several, Mapping | bytes) else [None]
    if not all(isinstance(one, str | Objective) for one in several):
        raise _wrong(name, value, "give a name, or a list of names")
    return list(map(str, several))


def _evaluator(name: str, value: Any) -> Any:
    if isinstance(value, type):
        raise _wrong(name, value, f"it is a class: give one of it, {value.__name__}(...)")
    if not isinstance(value, str) and not callable(value):
        raise _wrong(name, value, "it cannot be called: give a function of a genome, or 'train'")
    return value


BY_NAME: Mapping[str, Callable[[str, Any], Any]] = {
    "space": _space,
    "evaluator": _evaluator,
    "dataset": partial(_path, wanted="the name of a data set, or a folder of images"),
}
BY_KIND: Mapping[Any, Callable[[str, Any], Any]] = {
    str: _text,
    str | Path: _path,
    Mapping[str, Any]: _mapping,
    str | Sequence[str]: _several,
}
