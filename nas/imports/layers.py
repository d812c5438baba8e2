"""What torch's convolutions, linear layers, norms and activations become."""

from dataclasses import replace
from typing import Any

from nas.graph.operation import Shape
from nas.graph.operations.convolution import Conv
from nas.imports.arguments import axes, make, own, short
from nas.imports.trace import Weight
from nas.imports.translate import Translator, Unknown
from nas.imports.view import View


def convolution(
    t: Translator,
    shape: Shape,
    x: View,
    weight: Weight,
    bias: Weight | None = None,
    stride: Any = (1,),
    padding: Any = (0,),
    dilation: Any = (1,),
    groups: int = 1,
) -> View:
    own(weight), own(bias)
    source = t.plain(x)
    if padding == "valid":
        padding = (0,)
    op: Conv = make(  # type: ignore[assignment]
        "conv",
        channels=weight.tensor.shape[0],
        kernel=axes(weight.tensor.shape[2:]),
        stride=axes(stride),
        padding=None if padding == "same" else axes(padding),
        dilation=axes(dilation),
        groups=groups,
        bias=bias is not None,
    )
    read = t.nodes[source].shape
    whole, border = replace(op, padding=None), t.nodes[source]
    if border.operation == "pad" and op.padding == 0:  # as TensorFlow pads
        same, before = replace(op, padding="same"), t.nodes[border.inputs[0]].shape
        widths = make("pad", spatial=tuple(zip(*same.pads(before[1:]), strict=True)))
        if border.op.canonical(before) == widths.canonical(before):
            return t.fresh(same, border.inputs[0])
    return t.fresh(whole if whole.canonical(read) == op.canonical(read) else op, source)


def linear(t: Translator, shape: Shape, x: View, weight: Weight, bias: Weight | None = None) -> View:
    """On a vector; on the channels of a map, wherever they stand, it is a 1x1 convolution."""
    own(weight), own(bias)
    features, place = weight.tensor.shape[0], len(x.dims) - 1
    if x.channel == place and len(x.base) > 1 and place > 0:
        op = make("conv", channels=features, kernel=1, bias=bias is not None)
        return x.with_channels(t.add(op, x.node), features)
    return t.fresh(make("linear", features=features, bias=bias is not None), t.plain(x))


def batch_norm(
    t: Translator,
    shape: Shape,
    x: View,
    weight: Weight | None,
    bias: Weight | None,
    mean: Weight | None,
    variance: Weight | None,
    training: bool,
    momentum: float,
    eps: float,
    *_: Any,
) -> View:
    if mean is None or training:
        raise Unknown("without running statistics has no operation here")
    if momentum == 0:
        raise Unknown("with a cumulative average (momentum=None) has no operation here")
    if own(weight) != own(bias):
        raise Unknown("with a scale and no shift has no operation here")
    source = t.plain(x)
    return t.fresh(make("batch_norm", eps=eps, momentum=short(momentum), affine=weight is not None), source)


def layer_norm(
    t: Translator,
    shape: Shape,
    x: View,
    normal: list[int],
    weight: Weight | None = None,
    bias: Weight | None = None,
    eps: float = 1e-5,
    *_: Any,
) -> View:
    if len(normal) != 1 or x.channel != len(x.dims) - 1:
        raise Unknown("over other axes than the channels has no operation here")
    if own(weight) != own(bias):
        raise Unknown("with a scale and no shift has no operation here")
    return t.same(x, make("layer_norm", eps=eps, affine=weight is not None))


def group_norm(
    t: Translator,
    shape: Shape,
    x: View,
    groups: int,
    weight: Weight | None = None,
    bias: Weight | None = None,
    eps: float = 1e-5,
    *_: Any,
) -> View:
    if own(weight) != own(bias):
        raise Unknown("with a scale and no shift has no operation here")
    return t.fresh(make("group_norm", groups=groups, eps=eps, affine=weight is not None), t.plain(x))


def activation(name: str, *arguments: str) -> Any:
    """The rule of an activation whose arguments have these names here, in torch's order."""

    def rule(t: Translator, shape: Shape, x: View, *values: Any) -> View:
        return t.same(x, make(name, **dict(zip(arguments, map(float, values), strict=False))))

    return rule


def gelu(t: Translator, shape: Shape, x: View, approximate: str = "none") -> View:
    if approximate != "none":
        raise Unknown(f"with approximate={approximate!r} has no operation here")
    return t.same(x, make("gelu"))


def elu(t: Translator, shape: Shape, x: View, alpha: float = 1, scale: float = 1, other: float = 1) -> View:
    if scale != 1 or other != 1:
        raise Unknown("with other scales has no operation here")
    return t.same(x, make("elu", alpha=float(alpha)))


def clamp(t: Translator, shape: Shape, x: View, low: float | None = None, high: float | None = None) -> View:
    if low == 0 and high in (None, 6):
        return t.same(x, make("relu" if high is None else "relu6"))
    raise Unknown(f"to {low}..{high} has no operation here")


def hardtanh(t: Translator, shape: Shape, x: View, low: float = -1, high: float = 1) -> View:
    return clamp(t, shape, x, low, high)


def prelu(t: Translator, shape: Shape, x: View, weight: Weight) -> View:
    own(weight)
    if weight.tensor.numel() != t.nodes[t.plain(x)].shape[0]:
        raise Unknown("with one slope for all channels has no operation here")
    return t.fresh(make("prelu"), t.plain(x))


def softmax(t: Translator, shape: Shape, x: View, dim: int, *_: Any) -> View:
    found = x.dims[(dim % len(shape)) - 1]
    if found == x.base[0]:
        return t.same(x, make("softmax"))
    if len(x.base[0]) == 2 and found == x.base[0][:1]:
        return t.same(x, make("softmax", groups=found[0].size))
    raise Unknown("over other axes than the channels has no operation here")


def log_softmax(*_: Any) -> View:
    raise Unknown("has no operation here, and a network gives logits, of which the loss takes it: leave it out")


def dropout(t: Translator, shape: Shape, x: View, rate: float, *_: Any) -> View:
    return t.same(x, make("dropout", rate=float(rate))) if rate else x
