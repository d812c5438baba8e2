"""What images of other tasks than classification are to give, from a table: numbers, or several labels at once."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nas.data.layout import MASKS
from nas.data.listing import COLUMNS, Row, head_of, read_rows, tables
from nas.errors import UserError, did_you_mean, shortened

if TYPE_CHECKING:
    from torch import Tensor

VALUE, LABELS, BETWEEN = "value", "labels", "|"  # columns that say what the task is; what parts several labels
ASK = "say which: --task regression, for numbers, or --task multi_label, for several labels at once"


@dataclass(frozen=True)
class Targets:
    """`classes`: the names of the outputs. `sets`: of each set that is there, each image and what it is to give, for
    `tensor`, which makes the targets of a set of many such."""

    classes: tuple[str, ...]
    sets: dict[str, list[tuple[Any, Any]]]
    tensor: Callable[[list[Any]], Tensor]
    notes: tuple[str, ...] = ()


def task_of(place: Path) -> str:
    """The task that a folder or a table says by itself: its folders `images` and `masks`, or its columns.

    A column of classes, and folders of them, say classification; `labels` says multi_label, and `value` regression.
    Raises UserError for a table with none of these.
    """
    if not tables(place):
        return "segmentation" if has_masks(place) else "classification"
    names = [str(name).strip().casefold() for name in head_of(place)]
    if any(name in COLUMNS["class"] for name in names):
        return "classification"
    others = [name for name in names if name not in (*COLUMNS["path"], *COLUMNS["set"])]
    for column, task in ((LABELS, "multi_label"), (VALUE, "regression")):
        if column in others:
            return task
    if others and any(name in COLUMNS["path"] for name in names):
        raise UserError(
            str(place), f"has no column class, and what {shortened(', '.join(others))} is, is not said", ASK
        )
    return "classification"  # whose reader says what is missing


def has_masks(place: Path) -> bool:
    return any(all((folder / name).is_dir() for name in MASKS) for folder in (place, place / "train"))


def numbers(source: Path) -> Targets:
    """Of each image the numbers in all columns but those of its path and its set. Raises UserError for what is none."""
    columns, sets = _read(source, _number)
    return Targets(columns, sets, _floats)


def several(source: Path) -> Targets:
    """Of each image a 0 or a 1 for each label: in columns of their names, or as a list `a|b` in one column.

    Raises UserError for other values, and for a label that the training set does not have.
    """
    heads = _columns(source, head_of(source))
    if len(heads) > 1:
        columns, sets = _read(source, _flag)
        return Targets(columns, sets, _floats)
    _, listed = _read(source, _list)
    found = {name for _, (each,) in listed["train"] for name in each}
    classes = tuple(sorted(found, key=lambda name: (int(name), name) if name.isdecimal() else (0, name)))
    if not classes:
        raise UserError(str(source), "its training images have no label", f"write them as a{BETWEEN}b")
    for split, rows in listed.items():
        for name in (name for _, (each,) in rows for name in each if name not in found):
            what = f"the {split} set has the label {shortened(name)}, and the training set does not"
            raise UserError(str(source), what, did_you_mean(name, classes))
    sets = {s: [(p, [float(name in each) for name in classes]) for p, (each,) in rows] for s, rows in listed.items()}
    return Targets(classes, sets, _floats)


def _read(
    source: Path, value: Callable[[Row, str], Any]
) -> tuple[tuple[str, ...], dict[str, list[tuple[Any, list[Any]]]]]:
    """(the columns of targets, the images of each set with the value of each such column)."""
    columns = _columns(source, head_of(source))
    sets: dict[str, list[tuple[Any, list[Any]]]] = {}
    for row in read_rows(source):
        for column in columns:
            if column not in row.values:
                raise UserError(row.where, f"its table has no column {column}", "give all tables the same columns")
        sets.setdefault(row.split, []).append((row.picture, [value(row, column) for column in columns]))
    if "train" not in sets:
        raise UserError(str(source), "has no training images", "add rows, or leave the column of sets out")
    return columns, sets


def _columns(source: Path, head: Sequence[str]) -> tuple[str, ...]:
    """All but those of paths and sets."""
    known = (*COLUMNS["path"], *COLUMNS["set"])
    columns = tuple(name for name in head if name and name.strip().casefold() not in known)
    if not columns:
        raise UserError(str(source), "has no column of targets", "expected a head such as path,value or path,labels")
    return columns


def _number(row: Row, column: str) -> float:
    value = row.values[column]
    try:
        number = float(value) if not isinstance(value, bool) else math.nan
    except (TypeError, ValueError):
        number = math.nan
    if not math.isfinite(number):
        what = f"{column} is {shortened(repr(value))}, no number"
        raise UserError(row.where, what, "correct it, or leave the column out: all but path and set are targets")
    return number


def _flag(row: Row, column: str) -> float:
    value = row.values[column]
    flags: Mapping[str, float] = {"0": 0.0, "1": 1.0, "false": 0.0, "true": 1.0, "0.0": 0.0, "1.0": 1.0}
    if (flag := flags.get(str(value).strip().casefold())) is None:
        what = f"{column} is {shortened(repr(value))}, neither 0 nor 1"
        hint = f"all columns but path and set are labels; or write a list, a{BETWEEN}b, in the only one"
        raise UserError(row.where, what, hint)
    return flag


def _list(row: Row, column: str) -> list[str]:
    """No text is no label."""
    value = row.values[column]
    if isinstance(value, list | tuple):
        return [str(each) for each in value]
    text = "" if value is None or value != value else str(value)
    return [name for each in text.split(BETWEEN) if (name := each.strip())]


def _floats(targets: list[Any]) -> Tensor:
    """float32 (N, outputs)."""
    import torch

    return torch.tensor(targets, dtype=torch.float32)
