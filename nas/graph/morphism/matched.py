"""Nodes of the child that the parent has: what they give, and whether it is the same."""

from collections import Counter, defaultdict

from nas.graph.graph import Node
from nas.graph.morphism.channels import (
    NEW,
    Channels,
    grouped_covered,
    is_identity,
    kernel_offset,
    leading,
    moved,
    spread,
    spread_in_groups,
)
from nas.graph.morphism.walk import MIXING, Layer, Walk, Wire
from nas.graph.operation import Operation


def matched(walk: Walk, number: int, node: Node, place: int) -> Wire:
    theirs = walk.parent.nodes[place]
    if node.op.merges:
        return _concat(walk, node, place) if node.operation == "concat" else _merge(walk, number, node, place)
    reads, exact = walk.into(node.inputs[0], theirs.inputs[0])
    shapes = walk.child.nodes[node.inputs[0]].shape, walk.parent.nodes[theirs.inputs[0]].shape
    exact &= shapes[0][1:] == shapes[1][1:] and node.shape[1:] == theirs.shape[1:]
    if node.operation in MIXING:
        return _mixing(walk, number, place, reads, exact)
    same = _same(node.op, theirs.op)
    if node.op.by_channel and shapes[0][0] == node.shape[0] and shapes[1][0] == theirs.shape[0]:
        gives, exact = reads, exact and (same or _normal(node.op, theirs.op))
    elif (ours := moved(node.op, shapes[0], reads)) is not None:
        others = moved(theirs.op, shapes[1], tuple(range(shapes[1][0]))) or []
        places = {name: channel for channel, name in enumerate(others)}
        gives = tuple(places.get(name, NEW) for name in ours)
    else:
        exact &= same and is_identity(reads, shapes[1][0]) and node.shape == theirs.shape
        gives = leading(node.shape[0], theirs.shape[0])
    walk.found.layers[number] = Layer(place, reads, gives)
    return Wire(place, gives, exact)


def _mixing(walk: Walk, number: int, place: int, reads: Channels, exact: bool) -> Wire:
    node, theirs = walk.child.nodes[number], walk.parent.nodes[place]
    own, other = node.shape[0], theirs.shape[0]
    sizes = walk.child.nodes[node.inputs[0]].shape[1:]
    offset: tuple[int, ...] = ()
    groups = (1, 1)
    if node.operation == "conv":
        fit = kernel_offset(node.op, theirs.op, sizes)  # type: ignore[arg-type]
        offset, inside = fit or ((0,) * len(sizes), False)
        groups = node.op.groups, theirs.op.groups  # type: ignore[attr-defined]
        kernels = node.op.kernels(sizes), theirs.op.kernels(sizes)  # type: ignore[attr-defined]
        exact &= inside and _as_standardised(walk, node, theirs, kernels[0] == kernels[1], reads)
    count = walk.parent.nodes[theirs.inputs[0]].shape[0]
    if groups[0] == len(reads) and groups[1] == count:  # depthwise: what it gives follows from what it reads
        each = own // len(reads), other // count
        gives = tuple(c * each[1] + k if c != NEW and k < each[1] else NEW for c in reads for k in range(each[0]))
    elif groups != (1, 1):
        gives = spread_in_groups(own, other, groups, walk.seed)
        if exact and not grouped_covered(reads, gives, groups, (count, other)):
            walk.want(node.inputs[0], spread_in_groups(len(reads), count, groups, walk.seed))
    else:
        gives = walk.wanted.get(number) or spread(own, other, walk.seed)
    exact &= grouped_covered(reads, gives, groups, (count, other))
    exact &= node.arguments["bias"] >= theirs.arguments["bias"]
    walk.found.layers[number] = Layer(place, reads, gives, offset)
    return Wire(place, gives, exact)


def _as_standardised(walk: Walk, node: Node, theirs: Node, alike: bool, reads: Channels) -> bool:
    """Standardised weights depend on all that a layer reads; so it must be the same."""
    ours = node.arguments["standardised"]
    count = walk.parent.nodes[theirs.inputs[0]].shape[0]
    return bool(ours == theirs.arguments["standardised"] and (not ours or (alike and is_identity(reads, count))))


def _concat(walk: Walk, node: Node, place: int) -> Wire:
    left: dict[int, list[int]] = defaultdict(list)
    begin = 0
    for source in walk.parent.nodes[place].inputs:
        left[source].append(begin)
        begin += walk.parent.nodes[source].shape[0]
    gives, exact = list[int](), True
    for number in node.inputs:
        wire = walk.wires[number]
        if wire is not None and left.get(wire.node):
            start = left[wire.node].pop(0)
            gives += [NEW if channel == NEW else start + channel for channel in wire.channels]
            exact &= wire.exact
        else:
            gives += [NEW] * walk.child.nodes[number].shape[0]
    return Wire(place, tuple(gives), exact)


def _merge(walk: Walk, number: int, node: Node, place: int) -> Wire:
    """Of several inputs by number, as a sum: all that the parent's reads, and zeros."""
    theirs = walk.parent.nodes[place]
    left = Counter(theirs.inputs)
    stays, others = list[int](), list[int]()
    for source in node.inputs:
        wire = walk.wires[source]
        if wire is not None and left[wire.node] > 0:
            left[wire.node] -= 1
            stays.append(source)
        else:
            others.append(source)
    exact = not +left and _same(node.op, theirs.op)
    if not node.op.commutative:
        exact &= [wire and wire.node for wire in map(walk.wires.__getitem__, node.inputs)] == list(theirs.inputs)
    others = [source for source in others if not walk.is_zero(source)]
    exact &= not others or (node.operation == "add" and walk.zeroed(others, stays))
    gives, agreed = _common(walk, stays, node.shape[0], theirs.shape[0])
    return Wire(place, gives, exact and agreed and all(wire is not None and wire.exact for wire in walk.of(stays)))


def _common(walk: Walk, numbers: list[int], own: int, theirs: int) -> tuple[Channels, bool]:
    """The channels that all give, where they have as many; NEW where they differ."""
    whole = [(n, wire.channels) for n in numbers if (wire := walk.wires[n]) is not None and len(wire.channels) == own]
    if not whole:
        return leading(own, theirs), own == theirs == 1
    if any(channels != whole[0][1] for _, channels in whole):
        settled = next((channels for n, channels in whole if walk.producers(n) is None), whole[0][1])
        for number, channels in whole:
            if channels != settled:
                walk.want(number, settled)
    alike = zip(*(channels for _, channels in whole), strict=True)
    return tuple(each[0] if len(set(each)) == 1 else NEW for each in alike), True


def _same(one: Operation, other: Operation) -> bool:
    """Whether they compute alike at inference."""

    def said(op: Operation) -> dict[str, object]:
        return {name: value for name, value in op.arguments.items() if name not in op.training_only}

    return type(one) is type(other) and said(one) == said(other)


def _normal(one: Operation, other: Operation) -> bool:
    """Whether a new batch norm's scale of 1 and shift of 0 stand for what the other has not."""
    if one.name != "batch_norm":
        return False
    return bool(one.arguments["eps"] == other.arguments["eps"] and one.arguments["affine"] >= other.arguments["affine"])
