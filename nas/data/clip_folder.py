"""Data sets of clips: DIR/class/clip.mp4, or DIR/class/clip/0001.png, with the sets as folders of images have them; or
a list of such files and folders.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from nas.data.clip import SUFFIXES, Clip, clip_at, clips, decoder
from nas.data.dataset import Dataset
from nas.data.folder import decode_all, form_of
from nas.data.gather import Decoded, gather
from nas.data.layout import Layout, read_layout, split_of
from nas.data.listing import read_list
from nas.data.reader import Form, Read, Reader, Unreadable
from nas.data.tree import PICTURES, Kind
from nas.errors import UserError

if TYPE_CHECKING:
    from torch import Tensor

AT_ONCE = 32  # clips that are read ahead


def _holds(path: Path) -> bool:
    return path.suffix.lower() in SUFFIXES or PICTURES.holds(path)


CLIPS = Kind("clip", "clip/0001.png", _holds)


def load(
    place: Path,
    frames: int,
    valid_fraction: float | None = None,
    image_size: tuple[int, ...] | None = None,
    resize: str = "crop",
    skip_unreadable: bool = False,
) -> Dataset:
    """The clips below a folder, or of a list, uint8 (N, C, T, H, W): `frames` of each, evenly spaced.

    Frames are as images of a folder are (`nas.data.folder`), and mapped from a file where they are many. They are
    mirrored and shifted in training as those are, all of a clip alike. Raises UserError as `nas.data.folder.load`.
    """
    layout = _layout(place)
    form = _form(place, layout, image_size, resize)

    def decode(wanted: Mapping[str, Sequence[Clip]]) -> Decoded:
        found = decode_all(ClipReader(Reader(Unreadable(place), form), frames), wanted, skip_unreadable)
        images = {split: each.transpose(1, 2) for split, each in found.images.items()}  # a view: files have (T, C, ..)
        return found._replace(images=images)

    crop = min(form.size) // 8  # as of images
    return gather(str(place), layout, valid_fraction, decode, "clip", flip=True, crop=crop, resize=form.resize)


def describe(place: Path, frames: int, image_size: tuple[int, ...] | None = None) -> tuple[tuple[int, ...], int]:
    """(channels, frames, height, width) of the clips, and the number of classes."""
    layout = _layout(place)
    form = _form(place, layout, image_size, "crop")
    return (form.channels, frames, *form.size), len(layout.classes)


def _layout(place: Path) -> Layout:
    files = read_layout(place, CLIPS) if place.is_dir() else read_list(place)
    sets = {
        split: {name: _clips(place, files, each) for name, each in classes.items()}
        for split, classes in files.sets.items()
    }
    if any(not clip.pictures for classes in sets.values() for each in classes.values() for clip in each):
        decoder(str(place))
    return Layout(files.classes, sets, files.notes)


def _clips(place: Path, layout: Layout, files: Sequence[Path]) -> list[Clip]:
    """Raises UserError for frames that lie in the folder of a class itself."""
    if not place.is_dir():
        return [clip_at(path) for path in files]
    found = clips(files)
    for clip in found:
        parts = clip.place.relative_to(place).parts
        inner = parts[1:] if parts[0] not in layout.classes and split_of(parts[0]) else parts
        if clip.pictures and len(inner) == 1:
            what = f"holds {len(clip.pictures):,} pictures itself, and its clips are folders of frames"
            raise UserError(
                str(clip), what, f"put the frames of each into a folder of its own: {inner[0]}/{CLIPS.example}"
            )
    return found


def _form(place: Path, layout: Layout, image_size: tuple[int, ...] | None, resize: str) -> Form:
    found = (clip for classes in layout.sets.values() for each in classes.values() for clip in each)
    return form_of(place, found, image_size, resize, Clip.header)


@dataclass
class ClipReader:
    """Reads clips into tensors of a form, frame by frame; otherwise it is as a `Reader` of images."""

    reader: Reader
    count: int

    @property
    def unreadable(self) -> Unreadable:
        return self.reader.unreadable

    @property
    def form(self) -> Form:
        return self.reader.form

    @property
    def shape(self) -> tuple[int, ...]:
        """(frames, channels, height, width)."""
        return self.count, *self.reader.shape

    def notes(self) -> list[str]:
        return self.reader.notes()

    def read(self, files: Sequence[Clip], images: Tensor, rest: Callable[[], None] = lambda: None) -> list[int]:
        """As of a `Reader`, into uint8 (N, T, C, H, W)."""
        import torch

        kept: list[int] = []
        with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
            for start in range(0, len(files), AT_ONCE):
                part = files[start : start + AT_ONCE]
                for position, (clip, found) in enumerate(zip(part, pool.map(self._read, part), strict=True), start):
                    if isinstance(found, str):
                        self.unreadable.files[clip.place] = found
                        continue
                    images[len(kept)] = torch.stack([frame.pixels for frame in found])
                    for frame in found:
                        self.reader.meet(frame)
                    kept.append(position)
                rest()
        return kept

    def _read(self, clip: Clip) -> list[Read] | str:
        """All frames, or why one cannot be read."""
        try:
            sources = clip.frames(self.count)
        except UserError as error:
            return f"{error.what}; {error.hint}"
        found = []
        for source in sources:
            frame = self.reader.one(source, str(source if isinstance(source, Path) else clip))
            if isinstance(frame, str):
                return frame
            found.append(frame)
        return found
