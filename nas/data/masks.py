"""Folders of images and of their masks, which have a class for each pixel: DIR/images and DIR/masks, or these in
DIR/train and, where they are there, DIR/valid and DIR/test.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nas.data import picture
from nas.data.layout import MASKS, split_of
from nas.data.targets import Targets
from nas.data.tree import walk
from nas.errors import UserError, shortened
from nas.tasks.task import IGNORED

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor

    from nas.data.reader import Form

CLASSES = "classes.txt"
PLAIN = ("1", "L", "P", "I;16", "I")  # modes of a number a pixel
LOSSY = ("JPEG", "WEBP")  # whose numbers are not those that were written


def read_masks(root: Path) -> Targets:
    """Each image and its mask, the file of the same name but for the ending; `tensor` is for `tensor_of` to make.

    A pixel of a mask is the number of its class, from 0, or 255: not known. Names of the classes are the lines of
    DIR/classes.txt; without one they are their numbers, up to the largest in the masks of the training set.
    Raises UserError for an image without a mask, and for fewer than two classes.
    """
    folders = [each for each in sorted(root.iterdir()) if all((each / name).is_dir() for name in MASKS)]
    places = {split: folder for folder in folders if (split := split_of(folder.name))}
    sets, notes = {}, []
    for split, place in (places or {"train": root}).items():
        images, masks = (_by_name(place / name) for name in MASKS)
        for name, image in images.items():
            if name not in masks:
                raise UserError(str(image), f"has no mask {place / MASKS[1] / name}.png", "add it, or remove the image")
        if more := len(masks.keys() - images.keys()):
            notes.append(f"left out {more:,} masks without an image in {place / MASKS[1]}")
        sets[split] = [(image, masks[name]) for name, image in images.items()]
    if not sets.get("train"):
        raise UserError(str(root), "has no training images", f"expected DIR/{MASKS[0]}/a.png and DIR/{MASKS[1]}/a.png")
    classes = _classes(root, [mask for _, mask in sets["train"]])
    return Targets(classes, sets, partial(tensor_of, len(classes), None), tuple(notes))


def tensor_of(classes: int, form: Form | None, masks: Sequence[Path]) -> Tensor:
    """uint8 (N, height, width), as the images of this form are brought to their size; what is beside them is unknown.

    Raises UserError for a mask that is none, for a number that is no class, and for one of another size than its image.
    """
    import torch

    def read(path: Path) -> Tensor:
        from PIL import Image

        assert form is not None
        values = _numbers(path)
        wrong = values[(values >= classes) & (values != IGNORED)]
        if len(wrong):
            what = f"has the value {wrong[0]}, and the classes are 0 to {classes - 1} ({IGNORED}: not known)"
            raise UserError(str(path), what, f"correct it, or name all classes in {CLASSES}")
        inverse = Image.fromarray(IGNORED - values)  # so that what is black beside it is unknown
        try:
            return IGNORED - picture.pixels(inverse, 1, form.size, form.resize, "nearest")[0]
        except ValueError as error:
            raise UserError(str(path), str(error), "images are never resized silently: --image-size") from None

    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        return torch.stack(list(pool.map(read, masks)))


def check_sizes(targets: Targets) -> None:
    """Raises UserError for a mask that has another size than its image."""
    for image, mask in (pair for each in targets.sets.values() for pair in each):
        try:
            height, width, _ = picture.header(image)
        except UserError:
            continue  # the reader of images says so
        if (size := picture.header(mask)[:2]) != (height, width):
            what = f"is {size[1]}x{size[0]} pixels, and its image {image.name} is {width}x{height}"
            raise UserError(str(mask), what, "bring the mask to the image's size, without interpolation")


def _by_name(folder: Path) -> dict[str, Path]:
    """The pictures below a folder by their paths in it without the ending."""
    found: dict[str, Path] = {}
    for path in walk(folder)[0].below():
        name = str(path.relative_to(folder).with_suffix(""))
        if name in found:
            raise UserError(str(path), f"has the name of {found[name].name}", "keep one of them")
        found[name] = path
    return found


def _classes(root: Path, masks: Sequence[Path]) -> tuple[str, ...]:
    file = root / CLASSES
    if file.is_file():
        try:
            names = [line.strip() for line in file.read_text(encoding="utf-8-sig").splitlines() if line.strip()]
        except (OSError, UnicodeDecodeError) as error:
            raise UserError(str(file), f"cannot be read ({shortened(str(error))})", "write a class a line") from None
    else:
        with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
            names = list(map(str, range(max(pool.map(_largest, masks)) + 1)))
    if not 2 <= len(names) <= IGNORED:
        what = f"has {len(names)} class{'es' * (len(names) != 1)} ({IGNORED} in a mask is: not known)"
        raise UserError(str(root), what, f"number the classes from 0 in the masks, and name them in {CLASSES}")
    return tuple(names)


def _largest(mask: Path) -> int:
    """The largest class of a mask; -1 where none is known."""
    values = _numbers(mask)
    return int(values[values != IGNORED].max(initial=0)) if (values != IGNORED).any() else -1


def _numbers(path: Path) -> NDArray[Any]:
    """uint8 (height, width). Raises UserError where they are no numbers of classes."""
    import numpy

    image = picture.upright(path)
    if image.mode not in PLAIN or image.format in LOSSY or path.suffix.lower() in (".jpg", ".jpeg"):
        what = f"is in mode {image.mode}" if image.mode not in PLAIN else "is compressed with losses"
        raise UserError(str(path), f"{what}, which holds no numbers of classes", "write grey or palette PNGs")
    values = numpy.asarray(image)
    if values.min() < 0 or values.max() > IGNORED:
        raise UserError(str(path), f"has the value {int(abs(values).max())}", f"number classes from 0 to {IGNORED - 1}")
    return values.astype(numpy.uint8)
