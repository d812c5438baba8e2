"""The training of candidates that a search's user asks for: its recipe, its device, what it measures."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from nas.errors import UserError
from nas.evaluators import Evaluator, Settings, chosen
from nas.graph.limits import parse_limits
from nas.objectives import Objective, parse_objectives
from nas.run.settings import Request
from nas.space import Space
from nas.training import Recipe
from nas.training.document import applied, opened

LATENCY = "latency_ms"


def asked_for(asked: Request) -> tuple[Evaluator, tuple[Objective, ...]]:
    """The evaluator that a search is asked for, and the objectives, as far as they are known without data.

    Raises UserError for what cannot be.
    """
    evaluation = Settings(
        space=asked.space.name if isinstance(asked.space, Space) else str(asked.space),
        **asked.part("evaluator"),
        images=asked.part("images", given=True),
        augmentation=asked.part("augmentation", given=True),
    )
    own = trained_by(chosen(asked.evaluator, evaluation), *recipe_of(asked.recipe, asked.recipe_set), asked.device)
    objectives = parse_objectives(list(asked.objectives) or own.objectives)
    return measuring(weighing(own, asked.class_weights), objectives, parse_limits(asked.limits)), objectives


def trained_by(
    evaluator: Evaluator, recipe: Recipe | None, settings: Mapping[str, Any], device: str | None
) -> Evaluator:
    """The evaluator with this recipe (None: its own), these settings of it where they are plain, and this device.

    Raises UserError where the evaluator trains nothing.
    """
    if recipe is None and not settings and device is None:
        return evaluator
    train = evaluator.trainer
    if train is None:
        where = "device" if recipe is None and not settings else "recipe"
        raise UserError(where, "the evaluator trains no networks", "leave it out, or use the evaluator 'train'")
    images = {name: value for name in ("flip", "crop") if (value := getattr(train.recipe, name)) is not None}
    fixed = {**images, **opened(settings)[0]}
    recipe = applied(recipe or train.recipe, fixed)
    return evaluator.with_trainer(replace(train, recipe=recipe, device=device or train.device))


def weighing(evaluator: Evaluator, class_weights: str | None) -> Evaluator:
    """The evaluator, so that candidates and the winner train with these weights of the classes in the loss.

    Raises UserError for a user's own and for a table, which do not train by our recipes.
    """
    if class_weights is None:
        return evaluator
    train = evaluator.trainer
    if train is None:
        raise UserError("class_weights", "only the evaluators 'train' and 'proxy' train by a recipe", "leave it out")
    final = train.final_recipe and train.final_recipe.replace(class_weights=class_weights)
    recipe = train.recipe.replace(class_weights=class_weights)
    return evaluator.with_trainer(replace(train, recipe=recipe, final_recipe=final))


def measuring(evaluator: Evaluator, objectives: Sequence[Objective], limits: Mapping[str, float]) -> Evaluator:
    """The evaluator, so that it measures `latency_ms` where that is an objective or has a limit.

    Raises UserError where it is limited and the evaluator is a user's own.
    """
    limit, train = limits.get(LATENCY), evaluator.trainer
    if limit is None and all(objective.metric != LATENCY for objective in objectives):
        return evaluator
    if train is not None:
        return evaluator.with_trainer(replace(train, latency_batch=train.latency_batch or 1, latency_limit=limit))
    if limit is not None:
        what = "only the evaluators 'train' and 'proxy' measure it before they go on"
        raise UserError(f"limit {LATENCY}", what, "let your own raise an error for what is too slow")
    return evaluator


def recipe_of(
    recipe: str | Recipe | Mapping[str, Any] | None, settings: Mapping[str, Any]
) -> tuple[Recipe | None, dict[str, Any]]:
    """(the recipe, if one is given; settings of it). Raises UserError for what is none."""
    if isinstance(recipe, Mapping):
        return None, {**recipe, **settings}
    if not isinstance(recipe, str | Recipe | None):
        raise UserError("recipe", f"is {recipe!r}", "give the name of one, a nas.training.Recipe, or its settings")
    return Recipe.named(recipe) if isinstance(recipe, str) else recipe, dict(settings)


def holding(space: Space, settings: Mapping[str, Any]) -> Space:
    """The space, whose document holds the settings that are searched, and none of those that the user fixes."""
    fixed, searched = opened(settings)
    held = {**{name: value for name, value in space.document.recipe.items() if name not in fixed}, **searched}
    return space if held == space.document.recipe else space.with_recipe(held)
