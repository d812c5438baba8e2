"""Which sets and classes a folder has: decided by its folders' names, and by what lies in them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nas.data.tree import PICTURES, Kind, LeftOut, Tree, walk
from nas.errors import UserError, did_you_mean, shortened

NAMES = {
    "train": ("train", "training", "trainset", "trn"),
    "valid": ("valid", "val", "validation", "validate", "dev", "development", "valset", "validset"),
    "test": ("test", "testing", "testset", "tst"),
}
SPLIT = {name: split for split, names in NAMES.items() for name in names}
MASKS = ("images", "masks")  # folders of a segmentation
FILLERS = {"set", "data", "dataset", "images", "signals", "clips", "split", "folder"}  # train_set is train


@dataclass(frozen=True)
class Layout:
    """`sets` has what each class of each set that is there consists of: files, or signals of a table; `notes`: what was
    left out, a line each."""

    classes: tuple[str, ...]
    sets: dict[str, dict[str, list[Any]]]
    notes: tuple[str, ...]


def of_rows(
    place: Path, sets: Mapping[str, Mapping[str, list[Any]]], order: Callable[[str], tuple[float, str]], things: str
) -> Layout:
    """The layout of a table, whose rows name set and class. order: of the classes, a key to sort by.

    Raises UserError as `read_layout`, where the training set is missing or has not all classes, or has one alone.
    """
    if "train" not in sets:
        raise UserError(str(place), f"has no training {things}", "add rows, or leave the column of sets out")
    classes = sorted(sets["train"], key=order)
    if len(classes) < 2:
        raise UserError(str(place), f"one class: {shortened(classes[0])}", f"add {things} of others")
    for split, found in sets.items():
        for name in found:
            if name not in classes:
                what = f"the {split} set has the class {shortened(name)}, and the training set does not"
                raise UserError(str(place), what, did_you_mean(name, classes))
    return Layout(tuple(classes), {s: {n: each[n] for n in classes if n in each} for s, each in sets.items()}, ())


def read_layout(root: Path, kind: Kind = PICTURES) -> Layout:
    """The layout of DIR/class/..., or of DIR/train/class/... with DIR/valid and DIR/test where they are there.

    A set's folder may have any of NAMES, in any case. A folder of such a name that holds files of the kind itself,
    beside folders of other names, is a class. Raises UserError where that leaves a doubt, for a class without files,
    for one that the training set does not have, and for fewer than two.
    """
    tree, left = walk(root, kind)
    if not tree.within:
        for folder in tree.folders.values():
            raise _empty(folder)
        found = f"{_count(kind, tree.files)} and " * bool(tree.files)
        raise UserError(str(root), f"has {found}no class folders", _expected(kind))
    notes = _left_out(root, kind, left)
    places, more = _places(tree)
    classes = _classes(places["train"])
    sets = {}
    for split, place in places.items():
        for name in place.within:
            if name not in classes:
                hint = f"{did_you_mean(name, classes)}; rename or remove it"
                raise UserError(str(place.path / name), "a class that the training set does not have", hint)
        sets[split] = {name: place.folders[name].below() for name in classes if name in place.within}
        if place.files:
            more.append(f"left out {_count(kind, place.files)} in no class folder ({_listed(root, place.files)})")
    if tree.files and places["train"] is not tree:
        more.append(f"left out {_count(kind, tree.files)} in no class folder ({_listed(root, tree.files)})")
    if len(classes) == 1:
        raise _one_class(root, places["train"], classes[0])
    return Layout(tuple(classes), sets, (*more, *notes))


def split_of(name: str) -> str | None:
    """The set that a folder's name stands for, if it says nothing else: `Training`, `test_set`."""
    words = [word for word in _words(name) if word not in FILLERS]
    return SPLIT.get(words[0]) if len(words) == 1 else None


def _words(name: str) -> list[str]:
    return [word for word in re.split(r"[\W_]+", re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).casefold()) if word]


def _begins_like(word: str) -> str | None:
    """The set that a word may stand for: `train2017`, `Testdaten`."""
    return next((split for split in NAMES if word.startswith(split)), SPLIT.get(word.rstrip("0123456789")))


def _places(tree: Tree) -> tuple[dict[str, Tree], list[str]]:
    """The folder of each set, and what there is to say of the others; the whole is the training set if none is one."""
    root, kind = str(tree.path), tree.kind
    named = {name: split for name in tree.folders if (split := split_of(name))}
    plain = [name for name in tree.within if name not in named]
    sets = [name for name in named if tree.folders[name].within and not (tree.folders[name].files and plain)]
    if not sets:
        return {"train": tree}, _whole(tree, named, plain)
    for split in NAMES:
        if len(both := [name for name in named if named[name] == split]) > 1:
            what = f"{' and '.join(f'{name}/' for name in both)} both name the {split} set"
            raise UserError(root, what, "keep one of them, or merge them")
    if "train" not in (named[name] for name in sets):
        what = f"has {_listing(named)} and no training set" + (f" ({_listing(plain)} beside it)" if plain else "")
        raise UserError(root, what, "add train/ with its class folders, or name another folder")
    absent = [split for split in NAMES if split not in (named[name] for name in sets)]
    for name in plain:
        if any((split := _begins_like(word)) and split in absent for word in _words(name)):
            what = f"{name}/ may be a set like {_listing(sets)}, and its name says more"
            raise UserError(root, what, "call it train, valid or test, or move it out of the way")
    notes = []
    for name in named:
        if name in sets:
            continue
        files = tree.folders[name].files
        if named[name] == "test" and files:
            notes.append(f"left out {name}/: {_count(kind, files)} in no class folder")
            continue
        what = f"{name}/ holds {_count(kind, files)} and no class folders with {kind.noun}s"
        raise UserError(root, what, f"expected {name}/class/{kind.example}, or no {name}/ at all")
    if plain and len(sets) == 1:
        inside = _listing(tree.folders[sets[0]].within)
        what = f"{sets[0]}/ has class folders ({inside}), and beside it are {kind.noun}s in"
        hint = f"name DIR/{sets[0]} if that is the data, or move the others out of the way"
        raise UserError(root, f"{what} {_listing(plain)}", hint)
    notes += [f"left out {name}/, which is no set: {_count(kind, tree.folders[name].below())}" for name in plain]
    return {named[name]: tree.folders[name] for name in sets}, notes


