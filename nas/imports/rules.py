"""The rule of each of torch's calls, by its name in aten.

A rule takes the translator, the shape that torch gives (batch included; None: several tensors) and the arguments of the
call, and gives a view. It raises `Unknown` for what no operation says.
"""

from collections.abc import Callable
from typing import Any

from nas.imports import layers, numbers, pools, shapes


def _each(names: str, rule: Callable[..., Any]) -> dict[str, Callable[..., Any]]:
    return dict.fromkeys(names.split(), rule)


RULES: dict[str, Callable[..., Any]] = {
    **_each("conv1d conv2d conv3d", layers.convolution),
    **_each("max_pool1d max_pool2d max_pool3d", pools.max_pool),
    **_each("avg_pool1d avg_pool2d avg_pool3d", pools.avg_pool),
    **_each("adaptive_avg_pool1d adaptive_avg_pool2d adaptive_avg_pool3d", pools.adaptive("adaptive_avg_pool")),
    **_each("adaptive_max_pool1d adaptive_max_pool2d", pools.adaptive("adaptive_max_pool", several=True)),
    **_each("view reshape flatten unflatten squeeze unsqueeze view_as reshape_as", shapes.reshape),
    **_each("contiguous clone alias detach expand expand_as to type_as _to_copy", shapes.unchanged),
    **_each("split split_with_sizes", shapes.split),
    **_each("clamp clip", layers.clamp),
    **_each("upsample_nearest1d upsample_nearest2d upsample_nearest3d", shapes.upsample("nearest")),
    **_each("upsample_linear1d upsample_bilinear2d upsample_trilinear3d", shapes.upsample("bilinear")),
    "linear": layers.linear,
    "batch_norm": layers.batch_norm,
    "layer_norm": layers.layer_norm,
    "group_norm": layers.group_norm,
    **{name: layers.activation(name) for name in ("relu", "relu6", "sigmoid", "tanh", "silu", "mish")},
    **{name: layers.activation(name) for name in ("hardswish", "hardsigmoid")},
    "leaky_relu": layers.activation("leaky_relu", "slope"),
    "gelu": layers.gelu,
    "elu": layers.elu,
    "clamp_min": layers.clamp,
    "hardtanh": layers.hardtanh,
    "prelu": layers.prelu,
    "softmax": layers.softmax,
    "log_softmax": layers.log_softmax,
    "dropout": layers.dropout,
    "mean": pools.mean,
    "sum": pools.total,
    "amax": pools.amax,
    "max": pools.maximum,
    "permute": shapes.permute,
    "transpose": shapes.transpose,
    "chunk": shapes.chunk,
    "unbind": shapes.unbind,
    "slice": shapes.cut,
    "select": shapes.select,
    "pad": shapes.pad,
    "cat": shapes.concat,
    "stack": shapes.stack,
    "add": numbers.add,
    "sub": numbers.subtract,
    "rsub": numbers.subtract_from,
    "mul": numbers.multiply,
    "div": numbers.divide,
    "addcmul": numbers.add_product,
    "channel_shuffle": shapes.channel_shuffle,
}
