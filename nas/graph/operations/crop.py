"""Operations that keep a part of a tensor, or put a border around it."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from nas.errors import ArgumentError, ShapeError
from nas.graph.operation import Drawn, Operation, Shape
from nas.graph.operations.arguments import check_number, check_whole, check_word
from nas.graph.operations.shapes import spatial_rank, text

if TYPE_CHECKING:
    from torch import nn

Pair = tuple[int, int]  # before, after


@dataclass(frozen=True)
class Pad(Operation):
    """Puts `value` around a tensor; negative widths cut instead.

    `spatial` and `channels` are a width (on both sides) or [before, after]; `spatial` may also be a list of such pairs,
    one for each axis.
    """

    name: ClassVar[str] = "pad"
    drawn: ClassVar[Drawn] = "before"

    spatial: int | Pair | tuple[Pair, ...] = 0
    channels: int | Pair = 0
    value: float = 0.0

    def __post_init__(self) -> None:
        if type(self.spatial) is not int:
            object.__setattr__(self, "spatial", _pairs("spatial", self.spatial, nested=True))
        if type(self.channels) is not int:
            object.__setattr__(self, "channels", _pairs("channels", self.channels))
        check_number("value", self.value)

    def pads(self, rank: int) -> tuple[Pair, ...]:
        """(before, after) of the channels and of each spatial axis."""
        channels = self.channels if isinstance(self.channels, tuple) else (self.channels, self.channels)
        spatial: Any = self.spatial if isinstance(self.spatial, tuple) else (self.spatial, self.spatial)
        if not isinstance(spatial[0], tuple):
            if rank == 0 and any(spatial):
                raise ShapeError("spatial pads a feature map, not a vector")
            spatial = (spatial,) * rank
        elif len(spatial) != rank:
            raise ShapeError(f"spatial has {len(spatial)} pairs, the input has {rank} spatial axes")
        return (channels, *spatial)

    def shape(self, *inputs: Shape) -> Shape:
        pads = self.pads(len(inputs[0]) - 1)
        for size, (before, after) in zip(inputs[0], pads, strict=True):
            if size + min(before, 0) + min(after, 0) < 1:
                raise ShapeError(
                    f"nothing is left of {text(inputs[0])} after cutting {-min(before, 0) - min(after, 0)} of {size}"
                )
        return tuple(size + before + after for size, (before, after) in zip(inputs[0], pads, strict=True))

    def canonical(self, *inputs: Shape) -> "Pad":
        channels, *spatial = self.pads(len(inputs[0]) - 1)
        return Pad(tuple(spatial) or 0, channels, self.value)

    def module(self, *inputs: Shape) -> "nn.Module":
        from nas.graph.operations import modules

        return modules.Pad(self.pads(len(inputs[0]) - 1), self.value)


@dataclass(frozen=True)
class Slice(Operation):
    """x[start:stop:step] of the channels, or of every spatial axis; negative start and stop count from the end."""

    name: ClassVar[str] = "slice"
    drawn: ClassVar[Drawn] = "before"
    view: ClassVar[bool] = True

    start: int = 0
    stop: int | None = None
    step: int = 1
    axis: str = "channels"

    def __post_init__(self) -> None:
        for argument, value in (("start", self.start), ("stop", self.stop)):
            if type(value) is not int and not (argument == "stop" and value is None):
                raise ArgumentError(argument, value, "a whole number")
        check_whole("step", self.step)
        check_word("axis", self.axis, ("channels", "spatial"))

    def shape(self, *inputs: Shape) -> Shape:
        cut = slice(self.start, self.stop, self.step)
        if self.axis == "channels":
            sizes = (len(range(inputs[0][0])[cut]), *inputs[0][1:])
        else:
            spatial_rank(inputs[0])
            sizes = (inputs[0][0], *(len(range(size)[cut]) for size in inputs[0][1:]))
        if min(sizes) < 1:
            stop = "" if self.stop is None else self.stop
            raise ShapeError(f"nothing is left of {text(inputs[0])} ({self.axis} {self.start}:{stop}:{self.step})")
        return sizes

    def window(self, *inputs: Shape) -> tuple[tuple[int, ...], tuple[int, ...]]:
        rank = len(inputs[0]) - 1
        return (1,) * rank, (self.step if self.axis == "spatial" else 1,) * rank

    def module(self, *inputs: Shape) -> "nn.Module":
        from nas.graph.operations import modules

        rank = len(inputs[0]) - 1 if self.axis == "spatial" else 0
        return modules.Slice(self.start, self.stop, self.step, rank)


@dataclass(frozen=True)
class Split(Operation):
    """The `part`-th (from 0) of `parts` equal parts of the channels."""

    name: ClassVar[str] = "split"
    drawn: ClassVar[Drawn] = "plain"
    view: ClassVar[bool] = True

    parts: int
    part: int = 0

    def __post_init__(self) -> None:
        check_whole("parts", self.parts)
        if type(self.part) is not int or not 0 <= self.part < self.parts:
            raise ArgumentError("part", self.part, f"a whole number from 0 to {self.parts - 1}")

    def shape(self, *inputs: Shape) -> Shape:
        if inputs[0][0] % self.parts:
            raise ShapeError(
                f"the {inputs[0][0]} channels of {text(inputs[0])} do not split into {self.parts} equal parts"
            )
        return (inputs[0][0] // self.parts, *inputs[0][1:])

    def module(self, *inputs: Shape) -> "nn.Module":
        from nas.graph.operations import modules

        channels = inputs[0][0] // self.parts
        return modules.Slice(self.part * channels, (self.part + 1) * channels)


@dataclass(frozen=True)
class Select(Operation):
    """The channels at `indices` (from 0), in that order; one may be taken several times."""

    name: ClassVar[str] = "select"

    indices: tuple[int, ...]

    def __post_init__(self) -> None:
        if not isinstance(self.indices, list | tuple) or not self.indices:
            raise ArgumentError("indices", self.indices, "a list of channels, counted from 0")
        for index in self.indices:
            check_whole("indices", index, 0)
        object.__setattr__(self, "indices", tuple(self.indices))

    def shape(self, *inputs: Shape) -> Shape:
        if max(self.indices) >= inputs[0][0]:
            raise ShapeError(f"there is no channel {max(self.indices)} in {text(inputs[0])}")
        return (len(self.indices), *inputs[0][1:])

    def module(self, *inputs: Shape) -> "nn.Module":
        from nas.graph.operations import modules

        return modules.Select(self.indices)


def _pairs(argument: str, value: object, nested: bool = False) -> tuple[Any, ...]:
    """[before, after] as a tuple; `nested`: or a list of them."""
    if isinstance(value, list | tuple) and value:
        if len(value) == 2 and all(type(item) is int for item in value):
            return tuple(value)
        if nested and len(value) <= 3 and all(isinstance(item, list | tuple) for item in value):
            return tuple(_pairs(argument, item) for item in value)
    expected = "a whole number or [before, after]" + (", or a list of such pairs, one for each axis" if nested else "")
    raise ArgumentError(argument, value, expected)
