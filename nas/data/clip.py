"""The one way a clip becomes frames: pictures of a folder in their order, or those of a video file, sampled evenly.

Files of videos are decoded by PyAV (FFmpeg), an extra of the installation.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from nas.data import picture
from nas.errors import UserError, shortened

if TYPE_CHECKING:
    from PIL.Image import Image
    from torch import Tensor

SUFFIXES = (".mp4", ".avi", ".mov", ".mkv", ".webm", ".m4v", ".mpg", ".mpeg")
MOST_FRAMES = 10_000


@dataclass(frozen=True)
class Clip:
    """place: the video file, or the folder. pictures: of a folder, in their order; empty for a file."""

    place: Path
    pictures: tuple[Path, ...] = ()

    def __str__(self) -> str:
        return str(self.place)

    def frames(self, count: int) -> Sequence[Path | Image]:
        """`count` of its frames, evenly spaced. Raises UserError where there are none."""
        if self.pictures:
            return [self.pictures[i] for i in positions(len(self.pictures), count)]
        return _of_video(self.place, count)

    def header(self) -> tuple[int, int, bool]:
        """(height, width, whether it is grey) of its first frame. Raises UserError where there is none."""
        if self.pictures:
            return picture.header(self.pictures[0])
        (first,) = _of_video(self.place, 1)
        return first.height, first.width, False

    def stat(self) -> SimpleNamespace:
        """`st_size` and `st_mtime_ns`, of all files together."""
        states = [path.stat() for path in self.pictures or (self.place,)]
        size, when = sum(each.st_size for each in states), max(each.st_mtime_ns for each in states)
        return SimpleNamespace(st_size=size, st_mtime_ns=when)


def clips(files: Iterable[Path]) -> list[Clip]:
    """A clip for each video file, and for each folder that holds pictures."""
    folders: dict[Path, list[Path]] = {}
    found = []
    for path in files:
        if path.suffix.lower() in SUFFIXES:
            found.append(Clip(path))
        else:
            folders.setdefault(path.parent, []).append(path)
    found += [Clip(folder, tuple(sorted(each, key=_in_order))) for folder, each in folders.items()]
    return sorted(found, key=lambda clip: clip.place.parts)


def clip_at(path: Path) -> Clip:
    """The clip of a video file, or of a folder of pictures. Raises UserError for what is neither."""
    if path.is_dir():
        from nas.data.tree import SUFFIXES as PICTURES

        if pictures := [each for each in path.iterdir() if each.suffix.lower() in PICTURES]:
            return Clip(path, tuple(sorted(pictures, key=_in_order)))
        raise UserError(str(path), "a clip without frames", "give a folder of pictures, in the order of their names")
    if path.suffix.lower() not in SUFFIXES:
        raise UserError(str(path), "is no clip", f"give a folder of pictures, or one of {', '.join(SUFFIXES)}")
    return Clip(path)


def positions(length: int, count: int) -> list[int]:
    """`count` positions of 0..length-1: the middles of so many equal parts. Of fewer frames some come twice."""
    return [(2 * part + 1) * length // (2 * count) for part in range(count)]


def sampled(images: Tensor, count: int) -> Tensor:
    """(N, C, count, H, W) of clips (N, C, T, H, W)."""
    return images[:, :, positions(images.shape[2], count)]


def parse_frames(value: Any) -> int:
    """A number of frames. Raises UserError for anything else."""
    if type(value) is not int or not 0 < value <= MOST_FRAMES:
        raise UserError("frames", f"is {value!r}", f"give the number of frames of a clip, at most {MOST_FRAMES:,}")
    return value


def _in_order(path: Path) -> list[tuple[int, str]]:
    """By the numbers in its name: frame2.png comes before frame10.png."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d+)", path.name)]


def decoder(where: str) -> Any:
    """PyAV. Raises UserError where it is missing."""
    try:
        import av
    except ImportError:
        what = "reading files of videos needs the package av, which is missing"
        hint = 'pip install "nas[video]"; or give each clip as a folder of pictures'
        raise UserError(where, what, hint) from None
    return av


def _of_video(path: Path, count: int) -> list[Image]:
    av = decoder(str(path))
    try:
        with av.open(str(path)) as file:
            length = sum(1 for _ in file.decode(video=0))  # what the head says is often missing or wrong
        wanted, found = positions(length, count), dict[int, Any]()
        with av.open(str(path)) as file:
            for number, frame in enumerate(file.decode(video=0)):
                if number in wanted:
                    found[number] = frame.to_image()
        if not length:
            raise ValueError("it has no frames")
        return [found[number] for number in wanted]
    except FileNotFoundError:
        raise UserError(str(path), "no such file", "give the path of one that exists") from None
    except (OSError, ValueError, LookupError) as error:  # those of FFmpeg are one of these
        what = f"cannot be read as a video ({shortened(str(error)) or type(error).__name__})"
        raise UserError(str(path), what, "replace or remove it") from None
