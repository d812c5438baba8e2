"""A search by the data and functions of the program that calls it, which no run directory keeps."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from nas.errors import UserError
from nas.evaluators import Evaluator, Train
from nas.run.progress import Watcher
from nas.tasks.own import Own


def with_data(
    evaluator: Evaluator,
    watcher: Watcher,
    train: Any,
    valid: Any = None,
    test: Any = None,
    classes: Sequence[str] | None = None,
) -> Evaluator:
    """The evaluator, which reads these data instead of those of a name; itself where none are given.

    Raises UserError for an evaluator without images, and as `nas.data.collect`.
    """
    if train is None:
        for name, value in {"valid": valid, "test": test, "classes": classes}.items():
            if value is not None:
                raise UserError(name, "is given without training images", "give train=... too")
        return evaluator
    trainer = evaluator.trainer
    if trainer is None:
        raise UserError("train", "the evaluator trains no networks, and takes no data", "leave it out")
    watcher.stage("reading the data")
    from nas.data.given import NAME, Given, collect

    data = collect(
        train,
        valid,
        test,
        classes=classes,
        valid_fraction=trainer.valid_fraction,
        image_size=trainer.image_size,
        resize=trainer.resize or "crop",
    )
    return evaluator.with_trainer(replace(trainer, dataset=NAME, data=None, given=Given(data)))


def with_functions(evaluator: Evaluator, loss: Any, metrics: Mapping[str, Any], known: bool = False) -> Evaluator:
    """The evaluator, which trains by this loss and measures these too; itself where none are given.

    known: the evaluator knows already which ones it needs. Raises UserError for an evaluator that does not train each
    candidate, and for what is no function.
    """
    own = Own(loss, metrics)
    if not own.names:
        return evaluator
    if not isinstance(evaluator, Train) or type(evaluator) is not Train:
        where = own.names[0]
        raise UserError(where, "only the evaluator 'train' goes by a loss and metrics of yours", "leave it out")
    return replace(evaluator, own=own, functions=evaluator.functions if known else own.names)
