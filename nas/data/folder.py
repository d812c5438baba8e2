"""Any folder of class folders (torchvision's ImageFolder layout): DIR/class/image.png, or with DIR/train/class/... and,
where they are there, DIR/valid and DIR/test. Sets that are missing are cut out of the training images.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from nas.data import picture
from nas.data.dataset import Dataset, cut, shortcomings, statistics
from nas.data.layout import read_layout
from nas.errors import UserError

if TYPE_CHECKING:
    from PIL.Image import Image
    from torch import Tensor

FRACTION = 0.1  # of the training images, for a validation or test set that the folder does not bring
SHOWN = 10  # of the unreadable files, in an error
DARK = 64  # a picture of 16 bits whose brightest pixel is below this, of 255, has fewer bits in truth


def load(
    folder: Path,
    valid_fraction: float | None = None,
    image_size: tuple[int, int] | None = None,
    resize: str = "crop",
    skip_unreadable: bool = False,
) -> Dataset:
    """The images below `folder`, in one channel where all are grey and else in three (RGB).

    All must have one size, unless `image_size` (height, width) is given, to which `resize` brings them.
    Raises UserError for images of several sizes, for files that cannot be read, unless these are to be skipped, and as
    `read_layout` does.
    """
    import torch

    layout = read_layout(folder)
    files = {
        split: [(path, label) for label, name in enumerate(layout.classes) for path in classes.get(name, ())]
        for split, classes in layout.sets.items()
    }
    form = _form(folder, (path for each in files.values() for path, _ in each), image_size, resize)
    fraction = FRACTION if valid_fraction is None else valid_fraction
    sets = cut(str(folder), {split: [label for _, label in each] for split, each in files.items()}, fraction, FRACTION)
    reader = _Reader(folder, form)
    images, labels = {}, {}
    for split, (source, chosen) in sets.items():
        images[split], kept = reader.read([files[source][i][0] for i in chosen])
        labels[split] = torch.tensor([files[source][chosen[i]][1] for i in kept], dtype=torch.long)
    if reader.unreadable and not skip_unreadable:
        raise reader.error()
    for label, name in enumerate(layout.classes):
        if not (labels["train"] == label).any():
            raise UserError(str(folder), f"no training image of the class {name} can be read", "replace some")
    for split in images:
        if not len(labels[split]):
            raise UserError(str(folder), f"no {split} image can be read", "replace some")
    mean, std = statistics(images["train"])
    notes = (*layout.notes, *reader.notes(), *shortcomings(labels, layout.classes))
    way = "none" if image_size is None else resize
    crop = min(form.size) // 8  # 4 pixels at CIFAR's 32
    return Dataset(
        str(folder), images, labels, layout.classes, mean, std, flip=True, crop=crop, resize=way, notes=notes
    )


def describe(folder: Path, image_size: tuple[int, int] | None = None) -> tuple[tuple[int, int, int], int]:
    """(channels, height, width) of the images, from the heads of their files, and the number of classes."""
    layout = read_layout(folder)
    files = (path for classes in layout.sets.values() for each in classes.values() for path in each)
    form = _form(folder, files, image_size, "crop")
    return (form.channels, *form.size), len(layout.classes)


@dataclass(frozen=True)
class _Form:
    """What every image becomes, and the first file, which says so where no size is given."""

    channels: int
    size: tuple[int, int]
    resize: str
    first: Path


def _form(folder: Path, files: Iterable[Path], image_size: tuple[int, int] | None, resize: str) -> _Form:
    """Of the first file that can be read, in colour where any is; raises UserError where none can be."""
    first, channels, size = None, 1, image_size
    for path in files:
        try:
            height, width, grey = picture.header(path)
        except UserError:
            continue
        first, size = first or path, size or (height, width)
        if not grey:
            channels = 3
            break
    if first is None or size is None:
        raise UserError(str(folder), "none of its images can be read", "are they pictures? Replace them")
    return _Form(channels, size, "none" if image_size is None else resize, first)


@dataclass
class _Reader:
    """Reads files into tensors of a form, and counts what it met on the way."""

    folder: Path
    form: _Form
    unreadable: dict[Path, str] = field(default_factory=dict)
    met: Counter[str] = field(default_factory=Counter)
    brightest: int = 0  # of the images of 16 bits

    def read(self, files: list[Path]) -> tuple[Tensor, list[int]]:
        """uint8 (N, C, H, W) of those files that can be read, and their positions."""
        import torch

        images = torch.empty((len(files), self.form.channels, *self.form.size), dtype=torch.uint8)
        kept: list[int] = []
        for position, path in enumerate(files):
            try:
                image = picture.upright(path)
            except UserError as error:
                self.unreadable[path] = error.what
                continue
            self._check_size(path, image)
            try:
                images[len(kept)] = picture.pixels(image, self.form.channels, self.form.size, self.form.resize)
            except ValueError as error:
                self.unreadable[path] = str(error)
                continue
            self._meet(image, images[len(kept)])
            kept.append(position)
        return images[: len(kept)], kept

    def _check_size(self, path: Path, image: Image) -> None:
        height, width = self.form.size
        if self.form.resize == "none" and image.size != (width, height):
            what = f"is {image.width}x{image.height} pixels where {self.form.first} is {width}x{height}"
            hint = "give --image-size N or HxW (image_size=...); images are never resized silently"
            raise UserError(str(path), what, hint)

    def _meet(self, image: Image, tensor: Tensor) -> None:
        self.met["grey"] += picture.is_grey(image)
        self.met["transparent"] += picture.see_through(image)
        if image.mode.startswith("I"):
            self.met["deep"] += 1
            self.brightest = max(self.brightest, int(tensor.max()))

    def error(self) -> UserError:
        """Of all files that could not be read."""
        hint = "replace or remove it, or give --skip-unreadable (skip_unreadable=True)"
        if len(self.unreadable) == 1:
            ((path, why),) = self.unreadable.items()
            return UserError(str(path), why, hint)
        return UserError(str(self.folder), f"{len(self.unreadable):,} files cannot be read: {self._listed()}", hint)

    def notes(self) -> list[str]:
        """A line on each kind of image that was changed or skipped."""
        notes = []
        if count := len(self.unreadable):
            notes.append(f"skipped {count:,} that cannot be read: {self._listed()}")
        if count := self.met["transparent"]:
            notes.append(f"{count:,} image{'s are' if count > 1 else ' is'} transparent in places: composed on white")
        if (count := self.met["grey"]) and self.form.channels == 3:
            notes.append(f"{count:,} grey image{'s' * (count > 1)} among those in colour: read in colour")
        if count := self.met["deep"]:
            dark = f"; none is brighter than {self.brightest} of 255: scale them up first" * (self.brightest < DARK)
            many = f"images of 16 bits: read in their upper 8{dark}"
            notes.append(f"{count:,} {many if count > 1 else many.replace('images', 'image').replace('their', 'its')}")
        return notes

    def _listed(self) -> str:
        names = [str(path.relative_to(self.folder)) for path in list(self.unreadable)[:SHOWN]]
        more = len(self.unreadable) - SHOWN
        return ", ".join(names) + (f" and {more:,} more" if more > 0 else "")
