"""The recipes that come with the project, read from `recipes.yaml` when the first one is asked for."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path

from nas.errors import UserError, did_you_mean
from nas.training.recipe import Recipe

FILE = Path(__file__).with_name("recipes.yaml")


@dataclass(frozen=True)
class Named:
    """A recipe, where it is from, and what of its source it leaves out or reads between the lines."""

    source: str
    notes: str
    recipe: Recipe


@functools.cache
def recipes() -> dict[str, Named]:
    """By name, in the file's order. Raises UserError for a mistake in the file."""
    from nas.space.reader import read_yaml

    found = {}
    for name, entry in read_yaml(FILE.read_text(encoding="utf-8"), FILE.name).items():
        settings = {key: value for key, value in entry.items() if key not in ("source", "notes")}
        try:
            found[name] = Named(entry["source"], entry.get("notes", ""), Recipe.from_json(settings))
        except UserError as error:
            raise UserError(f"{FILE.name}: {name}: {error.where}", error.what, error.hint) from None
    return found


def named(name: str) -> Recipe:
    """The recipe of that name; raises UserError where there is none."""
    if name not in recipes():
        raise UserError(f"recipe '{name}'", "no such recipe", did_you_mean(name, recipes()))
    return recipes()[name].recipe
