"""The journal of a run: append-only JSON lines, each sealed with a checksum, on disk before anything acts on them.

A line is `{...,"crc":"89abcdef"}`: the CRC-32 of the bytes before it, begun with the CRC of the line before, so that a
changed, missing, doubled or moved line is found. What reading decides:

- what follows the last newline is a torn write: nothing has acted on it, and opening for writing cuts it off;
- a complete line that fails its checksum is damage, the last line too (a torn write of a line lacks its newline,
  which is written last), and so is a whole line that ends in another byte than a newline. Damage is refused, with the
  line's number.
"""

import json
import os
import re
import zlib
from pathlib import Path
from typing import Any

from nas.errors import UserError

Line = dict[str, Any]  # what one holds but for its checksum; `nas.run.records` has the kinds
SEALED = re.compile(rb'(\{.+),"crc":"([0-9a-f]{8})"\}', re.DOTALL)


class Journal:
    """A journal open for appending, by the process that holds the run's lock. `records` are those found on opening.

    Raises UserError for a damaged journal, OSError (with the file's name) where it cannot be read or written: the
    disk is full.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.records, size, self.crc = read_journal(path)
        self.file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW, 0o644)
        if os.fstat(self.file).st_size > size:
            os.ftruncate(self.file, size)
            os.fsync(self.file)

    def append(self, record: Line) -> None:
        """Returns once the record is on disk. After an error the journal takes no more: its tail may be torn."""
        line, self.crc = seal(record, self.crc)
        try:
            while line:
                line = line[os.write(self.file, line) :]
            os.fsync(self.file)
        except OSError as error:
            self.close()
            raise OSError(error.errno, error.strerror, str(self.path)) from error

    def close(self) -> None:
        if self.file >= 0:
            os.close(self.file)
        self.file = -1


def read_journal(path: Path) -> tuple[list[Line], int, int]:
    """The records of a journal, the bytes of its sound part, the last CRC. A file that is missing has none."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return [], 0, 0
    *lines, tail = data.split(b"\n")
    records, crc = [], 0
    for number, line in enumerate(lines, start=1):
        record, crc = unseal(line, crc, f"{path}:{number}")
        records.append(record)
    if is_whole(tail[:-1], crc):
        raise _damage(f"{path}:{len(lines) + 1}", "its newline has been changed")
    return records, len(data) - len(tail), crc


def seal(record: Line, before: int) -> tuple[bytes, int]:
    """The line of a record after one of CRC `before`, and its own CRC. Raises ValueError for a NaN or an infinity."""
    body = json.dumps(record, separators=(",", ":"), allow_nan=False).encode()[:-1]
    crc = zlib.crc32(body, before)
    return body + b',"crc":"%08x"}\n' % crc, crc


def unseal(line: bytes, before: int, where: str) -> tuple[Line, int]:
    """The record of a line and its CRC. Raises UserError where the line is not as it was written."""
    match = SEALED.fullmatch(line)
    if match is None or zlib.crc32(match[1], before) != int(match[2], 16):
        raise _damage(where, "the line does not match its checksum")
    try:
        record = json.loads(match[1] + b"}")
    except (ValueError, RecursionError):
        raise _damage(where, "the line is not JSON") from None
    return record, int(match[2], 16)


def is_whole(line: bytes, before: int) -> bool:
    """Whether these bytes are a complete line but for its newline."""
    match = SEALED.fullmatch(line)
    return match is not None and zlib.crc32(match[1], before) == int(match[2], 16)


def _damage(where: str, what: str) -> UserError:
    return UserError(where, f"damaged: {what}", "restore the journal from a copy; a resumed run must not guess")
