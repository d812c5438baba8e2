"""From what the classes of each set consist of to a data set: missing sets are cut out, the rest is decoded."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from nas.data.dataset import Dataset, cut, shortcomings
from nas.data.layout import Layout
from nas.data.targets import Targets
from nas.errors import UserError
from nas.tasks import Task

if TYPE_CHECKING:
    from torch import Tensor

    from nas.data.pages import Pages

FRACTION = 0.1  # of the training examples, for a validation or test set that the data do not bring


class Decoded(NamedTuple):
    """All examples of the sets, and which of each set could be read; pages: where they are mapped."""

    images: dict[str, Tensor]
    kept: dict[str, list[int]]
    mean: tuple[float, ...]
    std: tuple[float, ...]
    notes: tuple[str, ...]
    pages: Pages | None = None


def gather(
    name: str,
    layout: Layout,
    valid_fraction: float | None,
    decode: Callable[[Mapping[str, Sequence[Any]]], Decoded],
    noun: str = "image",
    **about: Any,
) -> Dataset:
    """The data set.

    Args:
        name: its name: the folder's or the table's.
        layout: its classes and sets.
        valid_fraction: of the training examples, for a validation set that the data do not bring; None: FRACTION.
        decode: tensors of what the layout has of each of the three sets, by the set's name.
        noun: what one example is called.
        about: other fields of the data set.

    Raises:
        UserError: a set has too little to be cut out of it, or nothing of a class or a set can be read.
    """
    import torch

    items = {
        split: [(item, label) for label, one in enumerate(layout.classes) for item in classes.get(one, ())]
        for split, classes in layout.sets.items()
    }
    given = {split: [label for _, label in each] for split, each in items.items()}
    found, kept = _decoded(name, items, given, valid_fraction, decode, noun)
    labels = {split: torch.tensor(each, dtype=torch.long) for split, each in kept.items()}
    for label, one in enumerate(layout.classes):
        if not (labels["train"] == label).any():
            raise UserError(name, f"no training {noun} of the class {one} can be read", "replace some")
    _check_read(name, kept, noun)
    notes = (*layout.notes, *found.notes, *shortcomings(labels, layout.classes, noun))
    seen = (found.images, labels, layout.classes, found.mean, found.std)
    return Dataset(name, *seen, notes=notes, pages=found.pages, **about)


def gather_targets(
    name: str,
    targets: Targets,
    task: type[Task],
    valid_fraction: float | None,
    decode: Callable[[Mapping[str, Sequence[Any]]], Decoded],
    **about: Any,
) -> Dataset:
    """As `gather`, of what is to be given for each image. Sets that are missing are cut out by chance."""
    chance = {split: [0] * len(each) for split, each in targets.sets.items()}
    found, kept = _decoded(name, targets.sets, chance, valid_fraction, decode, "image")
    _check_read(name, kept)
    labels = {split: targets.tensor(each) for split, each in kept.items()}
    notes = (*targets.notes, *found.notes)
    own = task.of(labels["train"])
    seen = (found.images, labels, targets.classes, found.mean, found.std)
    return Dataset(name, *seen, notes=notes, pages=found.pages, task=own, **about)


def _decoded(
    name: str,
    items: Mapping[str, Sequence[tuple[Any, Any]]],
    groups: dict[str, list[int]],
    valid_fraction: float | None,
    decode: Callable[[Mapping[str, Sequence[Any]]], Decoded],
    noun: str,
) -> tuple[Decoded, dict[str, list[Any]]]:
    """(the examples of the three sets, what belongs to each). groups: which keep their proportions in each set."""
    fraction = FRACTION if valid_fraction is None else valid_fraction
    sets = cut(name, groups, fraction, FRACTION, noun)
    listed = {split: [items[source][i] for i in chosen] for split, (source, chosen) in sets.items()}
    found = decode({split: [item for item, _ in each] for split, each in listed.items()})
    return found, {split: [listed[split][i][1] for i in kept] for split, kept in found.kept.items()}


def _check_read(name: str, kept: Mapping[str, Sequence[Any]], noun: str = "image") -> None:
    for split in kept:
        if not len(kept[split]):
            raise UserError(name, f"no {split} {noun} can be read", "replace some")
