"""NAS-Bench-101's own files, and EC-NAS-Bench's, which have the same form, without TensorFlow.

A file is a sequence of TFRecords: eight bytes of length, four of a checksum of these, the data, and four of a checksum
of the data. The data are JSON, `[hash, epochs, matrix, operations, metrics]`, of one training; its metrics are a
protocol buffer in base64 (nasbench/lib/model_metrics.proto of google-research/nasbench). Checksums are not looked at:
those of the whole files are published.
"""

import base64
import json
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from nas.errors import UserError

LARGEST = 1 << 20  # bytes of a record; those of NAS-Bench-101 have about 400
EVALUATIONS = 1  # the field of ModelMetrics: before the training, half way, at its end
SECONDS, VALID, TEST = 2, 4, 5  # those of EvaluationData


def trainings(path: Path) -> Iterator[dict[str, Any]]:
    """A row for each training, as `nas.evaluators.tables.nasbench101.ecnas` reads them. Raises UserError."""
    for number, record in enumerate(records(path)):
        try:
            _, epochs, matrix, operations, metrics = json.loads(record)
            last = [value for name, value in fields(base64.b64decode(metrics, validate=True)) if name == EVALUATIONS][
                -1
            ]
            found = dict(fields(last))
            row = {"vertices": len(operations.split(",")), "adj": matrix, "ops": operations, "epochs": int(epochs)}
            yield {**row, "valid_acc": found[VALID], "test_acc": found[TEST], "train_sec": found[SECONDS]}
        except (ValueError, TypeError, AttributeError, LookupError, struct.error) as error:
            what = f"record {number} is no training of NAS-Bench-101: {error!r}"
            raise UserError(str(path), what, "see docs/benchmarks.md for the files that are read") from None


def records(path: Path) -> Iterator[bytes]:
    """The data of each record of a TFRecord file. Raises UserError for one that is cut off, or is none."""
    with path.open("rb") as file:
        while head := file.read(12):
            length = struct.unpack("<Q", head[:8])[0] if len(head) == 12 else LARGEST + 1
            data = file.read(length + 4) if length <= LARGEST else b""
            if len(data) != length + 4:
                raise UserError(str(path), f"no TFRecord file, or cut off at byte {file.tell()}", "download it again")
            yield data[:-4]


def fields(data: bytes) -> Iterator[tuple[int, Any]]:
    """(number, value) of each field of a protocol buffer: whole numbers, doubles, and the bytes of all else."""
    at = 0
    value: int | float | bytes
    while at < len(data):
        tag, at = _varint(data, at)
        if tag & 7 == 0:
            value, at = _varint(data, at)
        elif tag & 7 == 1:
            (value,), at = struct.unpack_from("<d", data, at), at + 8
        elif tag & 7 == 2:
            size, at = _varint(data, at)
            value, at = data[at : at + size], at + size
            if at > len(data):
                raise ValueError("a field is cut off")
        else:
            raise ValueError(f"a field of the kind {tag & 7}")
        yield tag >> 3, value


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """A number of seven bits a byte, the lowest first, and where it ends."""
    value = shift = 0
    while True:
        byte = data[at]
        value, shift, at = value | (byte & 127) << shift, shift + 7, at + 1
        if byte < 128:
            return value, at
