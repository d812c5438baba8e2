"""Which evaluator a search uses: one of ours by name, or the user's own, and how `run.yaml` remembers it."""

import inspect
from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from nas.errors import UserError, did_you_mean
from nas.evaluators import FunctionEvaluator, Proxy, TableEvaluator, Train
from nas.evaluators.proxy import IMAGES
from nas.evaluators.tables.nats import is_nats
from nas.run.objectives import Objective, missing, named
from nas.training import Recipe
from nas.types import Evaluator

OURS = (Train, Proxy, TableEvaluator)
COSTS = ("parameters", "mult_adds")
TRAINED, NAMES = ("train", "proxy"), ("train", "proxy", "table")
LATENCY = "latency_ms"
PROXY = ("names", "images", "train")


def evaluator_of(
    given: Any,
    dataset: str | None,
    data: str | None,
    final_recipe: str | None = None,
    proxies: Sequence[str] = (),
    table: str | None = None,
    images: Mapping[str, Any] | None = None,
    augmentation: Mapping[str, Any] | None = None,
) -> Evaluator:
    """The evaluator meant by a name, a function of a genome, or an evaluator. Raises UserError for anything else.

    `final_recipe` names that of the winner's last training by the built-in evaluators; `proxies` what "proxy" computes;
    `table` the file that "table" reads. dataset: None is digits, and a table's CIFAR-10. `images`: how these are read,
    fields of Train; `augmentation`: settings of the recipes of candidates and of the winner.
    """
    images, augmentation = ({n: v for n, v in (each or {}).items() if v is not None} for each in (images, augmentation))
    if given not in TRAINED and (lost := [*images, *augmentation]):
        hint = "they are for 'train' and 'proxy'; give them to the evaluator itself: Train(...)"
        raise UserError("evaluator", f"it is another, and takes no {', '.join(lost)}", hint)
    if (table is not None) != (given == "table"):
        what = "the evaluator 'table' reads one, and no other does"
        raise UserError("table", what, "--evaluator table --table FILE; none comes with most spaces")
    if table is not None:
        return TableEvaluator(str(Path(table).expanduser().resolve()), dataset or "cifar10")
    dataset = dataset or "digits"
    if proxies and given != "proxy":
        raise UserError("proxy", "the evaluator is another", "use the evaluator 'proxy' (--evaluator proxy)")
    if given in TRAINED:
        folder = Path(dataset).expanduser()
        name = str(folder.resolve()) if "/" in dataset or (folder / ".").is_dir() else dataset
        final = Recipe.named(final_recipe).replace(**augmentation) if final_recipe else None
        train = Train(
            dataset=name,
            data=str(Path(data).expanduser().resolve()) if data else None,
            recipe=Recipe.named("search").replace(**augmentation),
            final_recipe=final,
            **images,
        )
        if given == "proxy":
            return Proxy(tuple(proxies), train) if proxies else Proxy(train=train)
        return train
    if isinstance(given, str):
        raise UserError("evaluator", f"unknown evaluator '{given}'", did_you_mean(given, NAMES))
    if not callable(given):
        raise UserError("evaluator", f"{given!r} cannot be called", "give a function of a genome, or 'train'")
    evaluator: Evaluator = given if _takes_trials(given) else FunctionEvaluator(given)
    return evaluator


def weighing(evaluator: Evaluator, class_weights: str | None) -> Evaluator:
    """The evaluator, so that candidates and the winner train with these weights of the classes in the loss.

    Raises UserError for a user's own and for a table, which do not train by our recipes.
    """
    if class_weights is None:
        return evaluator
    train = evaluator.train if isinstance(evaluator, Proxy) else evaluator
    if not isinstance(train, Train):
        raise UserError("class_weights", "only the evaluators 'train' and 'proxy' train by a recipe", "leave it out")
    final = train.final_recipe and train.final_recipe.replace(class_weights=class_weights)
    train = replace(train, recipe=train.recipe.replace(class_weights=class_weights), final_recipe=final)
    return replace(evaluator, train=train) if isinstance(evaluator, Proxy) else train


