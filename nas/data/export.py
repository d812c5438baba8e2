"""Datasets of torch's as a folder of images, which runs and workers read without the program that made them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nas.errors import UserError, shortened

if TYPE_CHECKING:
    from PIL.Image import Image


KEYS = (("image", "img"), ("label", "labels", "class"))


def as_folder(
    folder: str | Path, train: Any, valid: Any = None, test: Any = None, *, classes: Sequence[str] | None = None
) -> Path:
    """Write pictures as DIR/train/class/000000.png, and those of the other sets beside them; PNG loses nothing.

    Args:
        folder: to be made; it must not be there, or be empty.
        train: a dataset of torch's, of Hugging Face's, shards of WebDataset's, or anything to go through, of pairs: a
            picture, as PIL's image or as a uint8 tensor (1 or 3, H, W), and its class, an int. Mappings have these by
            `image` or `img`, and `label`.
        valid: likewise; None: a part of `train` validates.
        test: likewise.
        classes: the names of the classes in order; None: `train.classes` where it has them, else numbers.

    Returns:
        The folder, for `--dataset` and `nas.data.load`.

    Raises:
        UserError: the folder is not empty, a picture or a class is none, or names of classes cannot name folders.
    """
    folder = Path(folder)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UserError(str(folder), "is there already", "give a new folder")
    names = classes if classes is not None else getattr(train, "classes", None)
    for name in names or ():
        if not re.fullmatch(r"[^/\\\x00]+", str(name)) or str(name) in (".", "..") or str(name).startswith("."):
            raise UserError("classes", f"{shortened(repr(name))} cannot name a folder", "give other names")
    for split, data in (("train", train), ("valid", valid), ("test", test)):
        if data is None:
            continue
        for number, item in enumerate(_items(data)):
            picture, label = _pair(f"{split}[{number}]", item, names)
            place = folder / split / label
            place.mkdir(parents=True, exist_ok=True)
            picture.save(place / f"{number:06}.png")
    return folder


def _items(data: Any) -> Iterator[Any]:
    """Those of a dataset that counts them, by their numbers: not all of these end when they are gone through."""
    if hasattr(data, "__len__") and hasattr(data, "__getitem__"):
        return (data[number] for number in range(len(data)))
    return iter(data)


def _pair(where: str, item: Any, names: Sequence[str] | None) -> tuple[Image, str]:
    """A picture, and the name of its class."""
    if isinstance(item, Mapping):
        item = tuple(next((item[key] for key in keys if key in item), None) for keys in KEYS)
    try:
        picture, label = item
        number = int(label)
    except (TypeError, ValueError):
        what = f"is {shortened(repr(item))}, not a picture and a class"
        raise UserError(where, what, "give pairs of an image and an int") from None
    if number < 0 or (names is not None and number >= len(names)):
        raise UserError(where, f"its class is {number}", f"give 0 to {len(names) - 1}" if names else "give 0 or more")
    return _picture(where, picture), str(names[number]) if names is not None else str(number)


def _picture(where: str, picture: Any) -> Image:
    import torch
    from PIL import Image

    if isinstance(picture, Image.Image):
        return picture
    if not isinstance(picture, torch.Tensor) or picture.dtype != torch.uint8 or picture.ndim != 3:
        kind = (
            f"{picture.dtype} of {list(picture.shape)}" if isinstance(picture, torch.Tensor) else type(picture).__name__
        )
        hint = "give PIL's images or uint8 tensors (1 or 3, H, W), before normalisation and augmentation"
        raise UserError(where, f"its picture is {kind}", hint)
    if picture.shape[0] not in (1, 3):
        raise UserError(where, f"its picture has {picture.shape[0]} channels", "give 1 or 3")
    return Image.fromarray(picture.permute(1, 2, 0).squeeze(2).contiguous().numpy())
