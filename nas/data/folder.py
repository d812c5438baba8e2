"""Any folder of class folders (torchvision's ImageFolder layout): DIR/class/image.png, or with DIR/train/class/... and,
where they are there, DIR/valid and DIR/test; or a table of pictures. Sets that are missing are cut out of the training
images.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nas.data import picture
from nas.data.dataset import SPLITS, Dataset, statistics
from nas.data.gather import Decoded, gather, gather_targets
from nas.data.layout import Layout, read_layout
from nas.data.listing import read_list, tables
from nas.data.masks import check_sizes, read_masks, tensor_of
from nas.data.packed import Source
from nas.data.pages import LARGE, decoded
from nas.data.reader import Form, Reader, Unreadable
from nas.data.targets import Targets, numbers, several, task_of
from nas.errors import UserError
from nas.tasks import Classification, MultiLabel, Regression, Segmentation, Task, task_named

if TYPE_CHECKING:
    from torch import Tensor

VERSION = 1  # of how files become pixels
# Of a table or a folder.
READERS: dict[tuple[type[Task], bool], Callable[[Path], Any]] = {
    (Classification, True): read_list,
    (Classification, False): read_layout,
    (Regression, True): numbers,
    (MultiLabel, True): several,
    (Segmentation, False): read_masks,
}


def load(
    folder: Path,
    valid_fraction: float | None = None,
    image_size: tuple[int, ...] | None = None,
    resize: str = "crop",
    skip_unreadable: bool = False,
    task: str | None = None,
) -> Dataset:
    """The images below `folder`, or of the table that it is, in one channel where all are grey and else in three (RGB).

    All must have one size, unless `image_size` (height, width) is given, to which `resize` brings them. `task`: that of
    the targets; None: what the folder or the table says by itself. Where an image is to give numbers it may neither be
    mirrored nor be shifted: that may change them.
    Raises UserError for images of several sizes, for files that cannot be read, unless these are to be skipped, and as
    `read_layout`, `read_list` and `targets` do.
    """
    kind = task_named(task or task_of(folder))
    settings = (valid_fraction, image_size, resize, skip_unreadable, kind)
    return load_layout(str(folder), folder, _layout(folder, kind), *settings)


def load_layout(
    name: str,
    folder: Path,
    layout: Layout | Targets,
    valid_fraction: float | None,
    image_size: tuple[int, ...] | None,
    resize: str,
    skip_unreadable: bool,
    task: type[Task] = Classification,
) -> Dataset:
    """As `load`, of a data set of this name whose files, below `folder`, a layout lists."""
    form = form_of(folder, _files(layout), image_size, resize)

    def decode(wanted: Mapping[str, Sequence[Source]]) -> Decoded:
        return decode_all(Reader(Unreadable(folder), form), wanted, skip_unreadable)

    way = "none" if image_size is None else resize
    crop = min(form.size) // 8  # 4 pixels at CIFAR's 32
    if isinstance(layout, Layout):
        return gather(name, layout, valid_fraction, decode, flip=True, crop=crop, resize=way)
    if task.dense:
        check_sizes(layout)
        layout = replace(layout, tensor=partial(tensor_of, len(layout.classes), form))
    moves = task is not Regression
    about: dict[str, Any] = {"flip": moves, "crop": crop * moves, "resize": way}
    return gather_targets(name, layout, task, valid_fraction, decode, **about)


def describe(
    folder: Path, image_size: tuple[int, ...] | None = None, task: str | None = None
) -> tuple[tuple[int, ...], int]:
    """(channels, height, width) of the images, from the heads of their files, and the number of outputs."""
    layout = _layout(folder, task_named(task or task_of(folder)))
    form = form_of(folder, _files(layout), image_size, "crop")
    return (form.channels, *form.size), len(layout.classes)


def _layout(place: Path, task: type[Task]) -> Layout | Targets:
    """Raises UserError where a table or a folder is none of this task."""
    table = bool(tables(place))
    if (reader := READERS.get((task, table))) is not None:
        layout: Layout | Targets = reader(place)
        return layout
    hint = "give a table (.csv) with a row an image" if not table else "give a folder of images/ and masks/"
    raise UserError(str(place), f"is a {'table' if table else 'folder'}, and the task is {task.name}", hint)


def _files(layout: Layout | Targets) -> Iterator[Any]:
    if isinstance(layout, Targets):
        return (path for each in layout.sets.values() for path, _ in each)
    return (path for classes in layout.sets.values() for each in classes.values() for path in each)


def form_of(
    folder: Path,
    files: Iterable[Any],
    image_size: tuple[int, ...] | None,
    resize: str,
    header: Callable[[Any], tuple[int, int, bool]] = picture.header,
) -> Form:
    """Of the first file that can be read, in colour where any is; raises UserError where none can be."""
    first, channels, size = None, 1, image_size
    for path in files:
        try:
            height, width, grey = header(path)
        except UserError:
            continue
        first, size = first or path, size or (height, width)
        if not grey:
            channels = 3
            break
    if first is None or size is None:
        raise UserError(str(folder), "none of its images can be read", "are they pictures? Replace them")
    return Form(channels, size, "none" if image_size is None else resize, first)


def decode_all(reader: Any, files: Mapping[str, Sequence[Any]], skip_unreadable: bool) -> Decoded:
    """In memory, or mapped where they are many; raises UserError for what is unreadable and not to be skipped.

    reader: a `Reader`, or one that reads other things as it does, into tensors of its `shape`.
    """
    import torch

    shape = (sum(map(len, files.values())), *reader.shape)

    def fill(images: Tensor, rest: Callable[[], None]) -> dict[str, Any]:
        kept, end = dict[str, list[int]](), 0
        for split in SPLITS:  # without gaps, so that training and validation images are one tensor without a copy
            kept[split] = reader.read(files[split], images[end:], rest)
            end += len(kept[split])
        if reader.unreadable.files and not skip_unreadable:
            raise reader.unreadable.error()
        mean, std = statistics(images[: len(kept["train"])].flatten(0, -4), rest) if kept["train"] else ((), ())
        return {"kept": kept, "mean": mean, "std": std, "notes": reader.notes()}

    pages = None
    if math.prod(shape) > LARGE:
        pages, told = decoded(_key(reader, files), shape, lambda pages: fill(pages.images, pages.release))
        images = pages.images
    else:
        images = torch.empty(shape, dtype=torch.uint8)
        told = fill(images, lambda: None)
    counts = [len(told["kept"][split]) for split in SPLITS]
    parts = dict(zip(SPLITS, images[: sum(counts)].split(counts), strict=True))
    return Decoded(parts, told["kept"], tuple(told["mean"]), tuple(told["std"]), tuple(told["notes"]), pages)


def _key(reader: Any, files: Mapping[str, Sequence[Any]]) -> str:
    """Of these files as they are now, in this form."""
    hasher = hashlib.blake2b(
        repr((VERSION, str(reader.unreadable.folder.resolve()), *reader.form[:3], *reader.shape[:-3])).encode(),
        digest_size=16,
    )
    for split, each in files.items():
        for path in each:
            state = path.stat()
            hasher.update(repr((split, str(path), state.st_size, state.st_mtime_ns)).encode("utf-8", "surrogateescape"))
    return hasher.hexdigest()
