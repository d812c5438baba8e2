"""A table of pictures: a row each, its path or the file itself, its class and maybe its set; in CSV or Parquet."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple, TextIO

from nas.data.layout import Layout, of_rows, split_of
from nas.data.packed import ENDING, Packed, Source, read_parquet
from nas.errors import UserError, did_you_mean, shortened

SUFFIXES = (".csv", ".tsv", ENDING)
COLUMNS = {
    "path": ("path", "file", "filename", "file_name", "image", "img", "image_path", "filepath"),
    "class": ("class", "label", "target", "category", "class_name"),
    "set": ("set", "split", "subset", "partition", "fold"),
}
EXPECTED = "expected a head such as path,class or path,class,set"


def tables(place: Path) -> dict[Path, str | None]:
    """The tables in a folder of nothing but Parquet, as Hugging Face names them (train-00000-of-00002.parquet), and of
    which set each is; of a table itself, itself alone. None: its rows say so, or are training images."""
    if not place.is_dir():
        return {place: None}
    found = {path: split_of(path.stem.split("-")[0]) for path in sorted(place.glob(f"*{ENDING}"))}
    return {} if found and any(path.is_dir() for path in place.iterdir()) else found


def read_list(source: Path) -> Layout:
    """The pictures of a table with a head, or of a folder of `tables`; columns may have any of COLUMNS' names, in any
    case.

    Paths are relative to the table's folder, or whole. Classes are in the order of the alphabet, of numbers if all are
    such. Without a column of sets, or where it never says valid or test, these are cut out of the training images.
    Raises UserError with the line for what is missing or twice there.
    """
    sets: dict[str, dict[str, list[Source]]] = {}
    for row in read_rows(source, ("class",)):
        name = cell(row.where, row.values, row.columns["class"])
        sets.setdefault(row.split, {}).setdefault(name, []).append(row.picture)
    return of_rows(source, sets, lambda name: (int(name), name) if name.isdecimal() else (0, name), "images")


class Row(NamedTuple):
    """A picture of a table. where: the table and the row's number. columns: the table's names for those of COLUMNS."""

    where: str
    picture: Source
    split: str
    values: Mapping[str, Any]
    columns: Mapping[str, str]


def read_rows(source: Path, needed: Sequence[str] = ()) -> Iterator[Row]:
    """The rows of a table, or of a folder of them. needed: of COLUMNS, besides the path.

    Raises UserError for a column that is not there, for one row and for a picture that is in two.
    """
    lines: dict[Path, str] = {}
    for table, of in tables(source).items():
        head, rows = _read_csv(table) if table.suffix.lower() != ENDING else read_parquet(table)
        columns = columns_of(table, head, ("path", *needed))
        for number, row in rows:
            where = f"{table}:{number}"
            picture: Source | Any = row[columns["path"]]
            if not isinstance(picture, Packed):
                text = cell(where, row, columns["path"])
                picture = table.parent / Path(text).expanduser()
                if (before := lines.setdefault(picture, where)) != where:
                    raise UserError(where, f"{shortened(text)} is in {before} too", "leave one of them out")
            yield Row(where, picture, of or _split(where, row, columns), row, columns)


def head_of(source: Path) -> tuple[str, ...]:
    """The columns of a table, or of the first of a folder of them."""
    table = next(iter(tables(source)))
    return tuple((_read_csv(table) if table.suffix.lower() != ENDING else read_parquet(table))[0])


Rows = tuple[list[str], Iterator[tuple[int, Mapping[str, Any]]]]  # names of columns; rows with their numbers


def _read_csv(path: Path) -> Rows:
    form: Any = {"delimiter": "\t" if path.suffix.lower() == ".tsv" else ",", "strict": True}

    def rows() -> Iterator[tuple[int, Mapping[str, Any]]]:
        with _text(path) as file:
            reader = csv.DictReader(file, **form)
            for row in reader:
                yield reader.line_num, row

    with _text(path) as file:
        head = next(csv.reader(file, **form), [])
    return head, rows()


@contextmanager
def _text(path: Path) -> Iterator[TextIO]:
    """An open table; what goes wrong with it is the user's error."""
    try:
        with open(path, newline="", encoding="utf-8-sig") as file:
            yield file
    except OSError as error:
        raise UserError(str(path), f"cannot be read ({error.strerror})", "give a table of pictures") from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise UserError(str(path), f"is no table in UTF-8 ({shortened(str(error))})", EXPECTED) from None


def columns_of(path: Path, head: Sequence[str], needed: Sequence[str]) -> dict[str, str]:
    """The table's name of each column of COLUMNS that it has. Raises UserError where it has none that is needed."""
    found = {}
    for part, names in COLUMNS.items():
        own = [column for column in head if column and column.strip().casefold() in names]
        if len(own) > 1:
            raise UserError(str(path), f"{' and '.join(own)} may both be its column of {part}s", f"keep one as {part}")
        if own:
            found[part] = own[0]
    for part in needed:
        if part not in found:
            what = f"its head has no column {part}: {shortened(', '.join(map(str, head)) or 'it is empty')}"
            raise UserError(str(path), what, EXPECTED)
    return found


def cell(where: str, row: Mapping[str, Any], column: str) -> str:
    value = row[column]
    if not isinstance(value, str | int | None) and value == value:
        raise UserError(where, f"its {column} is {shortened(str(value))}", "give text, or a whole number")
    if value is None or value != value or not (text := str(value).strip()):  # NaN is nothing
        raise UserError(where, f"has no {column}", "fill it in, or leave the row out")
    return text


def _split(where: str, row: Mapping[str, Any], columns: Mapping[str, str]) -> str:
    """The set of a row: training where the table has no such column."""
    if "set" not in columns:
        return "train"
    text = cell(where, row, columns["set"])
    if (split := split_of(text)) is None:
        raise UserError(where, f"unknown set {shortened(text)}", did_you_mean(text, ("train", "valid", "test")))
    return split