def _whole(tree: Tree, named: dict[str, str], plain: list[str]) -> list[str]:
    """Raises UserError where the folders of `tree` are not likely its classes."""
    root, kind = str(tree.path), tree.kind
    flat = [name for name in named if tree.folders[name].files]
    if flat and (not plain or len({named[name] for name in flat}) > 1):
        what = f"{_listing(flat)} {'hold' if len(flat) > 1 else 'holds'} {kind.noun}s and no class folders"
        hint = f"expected DIR/train/class/{kind.example}; a class of that name stands beside others"
        raise UserError(root, what, hint)
    deep = [name for name in tree.within if not tree.folders[name].files]
    like_sets = {name: split for name in deep for word in _words(name) if (split := _begins_like(word))}
    if len(set(like_sets.values())) > 1:
        what = f"{_listing(like_sets)} look like sets, and hold folders ({_listing(tree.folders[deep[0]].within)})"
        raise UserError(root, what, "call them train, valid and test, with a folder for each class in them")
    for name in deep:
        inner = [each for each in tree.folders[name].within if split_of(each)]
        if len({split_of(each) for each in inner}) > 1 or inner == tree.folders[name].within:
            if len(tree.within) == 1:
                break  # the one-class error names it
            what = f"the folder {name} has the sets {_listing(inner)} within it"
            raise UserError(root, what, f"put the sets first: DIR/{inner[0]}/{name}/{kind.example}")
    notes = [f"{name}/ holds {kind.noun}s itself, beside other class folders: it is read as a class" for name in flat]
    insides = {tuple(tree.folders[name].within) for name in tree.within}
    if deep == tree.within and len(deep) > 1 and len(insides) == 1 and len(same := insides.pop()) > 1:
        what = f"the classes are {_listing(deep)}, and each has the same folders ({_listing(same)})"
        notes.append(f"{what}: if those are the classes, name one of the former, or call them train, valid and test")
    return notes


def _classes(place: Tree) -> list[str]:
    if not place.within:
        raise UserError(str(place.path), f"has no class folders with {place.kind.noun}s", _expected(place.kind))
    for name, folder in place.folders.items():
        if not folder:
            raise _empty(folder)
        try:
            name.encode()
        except UnicodeEncodeError:
            raise UserError(str(folder.path), "its name is no text in UTF-8", "rename it") from None
    return list(place.folders)


def _one_class(root: Path, place: Tree, name: str) -> UserError:
    inner = place.folders[name]
    what = f"one class: {name} ({_count(inner.kind, inner.below())}, folders: {_listing(inner.within) or 'none'})"
    if place.path != root:
        what = f"{place.path.name}/ has {what}"
    while len(inner.within) == 1 and not inner.files:
        inner = inner.folders[inner.within[0]]
    likely = (
        f"did you mean {inner.path}?"
        if len(inner.within) > 1
        else f"add a folder of {place.kind.noun}s for each other class"
    )
    return UserError(str(root), what, likely)


def _left_out(root: Path, kind: Kind, left: LeftOut) -> list[str]:
    groups = (
        (left.others, f"file that holds no {kind.noun}", f"files that hold no {kind.noun}"),
        (left.hidden, "hidden file or folder", "hidden files or folders"),
        (left.loops, "link to a folder that is read already", "links to folders that are read already"),
    )
    return [
        f"left out {len(paths):,} {one if len(paths) == 1 else many} ({_listed(root, paths)})"
        for paths, one, many in groups
        if paths
    ]


def _empty(folder: Tree) -> UserError:
    return UserError(str(folder.path), f"a class folder without {folder.kind.noun}s", "add some or remove the folder")


def _expected(kind: Kind) -> str:
    return f"expected DIR/class/{kind.example}, or DIR/train/class/{kind.example} beside DIR/valid and DIR/test"


def _count(kind: Kind, files: Sequence[Path]) -> str:
    return f"{len(files):,} {kind.noun}{'s' * (len(files) != 1)}"


def _listing(names: Iterable[str], most: int = 5) -> str:
    """The first of some names; how many more there are."""
    shown = list(names)
    more = f" and {len(shown) - most:,} more" if len(shown) > most else ""
    return ", ".join(shown[:most]) + more


def _listed(root: Path, paths: Sequence[Path], most: int = 3) -> str:
    return _listing([str(path.relative_to(root)) for path in paths], most)
