"""Data sets of signals: a folder of class folders (DIR/class/signal.npy, also .csv and .wav, with the sets as folders
of images have them), a list of such files, or a table of signals.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from nas.data import signal
from nas.data.dataset import SPLITS, Dataset, statistics
from nas.data.gather import Decoded, gather
from nas.data.layout import Layout, read_layout
from nas.data.listing import read_list
from nas.data.reader import Unreadable
from nas.data.signal_table import archive, is_table, read_table
from nas.data.tree import Kind
from nas.errors import UserError

if TYPE_CHECKING:
    from torch import Tensor

SIGNALS = Kind("signal", "signal.npy", lambda path: path.suffix.lower() in signal.SUFFIXES)


class Form(NamedTuple):
    """What every signal becomes, and the first one, which says so where no length is given."""

    channels: int
    length: int
    way: str
    first: str
    rate: int | None


def load(
    place: Path,
    valid_fraction: float | None = None,
    length: int | None = None,
    way: str = "crop",
    skip_unreadable: bool = False,
) -> Dataset:
    """The signals below a folder, or of a table, float32.

    All must have one number of channels, one rate of sampling, and one length, unless `length` is given, to which `way`
    brings them (`signal.fit`). They are neither mirrored nor shifted, unless a recipe says so.
    Raises UserError for signals of several lengths, channels or rates, for files that cannot be read, unless these are
    to be skipped, and as `read_layout`, `read_list` and `read_table` do.
    """
    layout = _layout(place)
    form = _form(place, layout, length, way)

    def decode(wanted: Mapping[str, Sequence[Any]]) -> Decoded:
        return _decoded(form, Unreadable(place), wanted, skip_unreadable)

    return gather(str(place), layout, valid_fraction, decode, "signal", flip=False, crop=0, resize=form.way)


def describe(place: Path, length: int | None = None) -> tuple[tuple[int, int], int]:
    """(channels, steps) of the signals, and the number of classes."""
    layout = _layout(place)
    form = _form(place, layout, length, "crop")
    return (form.channels, form.length), len(layout.classes)


def _layout(place: Path) -> Layout:
    if is_table(place) if place.is_file() else archive(place):
        return read_table(place)
    return read_layout(place, SIGNALS) if place.is_dir() else read_list(place)


def _form(place: Path, layout: Layout, length: int | None, way: str) -> Form:
    """Of the first that can be read. Raises UserError where none can be."""
    for item in _items(layout):
        try:
            values, rate = _read(item)
        except UserError:
            continue
        first = str(item) if isinstance(item, Path) else "the first"
        return Form(len(values), length or values.shape[1], way if length else "none", first, rate)
    raise UserError(str(place), "none of its signals can be read", "replace them")


def _items(layout: Layout) -> Iterator[Any]:
    return (item for classes in layout.sets.values() for each in classes.values() for item in each)


def _read(item: Any) -> signal.Signal:
    return signal.read(item) if isinstance(item, Path) else signal.Signal(item)


def _decoded(form: Form, unreadable: Unreadable, items: Mapping[str, Sequence[Any]], skip_unreadable: bool) -> Decoded:
    import torch

    images: dict[str, Tensor] = {}
    kept: dict[str, list[int]] = {}
    whole, end = torch.empty(sum(map(len, items.values())), form.channels, form.length), 0
    for split in SPLITS:
        start, kept[split] = end, []
        for position, item in enumerate(items[split]):
            try:
                found = _read(item)
            except UserError as error:
                unreadable.files[item] = error.what
                continue
            whole[end] = _fitted(form, item, found, unreadable.folder)
            kept[split].append(position)
            end += 1
        images[split] = whole[start:end]
    if unreadable.files and not skip_unreadable:
        raise unreadable.error()
    mean, std = statistics(images["train"]) if kept["train"] else ((), ())
    return Decoded(images, kept, mean, std, tuple(unreadable.notes()))


def _fitted(form: Form, item: Any, found: signal.Signal, place: Path) -> Tensor:
    """Raises UserError for a signal that is of another form."""
    where = str(item) if isinstance(item, Path) else str(place)
    if len(found.values) != form.channels:
        what = f"a signal of {len(found.values)} channels, where {form.first} has {form.channels}"
        raise UserError(where, what, "give each as many channels")
    if found.rate != form.rate:
        what = f"sampled {found.rate} times a second, where {form.first} is {form.rate} times"
        raise UserError(where, what, "sample all at one rate")
    try:
        return signal.fit(found.values, form.length, form.way)
    except ValueError as error:
        hint = "give --length N (length=...); signals are never cut or padded silently"
        raise UserError(where, f"a signal {error}", hint if form.way == "none" else "give --resize crop") from None
