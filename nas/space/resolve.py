"""From a name or a path to a resolved document: `extends`, variants, overrides, library blocks."""

import copy
from collections.abc import Mapping as AnyMapping
from pathlib import Path
from typing import Any

from nas.errors import UserError, did_you_mean, shortened
from nas.space.document import Document, check_about
from nas.space.files import find_document, find_packaged, is_file, packaged, read_document
from nas.space.language import ABOUT_KEYS
from nas.space.library import WORD, with_library
from nas.space.merge import merge
from nas.space.plain import plain
from nas.space.reader import Mapping, line_of

MAX_EXTENDS = 8


def resolve(name: str, overrides: AnyMapping[str, Any]) -> Document:
    """The document of a packaged name, of a variant's name, or of a path (`file.yaml`, `file.yaml#variant`).

    Raises UserError.
    """
    data, file = _merged(*find_document(name), depth=0)
    if "network" not in data:
        raise UserError(file, "a document needs a `network`")
    data = _apply(data, _plain(overrides), file, "override")
    data.pop("variants", None)
    return Document(with_library(data))


def overridden(document: Document, overrides: AnyMapping[str, Any]) -> Document:
    """The same document with other parameters (or `input` and `classes`)."""
    data: Any = copy.deepcopy(document.data)
    return Document(with_library(_apply(data, _plain(overrides), document.name, "override")))


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


def _merged(path: Path, variant: str | None, depth: int) -> tuple[Mapping, str]:
    """A file's document with its parent merged in and its variant applied, and the file's name for errors."""
    written = copy.deepcopy(read_document(path))
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
        file_and_variant = find_packaged(parent)
        if file_and_variant is None:
            what = f"extends: no packaged document or variant '{shortened(parent)}'"
            raise UserError(where, what, did_you_mean(parent, packaged()))
        return file_and_variant
    target = path.parent / text
    if not is_file(target) or not target.resolve().is_relative_to(path.parent.resolve()):
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
    declared = ["input", "classes", *besides, *(data.get("parameters") or {})]
    for name in overrides:
        if name not in declared:
            what = f"{where}: no parameter '{name}'"
            raise UserError(line_of(overrides, name) or file, what, did_you_mean(name, declared))
