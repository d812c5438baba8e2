"""That a space, an evaluator and its data fit each other."""

from importlib import import_module
from pathlib import Path
from typing import Any

from nas.errors import UserError
from nas.evaluators import Proxy, TableEvaluator, Train
from nas.run.progress import Watcher
from nas.space import Space
from nas.space.reader import line_of
from nas.training.document import load, opened
from nas.types import Evaluator


def fitted(space: str | Path | Space, overrides: dict[str, Any], evaluator: Evaluator) -> Space:
    """The space with the user's overrides, and with the input and classes of the data that the evaluator trains on."""
    train = evaluator.train if isinstance(evaluator, Proxy) else evaluator
    if isinstance(train, Train):
        shape, classes = train.describe()
        overrides = {"input": list(shape), "classes": classes, **overrides}
    if isinstance(evaluator, TableEvaluator):
        overrides = {**evaluator.read.given, **overrides}
    if isinstance(space, Space):
        return space.with_parameters(**overrides) if overrides else space
    return load(str(space), **overrides)


def check(evaluator: Evaluator, space: Space, epochs: int | None, watcher: Watcher) -> None:
    """What is wrong with the data is the user's error, not each trial's failure: raises UserError."""
    if isinstance(evaluator, TableEvaluator):
        if held := space.document.recipe:
            what = "recipe: the networks of a table are trained already"
            raise UserError(line_of(held) or space.name, what, "leave it out, or use the evaluator 'train'")
        evaluator.read.check(epochs)
        evaluator.read.fit(space)
    if isinstance(evaluator, Proxy | Train):
        watcher.stage("loading torch")
        import_module("torch")
        train = evaluator.train if isinstance(evaluator, Proxy) else evaluator
        _settled_once(space, epochs)
        watcher.stage(f"reading {train.dataset}")
        evaluator.check(space)


def _settled_once(space: Space, epochs: int | None) -> None:
    """Raises UserError where the document chooses for how long to train, and all trials are given the same epochs."""
    held = space.document.recipe
    for name in ("epochs", "steps"):
        if epochs is not None and name in opened(held)[1]:
            what = f"recipe.{name}: is chosen, and each trial trains for {epochs} epochs by --epochs or the schedule"
            raise UserError(line_of(held) or space.name, what, f"leave --epochs and the schedule out, or {name}")
