"""What torch's pools become, and its sums, means and maxima over axes."""

from typing import Any

from nas.graph.operation import Shape
from nas.graph.operations.shapes import same_pads
from nas.imports.arguments import axes, make
from nas.imports.translate import Translator, Unknown
from nas.imports.view import Bordered, View, joined


def max_pool(
    t: Translator, shape: Shape, x: View | Bordered, kernel: Any, stride: Any = (), padding: Any = (0,),
    dilation: Any = (1,),
    ceil: bool = False,
) -> View:  # fmt: skip
    if axes(dilation) != 1:
        raise Unknown("with a dilation has no operation here")
    if isinstance(x, Bordered):
        if axes(padding) != 0 or ceil:
            raise Unknown("of a border of minus infinity has no operation here")
        padding = _border(x, t.nodes[t.plain(x.view)].shape, kernel, stride or kernel)
        x = x.view
    return _pool(t, x, "max_pool", kernel, stride, padding, ceil)


def _border(x: Bordered, shape: Shape, kernel: Any, stride: Any) -> Any:
    """The padding of a pool that gives it this border."""
    before, after = zip(*x.widths, strict=True)
    rank = len(shape) - 1
    extents, steps = (tuple(value) if len(value) == rank else tuple(value) * rank for value in (kernel, stride))
    if same_pads(shape[1:], extents, steps) == (before, after):
        return "same"
    if before != after:
        raise Unknown("with borders that differ has no operation here")
    return before


def avg_pool(
    t: Translator, shape: Shape, x: View, kernel: Any, stride: Any = (), padding: Any = (0,), ceil: bool = False,
    count: bool = True, divisor: int | None = None,
) -> View:  # fmt: skip
    if divisor is not None:
        raise Unknown("with a divisor of its own has no operation here")
    extra = {} if count or axes(padding) == 0 else {"count_include_pad": False}
    return _pool(t, x, "avg_pool", kernel, stride, padding, ceil, **extra)


def _pool(t: Translator, x: View, name: str, kernel: Any, stride: Any, padding: Any, ceil: bool, **extra: Any) -> View:
    stride = axes(stride) if stride else None
    stride = None if stride == axes(kernel) else stride
    arguments = {
        "kernel": axes(kernel),
        "stride": stride,
        "padding": padding if padding == "same" else axes(padding),
        "ceil": ceil,
        **extra,
    }
    return t.fresh(make(name, **arguments), t.plain(x))


def adaptive(name: str, several: bool = False) -> Any:
    """The rule of an adaptive pool; `several`: torch gives the positions too."""

    def rule(t: Translator, shape: Shape, x: View, size: Any) -> Any:
        view = t.fresh(make(name, size=axes(size)), t.plain(x))
        return [view, None] if several else view

    return rule


def mean(t: Translator, shape: Shape, x: View, dims: list[int] | None = None, keep: bool = False, *_: Any) -> View:
    return _reduced(t, x, dims, keep, "adaptive_avg_pool", "mean")


def amax(t: Translator, shape: Shape, x: View, dims: list[int] | None = None, keep: bool = False) -> View:
    return _reduced(t, x, dims, keep, "adaptive_max_pool", "max")


def maximum(t: Translator, shape: Any, x: View, dim: int, keep: bool = False) -> list[Any]:
    return [amax(t, shape, x, [dim], keep), None]


def total(t: Translator, shape: Shape, x: View, dims: list[int] | None = None, keep: bool = False, *_: Any) -> View:
    return _reduced(t, x, dims, keep, "", "sum")


def _reduced(t: Translator, x: View, dims: list[int] | None, keep: bool, pool: str, kind: str) -> View:
    """Over all of the map, over the channels, or over equal parts of the channels beside each other."""
    rank = len(x.dims) + 1
    places = sorted(dim % rank - 1 for dim in dims or [])
    if not places or places[0] < 0:
        raise Unknown("over the images of a batch has no operation here")
    gone = {axis for place in places for axis in x.dims[place]}
    left = tuple(() if place in places else found for place, found in enumerate(x.dims))
    shown = left if keep else tuple(found for place, found in enumerate(x.dims) if place not in places)
    if pool and gone == {*joined(x.base[1:])}:
        if kind == "mean" and not keep and x.channel >= 0:
            return t.fresh(make("global_avg_pool"), x.node)
        base = (x.base[0], *(() for _ in x.base[1:]))
        return View(t.add(make(pool, size=1), x.node), base, shown)
    if gone == {*x.base[0]} and kind != "sum":
        return View(t.add(make("channel_pool", mode=kind), x.node), ((), *x.base[1:]), shown)
    first = x.base[0][0] if x.base[0] else None
    if first is not None and gone == {first} and kind in ("sum", "mean"):
        parts = [t.add(make("split", parts=first.size, part=part), x.node) for part in range(first.size)]
        return View(t.add(make("add" if kind == "sum" else "mean"), *parts), (x.base[0][1:], *x.base[1:]), shown)
    raise Unknown("over these axes has no operation here")
