"""From what a run keeps of its search to what a user asks to have it again: keywords of `nas.search`, none superfluous.

A run keeps what these came to: the resolved document, the whole recipe. Here is the way back.
"""

import random
import re
from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

from nas import searchers
from nas.data import GIVEN, NAMES
from nas.errors import ShapeError, UserError
from nas.evaluators import NAMED, Evaluator, Proxy, Shared, TableEvaluator, Train
from nas.evaluators.tables import packaged
from nas.run.config import Config
from nas.run.schedule import HALVING
from nas.run.settings import SETTINGS, Plan, Request, names_of
from nas.run.trained import asked_for
from nas.space import Space, load
from nas.space.files import find_packaged
from nas.training.recipe import Recipe, recipes

RESOLVED = ("space", "evaluator", "executor", "searcher_options", "epochs", "objectives", "deduplicate")
IMAGES = ("image_size", "resize", "length", "frames", "skip_unreadable", "inherit", "task")


def asked(config: Config) -> dict[str, Any]:
    """The keywords, without those that are as they would be by themselves, and without where files lie.

    `evaluator` is an Evaluator where no words make it, and the text `module:function` of a user's own. `train` is an
    Ellipsis where the data were the program's, and so are `loss` and each of the `metrics`.
    """
    evaluator = evaluator_of(config)
    own_data = config.evaluator.get("train", config.evaluator).get("dataset") == GIVEN
    if own_data and evaluator is not None and (trainer := evaluator.trainer) is not None:
        evaluator = evaluator.with_trainer(replace(trainer, dataset="digits"))
    functions = config.evaluator.get("functions", ())
    if functions and isinstance(evaluator, Train):
        evaluator = replace(evaluator, functions=())
    name, overrides, searched = _space(config)
    given = {"space": name, "overrides": overrides, "train": ... if own_data else None}
    given |= {"loss": ... if "loss" in functions else None}
    given |= {"metrics": {name.removeprefix("metrics."): ... for name in functions if name != "loss"}}
    given |= {item.name: getattr(config, item.name) for item in fields(Plan) if item.name not in RESOLVED}
    executor = {ours: config.executor.get(theirs) for theirs, ours in names_of("executor").items()}
    if executor["ray_address"] != "auto":  # a cluster's own
        del executor["ray_address"]
    own = searchers.for_budget(config.searcher, config.trials)
    given["searcher_options"] = {
        key: value for key, value in config.searcher_options.items() if (key, value) not in own.items()
    }
    given |= {"start_from": config.start_from, "epochs": config.epochs, "objectives": config.objectives} | executor
    given["deduplicate"] = config.deduplicate
    if evaluator is None:
        given |= {"evaluator": config.evaluator["function"], "recipe_set": searched}
        return _needed(given, (), "network" if "train" in config.evaluator else "genome", None)
    words = _words(evaluator, searched, name)
    request = Request(**{**given, **words, "start_from": (), "train": None, "loss": None, "metrics": {}})
    if asked_for(request)[0] != evaluator:
        words = {"evaluator": evaluator, "recipe_set": searched}
    epochs = evaluator.most_epochs(None, config.schedule) if config.schedule in HALVING else None
    return _needed({**given, **_placeless(words)}, evaluator.objectives, evaluator.deduplicate, epochs)


def evaluator_of(config: Config) -> Evaluator | None:
    """None: it was the user's own. Raises UserError where it fits none."""
    values = dict(config.evaluator)
    if "function" in values:
        return None
    try:
        return NAMED[values.pop("name", "")].from_json(values)
    except (KeyError, TypeError):
        raise UserError("run", "not an evaluator", "restore run.yaml from a copy") from None


def _needed(given: Mapping[str, Any], objectives: Any, deduplicate: str, epochs: int | None) -> dict[str, Any]:
    """Without the defaults, those that follow from the others among them."""
    own = {"objectives": list(objectives) or ["valid_accuracy"], "deduplicate": deduplicate, "epochs": epochs}
    own["task"] = "classification"
    defaults = Request()
    kept = {
        name: value
        for name, value in given.items()
        if name == "space" or value not in (None, "", [], (), {}, own.get(name, getattr(defaults, name)))
    }
    return {name: kept[name] for name in SETTINGS if name in kept}


def _space(config: Config) -> tuple[str, dict[str, Any], dict[str, Any]]:
    """The packaged name that gives the document, its overrides, and the settings of the recipe that are searched.

    A document that is not packaged is named as a file, which run.yaml holds.
    """
    space = config.document()
    data, file = space.document.data, re.sub(r"\W+", "_", space.name)[:80] + ".yaml"
    if find_packaged(space.name) is None:
        return file, {}, {}
    try:
        plain = load(space.name)
        parameters = data.get("parameters") or {}
        before = plain.document.data.get("parameters") or {}
        given = {name: value for name, value in parameters.items() if name not in before or before[name] != value}
        given |= {name: data[name] for name in ("input", "classes") if name in data}
        if not _same(load(space.name, **given), space):
            return file, {}, {}
    except (UserError, ShapeError, TypeError):
        return file, {}, {}
    own = {**plain.document.data, **_of_the_data(config)}
    given = {name: value for name, value in given.items() if name in parameters or own.get(name) != value}
    held = plain.document.recipe
    return space.name, given, {key: one for key, one in space.document.recipe.items() if held.get(key) != one}