def measuring(evaluator: Evaluator, objectives: Sequence[Objective], limits: Mapping[str, float]) -> Evaluator:
    """The evaluator, so that it measures `latency_ms` where that is an objective or has a limit.

    Raises UserError where it is limited and the evaluator is a user's own.
    """
    limit = limits.get(LATENCY)
    if limit is None and all(objective.metric != LATENCY for objective in objectives):
        return evaluator
    train = evaluator.train if isinstance(evaluator, Proxy) else evaluator
    if isinstance(train, Train):
        train = replace(train, latency_batch=train.latency_batch or 1, latency_limit=limit)
        return replace(evaluator, train=train) if isinstance(evaluator, Proxy) else train
    if limit is not None:
        what = "only the evaluators 'train' and 'proxy' measure it before they go on"
        raise UserError(f"limit {LATENCY}", what, "let your own raise an error for what is too slow")
    return evaluator


def measured(evaluator: Evaluator, objectives: Sequence[Objective]) -> tuple[Objective, ...]:
    """The objectives by the names of the evaluator's metrics: of ours, `accuracy` is `valid_accuracy`.

    Raises UserError for one that is no metric of one of our evaluators: each trial would fail in vain.
    """
    if isinstance(evaluator, OURS) and type(evaluator) in OURS:
        known = (*evaluator.measures, *COSTS)
        objectives = named(objectives, known)
        if lacking := missing(objectives, dict.fromkeys(known, 0.0)):
            raise UserError(f"objective {lacking}", "the evaluator does not measure it", did_you_mean(lacking, known))
    return tuple(objectives)


def describe(evaluator: Evaluator) -> dict[str, Any]:
    """Plain values from which `revive` makes one of our evaluators again; of a user's own, only what it was called."""
    if isinstance(evaluator, Proxy):
        names = list(evaluator.names)
        return {"name": "proxy", "names": names, "images": evaluator.images, "train": describe(evaluator.train)}
    if isinstance(evaluator, TableEvaluator):
        return {"name": "table", "table": evaluator.table, "dataset": evaluator.dataset}
    if isinstance(evaluator, Train):
        values = {item.name: getattr(evaluator, item.name) for item in fields(evaluator)}
        final = evaluator.final_recipe.to_json() if evaluator.final_recipe else None
        return {"name": "train", **values, "recipe": evaluator.recipe.to_json(), "final_recipe": final}
    own = evaluator.function if isinstance(evaluator, FunctionEvaluator) else evaluator
    named = own if hasattr(own, "__qualname__") else type(own)
    return {"function": f"{named.__module__}:{named.__qualname__}"}


def revive(description: dict[str, Any], given: Any = None, table: str | None = None) -> Evaluator:
    """The evaluator of a run that goes on. Nothing that a run directory names is imported: a function is given again.

    Likewise `table`, where it is a pickle: reading one can run any code.

    Raises UserError where one is needed and none is given, and for a description that fits no evaluator.
    """
    if "function" in description:
        if given is None:
            what = f"its evaluator was the function {description['function']}"
            raise UserError("run", what, "give it again: nas.resume(path, evaluator=function)")
        return evaluator_of(given, "", None)
    if given is not None:
        raise UserError("run", f"its evaluator is '{description.get('name')}'", "leave evaluator out")
    if description.get("name") == "table":
        return _revived_table(description, table)
    if table is not None:
        raise UserError("run", f"its evaluator is '{description.get('name')}'", "leave the table out")
    if description.get("name") == "proxy":
        names, train = description.get("names"), description.get("train")
        if not isinstance(names, list) or not isinstance(train, dict) or set(description) - {"name", *PROXY}:
            raise UserError("run", f"not an evaluator: {sorted(description)}", "restore run.yaml from a copy")
        found = revive(train)
        if not isinstance(found, Train):
            raise UserError("run", "a proxy on what is no data set", "restore run.yaml from a copy")
        return Proxy(tuple(map(str, names)), found, description.get("images", IMAGES))
    values = {name: value for name, value in description.items() if name != "name"}
    known = {item.name for item in fields(Train)}
    recipe, final = values.get("recipe"), values.pop("final_recipe", None)
    right = description.get("name") == "train" and set(values) <= known and isinstance(final, dict | None)
    if not right or not isinstance(recipe, dict):
        raise UserError("run", f"not an evaluator: {sorted(description)}", "restore run.yaml from a copy")
    recipes = {"recipe": Recipe.from_json(recipe), "final_recipe": Recipe.from_json(final) if final else None}
    return Train(**{**values, **recipes})


