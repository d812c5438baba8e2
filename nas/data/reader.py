"""Picture files into tensors of one form, in threads, and what was met on the way."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from nas.data import picture
from nas.data.packed import Source
from nas.errors import UserError

if TYPE_CHECKING:
    from PIL.Image import Image
    from torch import Tensor

SHOWN = 10  # of the unreadable files, in an error
DARK = 64  # a picture of 16 bits whose brightest pixel is below this, of 255, has fewer bits in truth
AT_ONCE = 256  # files that are read ahead


class Form(NamedTuple):
    """What every image becomes, and the first file, which says so where no size is given."""

    channels: int
    size: tuple[int, ...]
    resize: str
    first: Source | str


class Read(NamedTuple):
    """A picture that was read: uint8 (C, H, W), and what it was before."""

    pixels: Tensor
    grey: bool
    transparent: bool
    deep: bool  # of 16 bits


@dataclass
class Unreadable:
    """The files of a folder that cannot be read, and why."""

    folder: Path
    files: dict[Source, str] = field(default_factory=dict)

    def error(self) -> UserError:
        """Of all of them."""
        hint = "replace or remove it, or give --skip-unreadable (skip_unreadable=True)"
        if len(self.files) == 1:
            ((path, why),) = self.files.items()
            return UserError(str(path), why, hint)
        return UserError(str(self.folder), f"{len(self.files):,} files cannot be read: {self._listed()}", hint)

    def notes(self) -> list[str]:
        """That they were skipped; empty where there are none."""
        count = len(self.files)
        return [f"skipped {count:,} that cannot be read: {self._listed()}"] if count else []

    def _listed(self) -> str:
        places = list(self.files)[:SHOWN]
        names = [str(path).removeprefix(f"{self.folder}{os.sep}") for path in places]
        more = len(self.files) - SHOWN
        return ", ".join(names) + (f" and {more:,} more" if more > 0 else "")


@dataclass
class Reader:
    """Reads files into tensors of a form, and counts what it met on the way."""

    unreadable: Unreadable
    form: Form
    met: Counter[str] = field(default_factory=Counter)
    brightest: int = 0  # of the images of 16 bits

    def read(self, files: Sequence[Source], images: Tensor, rest: Callable[[], None] = lambda: None) -> list[int]:
        """Reads files into `images`, uint8 (N, C, H, W), one after the other; gives the positions of those that can be
        read. `rest` is called now and then."""
        kept: list[int] = []
        with ThreadPoolExecutor(os.cpu_count() or 1) as pool:  # PIL computes without Python's lock
            for start in range(0, len(files), AT_ONCE):
                part = files[start : start + AT_ONCE]
                for position, (path, read) in enumerate(zip(part, pool.map(self.one, part), strict=True), start):
                    if isinstance(read, str):
                        self.unreadable.files[path] = read
                        continue
                    images[len(kept)] = read.pixels
                    self.meet(read)
                    kept.append(position)
                rest()
        return kept

    @property
    def shape(self) -> tuple[int, ...]:
        """(channels, height, width)."""
        return self.form.channels, *self.form.size

    def one(self, source: Source | Image, where: str = "") -> Read | str:
        """A file, or why it cannot be read. Raises UserError for a size that nobody asked for."""
        try:
            image = picture.upright(source)
        except UserError as error:
            return error.what
        try:
            return self.brought(where or str(source), image)
        except UserError:
            raise
        except ValueError as error:
            return str(error)

    def brought(self, where: str, image: Image) -> Read:
        """An `upright` picture in the form. Raises UserError for a size that nobody asked for, and ValueError for what
        cannot be shown in 8 bits."""
        self._check_size(where, image)
        tensor = picture.pixels(image, self.form.channels, self.form.size, self.form.resize)
        return Read(tensor, picture.is_grey(image), picture.see_through(image), image.mode.startswith("I"))

    def _check_size(self, where: str, image: Image) -> None:
        height, width = self.form.size
        if self.form.resize == "none" and image.size != (width, height):
            what = f"is {image.width}x{image.height} pixels where {self.form.first} is {width}x{height}"
            hint = "give --image-size N or HxW (image_size=...); images are never resized silently"
            raise UserError(where, what, hint)

    def meet(self, read: Read) -> None:
        self.met["grey"] += read.grey
        self.met["transparent"] += read.transparent
        if read.deep:
            self.met["deep"] += 1
            self.brightest = max(self.brightest, int(read.pixels.max()))

    def notes(self) -> list[str]:
        """A line on each kind of image that was changed or skipped."""
        notes = self.unreadable.notes()
        if count := self.met["transparent"]:
            notes.append(f"{count:,} image{'s are' if count > 1 else ' is'} transparent in places: composed on white")
        if (count := self.met["grey"]) and self.form.channels == 3:
            notes.append(f"{count:,} grey image{'s' * (count > 1)} among those in colour: read in colour")
        if count := self.met["deep"]:
            dark = f"; none is brighter than {self.brightest} of 255: scale them up first" * (self.brightest < DARK)
            many = f"images of 16 bits: read in their upper 8{dark}"
            notes.append(f"{count:,} {many if count > 1 else many.replace('images', 'image').replace('their', 'its')}")
        return notes
