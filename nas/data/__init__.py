"""Data sets: images as uint8 tensors in three sets (train, valid, test). One file a data set."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

from nas.data.dataset import Dataset
from nas.data.export import as_folder
from nas.data.given import NAME as GIVEN
from nas.data.given import collect
from nas.data.listing import SUFFIXES
from nas.data.picture import check_way, parse_size
from nas.data.preprocessing import Preprocessing
from nas.errors import UserError, did_you_mean

NAMES: dict[str, tuple[str, tuple[int, int, int], int]] = {  # the file that loads it, an image's shape, and the classes
    "digits": ("digits", (1, 8, 8), 10),
    "cifar10": ("cifar", (3, 32, 32), 10),
    "cifar100": ("cifar", (3, 32, 32), 100),
    "mnist": ("published", (1, 28, 28), 10),
    "fashion_mnist": ("published", (1, 28, 28), 10),
    "svhn": ("published", (3, 32, 32), 10),
    "stl10": ("published", (3, 96, 96), 10),
}

__all__ = ["GIVEN", "NAMES", "Dataset", "Preprocessing", "as_folder", "collect", "describe", "load"]


def load(
    name: str,
    directory: str | Path | None = None,
    valid_fraction: float | None = None,
    *,
    image_size: Any = None,
    resize: str | None = None,
    skip_unreadable: bool = False,
) -> Dataset:
    """The data set `name`: one of NAMES, a folder of class folders, or a table of pictures.

    `directory` is where published ones lie or are downloaded to (default: $NAS_DATA, or ~/.cache/nas); a relative
    folder's name is also looked for in it. `valid_fraction` is the part of the training images that becomes the
    validation set where the data set brings none (default: each data set's own, a tenth for CIFAR as in Real et al.
    2019).
    `image_size`: N, "HxW" or (height, width), to which every image is brought by `resize`: "crop" (the default: scaled
    until it covers the size, the middle taken), "stretch" or "pad"; without it images of several sizes are an error.
    `skip_unreadable`: leave out files of a folder that cannot be read, which are an error otherwise.
    Raises UserError for an unknown name and for missing or damaged files.
    """
    if valid_fraction is not None and not 0 < valid_fraction < 1:
        raise UserError("valid_fraction", f"{valid_fraction} leaves an empty set", "give a number between 0 and 1")
    size, way = _size(image_size, resize)
    if name not in NAMES:
        from nas.data import folder

        return folder.load(_folder(name, directory), valid_fraction, size, way, skip_unreadable)
    module, *_ = NAMES[name]
    data: Dataset = import_module(f"nas.data.{module}").load(name, directory, valid_fraction)
    return data.resized(size, way) if size else data


def describe(
    name: str, directory: str | Path | None = None, *, image_size: Any = None, resize: str | None = None
) -> tuple[tuple[int, int, int], int]:
    """The shape (channels, height, width) of the images of data set `name`, and its number of classes.

    Cheap: reads the heads of a folder's files, up to the first in colour, and never imports torch. Raises UserError as
    `load` does.
    """
    size, _ = _size(image_size, resize)
    if name in NAMES:
        _, shape, classes = NAMES[name]
        return (shape[0], *size) if size else shape, classes
    from nas.data import folder

    return folder.describe(_folder(name, directory), size)


def _size(image_size: Any, resize: str | None) -> tuple[tuple[int, int] | None, str]:
    if image_size is None and resize is not None:
        raise UserError("resize", f"is {resize!r}, and to which size is not said", "give image_size too (--image-size)")
    return None if image_size is None else parse_size(image_size), check_way(resize or "crop")


def _folder(name: str, directory: str | Path | None) -> Path:
    if name == GIVEN:
        hint = "give them again: nas.resume(run, train=...); or name a folder or table of the same (--dataset)"
        raise UserError("data", f"were {GIVEN}, and nobody keeps those", hint)
    places = [Path(name).expanduser()] + ([Path(directory).expanduser() / name] if directory is not None else [])
    for place in places:
        if place.is_dir() or (place.suffix.lower() in SUFFIXES and place.is_file()):
            return place
    hint = (
        f"{did_you_mean(name, NAMES)}; or give a folder of class folders (DIR/class/image.png), or a table of pictures"
    )
    raise UserError(f"data set '{name}'", "no such data set or folder", hint)
