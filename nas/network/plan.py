"""What a supernet does for one graph, step by step: which modules run, on which parts of the shared weights."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from torch import nn

from nas.graph.graph import Graph, Node
from nas.graph.operation import Operation, Shape
from nas.network.sharing import Part, Slots, parts, sizes, tensors

OPEN = ("mixture", "held", "slot")  # operations that are no modules
Term = tuple[str, Any]  # a choice's path and an answer, whose weight multiplies
ModuleOf = Callable[[Node, tuple[Shape, ...]], tuple[nn.Module, Operation | None]]


@dataclass
class Step:
    """What makes the value of a node.

    module: runs on the values that the step reads; None: the operation is one of OPEN, or the step is a sum.
    shared, parts: whose tensors, and which parts of them, the module runs with instead of its own.
    scale: the weight that the output of a batch norm is times.
    terms: the weights in a sum of what it reads; None among them: it is in the value already.
    frees: values that no later step reads.
    """

    position: int
    node: Node
    reads: tuple[int, ...]
    module: nn.Module | None = None
    shared: nn.Module | None = None
    parts: Mapping[str, tuple[Part, ...] | None] | None = None
    scale: Term | None = None
    terms: tuple[Term | None, ...] | None = None
    frees: tuple[int, ...] = ()


class Plan(NamedTuple):
    """The steps in order, and the choices, by path, of which several answers run."""

    steps: list[Step]
    mixed: frozenset[str]


def plan(graph: Graph, slots: Slots, module_of: ModuleOf) -> Plan:
    """The steps of a pruned graph.

    Args:
        graph: what to run; its heads are left out.
        slots: the parts of the concats that may lack some.
        module_of: the module for a node on these shapes, and whose operation it is if it is shared, else None.
    """
    channels, steps = slots.channels(graph), list[Step]()
    for position in sorted(graph.ancestors([graph.output]) - {0}):
        node = graph.nodes[position]
        step = Step(position, node, node.inputs)
        if node.operation not in OPEN:
            shapes = tuple([graph.nodes[i].shape for i in node.inputs])
            step.module, operation = module_of(node, shapes)
            if operation is not None:
                read, gives, whole = channels[node.inputs[0]], channels[position], tensors(step.module)
                taken = {
                    name: parts(size, tuple(whole[name].shape), node, read, gives)
                    for name, size in sizes(node.op, shapes).items()
                }
                if operation != node.op or any(part is not None for part in taken.values()):
                    step.shared, step.parts, step.module = step.module, taken, weightless(node, shapes)
        steps.append(step)
    mixtures = [step.node for step in steps if step.node.operation == "mixture" and len(step.reads) > 1]
    mixed = frozenset(node.arguments["choice"] for node in mixtures)
    return Plan(_freeing(_fused(graph, steps), graph.output), mixed)


def weightless(node: Node, shapes: tuple[Shape, ...]) -> nn.Module:
    """The operation's module, to be called with tensors from elsewhere."""
    import torch

    with torch.device("meta"):
        return node.op.module(*shapes)


def _fused(graph: Graph, steps: list[Step]) -> list[Step]:
    """Sums of mixtures in one step, without their `none`; a weight on a batch norm without weights is its scale."""
    nodes = graph.nodes
    readers = Counter(i for step in steps for i in step.reads)
    readers[graph.output] += 1

    def inner(position: int) -> bool:
        return readers[position] == 1 and nodes[position].operation == "mixture"

    def terms_of(position: int) -> list[tuple[int, Term | None]]:
        """What a sum adds up, and by which weights; nothing where it is no plain sum."""
        node = nodes[position]
        if node.operation == "mixture":
            pairs = zip(node.inputs, node.arguments["answers"], strict=True)
            terms = [(i, (node.arguments["choice"], answer)) for i, answer in pairs if nodes[i].operation != "none"]
            return [*terms] or [(node.inputs[0], (node.arguments["choice"], node.arguments["answers"][0]))]
        if any(nodes[i].shape != node.shape for i in node.inputs):
            return []
        return [term for i in node.inputs for term in (terms_of(i) if inner(i) else [(i, None)])]

    plain_norms = {
        step.position
        for step in steps
        if step.node.operation == "batch_norm" and not step.node.arguments["affine"] and step.parts is None
    }
    scales: dict[int, Term] = {}
    inlined: set[int] = set()
    fused: list[Step] = []
    for step in reversed(steps):
        if step.position in inlined:
            continue
        summands = terms_of(step.position) if step.node.operation in ("mixture", "add") else []
        if any(term for _, term in summands):
            inlined.update(i for i in step.node.inputs if inner(i) and step.node.operation == "add")
            sums: list[tuple[int, Term | None]] = []
            for i, term in summands:
                if term and i in plain_norms and readers[i] == 1:
                    scales[i], term = term, None
                sums.append((i, term))
            step = replace(step, module=None, reads=tuple(i for i, _ in sums), terms=tuple(term for _, term in sums))
        fused.append(step)
    return [replace(step, scale=scales.get(step.position)) for step in reversed(fused)]


def _freeing(steps: list[Step], output: int) -> list[Step]:
    """Without what nothing reads; each step frees what it is the last to read."""
    needed = {output}
    for step in reversed(steps):
        if step.position in needed:
            needed.update(step.reads)
    steps = [step for step in steps if step.position in needed]
    last = {i: step.position for step in steps for i in step.reads}
    return [replace(step, frees=tuple({i for i in step.reads if last[i] == step.position})) for step in steps]
