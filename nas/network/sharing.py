"""Which part of a shared weight a network of a supernet takes.

The first channels, the middle of a kernel; and behind a concat that may lack parts, the channels of those that are
there. So the channels of a flow have numbers: None means the first ones, in order.
"""

from collections import defaultdict
from collections.abc import Sequence
from functools import lru_cache

import torch
from torch import Tensor, nn

from nas.errors import UserError
from nas.graph.graph import Graph, Node
from nas.graph.operation import Operation, Shape

Part = slice | Tensor  # of one axis
Sizes = dict[str, tuple[int, ...]]
Numbers = Tensor | None  # of the channels of a flow
WHOLE = slice(None)
READS_CHANNELS = ("conv", "linear")  # axis 1 of their weights is what they read


def tensors(module: nn.Module) -> dict[str, Tensor]:
    """Its own weights and the buffers that are saved, by name."""
    kept = {name: buffer for name, buffer in module._buffers.items() if name not in module._non_persistent_buffers_set}
    return {name: tensor for name, tensor in {**module._parameters, **kept}.items() if tensor is not None}


@lru_cache(maxsize=4096)
def sizes(op: Operation, shapes: tuple[Shape, ...]) -> Sizes:
    """The sizes of an operation's weights and buffers on inputs of these shapes."""
    if op.origin and op.parameters(*shapes):
        what = f"a supernet cannot hold {op.name}, an operation of your own: which parts of its weights are shared?"
        raise UserError("supernet", what, "search with a searcher that trains candidates")
    with torch.device("meta"):
        return {name: tuple(tensor.shape) for name, tensor in tensors(op.module(*shapes)).items()}


class Slots:
    """The parts of each concat that may lack some: how wide each is at most, and so where it begins."""

    def __init__(self, graphs: Sequence[Graph]) -> None:
        self.widths: dict[str, dict[int, int]] = defaultdict(dict)
        for node in (node for graph in graphs for node in graph.nodes if node.operation == "slot"):
            group = self.widths[_concat(node)]
            number = node.arguments["number"]
            group[number] = max(group.get(number, 0), node.shape[0])

    def channels(self, graph: Graph) -> list[Numbers]:
        """Of each node: the numbers of its channels in the whole supernet. Raises UserError where that is not known."""
        channels: list[Numbers] = [None]
        for node in graph.nodes[1:]:
            shapes = tuple([graph.nodes[i].shape for i in node.inputs])
            channels.append(self._of(node, shapes, [channels[i] for i in node.inputs]))
        return channels

    def _of(self, node: Node, shapes: tuple[Shape, ...], inputs: list[Numbers]) -> Numbers:
        first = inputs[0]
        if node.operation == "slot":
            group, number = self.widths[_concat(node)], node.arguments["number"]
            before = sum(width for other, width in group.items() if other < number)
            inside = first is None or int(first[-1]) < group[number]  # an open concat in a slot is numbered anew else
            return before + _numbers(first if inside else None, shapes[0][0])
        if all(one is None for one in inputs):
            return None
        if node.operation == "concat":
            return torch.cat([_numbers(one, shape[0]) for one, shape in zip(inputs, shapes, strict=True)])
        if node.op.by_channel or _depthwise(node, shapes):
            alike = all(one is not None and first is not None and torch.equal(one, first) for one in inputs)
            return first if alike else None
        if node.operation in (*READS_CHANNELS, "none"):
            return None
        if node.operation == "pad" and node.arguments["channels"] in (0, (0, 0)):
            return first
        if node.operation == "slice" and first is not None:
            cut = node.arguments
            return first if cut["axis"] == "spatial" else first[cut["start"] : cut["stop"] : cut["step"]]
        if node.operation == "flatten" and first is not None:
            positions = node.shape[0] // shapes[0][0]
            return (first[:, None] * positions + torch.arange(positions)).flatten()
        raise UserError(node.path, f"{node.operation} reads a concat that may lack parts", "convolve it first")


def reach(size: tuple[int, ...], node: Node, read: Numbers, gives: Numbers) -> tuple[int, ...]:
    """How large a shared tensor has to be so that a network's `size` of it, at these channels, lies inside."""
    if gives is not None and size and size[0] == len(gives):
        size = (int(gives[-1]) + 1, *size[1:])
    if read is not None and node.operation in READS_CHANNELS and len(size) > 1 and size[1] == len(read):
        size = (size[0], int(read[-1]) + 1, *size[2:])
    return size


def parts(
    size: tuple[int, ...], whole: tuple[int, ...], node: Node, read: Numbers, gives: Numbers
) -> tuple[Part, ...] | None:
    """Which part of each axis of a shared tensor a network takes; None: all of it. Raises UserError where it is small.

    Args:
        size: of the tensor in the network alone.
        whole: of the shared one.
        node: what reads it.
        read: the numbers of the channels that the node reads.
        gives: the numbers of those that it gives.
    """
    taken = list[Part]()
    for axis, (length, most) in enumerate(zip(size, whole, strict=True)):
        scattered = gives if axis == 0 else read if axis == 1 and node.operation in READS_CHANNELS else None
        if length > most:
            raise UserError(node.path, f"the supernet's {node.operation} is smaller than this genome's")
        if length == most:
            taken.append(WHOLE)
        elif scattered is not None and len(scattered) == length and int(scattered[-1]) < most:
            taken.append(scattered)
        else:
            start = (most - length) // 2 if axis > 1 else 0
            taken.append(slice(start, start + length))
    return None if all(part is WHOLE for part in taken) else tuple(taken)


def cut(tensor: Tensor, taken: tuple[Part, ...] | None) -> Tensor:
    """The part of a tensor: a view of it, but for scattered channels."""
    for axis, part in enumerate(taken or ()):
        if isinstance(part, Tensor):
            tensor = tensor.index_select(axis, part.to(tensor.device))
        elif part is not WHOLE:
            tensor = tensor.narrow(axis, part.start, part.stop - part.start)
    return tensor


def _concat(slot: Node) -> str:
    return slot.path.rpartition(".")[0]


def _numbers(channels: Numbers, count: int) -> Tensor:
    return torch.arange(count) if channels is None else channels


def _depthwise(node: Node, shapes: Sequence[Shape]) -> bool:
    return node.operation == "conv" and node.arguments["groups"] == shapes[0][0] == node.shape[0]
