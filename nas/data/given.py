"""Data of a Python program: datasets of torch's and Hugging Face's, and tensors. They are gone through once."""

from __future__ import annotations

import hashlib
import math
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nas.data import picture
from nas.data.dataset import SPLITS, Dataset, cut, in_parts, shortcomings, statistics
from nas.data.gather import FRACTION
from nas.data.pages import LARGE, Pages, decoded, scratch
from nas.data.pairs import class_names, pair
from nas.data.reader import AT_ONCE, Form, Reader, Unreadable
from nas.errors import UserError, shortened

if TYPE_CHECKING:
    from torch import Tensor

NAME = "given in Python"  # of these data, where a run names its own
AGAIN = 4  # images of a set that are read twice


def collect(
    train: Any,
    valid: Any = None,
    test: Any = None,
    *,
    classes: Sequence[str] | None = None,
    valid_fraction: float | None = None,
    image_size: tuple[int, int] | None = None,
    resize: str = "crop",
) -> Dataset:
    """The data set of what a program has, in memory, or mapped from a file where it is large.

    Args:
        train: a dataset of torch's or of Hugging Face's, a list, or anything with a length and `[number]`, of pairs: a
            picture (PIL's, or a tensor or array, uint8 or as ToTensor makes it, with 1 or 3 channels first or last) and
            the number of its class. Mappings have these by `image` or `img`, and `label`. Or a pair of tensors or
            arrays: all images, all labels.
        valid: likewise; None: a part of `train` validates.
        test: likewise; None: a part of `train` tests.
        classes: the names of the classes in order; None: those that `train` tells, else numbers.
        valid_fraction: of the training images, for a validation set that is not given; None: a tenth.
        image_size: (height, width) to which all are brought; None: they have one size.
        resize: how, as `nas.data.load`.

    Raises:
        UserError: something is no picture or no class, or the images have several sizes.
    """
    import torch

    given = {split: _counted(split, one) for split, one in zip(SPLITS, (train, valid, test), strict=True)}
    given = {split: one for split, one in given.items() if one is not None}
    raw = _read_all(given, image_size, resize)
    names = classes if classes is not None else class_names(train)
    called = tuple(map(str, range(max(raw.labels["train"]) + 1) if names is None else names))
    _check_labels(raw.labels, called)
    sets = cut(NAME, raw.labels, FRACTION if valid_fraction is None else valid_fraction, FRACTION)
    shape = raw.images.shape

    def arrange(images: Tensor, rest: Callable[[], None]) -> dict[str, Any]:
        """Set after set, so that training and validation images are one tensor without a copy."""
        end = 0
        for split in SPLITS:
            source, chosen = sets[split]
            start = raw.starts[source]
            for at in range(0, len(chosen), AT_ONCE):
                part = torch.tensor(chosen[at : at + AT_ONCE])
                images[end : end + len(part)] = raw.images[start + part]
                end += len(part)
                rest()
        mean, std = statistics(images[: len(sets["train"][1])], rest)
        return {"mean": mean, "std": std}

    pages = None
    if raw.pages is not None:
        pages, told = decoded(_key(raw, sets), shape, lambda pages: arrange(pages.images, pages.release))
        images = pages.images
    else:
        images = torch.empty(shape, dtype=torch.uint8)
        told = arrange(images, lambda: None)
    labels = {s: torch.tensor([raw.labels[source][i] for i in chosen]) for s, (source, chosen) in sets.items()}
    parts = dict(zip(SPLITS, images.split([len(labels[split]) for split in SPLITS]), strict=True))
    about = (called, tuple(told["mean"]), tuple(told["std"]))
    notes = (*raw.notes, *_augmented(given, raw), *shortcomings(labels, called))
    way, crop = "none" if image_size is None else resize, min(shape[2:]) // 8  # as a folder's
    return Dataset(NAME, parts, labels, *about, flip=True, crop=crop, resize=way, notes=notes, pages=pages)


