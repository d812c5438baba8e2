"""What docs/api.md shows: every public name is there, and each docstring names exactly the arguments that there are."""

import inspect
import re
from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

import nas

PAGE = (Path(__file__).parents[1] / "docs" / "api.md").read_text(encoding="utf-8")
NAMES = re.findall(r"^::: ([\w.]+)$", PAGE, re.MULTILINE)


def named(name: str) -> Any:
    """What a dotted name is, as one that reads the page writes it."""
    module, _, rest = name.rpartition(".")
    return getattr(import_module(module), rest)


def listed(doc: str | None, section: str) -> list[str]:
    """The names that a section of a docstring explains, in its order."""
    lines = inspect.cleandoc(doc or "").splitlines()
    if f"{section}:" not in lines:
        return []
    names = []
    for line in lines[lines.index(f"{section}:") + 1 :]:
        if line and not line.startswith("    "):
            break
        names += re.findall(r"^    (\w+): ", line)
    return names


def parameters(function: Callable[..., Any]) -> list[str]:
    return [name for name in inspect.signature(function).parameters if name not in ("self", "cls")]


def members(kind: type) -> Iterator[tuple[str, Any]]:
    """The public methods and properties of a class, by name, but for those that another package's class explains."""
    ours = [base for base in kind.__mro__ if base.__module__.startswith("nas.")]
    theirs = {name for base in kind.__mro__ if base not in ours and base.__name__ != "Protocol" for name in vars(base)}
    for base in ours:
        for name, value in vars(base).items():
            if not name.startswith("_") and (name not in theirs or name == "forward"):
                yield name, value


def problems(name: str) -> Iterator[str]:
    """What is missing in the docstring of a name, and in those of its members."""
    thing = named(name)
    if not inspect.cleandoc(thing.__doc__ or ""):
        yield f"{name}: no docstring"
    if not isinstance(thing, type):
        if listed(thing.__doc__, "Args") != parameters(thing):
            yield f"{name}: explains {listed(thing.__doc__, 'Args')} of {parameters(thing)}"
        return
    told = listed(thing.__doc__, "Attributes")
    values = [item.name for item in fields(thing)] if is_dataclass(thing) else list(getattr(thing, "_fields", ()))
    if values and told != values:
        yield f"{name}: explains {told} of {values}"
    made = "__init__" in vars(thing) and not values and not getattr(thing, "_is_protocol", False)
    if made and listed(thing.__doc__, "Args") != parameters(thing.__init__):
        yield f"{name}: explains {listed(thing.__doc__, 'Args')} of {parameters(thing.__init__)}"
    for member, value in members(thing):
        function = getattr(value, "__func__", value)
        if isinstance(value, property | cached_property):
            if not value.__doc__ and member not in told:
                yield f"{name}.{member}: no docstring"
        elif inspect.isfunction(function) and member not in values:
            if not function.__doc__:
                yield f"{name}.{member}: no docstring"
            elif listed(function.__doc__, "Args") != parameters(function):
                yield f"{name}.{member}: explains {listed(function.__doc__, 'Args')} of {parameters(function)}"


@pytest.mark.parametrize("name", NAMES)
def test_a_docstring_explains_each_argument(name: str) -> None:
    assert list(problems(name)) == []


def test_every_public_name_is_on_the_page() -> None:
    assert {f"nas.{name}" for name in nas.__all__ if not name.startswith("_")} <= {*NAMES}
