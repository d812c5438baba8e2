"""What torch's calls become that cut, join, move and merge tensors."""

import math
from collections.abc import Callable
from typing import Any

from nas.graph.operation import Shape
from nas.imports.arguments import axes, make
from nas.imports.trace import BATCH
from nas.imports.translate import Translator, Unknown
from nas.imports.view import Bordered, View


def reshape(t: Translator, shape: Shape, x: View, *_: Any) -> View:
    view = x.reshaped(tuple(shape[1:])) if shape[:1] == (BATCH,) else None
    if view is None:
        raise Unknown(f"to {'x'.join(map(str, shape))} cuts axes in a way that has no operation here")
    return view


def permute(t: Translator, shape: Shape, x: View, order: list[int]) -> View:
    order = [place % (len(x.dims) + 1) for place in order]
    if order[0] != 0:
        raise Unknown("that moves the images of a batch has no operation here")
    return x.permuted([place - 1 for place in order[1:]])


def transpose(t: Translator, shape: Shape, x: View, first: int, second: int) -> View:
    order = list(range(len(x.dims) + 1))
    order[first], order[second] = order[second], order[first]
    return permute(t, shape, x, order)


def unchanged(t: Translator, shape: Shape, x: View, *_: Any, **named: Any) -> View:
    return x


def channels(t: Translator, x: View, dim: int) -> int:
    """A plain node whose channels are this dimension. Raises Unknown where it is another axis."""
    if dim % (len(x.dims) + 1) != 1:
        raise Unknown("along other axes than the channels has no operation here")
    return t.plain(x)