@dataclass(frozen=True, eq=False)
class Given:
    """Data as an evaluator holds them: sent to other processes as arrays that these share, or as the file to map."""

    data: Dataset

    def __reduce__(self) -> tuple[Any, ...]:
        bare = replace(self.data, images={}, labels={}, pages=None)
        labels = {split: tensor.numpy() for split, tensor in self.data.labels.items()}
        if (pages := self.data.pages) is not None:
            return _from_pages, (bare, labels, pages.path, pages.shape)
        return _from_arrays, (bare, labels, {split: tensor.numpy() for split, tensor in self.data.images.items()})


def _from_arrays(bare: Dataset, labels: Mapping[str, Any], images: Mapping[str, Any]) -> Given:
    import torch

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that shared memory is not writable: nobody writes to a data set
        tensors = [{split: torch.from_numpy(array) for split, array in each.items()} for each in (images, labels)]
    return Given(replace(bare, images=tensors[0], labels=tensors[1]))


def _from_pages(bare: Dataset, labels: Mapping[str, Any], path: Any, shape: Sequence[int]) -> Given:
    try:
        pages = Pages(path, shape)
    except OSError as error:
        what = f"the decoded images cannot be read here ({error.strerror})"
        raise UserError(str(path), what, "set NAS_DATA to a folder that all machines share") from None
    parts = pages.images.split([len(labels[split]) for split in SPLITS])
    sent = _from_arrays(bare, labels, {}).data
    return Given(replace(sent, images=dict(zip(SPLITS, parts, strict=True)), pages=pages))


@dataclass(frozen=True)
class _Arrays:
    """All images and all labels, as pairs."""

    images: Any
    labels: Any

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, number: int) -> tuple[Any, Any]:
        return self.images[number], self.labels[number]

    def whole(self, form: Form) -> Tensor | None:
        """All images at once, where nothing is to be done to them."""
        import numpy
        import torch

        images = self.images
        images = (
            torch.from_numpy(numpy.require(images, requirements="W")) if isinstance(images, numpy.ndarray) else images
        )
        images = images[:, None] if images.ndim == 3 else images
        if images.ndim == 4 and images.shape[1] not in (1, 3):
            images = images.permute(0, 3, 1, 2)
        return images if images.dtype == torch.uint8 and images.shape[1:] == (form.channels, *form.size) else None


def _counted(split: str, data: Any) -> Any:
    """Something with a length and items by number, None where nothing is given."""
    if data is None:
        return None
    if isinstance(data, tuple) and len(data) == 2 and hasattr(data[0], "shape"):
        images, labels = data
        if len(images.shape) < 3 or len(images) != len(labels):
            what = f"images {list(images.shape)} and {len(labels)} labels do not fit each other"
            raise UserError(split, what, "give (N, C, H, W) and (N,)")
        data = _Arrays(images, labels)
    if isinstance(data, Mapping):
        hint = f"give the sets by themselves: {split}=data['{split}']"
        raise UserError(split, f"is a mapping of {shortened(', '.join(map(str, data)))}", hint)
    if not (hasattr(data, "__len__") and hasattr(data, "__getitem__")):
        inner = hasattr(data, "batch_size") and hasattr(data, "dataset")
        what = f"is a {type(data).__name__}, which has no items by number"
        hint = "give its dataset: loader.dataset" if inner else "write its items as a folder: nas.data.as_folder"
        raise UserError(split, what, hint)
    if not len(data):
        raise UserError(split, "is empty", "give a dataset with images, or leave it out")
    return data


@dataclass(frozen=True)
class _Raw:
    """What was read, in its order: uint8 (N, C, H, W), where each set starts in it, and its labels."""

    images: Tensor
    starts: dict[str, int]
    labels: dict[str, list[int]]
    reader: Reader
    pages: Pages | None

    @property
    def notes(self) -> list[str]:
        return self.reader.notes()


