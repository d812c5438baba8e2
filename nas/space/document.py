"""A resolved document: what a space file says once `extends`, variants, overrides and the library are worked in."""

import hashlib
import json
from collections.abc import Mapping as AnyMapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from nas.errors import UserError, did_you_mean
from nas.graph.operations import BUILT_IN, OPERATIONS
from nas.space.expressions import ExpressionError, is_expression, is_name, parse
from nas.space.language import ABOUT_KEYS, CELL_KEYS, FORMS, RESERVED, TOP_KEYS
from nas.space.parts import Parts
from nas.space.reader import Mapping, line_of

TEMPLATE_KEYS = ("parameters", "body")
WALK_NAMES = ("index", "input", "classes")  # names that a document need not declare, nor may


@dataclass(frozen=True, eq=False)
class Template:
    """A block or cell: declared parameters with their defaults, and what it is made of."""

    name: str
    parameters: AnyMapping[str, Any]
    body: Any
    source: AnyMapping[str, Any]
    is_cell: bool = False
    stride: int = 1

    @cached_property
    def declared(self) -> tuple[str, ...]:
        """The names of its own parameters."""
        return tuple(self.parameters)

    @cached_property
    def own(self) -> tuple[str, ...]:
        """The names that a call may give."""
        return tuple(dict.fromkeys((*self.parameters, "channels", "stride")))

    @property
    def is_dag(self) -> bool:
        return self.is_cell and "nodes" in self.source


def template(name: str, written: Any, is_cell: bool, where: str, line: str) -> Template:
    """A template from what is written: a chain, or a mapping with `parameters` and `body` (cells: inputs, nodes ...).

    `where` and `line` are its place, for errors. Raises UserError.
    """
    keys = CELL_KEYS if is_cell else TEMPLATE_KEYS
    if not isinstance(written, dict) or not set(keys).intersection(written) or not FORMS.keys().isdisjoint(written):
        return Template(name, {}, written, Mapping({"body": written}, line, {"body": line}), is_cell)
    for key in written:
        if key not in keys:
            raise UserError(line_of(written, key) or where, f"{where}: unknown key '{key}'", did_you_mean(key, keys))
    bodies = [key for key in ("nodes", "body") if key in written]
    if len(bodies) != 1:
        wanted = "either `nodes` or a `body`" if is_cell else "a `body`"
        raise UserError(line, f"{where}: needs {wanted}")
    parameters = written.get("parameters") or {}
    if not isinstance(parameters, dict):
        raise UserError(line_of(written, "parameters") or where, f"{where}.parameters: expected names with defaults")
    for parameter in parameters:
        if not is_name(parameter):
            what = f"{where}.parameters.{parameter}: not a free name"
            raise UserError(line_of(parameters, parameter) or where, what, "choose another")
    stride = written.get("stride", 1)
    if isinstance(stride, bool) or not isinstance(stride, int) or stride < 1:
        raise UserError(
            line_of(written, "stride") or where, f"{where}.stride: {stride!r} is not a whole number above 0"
        )
    return Template(name, parameters, written.get("body"), written, is_cell, stride)


