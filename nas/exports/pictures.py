"""A few real examples of the data that a network was trained on, where they can be had within a moment."""

import os
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nas.errors import UserError

if TYPE_CHECKING:
    from torch import Tensor

    from nas.data.preprocessing import Preprocessing

COUNT, TRIED = 5, 40
MADE = ("digits", "cylinder_bell_funnel", "moving_digits")  # data sets that need no download


def few(dataset: Any, preprocessing: "Preprocessing | None") -> "Tensor | None":
    """uint8 (N, channels, height, width), or float32 (N, channels, steps), as the network was trained on. dataset: as
    `nas.data.load` takes it.

    None where there is none, or it lies elsewhere by now, or would have to be downloaded.
    """
    import torch

    if preprocessing is None or not isinstance(dataset, str):
        return None
    if dataset in MADE:
        from nas.data import load

        data = load(dataset, frames=preprocessing.size[0] if preprocessing.noun == "clip" else None)
        return data.images["test"][:COUNT] if preprocessing.size == data.shape[1:] else None
    pictures: list[Tensor] = []
    for path in islice(_files(Path(dataset)), TRIED):
        try:
            pictures.append(preprocessing.values(path))
        except UserError:
            continue
        if len(pictures) == COUNT:
            break
    return torch.stack(pictures) if pictures else None


def _files(folder: Path) -> Iterator[Path]:
    for place, folders, names in os.walk(folder):
        folders.sort()
        yield from (Path(place, name) for name in sorted(names) if not name.startswith("."))
