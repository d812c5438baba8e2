"""The files of a folder that hold examples, at any depth: what is hidden or holds none is left out and remembered."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from nas.data import picture
from nas.errors import UserError

SUFFIXES = {".png", ".jpg", ".jpeg", ".bmp", ".gif", ".ppm", ".pgm", ".tif", ".tiff", ".webp"}
# Pictures that Pillow does not read, or of which it would read the thumbnail: an error, not a file to leave out.
SUFFIXES |= {".avif", ".heic", ".heif", ".dng", ".nef", ".cr2", ".cr3", ".arw"}
LITTER = {".ds_store", "thumbs.db", "desktop.ini"}  # not worth a word
HIDDEN = {"__macosx", "@eadir", "__pycache__", "lost+found", "$recycle.bin", "system volume information", "#recycle"}
DEEPEST = 40


class Kind(NamedTuple):
    """What the files hold: what one is called, how a path of one looks, and whether a file is one, by its path."""

    noun: str
    example: str
    holds: Callable[[Path], bool]


def _is_picture(path: Path) -> bool:
    """By its name, or where that says nothing by its content. A broken picture counts, to be named later."""
    if path.suffix.lower() in SUFFIXES:
        return True
    try:
        picture.header(path)
    except UserError:
        return False
    return True


PICTURES = Kind("image", "image.png", _is_picture)


@dataclass
class LeftOut:
    """What is no part of the data: hidden files and folders, files of others, links back to a folder above."""

    hidden: list[Path] = field(default_factory=list)
    others: list[Path] = field(default_factory=list)
    loops: list[Path] = field(default_factory=list)


@dataclass
class Tree:
    """A folder: the files of a kind that lie in it directly, and the folders in it by name, sorted."""

    path: Path
    kind: Kind
    identity: tuple[int, int]  # the same for all links to it
    files: list[Path] = field(default_factory=list)
    folders: dict[str, Tree] = field(default_factory=dict)

    def below(self) -> list[Path]:
        """All of them, at any depth, in a fixed order; those of a folder that links lead to as well, once."""
        return sorted(self._all(set()), key=lambda path: path.parts)

    def __bool__(self) -> bool:
        """Whether there are any."""
        return bool(self.files) or any(self.folders.values())

    @property
    def within(self) -> list[str]:
        """The names of the folders that hold some."""
        return [name for name, folder in self.folders.items() if folder]

    def _all(self, seen: set[tuple[int, int]]) -> Iterator[Path]:
        seen.add(self.identity)
        yield from self.files
        for folder in self.folders.values():
            if folder.identity not in seen:
                yield from folder._all(seen)


def walk(root: Path, kind: Kind = PICTURES) -> tuple[Tree, LeftOut]:
    """The tree of `root`; links are followed, unless to a folder that is read already on the way there or beside it.

    Raises UserError for a folder that cannot be read, or is nested too deep.
    """
    left = LeftOut()
    return _walk(root, kind, left, {_identity(root)}, 0), left


def _walk(path: Path, kind: Kind, left: LeftOut, seen: set[tuple[int, int]], depth: int) -> Tree:
    if depth > DEEPEST:
        raise UserError(str(path), f"folders nested deeper than {DEEPEST}", "name the folder that holds the classes")
    tree = Tree(path, kind, _identity(path))
    for name in sorted(_names(path)):
        place = path / name
        if name.lower() in LITTER:
            continue
        if name.startswith(".") or name.lower() in HIDDEN:
            left.hidden.append(place)
            continue
        try:
            mode = place.stat().st_mode
        except OSError:  # a link to nowhere, or one that leads to itself: it counts, to be named later
            mode = 0
        if stat.S_ISDIR(mode):
            identity = _identity(place)
            if identity in seen:
                left.loops.append(place)
                continue
            # Sets and classes may be links to one folder; below them each is walked once, or links could multiply.
            seen_below = set(seen) if depth < 2 else seen
            seen_below.add(identity)
            tree.folders[name] = _walk(place, kind, left, seen_below, depth + 1)
        elif (not mode or stat.S_ISREG(mode)) and kind.holds(place):  # a pipe would be waited for
            tree.files.append(place)
        else:
            left.others.append(place)
    return tree


def _identity(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_dev, status.st_ino


def _names(path: Path) -> list[str]:
    try:
        return os.listdir(path)
    except OSError as error:
        raise UserError(str(path), f"cannot be read ({error.strerror})", "check its permissions") from error