class _Coloured(Exception):
    """A picture in colour among grey ones."""


def _read_all(given: Mapping[str, Any], image_size: tuple[int, int] | None, resize: str) -> _Raw:
    """In one channel where all are grey, and else in three."""
    first, _ = pair("train[0]", given["train"][0])
    first = picture.upright(first)
    size = image_size or (first.height, first.width)
    for channels in (1, 3):
        if channels == 3 or picture.is_grey(first):
            form = Form(channels, size, "none" if image_size is None else resize, "train[0]")
            try:
                return _read_in(given, form)
            except _Coloured:
                continue
    raise AssertionError  # three channels take all


def _read_in(given: Mapping[str, Any], form: Form) -> _Raw:
    import torch

    counts = {split: len(data) for split, data in given.items()}
    shape = (sum(counts.values()), form.channels, *form.size)
    pages = scratch(shape) if math.prod(shape) > LARGE else None
    images = torch.empty(shape, dtype=torch.uint8) if pages is None else pages.images
    raw = _Raw(images, {}, {}, Reader(Unreadable(Path()), form), pages)
    end = 0
    for split, data in given.items():
        raw.starts[split], raw.labels[split] = end, []
        if isinstance(data, _Arrays) and (whole := data.whole(form)) is not None:
            images[end : end + len(data)] = whole
            raw.labels[split] = list(map(int, data.labels))
            end += len(data)
            continue
        for number in range(counts[split]):
            images[end], label = _read_one(raw.reader, f"{split}[{number}]", data[number])
            raw.labels[split].append(label)
            end += 1
            if pages is not None and end % AT_ONCE == 0:
                pages.release()
    return raw


def _read_one(reader: Reader, where: str, item: Any) -> tuple[Tensor, int]:
    image, label = pair(where, item)
    image = picture.upright(image)
    if reader.form.channels == 1 and not picture.is_grey(image):
        raise _Coloured
    try:
        read = reader.brought(where, image)
    except UserError:
        raise
    except ValueError as error:
        raise UserError(where, str(error), "convert it first") from None
    reader.meet(read)
    return read.pixels, label


def _check_labels(labels: Mapping[str, list[int]], classes: Sequence[str]) -> None:
    for split, each in labels.items():
        worst = max(each) if min(each) >= 0 else min(each)
        if not 0 <= worst < len(classes):
            what = f"its class is {worst}, and the last of the {len(classes)} is {len(classes) - 1}"
            raise UserError(f"{split}[{each.index(worst)}]", what, "number them from 0, and name all: classes=[...]")
    present = set(labels["train"])
    if len(classes) < 2:
        raise UserError("train", f"one class: {classes[0]}", "add pictures of others")
    for label, name in enumerate(classes):
        if label not in present:
            hint = "number them from 0, and name those that are there: classes=[...]"
            raise UserError("train", f"no image of the class {label} ({name})", hint)


def _augmented(given: Mapping[str, Any], raw: _Raw) -> list[str]:
    """A note where a few images are others as they are read again."""
    for split, data in given.items():
        count = len(data)
        for number in sorted({(count - 1) * part // (AGAIN - 1) for part in range(AGAIN)}):
            pixels, _ = _read_one(raw.reader, f"{split}[{number}]", data[number])
            if not pixels.equal(raw.images[raw.starts[split] + number]):
                what = f"{split}[{number}] has other pixels each time it is read, and stays as it was first drawn"
                return [f"{what}: give the data without random transforms, and augment by the recipe"]
    return []


def _key(raw: _Raw, sets: Mapping[str, tuple[str, list[int]]]) -> str:
    """Of these pixels in this order."""
    hasher = hashlib.blake2b(repr((raw.images.shape, sorted(sets.items()))).encode(), digest_size=16)
    for part in in_parts(raw.images):
        hasher.update(part.numpy().tobytes())
        if raw.pages is not None:
            raw.pages.release()
    return hasher.hexdigest()
