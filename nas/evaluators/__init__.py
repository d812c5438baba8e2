"""Genome to measurements, one way a file, and its name below. Importing this imports no torch."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from nas.errors import UserError, did_you_mean
from nas.evaluators.base import Evaluator, Settings
from nas.evaluators.function import FunctionEvaluator, TrialEvaluator, own
from nas.evaluators.lookup import TableEvaluator
from nas.evaluators.proxy import Proxy
from nas.evaluators.shared import Shared
from nas.evaluators.train import Train

__all__ = ["Evaluator", "FunctionEvaluator", "Proxy", "Settings", "Shared", "TableEvaluator", "Train", "TrialEvaluator"]

NAMED: dict[str, type[Evaluator]] = {
    "train": Train,
    "proxy": Proxy,
    "table": TableEvaluator,
    "supernet": Shared,  # written supernet:RUN
}


def chosen(given: Any, settings: Settings) -> Evaluator:
    """The evaluator meant by a name, a function of a genome or of a trial, or an evaluator.

    Raises UserError for anything else, and for settings that mean nothing to it.
    """
    if isinstance(given, str):
        given, _, run = given.partition(":")
        settings = replace(settings, run=run or None)
    if isinstance(given, str) and given not in NAMED:
        raise UserError("evaluator", f"unknown evaluator '{given}'", did_you_mean(given, NAMED))
    kind = NAMED[given] if isinstance(given, str) else Evaluator
    settings.check(kind.takes)
    return kind.asked(settings) if isinstance(given, str) else own(given)


def name_of(evaluator: Evaluator) -> str | None:
    """None: it is the user's own, as a subclass of one that has a name is."""
    return next((name for name, kind in NAMED.items() if type(evaluator) is kind), None)


def describe(evaluator: Evaluator) -> dict[str, Any]:
    """Plain values from which `revive` makes one that has a name; of a user's own, its name and its trainer."""
    name = name_of(evaluator)
    if name is not None:
        return {"name": name, **evaluator.to_json()}
    mine = evaluator.function if isinstance(evaluator, FunctionEvaluator | TrialEvaluator) else evaluator
    called = mine if hasattr(mine, "__qualname__") else type(mine)
    trainer = evaluator.trainer
    trained = {"train": {"name": "train", **trainer.to_json()}} if trainer else {}
    return {"function": f"{called.__module__}:{called.__qualname__}", **trained}


def revive(description: Mapping[str, Any], given: Any = None, table: str | None = None) -> Evaluator:
    """The evaluator of a run that goes on. Nothing that a run directory names is imported: a user's own is given again,
    and trained as it was. Likewise `table`, where it is a pickle: reading one can run any code.

    Raises UserError where one is needed and none is given, and for a description that fits no evaluator.
    """
    if "function" in description:
        if given is None:
            what = f"its evaluator was the function {description['function']}"
            raise UserError("run", what, "give it again: nas.resume(path, evaluator=function)")
        evaluator = chosen(given, Settings())
        return evaluator.with_trainer(trainer_of(description)) if "train" in description else evaluator
    values = dict(description)
    name = values.pop("name", None)
    try:
        evaluator = NAMED[name].from_json(values)
    except (KeyError, TypeError):
        raise UserError("run", f"not an evaluator: {sorted(description)}", "restore run.yaml from a copy") from None
    if given is not None:
        raise UserError("run", f"its evaluator is '{name}'", "leave evaluator out")
    if table is not None and "table" not in evaluator.takes:
        raise UserError("run", f"its evaluator is '{name}'", "leave the table out")
    return evaluator.again(table)


def trainer_of(description: Mapping[str, Any]) -> Train:
    """By which a search trains its winner, as its evaluator's description has it; a function says nothing of that."""
    trained = description.get("train", description)
    if isinstance(trained, dict) and trained.get("name") == "train":
        trainer = revive(trained).trainer
        assert trainer is not None
        return trainer
    return Train(dataset=str(description.get("dataset", "digits")))
