"""Reading shapes: ranks, numbers for each axis, and how errors print them."""

from collections.abc import Iterable, Sequence

from nas.errors import ShapeError
from nas.graph.operation import Shape
from nas.graph.operations.arguments import Axes


def text(sizes: Iterable[int]) -> str:
    """`64x5x5`."""
    return "x".join(map(str, sizes))


def spatial_rank(shape: Shape) -> int:
    """1 to 3 for a feature map; raises ShapeError for a vector and for more axes."""
    rank = len(shape) - 1
    if not 1 <= rank <= 3:
        given = f"a vector of {shape[0]}" if rank == 0 else text(shape)
        raise ShapeError(f"takes a feature map (channels and 1 to 3 spatial axes), not {given}")
    return rank


def per_axis(argument: str, value: Axes, rank: int) -> tuple[int, ...]:
    """One number for each spatial axis; raises ShapeError where a list has another length."""
    if type(value) is int:
        return (value,) * rank
    assert isinstance(value, tuple)
    if len(value) != rank:
        raise ShapeError(
            f"{argument} has {len(value)} numbers, the input has {rank} spatial {'axis' if rank == 1 else 'axes'}"
        )
    return value


def same_pads(
    sizes: Sequence[int], extents: Sequence[int], strides: Sequence[int]
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """TensorFlow's SAME, (before, after) for each axis: the least that gives size / stride windows, rounded up."""
    outputs = [-(-size // stride) for size, stride in zip(sizes, strides, strict=True)]
    windows = zip(sizes, outputs, extents, strides, strict=True)
    total = [max(0, (count - 1) * stride + extent - size) for size, count, extent, stride in windows]
    return tuple(width // 2 for width in total), tuple(width - width // 2 for width in total)


def brief(sizes: tuple[int, ...]) -> str:
    """`7` where all are 7, else `1x7`."""
    return str(sizes[0]) if len(set(sizes)) == 1 else text(sizes)
