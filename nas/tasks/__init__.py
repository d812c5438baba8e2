"""What a data set's targets are, and what follows for the training on them: one task a file. Imports no torch."""

from __future__ import annotations

from typing import Any

from nas.errors import UserError, did_you_mean
from nas.tasks.classification import Classification
from nas.tasks.multi_label import MultiLabel
from nas.tasks.regression import Regression
from nas.tasks.segmentation import Segmentation
from nas.tasks.task import Task

__all__ = ["TASKS", "Classification", "MultiLabel", "Regression", "Segmentation", "Task", "from_json", "task_named"]

TASKS: dict[str, type[Task]] = {kind.name: kind for kind in (Classification, MultiLabel, Regression, Segmentation)}


def task_named(name: str) -> type[Task]:
    """The task of a name. Raises UserError where there is none."""
    if name not in TASKS:
        raise UserError("task", f"unknown task '{name}'", did_you_mean(name, TASKS))
    return TASKS[name]


def from_json(values: Any) -> Task:
    """The task of which `Task.to_json` gave these values, which anyone may have written. Raises UserError."""
    if not isinstance(values, dict) or not isinstance(values.get("name"), str):
        raise UserError("task", f"is {values!r}"[:80], f"give a mapping with a name: {', '.join(TASKS)}")
    return task_named(values["name"]).of_json({key: value for key, value in values.items() if key != "name"})
