"""Settings of its training that a document holds: `recipe: {learning_rate: =lr}`, searched with the architecture."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from nas.errors import UserError
from nas.space import load as load_space
from nas.space.expressions import ExpressionError
from nas.space.values import is_plain
from nas.training.recipe import Recipe

if TYPE_CHECKING:
    from nas.space import Space

CANDIDATES = ("epochs", "steps", "evaluate_every")  # how long these train; a winner's last training is another


def load(name: str, **overrides: Any) -> Space:
    """Load a document, which is one network or a search space.

    Args:
        name: a packaged name (`resnet50`, `nasbench201`), the path of a document, or `path#variant`.
        overrides: parameters of the document by name, among them `input` (channels, height, width) and `classes`.

    Returns:
        The space. `space.fixed` tells whether it is one network, `space.sample(rng)` draws a genome.

    Raises:
        UserError: something is wrong in the document under any of its answers, with the file, the line and the place;
            or with a setting of its `recipe`.
    """
    space = load_space(name, **overrides)
    check_recipe(space)
    return space


def check_recipe(space: Space) -> None:
    """Raises UserError (file, line, place) where some answers give a recipe that cannot be."""
    space.settings(_check)


def _check(name: str, value: Any) -> None:
    try:
        Recipe().replace(**{name: value})
    except UserError as error:
        raise ExpressionError(f"{error.what}; {error.hint}") from None


def opened(settings: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """(plain settings, those with expressions and choices, which belong into the document)."""
    plain = {name: value for name, value in settings.items() if is_plain(value)}
    return plain, {name: value for name, value in settings.items() if name not in plain}


def applied(recipe: Recipe, settings: Mapping[str, Any]) -> Recipe:
    """The recipe with these settings; one that counts steps counts epochs where these are set."""
    if "epochs" in settings:
        settings = {"steps": None, **settings}
    return recipe.replace(**settings)


def lasting(settings: Mapping[str, Any]) -> dict[str, Any]:
    """The settings that hold for a winner's last training too."""
    return {name: value for name, value in settings.items() if name not in CANDIDATES}