def _same(packaged: Space, ours: Space) -> bool:
    """Whether they say the same but for the recipe; a block of the library that was written anew since counts alike
    where a network trains alike."""

    def said(space: Space, *without: str) -> dict[str, Any]:
        return {name: value for name, value in space.document.data.items() if name not in without}

    if said(packaged, "recipe") == said(ours, "recipe"):
        return True
    if said(packaged, "recipe", "blocks") != said(ours, "recipe", "blocks"):
        return False
    genome = ours.sample(random.Random(0))
    mine, theirs = (space.graph(dict(genome.answers)).prune() for space in (ours, packaged))
    return mine.fingerprint(training=True) == theirs.fingerprint(training=True)


def _of_the_data(config: Config) -> dict[str, Any]:
    """What the data set asks of a document by itself: `input` and `classes`, as far as the run knows."""
    values = config.evaluator.get("train", config.evaluator)
    if config.data:
        return {"input": config.data.get("shape"), "classes": len(config.data.get("classes", ()))}
    if values.get("name") == "train" and values.get("dataset") in NAMES:
        _, shape, classes = NAMES[values["dataset"]]
        return {"input": list(shape), "classes": classes}
    return {}


def _words(evaluator: Evaluator, searched: Mapping[str, Any], space: str) -> dict[str, Any]:
    """The settings that make an evaluator, as far as there are any for it."""
    words: dict[str, Any] = {"recipe_set": dict(searched)}
    match evaluator:
        case TableEvaluator():
            own = packaged(space) == evaluator.table
            words |= {"evaluator": "table", "dataset": evaluator.dataset, "table": None if own else evaluator.table}
            return words | ({"dataset": None} if evaluator.dataset == ("digits" if own else "cifar10") else {})
        case Shared():
            words["evaluator"] = f"supernet:{evaluator.run}"
        case Proxy():
            words |= {"evaluator": "proxy", "proxies": list(evaluator.names)}
            if evaluator.names == ("synflow",):
                del words["proxies"]
    trainer = evaluator.trainer
    if trainer is None:  # one that was added to those by name
        return words | {"evaluator": next(name for name, kind in NAMED.items() if type(evaluator) is kind)}
    words |= {name: getattr(trainer, name) for name in ("dataset", "data", "device", *IMAGES)}
    words["dataset"] = None if trainer.dataset == "digits" else trainer.dataset
    return words | _recipes(trainer, searched)


def _recipes(trainer: Train, searched: Mapping[str, Any]) -> dict[str, Any]:
    """The named recipes that are nearest, and what is otherwise; mirroring and the like of both where it is alike."""
    recipe, final, words = trainer.recipe.to_json(), trainer.final_recipe, {}
    of_both = {"flip": False, "crop": recipe["crop"], "class_weights": recipe["class_weights"]}
    for name, value in of_both.items():
        if recipe[name] == value not in (None, "none") and (final is None or getattr(final, name) == value):
            words[name] = value
    name, otherwise = _nearest(recipe, words)
    words |= {"recipe": None if name == "search" else name, "recipe_set": {**otherwise, **searched}}
    if final is not None:
        words["final_recipe"] = _nearest(final.to_json(), words)[0]
    return words


def _nearest(recipe: Mapping[str, Any], known: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """The recipe by name with the fewest other settings, those that are `known` aside, and these."""

    def otherwise(named: Recipe) -> dict[str, Any]:
        own = named.to_json()
        return {name: value for name, value in recipe.items() if name not in known and own[name] != value}

    names = sorted(recipes(), key=lambda name: name != "search")
    name = min(names, key=lambda name: len(otherwise(recipes()[name].recipe)))
    return name, otherwise(recipes()[name].recipe)


def _placeless(words: Mapping[str, Any]) -> dict[str, Any]:
    """Files and folders by their last name: where they lie is a machine's own."""

    def last(path: Any) -> str:
        return re.split(r"[/\\]", str(path).rstrip("/\\"))[-1]

    def folder(dataset: Any) -> Any:
        return dataset if dataset is None or dataset in NAMES else f"./{last(dataset)}"

    own = {name: value for name, value in words.items() if name != "data"}
    evaluator = own["evaluator"] = own.get("evaluator", "train")
    if isinstance(evaluator, Evaluator):
        if (trainer := evaluator.trainer) is not None:
            own["evaluator"] = evaluator.with_trainer(replace(trainer, data=None, dataset=folder(trainer.dataset)))
        return own
    if evaluator != "table" and "dataset" in own:
        own["dataset"] = folder(own["dataset"])
    elif own.get("table"):
        own["table"] = last(own["table"])
    name, colon, run = evaluator.partition(":")
    return own | {"evaluator": f"{name}{colon}{last(run)}"}
