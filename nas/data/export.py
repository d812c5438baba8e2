"""Datasets of torch's as a folder of images, which runs and workers read without the program that made them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from nas.data.pairs import class_names, pair
from nas.errors import UserError, shortened


def as_folder(
    folder: str | Path, train: Any, valid: Any = None, test: Any = None, *, classes: Sequence[str] | None = None
) -> Path:
    """Write pictures as DIR/train/class/000000.png, and those of the other sets beside them; PNG loses nothing.

    Args:
        folder: to be made; it must not be there, or be empty.
        train: a dataset of torch's, of Hugging Face's, shards of WebDataset's, or anything to go through, of pairs: a
            picture, as PIL's image or as a uint8 tensor (1 or 3, H, W), and its class, an int. Mappings have these by
            `image` or `img`, and `label`. Floats that are 255ths, as of ToTensor, are taken for the pixels they were.
        valid: likewise; None: a part of `train` validates.
        test: likewise.
        classes: the names of the classes in order; None: those that `train` tells, else numbers.

    Returns:
        The folder, for `--dataset` and `nas.data.load`.

    Raises:
        UserError: the folder is not empty, a picture or a class is none, or names of classes cannot name folders.
    """
    folder = Path(folder)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UserError(str(folder), "is there already", "give a new folder")
    names = classes if classes is not None else class_names(train)
    for name in names or ():
        if not re.fullmatch(r"[^/\\\x00]+", str(name)) or str(name) in (".", "..") or str(name).startswith("."):
            raise UserError("classes", f"{shortened(repr(name))} cannot name a folder", "give other names")
    for split, data in (("train", train), ("valid", valid), ("test", test)):
        if data is None:
            continue
        for number, item in enumerate(_items(data)):
            picture, label = pair(where := f"{split}[{number}]", item)
            if names is not None and label >= len(names):
                raise UserError(where, f"its class is {label}", f"give 0 to {len(names) - 1}")
            place = folder / split / (str(label) if names is None else str(names[label]))
            place.mkdir(parents=True, exist_ok=True)
            picture.save(place / f"{number:06}.png")
    return folder


def _items(data: Any) -> Iterator[Any]:
    """Those of a dataset that counts them, by their numbers: not all of these end when they are gone through."""
    if hasattr(data, "__len__") and hasattr(data, "__getitem__"):
        return (data[number] for number in range(len(data)))
    return iter(data)
