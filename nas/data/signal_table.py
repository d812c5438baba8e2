"""Files that hold all signals of a set: the formats of the UCR and UEA archives, tables with a column for each step,
and NumPy's `.npz`.

Dau et al. 2018, The UCR Time Series Archive, arXiv:1810.07758; Bagnall et al. 2018, The UEA multivariate time series
classification archive, arXiv:1811.00075.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from nas.data.layout import Layout, of_rows, split_of
from nas.data.listing import COLUMNS
from nas.data.signal import cells, checked, is_number
from nas.errors import UserError, did_you_mean, shortened

TEXTS = (".tsv", ".csv", ".txt")
SUFFIXES = (*TEXTS, ".ts", ".npz")
NAMED = re.compile(r"(.*)_(train|test)", re.IGNORECASE)  # GunPoint_TRAIN.tsv


class Row(NamedTuple):
    """A signal of a file: where it stands, its class, what it is, and the set that it is said to be of."""

    where: str
    label: str
    values: Any  # a tensor (channels, steps)
    split: str = "train"


def read_table(place: Path) -> Layout:
    """The signals of a file, or of NAME_TRAIN and NAME_TEST in a folder. Raises UserError for what is none."""
    files = archive(place) if place.is_dir() else {"train": place}
    sets: dict[str, dict[str, list[Any]]] = {}
    for split, path in files.items():
        try:
            rows = list(_rows(path))
        except (OSError, UnicodeDecodeError) as error:
            why = error.strerror if isinstance(error, OSError) else "it is no text in UTF-8"
            raise UserError(str(path), f"cannot be read ({why})", "give a table of signals") from None
        for row in rows:
            of = split if len(files) > 1 else row.split
            sets.setdefault(of, {}).setdefault(row.label, []).append(row.values)
    return of_rows(place, sets, _order, "signals")


def archive(folder: Path) -> dict[str, Path]:
    """{"train": NAME_TRAIN.*, "test": NAME_TEST.*} of a folder of the UCR or UEA archive; empty where it is none."""
    found: dict[str, list[Path]] = {"train": [], "test": []}
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() in (".ts", *TEXTS) and (named := NAMED.fullmatch(path.stem)) and path.is_file():
            found[named[2].lower()].append(path)
    if not found["train"]:
        return {}
    train = min(found["train"], key=lambda path: (".ts", *TEXTS).index(path.suffix.lower()))
    tests = [path for path in found["test"] if path.suffix == train.suffix]
    return {"train": train, **({"test": tests[0]} if tests else {})}


def is_table(path: Path) -> bool:
    """Whether a file holds signals themselves; else it is one that lists files."""
    if path.suffix.lower() not in TEXTS:
        return path.suffix.lower() in SUFFIXES
    try:
        with open(path, encoding="utf-8-sig") as file:
            first, second = (cells(line, delimiter(line)) for line in (file.readline(), file.readline()))
    except (OSError, UnicodeDecodeError):
        return False
    if len(first) > 2 and all(map(is_number, first[1:])):
        return True
    data = [cell for name, cell in zip(first, second, strict=False) if _column(name) is None]
    named = [_column(name) for name in first]
    return "class" in named and "path" not in named and len(data) > 1 and all(map(is_number, data))


def delimiter(line: str) -> str:
    """Tabs, commas or spaces (the archive of 2015)."""
    return next((mark for mark in ("\t", ",") if mark in line), " ")


def _order(name: str) -> tuple[float, str]:
    """Numbers by their size, before words."""
    return (float(name), name) if is_number(name) and name.lower() != "nan" else (float("inf"), name)


def _rows(path: Path) -> Iterator[Row]:
    if path.suffix.lower() == ".npz":
        yield from _arrays(path)
    elif path.suffix.lower() == ".ts":
        yield from _series(path)
    else:
        yield from _lines(path)


def _lines(path: Path) -> Iterator[Row]:
    """Of a line each: the class, then the steps, without a head; or by a head, which has a column of classes."""
    head: list[str] | None = None
    with open(path, encoding="utf-8-sig") as file:
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            where, mark = f"{path}:{number}", delimiter(line)
            row = line.split() if mark == " " else cells(line.rstrip("\n"), mark)
            if number == 1 and not all(map(is_number, row[1:])):
                head = row
                continue
            if head is None:
                yield Row(where, _class(row[0]), _steps(where, row[1:]))
                continue
            if len(row) != len(head):
                raise UserError(where, f"has {len(row)} cells, and the head {len(head)}", "fill the row in")
            said = {_column(name): cell for name, cell in zip(head, row, strict=True) if _column(name)}
            split = split_of(said["set"]) if "set" in said else "train"
            if split is None:
                what = f"unknown set {shortened(said['set'])}"
                raise UserError(where, what, did_you_mean(said["set"], ("train", "valid", "test")))
            steps = [cell for name, cell in zip(head, row, strict=True) if not _column(name)]
            yield Row(where, said["class"], _steps(where, steps), split)


def _series(path: Path) -> Iterator[Row]:
    """Of the format `.ts` of the UEA archive: `a,b,c:d,e,f:class`, channels separated by colons."""
    facts, data = dict[str, str](), False
    with open(path, encoding="utf-8-sig") as file:
        for number, line in enumerate(file, 1):
            where, text = f"{path}:{number}", line.strip()
            if not text or text.startswith("#"):
                continue
            if text.startswith("@"):
                name, _, value = text[1:].partition(" ")
                data = data or name.lower() == "data"
                facts[name.lower()] = value.strip().lower()
                continue
            if not data:
                raise UserError(where, "stands before @data", "give a file of the format .ts")
            if facts.get("timestamps") == "true":
                raise UserError(where, "its steps have time stamps, which are not read", "sample them evenly first")
            if not facts.get("classlabel", "true").startswith("true"):
                raise UserError(str(path), "its signals have no classes", "give a data set of classes")
            *channels, label = text.split(":")
            steps = [_trimmed(where, channel.split(",")) for channel in channels]
            if not channels or len({len(each) for each in steps}) != 1:
                raise UserError(where, "its channels have several lengths", "give each channel as many steps")
            yield Row(where, label.strip(), checked(steps, where))


def _arrays(path: Path) -> Iterator[Row]:
    """`X` (signals, steps) or (signals, channels, steps) and `y` (signals,); or X_train, y_train, X_test, y_test ..."""
    import numpy

    try:
        with numpy.load(path, allow_pickle=False) as file:
            arrays = {name.lower(): file[name] for name in file.files}
    except (OSError, ValueError, EOFError, KeyError) as error:
        raise UserError(str(path), f"cannot be read ({shortened(str(error))})", "save it by numpy.savez") from None
    hint = "give X and y, or X_train, y_train, X_test and y_test (numpy.savez(path, X=..., y=...))"
    found = False
    for split, ends in {"train": ("", "_train"), "valid": ("_valid", "_val"), "test": ("_test",)}.items():
        for end in ends:
            if f"x{end}" not in arrays:
                continue
            found, (signals, labels) = True, (arrays[f"x{end}"], arrays.get(f"y{end}"))
            if labels is None or labels.shape != signals.shape[:1] or signals.ndim not in (2, 3):
                shapes = f"X{end} {list(signals.shape)}, y{end} {None if labels is None else list(labels.shape)}"
                raise UserError(str(path), f"has {shapes}", "give X (N, C, L) or (N, L), and y (N,)")
            for number, (signal, label) in enumerate(zip(signals, labels, strict=True)):
                where = f"{path}: X{end}[{number}]"
                yield Row(where, _class(str(label)), checked(signal, where), split)
    if not found:
        raise UserError(str(path), f"has the arrays {shortened(', '.join(arrays) or 'of none')}", hint)


def _steps(where: str, row: Sequence[str]) -> Any:
    return checked(_trimmed(where, row), where)


def _trimmed(where: str, row: Sequence[str]) -> list[float]:
    """The numbers without the missing ones at the end, as the archives fill up shorter signals."""
    texts = ["nan" if cell.strip() in ("", "?") else cell for cell in row]
    try:
        numbers = [float(text) for text in texts]
    except ValueError:
        wrong = next(text for text in texts if not is_number(text))
        raise UserError(where, f"{shortened(wrong)!r} is no number", "give the steps of a signal") from None
    while numbers and numbers[-1] != numbers[-1]:
        numbers.pop()
    return numbers


def _class(text: str) -> str:
    """Classes that are whole numbers, whichever way they are written: `1.0000000e+00` is 1."""
    return str(int(float(text))) if is_number(text) and text and float(text) % 1 == 0 else text


def _column(name: str) -> str | None:
    """What a column of this name is, of "path", "class" and "set"; None: steps."""
    return next((part for part, names in COLUMNS.items() if name.strip().casefold() in names), None)
