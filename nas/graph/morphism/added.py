"""Nodes of the child that the parent has not: identities, branches of zeros, and what nothing can be said of."""

from nas.graph.graph import Node
from nas.graph.morphism.channels import NEW, spread
from nas.graph.morphism.walk import MIXING, NOTHING, Walk, Wire
from nas.graph.operation import Operation
from nas.graph.operations.shapes import per_axis


def added(walk: Walk, number: int, node: Node) -> Wire | None:
    wires = [walk.wires[i] for i in node.inputs]
    if all(wire is not None and wire.node == NOTHING for wire in wires) and walk.keeps_zero(node):
        return Wire(NOTHING, (), True)
    if node.operation == "add":
        return _new_sum(walk, node)
    if node.operation == "concat":
        return _new_concat(walk, node)
    wire = wires[0]
    if wire is None or not wire.exact or wire.node == NOTHING or len(wires) > 1:
        return None
    if node.op.inert:
        return wire
    if node.operation in ("relu", "relu6"):
        return wire if walk.bounded(wire.node, node.operation) else None
    if number in walk.drawn or number in walk.tied:
        return None
    if node.operation == "batch_norm" and node.parameters:
        walk.found.identities[number] = tuple(range(node.shape[0]))
        return wire
    if node.operation in MIXING and _can_be_identity(walk, node):
        picks = spread(node.shape[0], walk.child.nodes[node.inputs[0]].shape[0], walk.seed)
        walk.found.identities[number] = picks
        return wire._replace(channels=tuple(wire.channels[pick] for pick in picks))
    return None


def _can_be_identity(walk: Walk, node: Node) -> bool:
    before = walk.child.nodes[node.inputs[0]].shape
    if node.shape[0] < before[0] or node.shape[1:] != before[1:] or node.arguments.get("standardised"):
        return False
    if node.operation == "linear":
        return True
    grouped = node.op.groups > 1 and node.shape[0] != before[0]  # type: ignore[attr-defined]
    return not grouped and middle(node.op, before[1:]) is not None


def _new_sum(walk: Walk, node: Node) -> Wire | None:
    """The earliest input that stands for the parent's: a shortcut comes before what goes around it."""
    known = [i for i in node.inputs if (wire := walk.wires[i]) is not None and wire.exact and wire.node != NOTHING]
    known = [i for i in known if walk.child.nodes[i].shape == node.shape]
    if not known:
        return None
    stays = min(known)
    others = [i for i in node.inputs if i != stays and not walk.is_zero(i)]
    return walk.wires[stays] if node.inputs.count(stays) == 1 and walk.zeroed(others, [stays]) else None


def _new_concat(walk: Walk, node: Node) -> Wire | None:
    """What one input gives, beside channels that nothing reads at first."""
    known = [i for i in node.inputs if (wire := walk.wires[i]) is not None and wire.exact and wire.node != NOTHING]
    gives = list[int]()
    for number in node.inputs:
        wire = walk.wires[number]
        one = wire is not None and known and number == known[0] and not any(gives)
        gives += wire.channels if wire is not None and one else [NEW] * walk.child.nodes[number].shape[0]
    first = walk.wires[known[0]] if known else None
    return first and first._replace(channels=tuple(gives))


def middle(op: Operation, sizes: tuple[int, ...]) -> tuple[int, ...] | None:
    """The weight of a convolution's kernel that stands on the number itself; None where none does, or it strides."""
    rank = len(sizes)
    if any(stride != 1 for stride in per_axis("stride", op.stride, rank)):  # type: ignore[attr-defined]
        return None
    dilation = per_axis("dilation", op.dilation, rank)  # type: ignore[attr-defined]
    pads, kernels = op.pads(sizes)[0], op.kernels(sizes)  # type: ignore[attr-defined]
    places = [(pad, pad // step, kernel) for pad, step, kernel in zip(pads, dilation, kernels, strict=True)]
    fits = all(
        pad == place * step and place < kernel for (pad, place, kernel), step in zip(places, dilation, strict=True)
    )
    return tuple(place for _, place, _ in places) if fits else None
