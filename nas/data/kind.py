"""What a folder or a file holds that nobody named: images, signals or clips."""

from __future__ import annotations

import os
from pathlib import Path

from nas.data import clip, signal
from nas.data.signal_table import archive, is_table
from nas.data.tree import PICTURES, SUFFIXES, walk

KINDS = {1: "signal", 2: "image", 3: "clip"}  # by the number of axes beside the channels


def kind_of(place: Path, frames: int | None = None) -> str:
    """One of KINDS. Of a folder with several kinds of files: images, else clips, else signals, since tables of values
    lie beside many a folder of images. Where `frames` are asked for, images are those of clips."""
    if place.is_dir():
        found = "signal" if archive(place) else _kind_below(place)
    elif is_table(place):
        found = "signal"
    else:
        found = _kind_listed(place)
    return "clip" if frames is not None and found == "image" else found


def examples(folder: Path, kind: str) -> list[Path]:
    """Those of a kind in a folder and below it, as a data set's are found: other files are left out."""
    from nas.data.clip_folder import CLIPS
    from nas.data.signal_folder import SIGNALS

    if kind == "clip":
        return [clip.place for clip in clip.clips(walk(folder, CLIPS)[0].below())]
    return walk(folder, SIGNALS if kind == "signal" else PICTURES)[0].below()


def _kind_below(folder: Path) -> str:
    suffixes = set[str]()
    for _, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        suffixes |= {Path(name).suffix.lower() for name in names if not name.startswith(".")}
        if suffixes & SUFFIXES:
            break
    return _kind(suffixes)


def _kind_listed(table: Path) -> str:
    """By the names in its first lines."""
    try:
        with open(table, encoding="utf-8-sig") as file:
            words = file.readline() + file.readline()
    except (OSError, UnicodeDecodeError):
        return "image"
    return _kind({Path(word.strip().strip('"')).suffix.lower() for word in words.replace("\t", ",").split(",")})


def _kind(suffixes: set[str]) -> str:
    if not suffixes & SUFFIXES:
        for kind, own in (("clip", clip.SUFFIXES), ("signal", signal.SUFFIXES)):
            if suffixes & {*own}:
                return kind
    return "image"
