"""A tensor of torch's as a node of a graph whose axes were cut, joined and moved, the batch left out.

Reshapes and permutations do nothing by themselves here. What they come to is read where an operation needs a tensor: a
shuffle of channels, a flattening, a layer norm over channels that stand last.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from nas.graph.operation import Shape


class Axis:
    """One way through a node's numbers, longer than 1; equal to itself alone."""

    __slots__ = ("size",)

    def __init__(self, size: int) -> None:
        self.size = size


Axes = tuple[Axis, ...]  # what a dimension runs through, the slowest first; empty: of size 1


@dataclass(frozen=True)
class View:
    """A node's axes as the node has them (`base`, an entry for each of its shape) and as the tensor has (`dims`)."""

    node: int
    base: tuple[Axes, ...]
    dims: tuple[Axes, ...]

    @classmethod
    def of(cls, node: int, shape: Shape) -> "View":
        """The node as it is."""
        axes = tuple((Axis(size),) if size > 1 else () for size in shape)
        return cls(node, axes, axes)

    @property
    def sizes(self) -> Shape:
        """The tensor's shape."""
        return sizes(self.dims)

    @property
    def in_order(self) -> bool:
        """Whether nothing is moved: cut and joined at most."""
        return joined(self.dims) == joined(self.base)

    def on(self, node: int) -> "View":
        """The same way of looking at another node of the same shape."""
        return View(node, self.base, self.dims)

    def with_channels(self, node: int, count: int) -> "View":
        """The same, of a node with another number of channels; None of these may be cut or moved apart."""
        channels: Axes = (Axis(count),) if count > 1 else ()
        place = self.channel
        dims = (*self.dims[:place], channels, *self.dims[place + 1 :])
        return View(node, (channels, *self.base[1:]), dims)

    @property
    def channel(self) -> int:
        """The dimension that is the channels and nothing else; -1: there is none."""
        if self.base[0]:
            return next((place for place, axes in enumerate(self.dims) if axes == self.base[0]), -1)
        return 0 if not self.dims[0] else -1

    def permuted(self, order: Sequence[int]) -> "View":
        """With its dimensions in another order."""
        return View(self.node, self.base, tuple(self.dims[place] for place in order))

    def reshaped(self, wanted: Shape) -> "View | None":
        """The same numbers in the same order with these sizes; None: an axis would have to be cut unevenly."""
        view, left, dims = self, list(joined(self.dims)), list[Axes]()
        for size in wanted:
            taken: list[Axis] = []
            while (missing := size // math.prod(axis.size for axis in taken)) > 1:
                if not left:
                    return None
                axis = left.pop(0)
                if axis.size > missing:
                    if axis.size % missing:
                        return None
                    outer, inner = Axis(missing), Axis(axis.size // missing)
                    view = View(view.node, _cut(view.base, axis, outer, inner), view.dims)
                    left.insert(0, inner)
                    axis = outer
                taken.append(axis)
            if math.prod(axis.size for axis in taken) != size:
                return None
            dims.append(tuple(taken))
        return None if left else View(view.node, view.base, tuple(dims))


@dataclass(frozen=True)
class Bordered:
    """A tensor with minus infinity around it, which only a max pooling can read. widths: (before, after) by axis."""

    view: View
    widths: tuple[tuple[int, int], ...]


def sizes(axes: Iterable[Axes]) -> Shape:
    """The size of each dimension."""
    return tuple(math.prod(axis.size for axis in dim) for dim in axes)


def joined(axes: Iterable[Axes]) -> Axes:
    """All of them, one after the other."""
    return tuple(axis for dim in axes for axis in dim)


def _cut(axes: tuple[Axes, ...], old: Axis, outer: Axis, inner: Axis) -> tuple[Axes, ...]:
    return tuple(tuple(new for axis in dim for new in ((outer, inner) if axis is old else (axis,))) for dim in axes)


def aligned(lead: View, other: View) -> View | None:
    """`other` with its dimensions joined and moved as those of `lead` have to be to become its node again."""
    if len(lead.dims) != len(other.dims):
        return None
    if lead.in_order:
        places = _grouped(lead)
    else:
        free = list(range(len(lead.dims)))
        places = []
        for axes in lead.base:
            place = next((place for place in free if lead.dims[place] == axes), None)
            if place is None:
                return None
            free.remove(place)
            places.append([place])
        places = places if not free else None
    if places is None:
        return None
    return View(other.node, other.base, tuple(joined(other.dims[place] for place in group) for group in places))


def _grouped(view: View) -> list[list[int]] | None:
    """Which dimensions make up each axis of the node."""
    groups, place = list[list[int]](), 0
    for axes in view.base:
        group: list[int] = []
        while not group or joined(view.dims[number] for number in group) != axes:
            if place == len(view.dims):
                return None
            group.append(place)
            place += 1
        groups.append(group)
    if any(view.dims[number] for number in range(place, len(view.dims))):
        return None
    groups[-1] += range(place, len(view.dims))
    return groups
