"""From a name or a path to a resolved document: packaged documents, `extends`, variants, overrides, library blocks."""

import copy
import re
from collections.abc import Mapping as AnyMapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from nas.errors import UserError, did_you_mean, shortened
from nas.graph.operations import OPERATIONS
from nas.space.document import Document, check_about, check_top
from nas.space.language import ABOUT_KEYS, FORMS
from nas.space.plain import plain
from nas.space.reader import MAX_BYTES, Mapping, line_of, read_yaml

PACKAGE = Path(__file__).resolve().parent.parent
FOLDER = next(path for path in (PACKAGE / "search_spaces", PACKAGE.parent / "search_spaces") if path.is_dir())
MAX_EXTENDS = 8
IMPLIED = {"projection": "conv_bn", "nodes": "factorized_reduce"}  # what a form uses without naming it
NAMED = ("parameters", "blocks", "cells", "defaults", "final", "recipe")  # sections whose keys are names
WORD = re.compile(r"[A-Za-z_]\w*")


def resolve(name: str, overrides: AnyMapping[str, Any]) -> Document:
    """The document of a packaged name, of a variant's name, or of a path (`file.yaml`, `file.yaml#variant`).

    Raises UserError.
    """
    data, file = _merged(*_find(name), depth=0)
    if "network" not in data:
        raise UserError(file, "a document needs a `network`")
    data = _apply(data, _plain(overrides), file, "override")
    data.pop("variants", None)
    return Document(_with_library(data))


def overridden(document: Document, overrides: AnyMapping[str, Any]) -> Document:
    """The same document with other parameters (or `input` and `classes`)."""
    data: Any = copy.deepcopy(document.data)
    return Document(_with_library(_apply(data, _plain(overrides), document.name, "override")))


def with_recipe(document: Document, recipe: AnyMapping[str, Any]) -> Document:
    """The same document with these settings of the recipe alone. Raises UserError for what is no data."""
    data: Any = copy.deepcopy(document.data)
    data.pop("recipe", None)
    held = {name: plain(value, f"recipe.{name}") for name, value in recipe.items()}
    if held:
        written = document.recipe
        lines = {name: line_of(written, name) for name in held if written.get(name) == recipe[name]}
        data["recipe"] = Mapping(held, lines=lines)
    return Document(data)


def _plain(overrides: AnyMapping[str, Any]) -> dict[str, Any]:
    return {name: plain(value, f"override: {name}") for name, value in overrides.items()}


@lru_cache(maxsize=1)
def packaged() -> dict[str, tuple[Path, str | None]]:
    """Every packaged name: the file, and the variant (None: the document itself)."""
    names: dict[str, tuple[Path, str | None]] = {}
    for path in _documents():
        for name, variant in _names(path):
            if name in names:
                raise UserError(str(path), f"the name '{name}' is taken by {names[name][0].name}")
            names[name] = (path, variant)
    return names


def _documents() -> list[Path]:
    return sorted(path for path in FOLDER.rglob("*.yaml") if path.name != "library.yaml")


def _names(path: Path) -> list[tuple[str, str | None]]:
    """The names that a packaged file gives: its own and its variants'."""
    data = _read(path)
    return [(data.get("name", path.stem), None), *((name, name) for name in data.get("variants") or {})]


def _packaged(name: str) -> tuple[Path, str | None] | None:
    """(file, variant) of a packaged name. Only files that have the word in them are parsed."""
    for path in _documents() if WORD.fullmatch(name) else ():
        if path.stem == name or re.search(rf"\b{name}\b", path.read_text(encoding="utf-8")):
            variant = next((variant for known, variant in _names(path) if known == name), "")
            if variant != "":
                return path, variant
    return None


@lru_cache(maxsize=1)
def library() -> dict[str, Any]:
    """The standard library's blocks, without their lines: errors inside them name the line that uses them."""
    blocks: dict[str, Any] = plain(_read(FOLDER / "library.yaml")["blocks"], "library")
    return blocks


