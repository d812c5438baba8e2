"""One process a run: an advisory lock that the kernel lets go of however its owner ends."""

import fcntl
import os
from pathlib import Path
from typing import Self

from nas.errors import UserError


def in_use(path: Path) -> bool:
    """Whether a process holds the lock of this file."""
    try:
        file = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError:  # there is none yet
        return False
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        return False
    except BlockingIOError:
        return True
    finally:
        os.close(file)


class Lock:
    """Holds `path` while it is open (`with Lock(path):`). Raises UserError with the owner's pid where another has it.

    The file stays behind: removing it would let two processes lock two files of one name.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.file = -1

    def __enter__(self) -> Self:
        self.file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o644)
        try:
            fcntl.flock(self.file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            owner = os.pread(self.file, 20, 0).decode(errors="replace").strip() or "unknown"
            os.close(self.file)
            raise UserError(
                str(self.path.parent), f"in use by process {owner}", "wait for it, or stop it first"
            ) from None
        os.ftruncate(self.file, 0)
        os.pwrite(self.file, f"{os.getpid()}\n".encode(), 0)
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self.file)
