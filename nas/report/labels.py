"""What a drawing says about an operation, in few letters: `conv 3×3 / 2, 64`."""

import re
from collections.abc import Iterable, Sequence
from typing import Any

from nas.graph.graph import Graph, Node
from nas.report.outline import light

SHORT = {
    "batch_norm": "BN",
    "layer_norm": "LN",
    "local_response_norm": "LRN",
    "relu": "ReLU",
    "relu6": "ReLU6",
    "leaky_relu": "leaky ReLU",
    "elu": "ELU",
    "silu": "SiLU",
    "gelu": "GELU",
    "global_avg_pool": "global average pool",
    "adaptive_avg_pool": "average pool to",
    "avg_pool": "average pool",
}
UNSAID = ("identity", "flatten", "drop_path")  # of them a drawing says nothing
SYMBOLS = {"add": "+", "multiply": "×"}


def words(name: str) -> str:
    """A name as people write it: `sep conv 3×3`."""
    return SHORT.get(name) or re.sub(r"(?<=\d)x(?=\d)", "×", name.replace("_", " "))


def operation(graph: Graph, node: Node) -> str:
    """An operation with what tells it from its like: kernel, stride, groups, channels."""
    own, source = node.arguments, graph.nodes[node.inputs[0]].shape if node.inputs else ()
    name = SYMBOLS.get(node.operation) or words(node.operation)
    if node.operation == "linear":
        return f"{name} {node.shape[0]}"
    kernel, size = own.get("kernel"), own.get("size", own.get("output"))
    if node.operation.startswith("adaptive"):
        return f"{name} {_axes(size or node.shape[1:], len(node.shape) - 1)}"
    if kernel is None:
        return name
    rank = len(node.shape) - 1
    text = f"{name} {_axes(kernel, rank)}"
    stride = own.get("stride") or (kernel if node.operation.endswith("pool") else 1)
    text += f" / {_stride(stride)}" if _stride(stride) != "1" else ""
    if node.operation != "conv":
        return text
    groups, dilation = own.get("groups", 1), own.get("dilation", 1)
    text += f", {node.shape[0]}"
    if groups > 1:
        text += " depthwise" if source and groups == source[0] else f", {groups} groups"
    return text + (f", dilated {_stride(dilation)}" if _stride(dilation) != "1" else "")


def _axes(value: Any, rank: int) -> str:
    if isinstance(value, str):
        return f"{value} map"  # a convolution that takes what is there
    return "×".join(map(str, value if isinstance(value, Sequence) else [value] * rank))


def _stride(value: Any) -> str:
    if isinstance(value, Sequence):
        return str(value[0]) if len(set(value)) == 1 else "×".join(map(str, value))
    return str(value)


def layer(graph: Graph, nodes: Iterable[int]) -> tuple[str, str, str]:
    """(before, main, after) of a layer: the operation that computes, and the light ones beside it."""
    names = [graph.nodes[here] for here in nodes]
    heavy = next((at for at, node in enumerate(names) if not light(node)), None)
    if heavy is None:
        return "", " · ".join(dict.fromkeys(words(node.operation) for node in names)), ""
    before, after = names[:heavy], names[heavy + 1 :]
    return _light(before), operation(graph, names[heavy]), _light(after)


def _light(nodes: Iterable[Node]) -> str:
    return " · ".join(words(node.operation) for node in nodes if node.operation not in UNSAID)


def shape(sizes: Sequence[int]) -> str:
    """`64 × 56 × 56`."""
    return " × ".join(map(str, sizes))
