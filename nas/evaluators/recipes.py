"""By which recipe the winner of a search trains in the end."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nas.training.recipe import Recipe

KEPT = ("precision", "channels_last", "cuda_graphs", "class_weights")


def final_recipe(candidates: Recipe, given: Recipe | None, settings: Mapping[str, Any] | None) -> Recipe:
    """The recipe `given`; None: the one named "final", with what of the candidates' is no matter of how long to train.

    settings: of the genome's document, which hold unless a recipe is given.
    """
    from nas.training.document import lasting

    recipe = given or Recipe.named("final").replace(
        **{name: getattr(candidates, name) for name in KEPT} | lasting(settings or {})
    )
    # whether a mirrored image is still of its class does not change with the epochs
    images = {name: value for name in ("flip", "crop") if (value := getattr(candidates, name)) is not None}
    recipe = recipe.replace(**{name: value for name, value in images.items() if getattr(recipe, name) is None})
    return recipe.replace(evaluate_every=0)  # the test images are looked at once, at the end
