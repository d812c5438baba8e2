"""A setting as a field of a dataclass, and a function that takes the dataclass's fields as its keywords."""

import inspect
import re
from collections.abc import Callable, Sequence
from dataclasses import MISSING, Field, field, fields
from functools import wraps
from textwrap import fill, indent
from typing import Any, ParamSpec, TypeVar

from nas.errors import did_you_mean

P = ParamSpec("P")
Q = TypeVar("Q")
R = TypeVar("R")


def setting(
    group: str | None,
    default: Any,
    help: str,
    more: str = "",
    *,
    flag: str | None = None,
    metavar: str | None = None,
    words: Sequence[str] = (),
    least: int | None = None,
    several: bool = False,
    to: str = "",
    alone: str | None = None,
) -> Any:
    """A field of the settings; its type says how it is read, in Python (run.arguments) and as text (cli.options).

    group: of the command line's options; None: it is not one. default: the value, or the class of an empty one. help:
    what it is. more: what there is to say in Python besides. flag: the option, where it is not the name's. words: those
    that it may be. least: of a number. several: the option is repeatable, whatever the type. to: what the setting is
    called by whom it is for, "executor.address". alone: its value where the option stands without one.
    """
    metadata: dict[str, Any] = {
        "group": group,
        "help": help,
        "more": more,
        "flag": flag,
        "metavar": metavar,
        "words": words,
    }
    metadata |= {"least": least, "several": several, "to": to, "alone": alone}
    if isinstance(default, type):
        return field(default_factory=default, metadata=metadata)
    return field(default=default, metadata=metadata)


def flag_of(item: Field[Any]) -> str:
    """The option of the command line that a setting is."""
    return item.metadata["flag"] or f"--{item.name.replace('_', '-')}"


def taking(settings: Callable[P, Q]) -> Callable[[Callable[[Q], R]], Callable[P, R]]:
    """Makes a function of a dataclass of settings one of its fields, of which its signature and its docstring tell.

    The latter where it says {settings}. Raises TypeError for a keyword that is none.
    """
    items = {item.name: item for item in fields(settings) if item.init}  # type: ignore[arg-type]  # Q's, as P are

    def decorate(function: Callable[[Q], R]) -> Callable[P, R]:
        @wraps(function)
        def run(*args: P.args, **given: P.kwargs) -> R:
            for name in given:
                if name not in items:
                    hint = did_you_mean(name, items)
                    raise TypeError(f"{function.__name__}() got an unexpected keyword argument '{name}'; {hint}")
            return function(settings(*args, **given))

        signature = inspect.signature(settings)
        left_out = [
            item.replace(default=None) if items[item.name].default is MISSING else item
            for item in signature.parameters.values()
        ]
        returns = inspect.signature(function).return_annotation
        run.__signature__ = signature.replace(parameters=left_out, return_annotation=returns)  # type: ignore[attr-defined]
        told = "\n".join(map(_told, items.values()))
        doc = inspect.cleandoc(function.__doc__ or "")
        run.__doc__ = re.sub(r"^( *)\{settings\}$", lambda place: indent(told, place[1]), doc, flags=re.MULTILINE)
        return run

    return decorate


def _told(item: Any) -> str:
    help = item.metadata["help"]
    what = f"False: {help}" if item.metadata["flag"] == f"--no-{item.name}" else help
    text = f"{item.name}: {what}" + (f". {item.metadata['more']}" if item.metadata["more"] else "")
    return fill(text, 114, subsequent_indent="    ", break_on_hyphens=False)
