"""What a drawing says about an operation, in few letters: `conv 3×3 / 2, 64`."""

import re
from collections.abc import Iterable, Sequence
from typing import Any

from nas.graph.graph import Graph, Node
from nas.report.outline import light
from nas.space.sketch import Alternative, Open

SHORT = 18  # letters of alternatives that stand in one line


def alternative(one: Alternative) -> str:
    """An alternative, with the numbers that are open in it: `conv, kernel {3, 5}`."""
    inner = ["{} {{{}}}".format(words(name), ", ".join(map(str, values))) for name, values in one.inner]
    return ", ".join([words(one.text), *inner])


def choice(node: Node) -> tuple[str, bool]:
    """What an operation that is not chosen yet is called; whether its alternatives are, as few short words are."""
    op = node.op
    assert isinstance(op, Open)
    text = "{" + ", ".join(words(one.text) for one in op.alternatives) + "}"
    if len(text) <= SHORT and not op.inside:
        return text, True
    whole = [scope for scope in node.scopes if scope.turn is None and node.path in (scope.path, f"{scope.path}.0")]
    if whole:
        return words(whole[-1].template), False
    named = op.choice if ".@." in op.choice else node.path
    return words(next((word for word in reversed(named.split(".")) if not word.isdecimal()), "choice")), False


def words(name: str) -> str:
    """A name as people write it: `sep conv 3×3`."""
    return re.sub(r"(?<=\d)x(?=\d)", "×", name.replace("_", " "))


def _word(node: Node) -> str:
    return node.op.label or words(node.operation)


def operation(graph: Graph, node: Node) -> str:
    """An operation with what tells it from its like: kernel, stride, groups, channels."""
    if isinstance(node.op, Open):
        return choice(node)[0]
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
    text += f", dilated {_stride(dilation)}" if _stride(dilation) != "1" else ""
    return text + (", standardised" if own.get("standardised") else "")


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
