"""That a space, an evaluator, its data and a search's objectives fit each other."""

from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from nas.errors import UserError, did_you_mean
from nas.evaluators import Evaluator, name_of
from nas.graph.costs import COSTS
from nas.objectives import Objective, missing, named
from nas.run.progress import Watcher
from nas.space import Space
from nas.space.mutable import around
from nas.space.reader import line_of
from nas.training.document import load, opened

SAID = 6  # lines of what stays closed


def measured(evaluator: Evaluator, objectives: Sequence[Objective]) -> tuple[Objective, ...]:
    """The objectives by the names of the evaluator's metrics: of ours, `accuracy` is `valid_accuracy`.

    Raises UserError for one that is no metric of one of our evaluators: each trial would fail in vain.
    """
    if name_of(evaluator) is not None and evaluator.measures is not None:
        metrics = (*evaluator.measures, *COSTS)
        objectives = named(objectives, metrics)
        if lacking := missing(objectives, metrics):
            raise UserError(f"objective {lacking}", "the evaluator does not measure it", did_you_mean(lacking, metrics))
    return tuple(objectives)


def fitted(space: str | Path | Space, overrides: dict[str, Any], evaluator: Evaluator) -> Space:
    """The space with the user's overrides, and with the input and classes of the data that the evaluator goes by."""
    overrides = {**evaluator.parameters(), **overrides}
    if isinstance(space, Space):
        return space.with_parameters(**overrides) if overrides else space
    return load(str(space), **overrides)


def neighbourhood(space: Space, kinds: str | None) -> tuple[Space, list[str]]:
    """The space itself, or, with `kinds`, the choices around the network that it is; and what stays closed of these.

    Raises UserError where it is no network.
    """
    if kinds is None:
        return space, []
    opened, closed = around(space, kinds)
    if len(closed) > SAID:
        closed = [*closed[:SAID], f"and {len(closed) - SAID} more stay as they are"]
    return opened, closed


def check_evaluator(evaluator: Evaluator, space: Space, epochs: int | None, watcher: Watcher) -> None:
    """What is wrong with the data is the user's error, not each trial's failure: raises UserError."""
    if evaluator.trainer is not None:
        watcher.stage("loading torch")
        import_module("torch")
        _settled_once(space, epochs)
        watcher.stage(f"reading {evaluator.trainer.dataset}")
    evaluator.check_epochs(epochs)
    evaluator.check(space)


def _settled_once(space: Space, epochs: int | None) -> None:
    """Raises UserError where the document chooses for how long to train, and all trials are given the same epochs."""
    held = space.document.recipe
    for name in ("epochs", "steps"):
        if epochs is not None and name in opened(held)[1]:
            what = f"recipe.{name}: is chosen, and each trial trains for {epochs} epochs by --epochs or the schedule"
            raise UserError(line_of(held) or space.name, what, f"leave --epochs and the schedule out, or {name}")
