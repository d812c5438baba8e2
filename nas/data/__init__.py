"""Data sets: images as uint8 tensors in three sets (train, valid, test). One file a data set."""

from __future__ import annotations

from pathlib import Path

from nas.data.dataset import Dataset
from nas.errors import UserError, did_you_mean

NAMES = ("digits", "cifar10", "cifar100")

__all__ = ["NAMES", "Dataset", "describe", "load"]


def load(name: str, directory: str | Path | None = None, valid_fraction: float | None = None) -> Dataset:
    """The data set `name`: one of NAMES, or a folder of class folders.

    `directory` is where CIFAR lies or is downloaded to (default: $NAS_DATA, or ~/.cache/nas); a relative folder's name
    is also looked for in it. `valid_fraction` is the part of the training images that becomes the validation set where
    the data set brings none (default: each data set's own, a tenth for CIFAR as in Real et al. 2019).
    Raises UserError for an unknown name and for missing or damaged files.
    """
    if valid_fraction is not None and not 0 < valid_fraction < 1:
        raise UserError("valid_fraction", f"{valid_fraction} leaves an empty set", "give a number between 0 and 1")
    if name == "digits":
        from nas.data import digits

        return digits.load(valid_fraction)
    if name in NAMES:
        from nas.data import cifar

        return cifar.load(name, directory, valid_fraction)
    from nas.data import folder

    return folder.load(_folder(name, directory), valid_fraction)


def describe(name: str, directory: str | Path | None = None) -> tuple[tuple[int, int, int], int]:
    """The shape (channels, height, width) of the images of data set `name`, and its number of classes.

    Cheap: reads at most the first image of a folder and never imports torch. Raises UserError as `load` does.
    """
    known = {"digits": ((1, 8, 8), 10), "cifar10": ((3, 32, 32), 10), "cifar100": ((3, 32, 32), 100)}
    if name in known:
        return known[name]
    from nas.data import folder

    return folder.describe(_folder(name, directory))


def _folder(name: str, directory: str | Path | None) -> Path:
    places = [Path(name).expanduser()] + ([Path(directory).expanduser() / name] if directory is not None else [])
    for place in places:
        if place.is_dir():
            return place
    hint = f"{did_you_mean(name, NAMES)} or give a folder of class folders (DIR/class/image.png)"
    raise UserError(f"data set '{name}'", "no such data set or folder", hint)
