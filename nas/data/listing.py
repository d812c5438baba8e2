"""A table of pictures: a CSV file with a row each, its path, its class and maybe its set."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

from nas.data.layout import Layout, split_of
from nas.errors import UserError, did_you_mean, shortened

SUFFIXES = (".csv", ".tsv")
COLUMNS = {
    "path": ("path", "file", "filename", "file_name", "image", "image_path", "filepath"),
    "class": ("class", "label", "target", "category", "class_name"),
    "set": ("set", "split", "subset", "partition", "fold"),
}
EXPECTED = "expected a head such as path,class or path,class,set"


def read_list(path: Path) -> Layout:
    """The pictures of a table with a head, whose columns may have any of COLUMNS' names, in any case.

    Paths are relative to the table's folder, or whole. Classes are in the order of the alphabet, of numbers if all are
    such. Without a column of sets, or where it never says valid or test, these are cut out of the training images.
    Raises UserError with the line for what is missing or twice there.
    """
    sets: dict[str, dict[str, list[Path]]] = {}
    lines: dict[Path, int] = {}
    try:
        with open(path, newline="", encoding="utf-8-sig") as file:
            rows = csv.DictReader(file, delimiter="\t" if path.suffix.lower() == ".tsv" else ",", strict=True)
            columns = _columns(path, rows.fieldnames or [])
            for row in rows:
                where = f"{path}:{rows.line_num}"
                picture, name = (_cell(where, row, columns[part]) for part in ("path", "class"))
                place = path.parent / Path(picture).expanduser()
                if place in lines:
                    raise UserError(
                        where, f"{shortened(picture)} is in line {lines[place]} too", "leave one of them out"
                    )
                lines[place] = rows.line_num
                split = _split(where, row, columns)
                sets.setdefault(split, {}).setdefault(name, []).append(place)
    except OSError as error:
        raise UserError(str(path), f"cannot be read ({error.strerror})", "give a table of pictures") from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise UserError(str(path), f"is no table in UTF-8 ({shortened(str(error))})", EXPECTED) from None
    if "train" not in sets:
        raise UserError(str(path), "has no training images", "add rows, or leave the column of sets out")
    classes = sorted(sets["train"], key=lambda name: (int(name), name) if name.isdecimal() else (0, name))
    if len(classes) < 2:
        raise UserError(str(path), f"one class: {shortened(classes[0])}", "add pictures of others")
    for split, found in sets.items():
        for name in found:
            if name not in classes:
                what = f"the {split} set has the class {shortened(name)}, and the training set does not"
                raise UserError(str(path), what, did_you_mean(name, classes))
    return Layout(tuple(classes), {s: {n: each[n] for n in classes if n in each} for s, each in sets.items()}, ())


def _columns(path: Path, head: Sequence[str]) -> dict[str, str]:
    """The table's name of each column that it has."""
    found = {}
    for part, names in COLUMNS.items():
        own = [column for column in head if column and column.strip().casefold() in names]
        if len(own) > 1:
            raise UserError(str(path), f"{' and '.join(own)} may both be its column of {part}s", f"keep one as {part}")
        if own:
            found[part] = own[0]
    for part in ("path", "class"):
        if part not in found:
            what = f"its head has no column {part}: {shortened(', '.join(map(str, head)) or 'it is empty')}"
            raise UserError(str(path), what, EXPECTED)
    return found


def _cell(where: str, row: Mapping[str, str | None], column: str) -> str:
    if not (text := (row[column] or "").strip()):
        raise UserError(where, f"has no {column}", "fill it in, or leave the row out")
    return text


def _split(where: str, row: Mapping[str, str | None], columns: Mapping[str, str]) -> str:
    """The set of a row: training where the table has no such column."""
    if "set" not in columns:
        return "train"
    text = _cell(where, row, columns["set"])
    if (split := split_of(text)) is None:
        raise UserError(where, f"unknown set {shortened(text)}", did_you_mean(text, ("train", "valid", "test")))
    return split
