"""The arguments of `search` and `resume` as people give them in Python, as the plain values that they mean: a Path is
its text, numpy's 5 and the text "5" are 5, one objective is a list of one. Anything else is the user's error.
"""

import inspect
import os
from collections.abc import Callable, Iterable, Mapping
from functools import partial, wraps
from typing import Any, ParamSpec, TypeVar

from nas.errors import UserError, shortened
from nas.objectives import Objective
from nas.space import Space

P = ParamSpec("P")
R = TypeVar("R")


def understood(function: Callable[P, R]) -> Callable[P, R]:
    """The function, given the plain values of its arguments; None is left as it is where it is the default.

    The function raises UserError, naming the argument, for a value that means nothing.
    """
    signature = inspect.signature(function)

    @wraps(function)
    def run(*args: P.args, **settings: P.kwargs) -> R:
        bound = signature.bind(*args, **settings)
        for name, value in bound.arguments.items():
            if name in TAKEN and not (value is None and signature.parameters[name].default is None):
                bound.arguments[name] = TAKEN[name](name, value)
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


def _number(name: str, value: Any) -> int | float:
    found = _scalar(value)
    try:
        if isinstance(found, bool) or not isinstance(found, int | float | str):
            raise ValueError
        return found if isinstance(found, int) else float(found)
    except ValueError:
        raise _wrong(name, value, "give a number") from None


def _whole(name: str, value: Any, least: int | None = None) -> int:
    wanted = "a whole number" if least is None else f"a whole number of at least {least}"
    found = _scalar(value)
    try:
        if isinstance(found, bool) or not isinstance(found, int | float | str) or int(found) != float(found):
            raise ValueError
    except (ValueError, OverflowError):
        raise _wrong(name, value, f"give {wanted}") from None
    if least is not None and int(found) < least:
        raise _wrong(name, value, f"give {wanted}")
    return int(found)


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


_folder = partial(_path, wanted="a folder")
_mappings = ("searcher_options", "schedule_options", "final_set", "limits", "overrides")
_texts: tuple[str, ...] = (
    "searcher",
    "schedule",
    "executor",
    "name",
    "device",
    "final_recipe",
    "class_weights",
    "warm_start",
)
_texts += ("warm_start", "deduplicate", "ray_address", "resize")

TAKEN: Mapping[str, Callable[[str, Any], Any]] = {
    "space": _space,
    "evaluator": _evaluator,
    "dataset": partial(_path, wanted="the name of a data set, or a folder of images"),
    **dict.fromkeys(("data", "runs", "path"), _folder),
    "table": partial(_path, wanted="a table's file"),
    **dict.fromkeys(("trials", "epochs"), partial(_whole, least=1)),
    "final_epochs": partial(_whole, least=0),
    **dict.fromkeys(("seed", "workers", "crop"), _whole),
    **dict.fromkeys(("deadline", "gpus_per_trial"), _number),
    **dict.fromkeys(_mappings, _mapping),
    **dict.fromkeys(("objectives", "proxies"), _several),
    **dict.fromkeys(_texts, _text),
}
