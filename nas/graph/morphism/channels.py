"""Which channel of one network is which of another, that is wider or narrower: tuples of positions, NEW of none."""

import random
from collections.abc import Sequence
from math import prod
from typing import TYPE_CHECKING, Any

from nas.graph.operation import Operation, Shape
from nas.graph.operations.shapes import per_axis

if TYPE_CHECKING:
    from nas.graph.operations.convolution import Conv

Channels = tuple[int, ...]  # for each channel of the child the parent's that it equals
NEW = -1


def leading(own: int, theirs: int) -> Channels:
    """The first ones; those beyond are new."""
    return tuple(channel if channel < theirs else NEW for channel in range(own))


def spread(own: int, theirs: int, seed: int) -> Channels:
    """All of the parent's in their order, then copies of them drawn at random, each as often as chance has it.

    (Net2WiderNet's mapping, which the paper calls g.) The same for the same sizes and seed: layers of one width that
    are widened alike, as those that a residual adds, get one mapping. Of a narrower layer the first ones.
    """
    rng = random.Random(f"{seed}/{theirs}/{own}")
    return tuple(channel if channel < theirs else rng.randrange(theirs) for channel in range(own))


def spread_in_groups(own: int, theirs: int, groups: tuple[int, int], seed: int) -> Channels:
    """`spread` such that each group of a grouped convolution holds channels of one group of the parent's.

    Args:
        own: the child's channels.
        theirs: the parent's.
        groups: (the child's, the parent's).
        seed: of what is drawn.
    """
    here, there = own // groups[0], theirs // groups[1]
    inside, which = spread(here, there, seed), spread(groups[0], groups[1], seed)
    return tuple(group * there + channel for group in which for channel in inside)


def is_identity(channels: Channels, theirs: int) -> bool:
    return channels == tuple(range(theirs))


def grouped_covered(reads: Channels, gives: Channels, groups: tuple[int, int], theirs: tuple[int, int]) -> bool:
    """Whether each output of a grouped convolution finds in its own group all that its original reads in its group.

    Args:
        reads: the channels that the child's convolution reads.
        gives: those that it gives.
        groups: (the child's, the parent's).
        theirs: how many channels the parent's (reads, gives).
    """
    here_in, here_out = len(reads) // groups[0], len(gives) // groups[0]
    there_in, there_out = theirs[0] // groups[1], theirs[1] // groups[1]
    for group in range(groups[0]):
        found = set(reads[group * here_in : (group + 1) * here_in])
        for source in {channel // there_out for channel in gives[group * here_out : (group + 1) * here_out]} - {NEW}:
            if not found.issuperset(range(source * there_in, (source + 1) * there_in)):
                return False
    return True


def moved(op: Operation, shape: Shape, within: Channels) -> list[Any] | None:
    """For each channel that an operation gives, which number it only moves there; None: it does more than that.

    Args:
        op: the operation.
        shape: of what it reads.
        within: the name that each channel of that has.
    """
    given: dict[str, Any] = op.arguments
    channels: Sequence[Any] = within
    match op.name:
        case "flatten":
            return [(channel, place) for channel in channels for place in range(prod(shape[1:]))]
        case "pad" if given["channels"] in (0, (0, 0)):
            return [(channel, given["spatial"], given["value"]) for channel in channels]
        case "slice" if given["axis"] == "spatial":
            return [(channel, given["start"], given["stop"], given["step"]) for channel in channels]
        case "slice":
            return list(channels[given["start"] : given["stop"] : given["step"]])
        case "split":
            part = len(channels) // given["parts"]
            return list(channels[given["part"] * part : (given["part"] + 1) * part])
        case "select":
            return [channels[index] for index in given["indices"]]
        case "channel_shuffle":
            size = len(channels) // given["groups"]
            return [channels[group * size + place] for place in range(size) for group in range(given["groups"])]
    return None


def kernel_offset(own: "Conv", theirs: "Conv", sizes: Sequence[int]) -> tuple[tuple[int, ...], bool] | None:
    """Where the first weight of the parent's kernel stands in the child's, on each axis, such that both read alike.

    Args:
        own: the child's convolution.
        theirs: the parent's.
        sizes: of the map that they read.

    Returns:
        The offsets, and whether the whole kernel fits in; None where strides or dilations differ.
    """
    rank = len(sizes)
    for argument in ("stride", "dilation"):
        if per_axis(argument, getattr(own, argument), rank) != per_axis(argument, getattr(theirs, argument), rank):
            return None
    dilation = per_axis("dilation", own.dilation, rank)
    kernels = zip(own.kernels(sizes), theirs.kernels(sizes), strict=True)
    before = zip(own.pads(sizes)[0], theirs.pads(sizes)[0], dilation, strict=True)
    shifts = [(ours - other, step) for ours, other, step in before]
    offsets = tuple(shift // step for shift, step in shifts)
    exact = all(shift % step == 0 for shift, step in shifts) and all(
        0 <= offset <= mine - other for offset, (mine, other) in zip(offsets, kernels, strict=True)
    )
    return offsets, exact
