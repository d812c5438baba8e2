"""Reading YAML from anyone: plain values only, each knowing its line; every way to make it explode is bounded.

YAML 1.2's reading of scalars: `no` is a word, `1e-3` a number. Duplicate keys, tags, merges and non-text keys are
refused.
"""

import contextlib
import math
import re
from typing import Any

import yaml

from nas.errors import UserError, shortened

MAX_BYTES, MAX_DEPTH, MAX_VALUES, MAX_KEY = 1_000_000, 60, 100_000, 200
TOO_DEEP = f"nested deeper than {MAX_DEPTH}"
Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
INT = re.compile(r"[-+]?[0-9]+$")
FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$")
QUOTED = 'an expression that holds a comma, a bracket or a quote is quoted: "=max(a, b)"'
WORDS = {"true": True, "True": True, "false": False, "False": False, "null": None, "~": None, "": None}


class Mapping(dict[str, Any]):
    """A mapping that knows where it and each of its keys was written (`file:line`)."""

    def __init__(self, items: Any = (), where: str = "", lines: dict[str, str] | None = None) -> None:
        super().__init__(items)
        self.where, self.lines = where, dict(lines or {})


class Sequence(list[Any]):
    """A list that knows where it and each of its items was written (`file:line`)."""

    def __init__(self, items: Any = (), where: str = "", lines: list[str] | None = None) -> None:
        super().__init__(items)
        self.where, self.lines = where, lines or []
        self.answers: Any = None  # as alternatives of a choice, once known (`nas.space.values`)


def line_of(container: Any, key: Any = None) -> str:
    """`file:line` of a container's entry (or of the container itself); empty where nothing is known."""
    if isinstance(container, Mapping):
        return container.lines.get(key, container.where)
    if isinstance(container, Sequence):
        return container.lines[key] if isinstance(key, int) and key < len(container.lines) else container.where
    return ""


def read_yaml(text: str, file: str = "document") -> Any:
    """The value of a YAML text. Raises UserError (`file:line: ...`) for what is not plain, bounded YAML."""
    if len(text) > MAX_BYTES:
        raise UserError(file, f"{len(text)} characters; a document has at most {MAX_BYTES}")
    try:
        return _Reader(file).read(Loader(text))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        _refuse_depth(text[: mark.index] if mark else text, file)
        where = f"{file}:{mark.line + 1}" if mark else file
        problem = getattr(error, "problem", None) or getattr(error, "reason", None) or str(error)
        raise UserError(where, f"not readable as YAML: {problem}", QUOTED if "=" in text else "") from None


def _refuse_depth(text: str, file: str) -> None:
    """Raises UserError where `text`, as far as it is YAML, nests too deep.

    A parser that scans ahead may stop at a bound of its own before the reader has seen an event: what came before is
    YAML, and is asked again.
    """
    events: Any = yaml.parse(text, Loader=Loader)
    depth = 0
    with contextlib.suppress(yaml.YAMLError):
        for event in events:
            node: bool = isinstance(event, yaml.NodeEvent)
            if node and depth > MAX_DEPTH:
                raise UserError(f"{file}:{event.start_mark.line + 1}", TOO_DEEP)
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)


def read_scalar(text: str) -> Any:
    """A plain scalar's value: whole number, number, true, false, null, else the text itself."""
    if text in WORDS:
        return WORDS[text]
    if INT.match(text) and len(text) <= 30:
        return int(text)
    if FLOAT.match(text) and math.isfinite(number := float(text)):
        return number
    return text


class _Reader:
    """Builds values from YAML's events, so that bounds hold before anything is built."""

    def __init__(self, file: str) -> None:
        self.file, self.count = file, 0
        self.anchors: dict[str, tuple[Any, int, int]] = {}  # value, how many values it is, how deep they go
        self.deepest = 0

    def where(self, event: Any) -> str:
        return f"{self.file}:{event.start_mark.line + 1}"

    def read(self, loader: Any) -> Any:
        loader.get_event()  # stream start
        if isinstance(loader.peek_event(), yaml.StreamEndEvent):
            raise UserError(self.file, "the document is empty")
        loader.get_event()  # document start
        value = self.value(loader, 0)
        loader.get_event()  # document end
        if not isinstance(event := loader.get_event(), yaml.StreamEndEvent):
            raise UserError(self.where(event), "a second document in one file", "keep one document a file")
        return value

    def spend(self, event: Any, values: int = 1) -> None:
        self.count += values
        if self.count > MAX_VALUES:
            raise UserError(self.where(event), f"more than {MAX_VALUES} values, aliases expanded")

    def reach(self, event: Any, depth: int) -> None:
        self.deepest = max(self.deepest, depth)
        if depth > MAX_DEPTH:
            raise UserError(self.where(event), TOO_DEEP)

    def value(self, loader: Any, depth: int) -> Any:
        event = loader.get_event()
        self.reach(event, depth)
        if isinstance(event, yaml.AliasEvent):
            if event.anchor not in self.anchors:
                raise UserError(self.where(event), f"unknown alias '*{event.anchor}'")
            value, size, levels = self.anchors[event.anchor]
            self.spend(event, size)
            self.reach(event, depth + levels)
            return value
        if event.tag and not (isinstance(event, yaml.ScalarEvent) and event.tag == "!"):
            raise UserError(self.where(event), f"the tag {event.tag} is not allowed", "write plain values")
        before, outer, self.deepest = self.count, self.deepest, depth
        self.spend(event)
        value = self.node(event, loader, depth)
        if event.anchor:
            self.anchors[event.anchor] = (value, self.count - before, self.deepest - depth)
        self.deepest = max(outer, self.deepest)
        return value

    def node(self, event: Any, loader: Any, depth: int) -> Any:
        if isinstance(event, yaml.ScalarEvent):
            if event.style:
                return event.value
            if event.value.startswith("=") and event.value.count("(") > event.value.count(")"):
                raise UserError(self.where(event), f"'{shortened(event.value)}' is cut off at a comma", QUOTED)
            return read_scalar(event.value)
        if isinstance(event, yaml.SequenceStartEvent):
            items, lines = [], []
            while not isinstance(loader.peek_event(), yaml.SequenceEndEvent):
                lines.append(self.where(loader.peek_event()))
                items.append(self.value(loader, depth + 1))
            loader.get_event()
            return Sequence(items, self.where(event), lines)
        result = Mapping(where=self.where(event))
        while not isinstance(loader.peek_event(), yaml.MappingEndEvent):
            where = self.where(loader.peek_event())
            key = self.value(loader, depth + 1)
            if isinstance(key, bool | int | float):
                key = str(key)
            if not isinstance(key, str) or not 0 < len(key) <= MAX_KEY:
                raise UserError(where, f"a key must be a word of at most {MAX_KEY} characters", "quote a short one")
            if key == "<<":
                raise UserError(
                    where, "merge keys '<<' are not part of the language", "use `extends`, a block or a parameter"
                )
            if key in result:
                raise UserError(where, f"the key '{key}' stands twice in one mapping", "rename or remove one")
            result.lines[key] = where
            result[key] = self.value(loader, depth + 1)
        loader.get_event()
        return result
