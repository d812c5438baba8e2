"""Decoded images that would fill the memory: in a file that is mapped, decoded once for all processes and runs.

The system reads pages of it as they are asked for, and takes them back where memory is short. What is in such a file is
raw pixels, and a JSON record beside it; it can be deleted at any time, and is made again.
"""

from __future__ import annotations

import json
import math
import mmap
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import TYPE_CHECKING, Any

from nas.errors import UserError

if TYPE_CHECKING:
    from torch import Tensor

LARGE = 2**30  # bytes of pixels, above which they are mapped
SPARE = 2**28  # bytes of a disk that stay free


def cache() -> Path:
    """Where data sets are kept: $NAS_DATA, or ~/.cache/nas."""
    return Path(os.environ.get("NAS_DATA") or "~/.cache/nas").expanduser()


class Pages:
    """A mapped file of uint8 images.

    images: (N, C, H, W), which share its memory. Writing to those of a file that was opened to read changes no file.
    path, shape: where they are, and (N, C, H, W).
    """

    def __init__(self, path: Path, shape: Sequence[int], write: bool = False) -> None:
        import torch

        self.path, self.shape = path, tuple(shape)
        with open(path, "r+b" if write else "rb") as file:
            self.map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_WRITE if write else mmap.ACCESS_COPY)
        self.images: Tensor = torch.frombuffer(self.map, dtype=torch.uint8)[: math.prod(shape)].view(*shape)

    def release(self) -> None:
        """What has been read or written no longer counts as this process' memory; the system may still hold it."""
        self.map.madvise(mmap.MADV_DONTNEED)


def decoded(key: str, shape: Sequence[int], decode: Callable[[Pages], dict[str, Any]]) -> tuple[Pages, dict[str, Any]]:
    """The pages of this key, and what `decode` said of them.

    Args:
        key: a name of its own for what they hold: a hash.
        shape: (N, C, H, W), of as many images as there may be.
        decode: fills the pages where nobody has before; gives a record that JSON can hold. Processes that come
            meanwhile wait for it. What it raises leaves nothing behind.

    Raises:
        UserError: the disk has too little room.
    """
    folder = cache() / "decoded"
    pixels, record = folder / f"{key}.pixels", folder / f"{key}.json"
    folder.mkdir(parents=True, exist_ok=True)
    with alone(folder / f"{key}.lock"):
        if not (record.is_file() and pixels.is_file() and pixels.stat().st_size == math.prod(shape)):
            _fill(pixels, record, shape, decode)
    return Pages(pixels, shape), json.loads(record.read_text(encoding="utf-8"))


def scratch(shape: Sequence[int]) -> Pages:
    """Pages to write to, which are gone with the process. Raises UserError where the disk has too little room."""
    folder = cache() / "decoded"
    folder.mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile(dir=folder, prefix="scratch-") as file:
        return _new(Path(file.name), shape)


def _new(pixels: Path, shape: Sequence[int]) -> Pages:
    size, free = math.prod(shape), shutil.disk_usage(pixels.parent).free
    if size + SPARE > free:
        what = f"decoded images take {size / 1e9:.1f} GB, and {free / 1e9:.1f} GB are free"
        raise UserError(
            str(pixels.parent), what, "make room, set NAS_DATA to a folder with more, or give a smaller size"
        )
    with open(pixels, "wb") as file:
        file.truncate(size)
    return Pages(pixels, shape, write=True)


def _fill(pixels: Path, record: Path, shape: Sequence[int], decode: Callable[[Pages], dict[str, Any]]) -> None:
    record.unlink(missing_ok=True)
    try:
        pages = _new(pixels, shape)
        told = decode(pages)
        pages.map.flush()
    except BaseException:
        pixels.unlink(missing_ok=True)
        raise
    draft = record.with_suffix(".new")
    draft.write_text(json.dumps(told), encoding="utf-8")
    draft.replace(record)


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """One process at a time, by a lock on this file."""
    import fcntl

    with open(path, "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
