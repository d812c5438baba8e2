"""The data set that evaluators read: once a search, not once a trial."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from nas.errors import UserError

if TYPE_CHECKING:
    from nas.data import Dataset
    from nas.graph.graph import Graph


def check_fit(graph: Graph, data: Dataset) -> None:
    """Raises UserError where the graph is not of these images and classes."""
    output = data.task.shape(len(data.classes), data.shape[1:])
    noun, wanted = data.preprocessing.noun, data.task.count(len(data.classes))
    if data.task.dense and tuple(graph.input) == data.shape and tuple(graph.shape) != output:
        what = f"maps {list(graph.input)} to {list(graph.shape)}, and a {data.task.name} asks for {list(output)}"
        raise UserError("network", what, "it has to give (classes, height, width), as unet does")
    if tuple(graph.input) != data.shape or tuple(graph.shape) != output:
        what = (
            f"maps {list(graph.input)} to {list(graph.shape)}, and the data has {noun}s {list(data.shape)} in {wanted}"
        )
        raise UserError("network", what, f"set input={list(data.shape)} and classes={len(data.classes)}")


@functools.lru_cache(maxsize=1)
def load(**source: Any) -> Dataset:
    """As `nas.data.load`."""
    from nas import data

    return data.load(**source)


@functools.lru_cache(maxsize=1)
def placed(data: Dataset, train_images: int | None, device: str) -> Dataset:
    """On the device, with no more training images than these."""
    return (data.with_train_images(train_images) if train_images else data).to(device)


def read_anew() -> None:
    """The next who needs the data set reads it, as it is by then."""
    load.cache_clear()
    placed.cache_clear()