@dataclass(frozen=True, eq=False)
class Document:
    """Plain data that stands for itself: no reference to a file, a parent or the library is left in it.

    Two documents are equal when they say the same (`digest`).
    """

    data: AnyMapping[str, Any]
    _heads: dict[int, str] = field(default_factory=dict, repr=False)
    parts: Parts = field(default_factory=Parts, repr=False)  # of the network, once walked: kept by `nas.space.build`

    @cached_property
    def name(self) -> str:
        return str(self.data.get("name", "document"))

    @cached_property
    def digest(self) -> str:
        return hashlib.sha256(json.dumps(self.data, sort_keys=True).encode()).hexdigest()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Document) and self.digest == other.digest

    def __hash__(self) -> int:
        return hash(self.digest)

    def __reduce__(self) -> tuple[Any, ...]:
        return Document, (self.data,)

    @cached_property
    def input(self) -> tuple[int, ...]:
        """(channels, *spatial); its sizes may be expressions over parameters that hold no choice."""
        written = self.data.get("input", [3, 32, 32])
        where = line_of(self.data, "input") or self.name
        try:
            shape = [self._constant(size) for size in written] if isinstance(written, list) else written
        except ExpressionError as error:
            what, _, hint = str(error).partition("; ")
            raise UserError(where, f"input: {what}", hint) from None
        whole = isinstance(shape, list) and all(type(size) is int and 1 <= size <= 100_000 for size in shape)
        if not whole or not 1 <= len(shape) <= 4:
            raise UserError(where, f"input: {shape!r} is not a shape", "write [channels, height, width]")
        return tuple(shape)

    def _constant(self, raw: Any) -> Any:
        """The value of a parameter, or of an expression over parameters. Raises ExpressionError."""
        if isinstance(raw, dict):
            raise ExpressionError("the parameters that it reads may hold no choice")
        if not is_expression(raw):
            return raw
        expression = parse(raw[1:])
        parameters = {name: self.parameters[name] for name in expression.names if name in self.parameters}
        return expression.value({name: self._constant(value) for name, value in parameters.items()})

    @cached_property
    def classes(self) -> int:
        classes = self.data.get("classes", 10)
        if type(classes) is not int or not 1 <= classes <= 1_000_000:
            raise UserError(
                line_of(self.data, "classes") or self.name, f"classes: {classes!r} is not a whole number above 0"
            )
        return int(classes)

    @cached_property
    def reads_before(self) -> bool:
        """Whether a cell reads the input of the cell before it."""
        cells = [template for template in self.templates.values() if template.is_dag]
        return any(isinstance(cell.source.get("inputs"), dict) and "before" in cell.source["inputs"] for cell in cells)

    @cached_property
    def shares(self) -> bool:
        """Whether a `repeat` of it is `shared`."""
        todo: list[Any] = [self.data]
        while todo:
            value = todo.pop()
            if isinstance(value, dict):
                if "repeat" in value and "shared" in value:
                    return True
                todo.extend(value.values())
            elif isinstance(value, list):
                todo.extend(value)
        return False

    @cached_property
    def follows_edges(self) -> bool:
        """Whether something stands after a cell's edges, unless they pass on what they read."""
        return any("after_edge" in template.source for template in self.templates.values())

    @property
    def operations(self) -> AnyMapping[str, Any]:
        """Operations of the user's own, by name: where each is imported from, as written."""
        return self.data.get("operations") or {}

    @property
    def network(self) -> Any:
        return self.data["network"]

    @cached_property
    def defaults(self) -> dict[str, AnyMapping[str, Any]]:
        """Arguments by operation or block, where a call gives none."""
        return dict(self.data.get("defaults") or {})

    @property
    def recipe(self) -> AnyMapping[str, Any]:
        """Settings of the training of its networks, as written."""
        return self.data.get("recipe") or {}

    @cached_property
    def parameters(self) -> dict[str, Any]:
        """Document parameters, each after those that it reads; raises UserError for a circle."""
        written = self.data.get("parameters") or {}
        ordered: dict[str, Any] = {}

        def visit(name: str, path: tuple[str, ...]) -> None:
            if name in path:
                circle = " -> ".join((*path[path.index(name) :], name))
                raise UserError(line_of(written, name), f"parameters.{name}: defined by itself ({circle})")
            if name not in ordered:
                for other in names_in(written[name]):
                    if other in written:
                        visit(other, (*path, name))
                ordered[name] = written[name]

        for name in written:
            visit(name, ())
        return ordered

    @cached_property
    def templates(self) -> dict[str, Template]:
        """Blocks and cells by name."""
        templates: dict[str, Template] = {}
        for section in ("blocks", "cells"):
            for name, written in (self.data.get(section) or {}).items():
                where = f"{section}.{name}"
                if name in BUILT_IN or name in self.operations or name in RESERVED or name in templates:
                    taken = "both a block and a cell" if name in templates else "a word of the language"
                    raise UserError(
                        line_of(self.data[section], name) or self.name,
                        f"{where}: '{name}' is {taken}",
                        "choose another name",
                    )
                line = line_of(self.data[section], name) or self.name
                templates[name] = template(name, written, section == "cells", where, line)
        return templates

    def head(self, item: AnyMapping[str, Any]) -> str:
        """What a mapping in a chain is: the word of its form, `call`, or `chain` (names for its items)."""
        head = self._heads.get(id(item))
        if head is None:
            head = self._heads[id(item)] = self._head(item)
        return head

    def _head(self, item: AnyMapping[str, Any]) -> str:
        for form in FORMS:
            if form in item:
                return form
        if len(item) == 1:
            ((name, value),) = item.items()
            if not is_expression(name) and not self._calls(name) and self._is_chain(value):
                return "chain"
            return "call"
        return "chain"

    def _calls(self, name: Any) -> bool:
        return name in OPERATIONS or name in self.templates

    def _is_chain(self, value: Any) -> bool:
        """Whether the one value of a mapping is an item that its key names, not the arguments of an unknown word."""
        if isinstance(value, dict):
            return any(key in FORMS or is_expression(key) or self._calls(key) for key in value)
        return isinstance(value, list) or (isinstance(value, str) and self._calls(value))


