"""What torch's sums, products and the like of tensors, weights and numbers become."""

import math
from dataclasses import replace
from typing import Any

from nas.graph.operation import Shape
from nas.imports.arguments import make, own, short
from nas.imports.trace import Weight
from nas.imports.translate import Translator, Unknown
from nas.imports.view import View


def add(t: Translator, shape: Shape, x: Any, y: Any, alpha: float = 1) -> View:
    if not isinstance(x, View):
        return add(t, shape, scaled(t, y, alpha), x)
    if isinstance(y, View):
        return t.merged(make("add"), [x, scaled(t, y, alpha)])
    if alpha != 1:
        y = _times(y, alpha)
    return shifted(t, x, y)


def _times(value: Any, factor: float) -> Any:
    if isinstance(value, Weight):
        return value._replace(tensor=value.tensor * factor, computed=value.learned)
    return value * factor


def subtract(t: Translator, shape: Shape, x: Any, y: Any, alpha: float = 1) -> View:
    return add(t, shape, x, y, -alpha)


def subtract_from(t: Translator, shape: Shape, x: Any, y: Any, alpha: float = 1) -> View:
    return add(t, shape, y, x, -alpha)


def multiply(t: Translator, shape: Shape, x: Any, y: Any) -> View:
    if not isinstance(x, View):
        x, y = y, x
    if isinstance(y, View):
        return t.merged(make("multiply"), [x, y])
    return scaled(t, x, y)


def divide(t: Translator, shape: Shape, x: Any, y: Any) -> View:
    if isinstance(y, View):
        raise Unknown("by a tensor has no operation here")
    if isinstance(y, Weight):
        y = y._replace(tensor=1 / y.tensor, computed=y.learned)
    return scaled(t, x, y if isinstance(y, Weight) else 1 / y)


def add_product(t: Translator, shape: Shape, x: Any, first: Any, second: Any, value: float = 1) -> View:
    if value != 1:
        raise Unknown("with a factor has no operation here")
    return add(t, shape, multiply(t, shape, first, second), x)


def scaled(t: Translator, x: View, factor: float | Weight) -> View:
    """x times a number, or times one for each channel."""
    if not isinstance(factor, Weight):
        return x if factor == 1 else t.same(x, make("scale", value=float(factor)))
    own(factor)
    numbers = per_channel(t, x, factor)
    if factor.learned:
        return t.same(x, make("scale", value=numbers if isinstance(numbers, float) else 1.0, learned=True))
    return t.same(x, make("scale", value=numbers))


def shifted(t: Translator, x: View, term: float | Weight) -> View:
    """x plus a number, or plus one for each channel."""
    if not isinstance(term, Weight):
        return x if term == 0 else t.same(x, make("scale", shift=float(term)))
    own(term)
    numbers, op = per_channel(t, x, term), t.nodes[x.node].op
    if not term.learned:
        return t.same(x, make("scale", shift=numbers))
    if getattr(op, "learned", False) and getattr(op, "shift", 0) is None:  # weights, then biases
        node = t.nodes[x.node]
        shift = numbers if isinstance(numbers, float) else 0.0
        return x.on(t.add(replace(op, shift=shift), *node.inputs))  # type: ignore[type-var]
    raise Unknown("of a learned tensor has no operation here")


def per_channel(t: Translator, x: View, weight: Weight) -> float | tuple[float, ...]:
    """One number where all channels have the same, else one for each."""
    tensor, channels = weight.tensor, t.nodes[x.node].shape[0]
    place = tensor.ndim - 1 - (len(x.dims) - 1 - x.channel)
    fits = tensor.numel() == 1 and not weight.learned
    if not fits and (x.channel < 0 or place < 0 or tensor.shape[place] != channels or tensor.numel() != channels):
        raise Unknown(f"of weights of {'x'.join(map(str, tensor.shape))} has no operation here")
    numbers = [short(value) for value in tensor.detach().flatten().tolist()]
    if not all(map(math.isfinite, numbers)):
        numbers = [1.0]
    return numbers[0] if len(set(numbers)) == 1 else tuple(numbers)