def _find(name: str) -> tuple[Path, str | None]:
    """(file, variant) of a name or path."""
    text, _, variant = name.partition("#")
    if text.endswith((".yaml", ".yml")) or "/" in text:
        path = Path(text)
        if not _is_file(path):
            raise UserError(
                shortened(text), "no such file", "give a packaged name (`nas list`) or a path to a document"
            )
        return path, variant or None
    known = _packaged(name)
    if known is None:
        raise UserError(shortened(name), "no packaged document or variant of this name", did_you_mean(name, packaged()))
    return known


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # a name that no file can have
        return False


@lru_cache(maxsize=256)
def _parsed(path: Path, stamp: tuple[int, int]) -> Mapping:
    file = str(path.relative_to(FOLDER.parent) if path.is_relative_to(FOLDER) else path)
    if stamp[1] > 4 * MAX_BYTES:
        raise UserError(file, f"{stamp[1]} bytes; a document has at most {MAX_BYTES} characters")
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise UserError(file, f"cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise UserError(file, f"cannot be read as UTF-8: {error.reason} at byte {error.start}") from None
    data = read_yaml(text, file)
    check_top(data, file)
    return data


def _read(path: Path) -> Mapping:
    stat = path.stat()
    return _parsed(path, (stat.st_mtime_ns, stat.st_size))


def _merged(path: Path, variant: str | None, depth: int) -> tuple[Mapping, str]:
    """A file's document with its parent merged in and its variant applied, and the file's name for errors."""
    written = copy.deepcopy(_read(path))
    file = line_of(written).rpartition(":")[0] or str(path)
    data = written
    if "extends" in written:
        parent = written.pop("extends")
        if depth >= MAX_EXTENDS:
            raise UserError(file, f"extends: more than {MAX_EXTENDS} documents deep", "does it extend itself?")
        base, _ = _merged(*_parent(parent, path, line_of(written, "extends") or file), depth + 1)
        for own in ("name", "variants", "description", "notes", "deviation"):
            base.pop(own, None)  # said of the parent alone
        data = merge(base, written)
        _check_read(written.get("parameters") or {}, base.get("parameters") or {}, data, file)
    data.setdefault("name", path.stem)
    variants = written.get("variants") or {}
    _check_declared(data, data.get("final") or {}, file, "final")
    for name in variants:
        _check_declared(data, variants[name], file, f"variants.{name}", ABOUT_KEYS)
        check_about(variants[name], file)
    if variant is not None:
        if variant not in variants:
            raise UserError(file, f"no variant '{variant}'", did_you_mean(variant, variants))
        said = {key: value for key, value in variants[variant].items() if key in ABOUT_KEYS}
        values = {key: value for key, value in variants[variant].items() if key not in ABOUT_KEYS}
        data = _apply(data, values, file, f"variants.{variant}")
        data.update(said, name=variant)
    return data, file


def _parent(parent: Any, path: Path, where: str) -> tuple[Path, str | None]:
    if not isinstance(parent, str):
        raise UserError(where, f"extends: expected a name or a file beside this one, not {parent!r}")
    text, _, variant = parent.partition("#")
    if not text.endswith((".yaml", ".yml")):
        known = _packaged(parent)
        if known is None:
            what = f"extends: no packaged document or variant '{shortened(parent)}'"
            raise UserError(where, what, did_you_mean(parent, packaged()))
        return known
    target = path.parent / text
    if not _is_file(target) or not target.resolve().is_relative_to(path.parent.resolve()):
        raise UserError(where, f"extends: no file '{shortened(text)}' in this document's folder")
    return target, variant or None


def _check_read(own: AnyMapping[str, Any], parents: AnyMapping[str, Any], data: Mapping, file: str) -> None:
    """A parameter that a child adds to its parent's is read by some expression: else it is one of those, misspelt."""
    read = _words_read(data) - _loop_variables(data)
    for name in own:
        if name not in parents and name not in read:
            what = f"parameters.{name}: no expression reads it"
            raise UserError(line_of(own, name) or file, what, did_you_mean(name, parents))


def _words_read(value: Any) -> set[str]:
    """The words in expressions, keys among them."""
    if isinstance(value, str):
        return set(WORD.findall(value)) if value.startswith("=") else set()
    if isinstance(value, dict):
        return set().union(*(_words_read(key) | _words_read(item) for key, item in value.items()))
    if isinstance(value, list):
        return set().union(*map(_words_read, value))
    return set()


def _loop_variables(value: Any) -> set[str]:
    """The names that a `for` anywhere gives, which hide parameters of the same name."""
    if isinstance(value, dict):
        given = value.get("for")
        return set(given if isinstance(given, dict) else ()).union(*map(_loop_variables, value.values()))
    return set().union(*map(_loop_variables, value)) if isinstance(value, list) else set()


def _apply(data: Mapping, overrides: AnyMapping[str, Any], file: str, where: str) -> Mapping:
    """`overrides` as the values of `input`, `classes` and declared parameters."""
    _check_declared(data, overrides, file, where)
    for name, value in overrides.items():
        (data if name in ("input", "classes") else data["parameters"])[name] = copy.deepcopy(value)
    return data


def _check_declared(
    data: Mapping, overrides: AnyMapping[str, Any], file: str, where: str, besides: tuple[str, ...] = ()
) -> None:
    known = ["input", "classes", *besides, *(data.get("parameters") or {})]
    for name in overrides:
        if name not in known:
            what = f"{where}: no parameter '{name}'"
            raise UserError(line_of(overrides, name) or file, what, did_you_mean(name, known))


def merge(base: Any, child: Any, names: bool = False) -> Any:
    """Mappings merge deeply; lists and scalars replace, and so does an operation or form with another first word.

    A child of other keys of the same form alone (a `shortcut`, say, without its `residual`) changes these.
    `names`: the keys name things, so that none of them is such a word.
    """
    if not (isinstance(base, dict) and isinstance(child, dict)):
        return child
    if not (names or _word(base) == _word(child) or _is_part(child, _word(base))):
        return child
    lines = {**getattr(base, "lines", {}), **getattr(child, "lines", {})}
    merged = {
        key: merge(base[key], child[key], key in NAMED) if key in base and key in child else {**base, **child}[key]
        for key in {**base, **child}
    }
    return Mapping(merged, getattr(child, "where", ""), lines)


def _is_part(item: AnyMapping[str, Any], form: str | None) -> bool:
    """Whether all that stands in `item` are keys of `form`."""
    return form in FORMS and len(item) > 0 and set(item) <= set(FORMS[form])


def _word(item: AnyMapping[str, Any]) -> str | None:
    """The word that an item of a chain begins with; None for a mapping of names."""
    form = next((form for form in FORMS if form in item), None)
    if form is None and len(item) == 1:
        (name,) = item
        return name if name in OPERATIONS or name in library() or name.startswith("=") else None
    return form


def _with_library(data: Mapping) -> Mapping:
    """The document with the library's blocks that it names, and those that they name, among its own."""
    blocks = data.get("blocks") or Mapping(where=line_of(data))
    written = {key: value for key, value in data.items() if key not in ABOUT_KEYS}
    available, needed = library(), dict.fromkeys(_words(written))
    for word, block in IMPLIED.items():
        if word in needed:
            needed[block] = None
    todo = [name for name in needed if name in available]
    while todo:
        name = todo.pop()
        if name not in blocks and name not in (data.get("cells") or {}):
            blocks[name] = available[name]
            todo.extend(word for word in _words(available[name]) if word in available)
    if blocks:
        data["blocks"] = blocks
    return data


def _words(value: Any) -> set[str]:
    if isinstance(value, str):
        return set(WORD.findall(value))
    if isinstance(value, dict):
        return set().union(*(_words(key) | _words(item) for key, item in value.items()))
    if isinstance(value, list):
        return set().union(*map(_words, value))
    return set()