def chunk(t: Translator, shape: Any, x: View, count: int, dim: int = 0) -> list[View]:
    return split(t, shape, x, -(-x.sizes[dim - 1] // count), dim)


def split(t: Translator, shape: Any, x: View, size: int | list[int], dim: int = 0) -> list[View]:
    node = channels(t, x, dim)
    total = t.nodes[node].shape[0]
    parts = size if isinstance(size, list) else [min(size, total - at) for at in range(0, total, size)]
    if len(parts) == 1:
        return [x]
    if len(set(parts)) == 1:
        return [t.fresh(make("split", parts=len(parts), part=part), node) for part in range(len(parts))]
    starts = [sum(parts[:number]) for number in range(len(parts))]
    return [t.fresh(make("slice", start=at, stop=at + n), node) for at, n in zip(starts, parts, strict=True)]


def unbind(t: Translator, shape: Any, x: View, dim: int = 0) -> list[View]:
    found = x.dims[dim - 1]
    if len(found) != 1 or found != x.base[0][:1]:
        raise Unknown("along other axes than the channels has no operation here")
    count, rest = found[0].size, (*x.dims[: dim - 1], *x.dims[dim:])
    base = (x.base[0][1:], *x.base[1:])
    return [View(t.add(make("split", parts=count, part=part), x.node), base, rest) for part in range(count)]


def cut(
    t: Translator, shape: Shape, x: View, dim: int = 0, start: int | None = None, stop: int | None = None, step: int = 1
) -> View:
    """A slice of one axis."""
    rank = len(x.dims) + 1
    dim %= rank
    if dim == 0:
        if shape[0] != BATCH or step != 1:
            raise Unknown("of the images of a batch has no operation here")
        return x
    size = x.sizes[dim - 1]
    places = range(size)[slice(start, stop, step)]
    if len(places) == size:
        return x
    if dim == 1:
        node = t.plain(x)
        if step == 1 and size % len(places) == 0 and places[0] % len(places) == 0:
            return t.fresh(make("split", parts=size // len(places), part=places[0] // len(places)), node)
        stop = None if places[-1] + step >= size else places[-1] + 1
        return t.fresh(make("slice", start=places[0], stop=stop, step=step), node)
    if step == 1:
        widths = [[0, 0] for _ in range(rank - 2)]
        widths[dim - 2] = [-places[0], places[-1] + 1 - size]
        return t.fresh(make("pad", spatial=widths), t.plain(x))
    return _strided(t, x, dim, places[0], step)


def _strided(t: Translator, x: View, dim: int, start: int, step: int) -> View:
    """Every `step`-th position of an axis: a kernel of one, which averages nothing."""
    rank = len(x.dims) - 1
    node = t.plain(x)
    before = t.nodes[node]
    one, strides = (1,) * rank, [1] * rank
    strides[dim - 2] = step
    earlier = before.op.arguments if before.operation == "avg_pool" and before.op.arguments["kernel"] == one else None
    if start:
        widths = [[0, 0] for _ in range(rank)]
        widths[dim - 2] = [-start, 0]
        node, earlier = t.add(make("pad", spatial=widths), node), None
    if earlier is not None:
        joint = [a * b for a, b in zip(earlier["stride"], strides, strict=True)]
        if joint == [step] * rank:
            return t.fresh(make("slice", step=step, axis="spatial"), *before.inputs)
    return t.fresh(make("avg_pool", kernel=one, stride=tuple(strides)), node)


def select(t: Translator, shape: Shape, x: View, dim: int, index: int) -> View:
    if dim % (len(x.dims) + 1) == 1 and x.base[0] and x.dims[0] == x.base[0][:1] and len(x.base[0]) > 1:
        return unbind(t, shape, x, 1)[index]
    found = cut(t, (BATCH,), x, dim, index, index + 1 or None)
    view = found.reshaped(tuple(shape[1:]))
    if view is None:
        raise Unknown("has no operation here")
    return view


def pad(
    t: Translator, shape: Shape, x: View, widths: list[int], mode: str = "constant", value: float | None = None
) -> View | Bordered:
    if mode != "constant":
        raise Unknown(f"with mode={mode!r} has no operation here")
    pairs = list(zip(widths[::2], widths[1::2], strict=True))
    rank = len(x.dims)
    if len(pairs) > rank:
        raise Unknown("of the images of a batch has no operation here")
    pairs = [(0, 0)] * (rank - len(pairs)) + pairs[::-1]
    if not any(map(any, pairs)):
        return x
    if value == -math.inf and not any(pairs[0]):
        return Bordered(x, tuple(pairs[1:]))
    arguments: dict[str, Any] = {"spatial": pairs[1:]} if any(map(any, pairs[1:])) else {}
    if len(set(pairs[1:])) == 1 and arguments:
        before, after = pairs[1]
        arguments = {"spatial": before if before == after else [before, after]}
    if any(pairs[0]):
        arguments["channels"] = list(pairs[0])
    return t.fresh(make("pad", **arguments, value=float(value or 0)), t.plain(x))


def concat(t: Translator, shape: Shape, views: list[Any], dim: int = 0) -> View:
    dim %= len(shape)
    if not all(isinstance(view, View) for view in views):
        raise Unknown("with constants has no operation here")
    if len(views) == 1:
        return views[0]
    if dim == 1:
        return t.fresh(make("concat"), *(t.plain(view) for view in views))
    if all(view.channel == dim - 1 for view in views):  # channels last
        node = t.add(make("concat"), *(view.node for view in views))
        return views[0].with_channels(node, t.nodes[node].shape[0])
    raise Unknown("along other axes than the channels has no operation here")


def stack(t: Translator, shape: Shape, views: list[View], dim: int = 0) -> View:
    if dim != 1:
        raise Unknown("along other axes than the channels has no operation here")
    return reshape(t, shape, t.fresh(make("concat"), *(t.plain(view) for view in views)))


def upsample(mode: str) -> Callable[..., View]:
    """The rule of an upsampling by whole factors."""

    def rule(t: Translator, shape: Shape, x: View, *arguments: Any) -> View:
        aligned = mode == "bilinear" and arguments[1]
        node = t.plain(x)
        factors = [out / size for out, size in zip(shape[2:], t.nodes[node].shape[1:], strict=True)]
        if aligned or any(factor != int(factor) or factor < 1 for factor in factors):
            raise Unknown("by other than whole factors, or with aligned corners, has no operation here")
        if all(factor == 1 for factor in factors):
            return x
        return t.fresh(make("upsample", factor=axes([int(factor) for factor in factors]), mode=mode), node)

    return rule


def channel_shuffle(t: Translator, shape: Shape, x: View, groups: int) -> View:
    return t.fresh(make("channel_shuffle", groups=groups), t.plain(x))
