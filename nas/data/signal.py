"""The one way a signal becomes values: read from its file, and brought to a length.

The reader of folders and whoever prepares a signal for a trained network go through here, so that both see the same.
"""

from __future__ import annotations

import wave
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from nas.errors import UserError, shortened

if TYPE_CHECKING:
    from torch import Tensor

SUFFIXES = (".npy", ".csv", ".wav")
LONGEST = 10_000_000  # steps


class Signal(NamedTuple):
    """values: float32 (channels, steps). rate: of sampling in hertz, where the file says."""

    values: Tensor
    rate: int | None = None


def read(path: Path) -> Signal:
    """The signal of a file.

    `.npy`: (steps,), or (channels, steps). `.csv`: a line for each step, a column for each channel, with or without a
    head. `.wav`: as integers of 8 to 32 bits, which become -1 to 1. Raises UserError for what cannot be read, and for
    values that are not finite.
    """
    readers = {".npy": _array, ".csv": _table, ".wav": _sound}
    if (reader := readers.get(path.suffix.lower())) is None:
        raise UserError(str(path), "is no file of a signal", f"give one of {', '.join(SUFFIXES)}")
    try:
        values, rate = reader(path)
    except FileNotFoundError:
        raise UserError(str(path), "no such file", "give the path of one that exists") from None
    except (OSError, ValueError, EOFError, wave.Error) as error:
        what = f"cannot be read as a signal ({shortened(str(error)) or type(error).__name__})"
        raise UserError(str(path), what, "replace or remove it") from None
    return Signal(checked(values, str(path)), rate)


def checked(values: Any, where: str) -> Tensor:
    """float32 (channels, steps) of an array of such a shape, or of (steps,). Raises UserError for what is none."""
    import numpy
    import torch

    array = numpy.asarray(values)
    if array.dtype.kind not in "biuf":
        raise UserError(where, f"holds values of the type {array.dtype}", "give real numbers")
    array = array[None] if array.ndim == 1 else array
    if array.ndim != 2 or not array.size:
        what = f"holds an array of the shape {list(array.shape)}"
        raise UserError(where, what, "give (steps,), or (channels, steps)")
    signal = torch.from_numpy(numpy.array(array, numpy.float32))
    if not torch.isfinite(signal).all():
        raise UserError(where, "has values that are missing or infinite", "fill them in, or leave it out")
    return signal


def fit(values: Tensor, length: int, way: str = "none") -> Tensor:
    """(channels, length) of a signal (channels, steps).

    `way`, where it has another length: "crop" takes the middle of a longer one, and appends zeros to a shorter one;
    "pad" appends zeros, and cuts nothing; "stretch" interpolates between the steps. Raises ValueError for "none", and
    for what "pad" would have to cut.
    """
    from torch.nn import functional

    steps = values.shape[1]
    if steps == length:
        return values
    if way == "stretch":
        return functional.interpolate(values[None], length, mode="linear", align_corners=True)[0]
    if way == "none" or (way == "pad" and steps > length):
        raise ValueError(f"has {steps} steps, where {'at most ' * (way == 'pad')}{length} are expected")
    start = max(0, steps - length) // 2
    cut = values[:, start : start + length]
    return functional.pad(cut, (0, length - cut.shape[1]))


def parse_length(value: Any) -> int:
    """A number of steps. Raises UserError for anything else."""
    if type(value) is not int or not 0 < value <= LONGEST:
        raise UserError("length", f"is {value!r}", f"give the number of steps of a signal, at most {LONGEST:,}")
    return value


def _array(path: Path) -> tuple[Any, None]:
    import numpy

    return numpy.load(path, mmap_mode="r", allow_pickle=False), None  # mapped: a false head takes no memory


def _table(path: Path) -> tuple[Any, None]:
    import warnings

    import numpy

    with open(path, encoding="utf-8-sig") as file, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # an empty file is an error below
        first = file.readline()
        file.seek(0)
        head = int(not all(map(is_number, cells(first))))
        rows = numpy.loadtxt(file, numpy.float32, delimiter=",", ndmin=2, skiprows=head)
    return rows.T, None


def cells(line: str, delimiter: str = ",") -> list[str]:
    return [cell.strip() for cell in line.strip().split(delimiter)]


def is_number(text: str) -> bool:
    """Whether a cell is a number, or a missing one."""
    try:
        float(text or "nan")
    except ValueError:
        return False
    return True


def _sound(path: Path) -> tuple[Any, int]:
    import numpy

    with wave.open(str(path), "rb") as file:
        channels, width, rate, count, *_ = file.getparams()
        data = file.readframes(count)
    if width == 1:  # without a sign
        values = numpy.frombuffer(data, numpy.uint8).astype(numpy.float32) / 128 - 1
    else:
        whole = numpy.frombuffer(data, numpy.uint8).reshape(-1, width)
        padded = numpy.zeros((len(whole), 4), numpy.uint8)
        padded[:, 4 - width :] = whole  # the upper bytes, little-endian
        values = padded.view("<i4")[:, 0].astype(numpy.float32) / 2**31
    return values.reshape(-1, channels).T, rate
