"""Which layers and channels of one network are which of another: how a child can begin with its parent's weights.

Layers correspond by their places in the document, which a mutation leaves as they are, and where an alternative was
chosen anew, by what they read. Over these pairs the child's graph is walked once, and each of its nodes is found to
give what a node of the parent gives, channel by channel, or not: a wider layer has copies of channels, a new layer is
made the identity, a new branch zero (Chen, Goodfellow and Shlens 2016, Net2Net, arXiv:1511.05641; Elsken, Metzen and
Hutter 2017, arXiv:1711.04528). Where all of that holds up to the output, the child computes what its parent did.

Nothing here has weights: `nas.network.inherit` copies them.
"""

from collections import Counter

from nas.graph.graph import Graph, Node
from nas.graph.morphism.added import added
from nas.graph.morphism.channels import is_identity, leading
from nas.graph.morphism.matched import matched
from nas.graph.morphism.walk import NOTHING, Alignment, Walk, Wire

ROUNDS = 50  # walks, each of which may revise what one before took for granted


def align(parent: Graph, child: Graph, seed: int = 0) -> Alignment:
    """How a child can begin with its parent's weights.

    Args:
        parent: the parent's graph, pruned.
        child: the child's, pruned.
        seed: of the channels that are copied where a layer is wider.
    """
    walk, partners = Walk(parent, child, seed), _partners(parent, child)
    for _ in range(ROUNDS):
        walk.begin(partners)
        for number, node in enumerate(child.nodes):
            walk.wires.append(_wire(walk, number, node))
        if not walk.revised:
            break
    wire, theirs = walk.wires[child.output], parent.nodes[parent.output]
    if wire is not None and wire.exact and wire.node == parent.output:
        walk.found.preserves = not walk.revised and is_identity(wire.channels, theirs.shape[0])
    return walk.found


def _wire(walk: Walk, number: int, node: Node) -> Wire | None:
    if number == 0:
        return Wire(0, leading(node.shape[0], walk.parent.input[0]), node.shape == walk.parent.input)
    if number in walk.zeros:
        return Wire(NOTHING, (), True)
    if number not in walk.partners and (alike := _alike(walk, number, node)) is not None:
        walk.partners[number] = alike
    if number not in walk.partners:
        return added(walk, number, node)
    wire = matched(walk, number, node, walk.partners[number])
    layer, first = walk.found.layers.get(number), walk.tied.get(number, number)
    if layer is not None and first != number and walk.found.layers.get(first, layer)[1:] != layer[1:]:
        return wire._replace(exact=False)
    return wire


def _alike(walk: Walk, number: int, node: Node) -> int | None:
    """A node of the parent that no node of the child is by its place, and that reads the same, if it is alike."""
    reads = [walk.wires[i] for i in node.inputs]
    if any(wire is None or not wire.exact for wire in reads) or number in walk.tied or node.op.merges:
        return None
    sources = tuple(wire.node for wire in reads if wire is not None)
    taken = set(walk.partners.values())
    free = [
        place
        for place, other in enumerate(walk.parent.nodes)
        if place not in taken and other.inputs == sources and other.operation == node.operation
    ]
    free = [place for place in free if walk.parent.nodes[place].shape[1:] == node.shape[1:]]
    path = node.path.split(".")

    def shared(place: int) -> int:
        """With how many parts of the path theirs begins."""
        pairs = zip(path, walk.parent.nodes[place].path.split("."), strict=False)
        return next((count for count, (one, other) in enumerate(pairs) if one != other), len(path))

    return max(free, key=shared, default=None)


def _partners(parent: Graph, child: Graph) -> dict[int, int]:
    """Nodes of both that are the same operation at the same place: the child's -> the parent's."""

    def places(graph: Graph) -> dict[tuple[str, str, int], int]:
        seen: Counter[tuple[str, str]] = Counter()
        found = dict[tuple[str, str, int], int]()
        for number, node in enumerate(graph.nodes[1:], 1):
            key = node.path, node.operation
            found[(*key, seen[key])] = number
            seen[key] += 1
        return found

    theirs = places(parent)
    return {number: theirs[key] for key, number in places(child).items() if key in theirs}
