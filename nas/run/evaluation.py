"""Which evaluator a search uses: one of ours by name, or the user's own, and how `run.yaml` remembers it."""

import inspect
from dataclasses import fields
from pathlib import Path
from typing import Any

from nas.errors import UserError, did_you_mean
from nas.evaluators import FunctionEvaluator, Train
from nas.training import Recipe
from nas.types import Evaluator

NAMES = ("train",)


def evaluator_of(given: Any, dataset: str, data: str | None, final_recipe: str | None = None) -> Evaluator:
    """The evaluator meant by a name, a function of a genome, or an evaluator. Raises UserError for anything else.

    `final_recipe` names that of the winner's last training by the built-in evaluator.
    """
    if given == "train":
        folder = Path(dataset).expanduser()
        name = str(folder.resolve()) if "/" in dataset or (folder / ".").is_dir() else dataset
        final = Recipe.named(final_recipe) if final_recipe else None
        return Train(dataset=name, data=str(Path(data).expanduser().resolve()) if data else None, final_recipe=final)
    if isinstance(given, str):
        raise UserError("evaluator", f"unknown evaluator '{given}'", did_you_mean(given, NAMES))
    if not callable(given):
        raise UserError("evaluator", f"{given!r} cannot be called", "give a function of a genome, or 'train'")
    evaluator: Evaluator = given if _takes_trials(given) else FunctionEvaluator(given)
    return evaluator


def describe(evaluator: Evaluator) -> dict[str, Any]:
    """Plain values from which `revive` makes one of our evaluators again; of a user's own, only what it was called."""
    if isinstance(evaluator, Train):
        values = {item.name: getattr(evaluator, item.name) for item in fields(evaluator)}
        final = evaluator.final_recipe.to_json() if evaluator.final_recipe else None
        return {"name": "train", **values, "recipe": evaluator.recipe.to_json(), "final_recipe": final}
    own = evaluator.function if isinstance(evaluator, FunctionEvaluator) else evaluator
    named = own if hasattr(own, "__qualname__") else type(own)
    return {"function": f"{named.__module__}:{named.__qualname__}"}


def revive(description: dict[str, Any], given: Any = None) -> Evaluator:
    """The evaluator of a run that goes on. Nothing that a run directory names is imported: a function is given again.

    Raises UserError where one is needed and none is given, and for a description that fits no evaluator.
    """
    if "function" in description:
        if given is None:
            what = f"its evaluator was the function {description['function']}"
            raise UserError("run", what, "give it again: nas.resume(path, evaluator=function)")
        return evaluator_of(given, "", None)
    if given is not None:
        raise UserError("run", f"its evaluator is '{description.get('name')}'", "leave evaluator out")
    values = {name: value for name, value in description.items() if name != "name"}
    known = {item.name for item in fields(Train)}
    recipe, final = values.get("recipe"), values.pop("final_recipe", None)
    right = description.get("name") == "train" and set(values) <= known and isinstance(final, dict | None)
    if not right or not isinstance(recipe, dict):
        raise UserError("run", f"not an evaluator: {sorted(description)}", "restore run.yaml from a copy")
    recipes = {"recipe": Recipe.from_json(recipe), "final_recipe": Recipe.from_json(final) if final else None}
    return Train(**{**values, **recipes})


def most_epochs(evaluator: Evaluator, epochs: int | None, schedule: str) -> int | None:
    """The epochs of a whole training, where a schedule shares them out. Raises UserError where none are counted."""
    if isinstance(evaluator, FunctionEvaluator):
        what = "a function of a genome counts no epochs"
        raise UserError(f"schedule {schedule}", what, "give a function of (trial, report, checkpoint): trial.budget")
    return evaluator.recipe.epochs if epochs is None and isinstance(evaluator, Train) else epochs


def takes_checkpoint(evaluator: Evaluator) -> bool:
    """Whether it is to be called with (trial, report, checkpoint); some of the users' take the first two alone."""
    if isinstance(evaluator, Train):
        return True
    try:
        inspect.signature(evaluator).bind(None, None, None)
    except (TypeError, ValueError):
        return False
    return True


def _takes_trials(function: Any) -> bool:
    """Whether a callable wants (trial, report) as evaluators do, rather than a genome."""
    if isinstance(function, FunctionEvaluator | Train):
        return True
    try:
        parameters = inspect.signature(function).parameters.values()
    except ValueError:  # some built-in functions have none
        return False
    positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return sum(item.kind in positional and item.default is inspect.Parameter.empty for item in parameters) >= 2