def trainer_of(description: dict[str, Any]) -> Train:
    """By which a search trains its winner, as its evaluator's description has it; a user's own says nothing of it."""
    found = description.get("train") if description.get("name") == "proxy" else description
    if isinstance(found, dict) and found.get("name") == "train":
        train = revive(found)
        assert isinstance(train, Train)
        return train
    return Train(dataset=str(description.get("dataset", "digits")))


def _revived_table(description: dict[str, Any], table: str | None) -> Evaluator:
    if set(description) != {"name", "table", "dataset"}:
        raise UserError("run", f"not an evaluator: {sorted(description)}", "restore run.yaml from a copy")
    before = TableEvaluator(description["table"], description["dataset"])
    if table is None and is_nats(before.table):
        what = f"its table was {before.table}, which is a pickle or a folder of them"
        raise UserError("run", what, "give it again: nas.resume(path, table=...) (--table)")
    return before if table is None else TableEvaluator(str(Path(table).expanduser().resolve()), before.dataset)


def most_epochs(evaluator: Evaluator, epochs: int | None, schedule: str) -> int | None:
    """The epochs of a whole training, where a schedule shares them out. Raises UserError where none are counted."""
    if isinstance(evaluator, Proxy):
        raise UserError(f"schedule {schedule}", "proxies train nothing, and have no epochs", "leave it out")
    if isinstance(evaluator, FunctionEvaluator):
        what = "a function of a genome counts no epochs"
        raise UserError(f"schedule {schedule}", what, "give a function of (trial, report, checkpoint): trial.budget")
    if isinstance(evaluator, TableEvaluator):
        return epochs or evaluator.read.most_epochs()
    return evaluator.recipe.epochs if epochs is None and isinstance(evaluator, Train) else epochs


def planned_epochs(evaluator: Evaluator) -> int | None:
    """The epochs of a trial that is given no number of them; None where nobody knows before one has ended."""
    if isinstance(evaluator, Proxy | TableEvaluator | FunctionEvaluator):
        return 1
    return evaluator.recipe.epochs if isinstance(evaluator, Train) and evaluator.recipe.steps is None else None


def final_epochs(evaluator: Evaluator, asked: int | None) -> int | None:
    """Of the winner's last training, where it is asked for so many; None where nobody knows them."""
    train = evaluator.train if isinstance(evaluator, Proxy) else evaluator
    if asked is not None or not isinstance(train, Train):
        return asked
    recipe = train.last_recipe(None)
    return recipe.epochs if recipe.steps is None else None


def takes_checkpoint(evaluator: Evaluator) -> bool:
    """Whether it is to be called with (trial, report, checkpoint); some of the users' take the first two alone."""
    if isinstance(evaluator, Proxy | Train):
        return True
    try:
        inspect.signature(evaluator).bind(None, None, None)
    except (TypeError, ValueError):
        return False
    return True


def _takes_trials(function: Any) -> bool:
    """Whether a callable wants (trial, report) as evaluators do, rather than a genome."""
    if isinstance(function, FunctionEvaluator | Proxy | Train):
        return True
    try:
        parameters = inspect.signature(function).parameters.values()
    except ValueError:  # some built-in functions have none
        return False
    positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return sum(item.kind in positional and item.default is inspect.Parameter.empty for item in parameters) >= 2
