"""The training of candidates that a search's user asks for: its recipe, settings of it, and the device."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from nas.errors import UserError
from nas.evaluators import Proxy, Train
from nas.space import Space
from nas.training import Recipe
from nas.training.document import applied, opened
from nas.types import Evaluator


def trained_by(
    evaluator: Evaluator, recipe: Recipe | None, settings: Mapping[str, Any], device: str | None
) -> Evaluator:
    """The evaluator with this recipe (None: its own), these settings of it where they are plain, and this device.

    Raises UserError where the evaluator trains nothing.
    """
    if recipe is None and not settings and device is None:
        return evaluator
    train = evaluator.train if isinstance(evaluator, Proxy) else evaluator
    if not isinstance(train, Train):
        where = "device" if recipe is None and not settings else "recipe"
        raise UserError(where, "the evaluator trains no networks", "leave it out, or use the evaluator 'train'")
    images = {name: value for name in ("flip", "crop") if (value := getattr(train.recipe, name)) is not None}
    fixed = {**images, **opened(settings)[0]}
    train = replace(train, recipe=applied(recipe or train.recipe, fixed), device=device or train.device)
    return replace(evaluator, train=train) if isinstance(evaluator, Proxy) else train


def asked(
    recipe: str | Recipe | Mapping[str, Any] | None, settings: Mapping[str, Any] | None
) -> tuple[Recipe | None, dict[str, Any]]:
    """(the recipe, if one is given; settings of it). Raises UserError for what is neither."""
    if not isinstance(settings, Mapping | None):
        raise UserError("recipe_set", f"is {settings!r}", "give names with values: {'learning_rate': 0.05}")
    if isinstance(recipe, Mapping):
        return None, {**recipe, **(settings or {})}
    if not isinstance(recipe, str | Recipe | None):
        raise UserError("recipe", f"is {recipe!r}", "give the name of one, a nas.training.Recipe, or its settings")
    return Recipe.named(recipe) if isinstance(recipe, str) else recipe, dict(settings or {})


def holding(space: Space, settings: Mapping[str, Any]) -> Space:
    """The space, whose document holds the settings that are searched, and none of those that the user fixes."""
    fixed, searched = opened(settings)
    held = {**{name: value for name, value in space.document.recipe.items() if name not in fixed}, **searched}
    return space if held == space.document.recipe else space.with_recipe(held)
