"""Operations of a user's own by name: what the user registered, and what documents name, if the user allows it.

A document may come from anyone, and to import a module is to run it. So `operations: {mine: "package.module:Class"}` is
followed only for a class that is registered already, or within `code_allowed`, which is what `--allow-code` asks for.
Nothing that is read from a file, a run directory or an export gives that permission.
"""

import importlib
import os
import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from nas.errors import UserError, shortened
from nas.graph.operations import BUILT_IN, OPERATIONS
from nas.graph.operations.own import origin_of, own_operation
from nas.space.expressions import is_name
from nas.space.language import RESERVED

PATH = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*")
OPTION = "--allow-code"
_allowed: list[bool] = []
_registered: dict[str, type] = {}


def register_operation(given: type, name: str = "") -> type:
    """Make a class of torch modules an operation that documents can use in this process; also a decorator.

    Its constructor's arguments are those of the operation; `in_channels` and `shape`, where it has them, are given the
    input's channels and its shape without the batch axis. Shape, weights and mult-adds are measured on meta tensors.

    Args:
        given: the class.
        name: what documents call it; left out, its name in small letters (`my_block` of MyBlock).

    Returns:
        The class.

    Raises:
        UserError: it is no such class, or the name is taken.
    """
    name = name or re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", getattr(given, "__name__", "")).lower()
    _register(name, given, f"operation {name}")
    return given


def registered() -> dict[str, type]:
    """Classes by name: what another process has to `register_operation` in order to build the same networks."""
    return dict(_registered)


def is_code_allowed() -> bool:
    """Whether this is within `code_allowed`."""
    return any(_allowed)


@contextmanager
def code_allowed(allowed: bool = True) -> Iterator[None]:
    """Documents may name code, which is imported from where Python looks, and from the current folder."""
    _allowed.append(allowed)
    folder = os.getcwd()
    added = allowed and folder not in sys.path
    if added:
        sys.path.append(folder)
    try:
        yield
    finally:
        _allowed.pop()
        if added:
            sys.path.remove(folder)


def check_operations(written: Mapping[str, Any], lines: Mapping[str, str], document: str) -> None:
    """The operations that a document names exist. Raises UserError; imports nothing that is not allowed."""
    for name, path in written.items():
        where = lines.get(name, document)
        if not isinstance(path, str) or not PATH.fullmatch(path):
            what = f"operations.{name}: expected package.module:Class, not {shortened(repr(path))}"
            raise UserError(where, what)
        if name not in _registered or origin_of(_registered[name]) != path:
            _register(name, _imported(name, path, where), where)


def _register(name: str, given: type, where: str) -> None:
    if not is_name(name) or name in BUILT_IN or name in RESERVED:
        raise UserError(where, f"'{name}' is no free name for an operation", "choose another")
    if name in _registered and origin_of(_registered[name]) != origin_of(given):
        what = f"the operation '{name}' is {origin_of(_registered[name])} here, not {origin_of(given)}"
        raise UserError(where, what, "choose another name for one of them")
    OPERATIONS[name] = own_operation(name, given)
    _registered[name] = given


def _imported(name: str, path: str, where: str) -> type:
    module, _, word = path.partition(":")
    if not is_code_allowed():
        what = f"operations.{name}: {path} is code, which no document can have imported by itself"
        raise UserError(where, what, f"if you trust it: {OPTION}, in Python nas.register_operation")
    try:
        found: type = getattr(importlib.import_module(module), word)
    except Exception as error:  # a user's code may raise anything
        what = f"operations.{name}: cannot import {path}: {type(error).__name__}: {shortened(str(error))}"
        raise UserError(where, what, "is its folder the current one, or on PYTHONPATH?") from error
    if origin_of(found) != path:
        raise UserError(where, f"operations.{name}: {path} is {origin_of(found)}", "name that")
    return found
