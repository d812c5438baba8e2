"""A document over its parent: `extends`."""

from collections.abc import Mapping as AnyMapping
from typing import Any

from nas.graph.operations import OPERATIONS
from nas.space.language import FORMS
from nas.space.library import library
from nas.space.reader import Mapping

NAMED = ("parameters", "blocks", "cells", "defaults", "operations", "final", "recipe")  # sections whose keys are names


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
