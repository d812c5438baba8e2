"""What a graph costs: `COSTS`, one function a cost, and beside them its costs by module and its receptive field."""

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from nas.graph.operation import Shape

if TYPE_CHECKING:
    from nas.graph.graph import Graph, Node

FLOAT = 4  # bytes


class ModuleCost(NamedTuple):
    """Sums over a module's nodes, and the shape of its last one."""

    parameters: int
    mult_adds: int
    shape: Shape


def by_module(graph: "Graph", depth: int = 1) -> dict[str, ModuleCost]:
    """Costs by the first `depth` parts of the nodes' paths below `network`, in order of appearance; no input.

    What serves an auxiliary head alone is kept apart, under its path as far as the word `auxiliary`.
    """
    modules: dict[str, ModuleCost] = {}
    for i, node in enumerate(graph.nodes[1:], 1):
        name = _module(node.path, depth, i in graph.training_nodes)
        parameters, mult_adds, _ = modules.get(name, (0, 0, ()))
        modules[name] = ModuleCost(parameters + node.parameters, mult_adds + node.mult_adds, node.shape)
    return modules


def _module(path: str, depth: int, training: bool) -> str:
    parts = path.removeprefix("network.").split(".")
    if not training:
        return ".".join(parts[:depth])
    return ".".join([*parts[: parts.index("auxiliary") if "auxiliary" in parts else depth], "auxiliary"])


def parameters(graph: "Graph") -> int:
    """Trainable weights, auxiliary heads excluded."""
    return sum(node.parameters for node in _inference_nodes(graph))


def auxiliary_parameters(graph: "Graph") -> int:
    """Trainable weights of the auxiliary heads alone."""
    return sum(graph.nodes[i].parameters for i in graph.training_nodes)


def mult_adds(graph: "Graph") -> int:
    """Multiply-adds of one image at inference: convolutions and linear layers, no biases."""
    return sum(node.mult_adds for node in _inference_nodes(graph))


def depth(graph: "Graph") -> int:
    """The most convolutions and linear layers (whatever has mult-adds) on a path from the input to the output."""
    longest: list[int] = []
    for node in graph.nodes:
        longest.append(max((longest[i] for i in node.inputs), default=0) + (node.mult_adds > 0))
    return longest[graph.output]


def activation_memory(graph: "Graph") -> int:
    """Bytes, in fp32, that a training step keeps for one image: every node's output once, but views; heads included."""
    return FLOAT * sum(math.prod(node.shape) for node in graph.nodes if not node.op.view)


def _inference_nodes(graph: "Graph") -> "Sequence[Node]":
    training = graph.training_nodes
    return [node for i, node in enumerate(graph.nodes) if i not in training] if training else graph.nodes


# By name: each is a column of the results, may have a limit, and may be an objective.
COSTS: dict[str, Callable[["Graph"], int]] = {
    cost.__name__: cost for cost in (parameters, auxiliary_parameters, mult_adds, depth, activation_memory)
}


def receptive_field(graph: "Graph") -> tuple[int, ...]:
    """Pixels, on each spatial axis, that one position of the last feature map sees, at most the whole input.

    Global pooling and what follows it are passed over: past them every network sees everything. Of several inputs
    the one that sees most counts. Araujo et al. 2019, Computing Receptive Fields of Convolutional Neural Networks.
    """
    axes = len(graph.input) - 1
    seen: list[tuple[float, ...]] = []  # pixels seen by one position of each node, and the step between positions
    step: list[tuple[float, ...]] = []
    for node in graph.nodes:
        shapes = [graph.nodes[i].shape for i in node.inputs]
        if not shapes:
            seen.append((1,) * axes)
            step.append((1,) * axes)
            continue
        fields = [max(sizes) for sizes in zip(*(seen[i] for i in node.inputs), strict=True)]
        steps = [max(sizes) for sizes in zip(*(step[i] for i in node.inputs), strict=True)]
        if not node.op.covers_map and len(shapes[0]) == axes + 1:
            extents, strides = node.op.window(*shapes)
            if len(extents) == axes:
                fields = [f + (e - 1) * s for f, e, s in zip(fields, extents, steps, strict=True)]
                steps = [s * stride for s, stride in zip(steps, strides, strict=True)]
        seen.append(tuple(fields))
        step.append(tuple(steps))
    return tuple(min(math.ceil(f), size) for f, size in zip(seen[graph.output], graph.input[1:], strict=True))