def check_top(data: Any, file: str) -> None:
    """A document's top: known keys, and sections that are mappings. Raises UserError."""
    if not isinstance(data, dict):
        raise UserError(file, "a document is a mapping with at least a `network`")
    for key in data:
        if key not in TOP_KEYS:
            raise UserError(line_of(data, key) or file, f"unknown key '{key}'", did_you_mean(key, TOP_KEYS))
    for key in ("parameters", "variants", "blocks", "cells", "defaults", "operations", "final", "recipe"):
        if data.get(key) is not None and not isinstance(data[key], dict):
            raise UserError(line_of(data, key) or file, f"{key}: expected a mapping of names, not {kind_of(data[key])}")
    for name, overrides in (data.get("variants") or {}).items():
        if not isinstance(overrides, dict):
            where, what = line_of(data["variants"], name) or file, f"variants.{name}: expected parameters with values"
            raise UserError(where, what, "write {} where there are none")
    check_about(data, file)
    for name in data.get("parameters") or {}:
        if not is_name(name) or name in WALK_NAMES or name in ABOUT_KEYS:
            what = f"parameters.{name}: not a free name"
            raise UserError(line_of(data["parameters"], name) or file, what, "choose another")


def check_about(data: AnyMapping[str, Any], file: str) -> None:
    """What a document or variant says for people: text, but for the year. Raises UserError."""
    for key in ("name", *ABOUT_KEYS):
        if key not in data:
            continue
        value, expected = data[key], "a whole number" if key == "year" else "text"
        if type(value) is not (int if key == "year" else str) or value == "":
            got = kind_of(value or None)
            raise UserError(line_of(data, key) or file, f"{key}: expected {expected}, not {got}")


def kind_of(value: Any) -> str:
    """What a value is, in the words of documents."""
    kinds = {dict: "a mapping", list: "a list", str: "text", bool: "true or false", type(None): "nothing"}
    return next((word for kind, word in kinds.items() if isinstance(value, kind)), "a number")


def names_in(value: Any) -> set[str]:
    """Names that the expressions in a value read (operations passed as values are read where they are used)."""
    if is_expression(value):
        try:
            return set(parse(value[1:]).names)
        except ExpressionError:
            return set()  # reported with its place when it is read
    if isinstance(value, list):
        return set().union(*map(names_in, value))
    if isinstance(value, dict) and "choice" in value:
        return names_in(value["choice"])
    return set()
