"""What a drawing says about an operation, in few letters: `conv 3×3 / 2, 64`."""

import re
from collections.abc import Iterable, Sequence
from typing import Any

from nas.graph.graph import Graph, Node
from nas.report.outline import light


def words(name: str) -> str:
    """A name as people write it: `sep conv 3×3`."""
    return re.sub(r"(?<=\d)x(?=\d)", "×", name.replace("_", " "))


def _word(node: Node) -> str:
    return node.op.label or words(node.operation)


def operation(graph: Graph, node: Node) -> str:
    """An operation with what tells it from its like: kernel, stride, groups, channels."""
    own, source = node.arguments, graph.nodes[node.inputs[0]].shape if node.inputs else ()
    name, rank = _word(node), len(node.shape) - 1
    if node.op.drawn == "linear":
        return f"{name} {node.shape[0]}"
    if node.op.covers_map and "size" in own:
        return f"{name} {_axes(own['size'], rank)}"
    if "kernel" not in own:
        return name
    text = f"{name} {_axes(own['kernel'], rank)}"
    stride = _stride(own.get("stride", 1) or own["kernel"])
    text += f" / {stride}" if stride != "1" else ""
    if node.op.drawn != "conv":
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
    names = [graph.nodes[i] for i in nodes]
    heavy = next((at for at, node in enumerate(names) if not light(node)), None)
    if heavy is None:
        return "", " · ".join(dict.fromkeys(map(_word, names))), ""
    before, after = names[:heavy], names[heavy + 1 :]
    return _light(before), operation(graph, names[heavy]), _light(after)


def _light(nodes: Iterable[Node]) -> str:
    return " · ".join(_word(node) for node in nodes if node.op.drawn != "unsaid")


def shape(sizes: Sequence[int]) -> str:
    """`64 × 56 × 56`."""
    return " × ".join(map(str, sizes))
