"""What a walk over a child's graph knows: what each node gives, in terms of the parent, and what shall become of it.

A walk may find that an earlier node has to be another way: zero, no identity, or of other channels. It then notes that
as a decision, and the graph is walked once more.
"""

from dataclasses import dataclass, field
from typing import NamedTuple

from nas.graph.graph import Graph, Node
from nas.graph.morphism.channels import Channels, leading
from nas.graph.shared import groups

MIXING = ("conv", "linear")  # each output is a weighted sum of all channels, or of those of its group
NOT_NEGATIVE = ("relu", "relu6", "sigmoid", "hardsigmoid", "softmax")
KEEPS_ZERO = ("relu", "relu6", "leaky_relu", "elu", "prelu", "mish", "silu", "gelu", "tanh", "hardswish")
KEEPS_SIGN = ("max_pool", "avg_pool", "global_avg_pool", "adaptive_avg_pool", "adaptive_max_pool", "flatten", "concat")
NOTHING = -1  # the node of what is zero


class Wire(NamedTuple):
    """What a node of the child gives: `channels` of the parent's `node`, and whether exactly these values."""

    node: int
    channels: Channels
    exact: bool


class Layer(NamedTuple):
    """Whose weights a node of the child gets: those of the parent's `node`, which reads and gives these channels.

    offset: where the parent's kernel begins in the child's, of a convolution.
    """

    node: int
    reads: Channels
    gives: Channels
    offset: tuple[int, ...] = ()


@dataclass
class Alignment:
    """How a child stands to its parent.

    Attributes:
        layers: by the child's nodes, those of the parent that they are.
        identities: the child's new nodes that shall hand on what they read; of convolutions and linear layers with the
            channel that each output repeats.
        zeros: the child's new nodes whose outputs shall be zero at first.
        preserves: whether the child then computes what its parent does, at inference.
    """

    layers: dict[int, Layer] = field(default_factory=dict)
    identities: dict[int, Channels] = field(default_factory=dict)
    zeros: set[int] = field(default_factory=set)
    preserves: bool = False


class Walk:
    """One walk after another over a child's graph.

    Args:
        parent: the parent's graph, pruned.
        child: the child's, pruned.
        seed: of the channels that are copied.

    Attributes:
        wires: what each node of the child so far gives; None: nothing that the parent has.
        partners: the parent's node that a node of the child is.
        found: what the walk comes to.
        zeros: a decision: nodes that shall be zero.
        drawn: new nodes that shall be no identities.
        wanted: channels that a layer shall give.
        revised: whether this walk took a decision.
    """

    def __init__(self, parent: Graph, child: Graph, seed: int) -> None:
        self.parent, self.child, self.seed = parent, child, seed
        self.zeros, self.drawn = set[int](), set[int]()
        self.wanted = dict[int, Channels]()
        self.tied = {number: members[0] for members in groups(child.nodes) for number in members}
        self.begin({})

    def begin(self, partners: dict[int, int]) -> None:
        """Anew, with the decisions so far."""
        self.found, self.revised = Alignment(zeros=set(self.zeros)), False
        self.wires, self.partners = list[Wire | None](), dict(partners)

    def into(self, number: int, place: int) -> tuple[Channels, bool]:
        """The child's node as what the parent's node gives: its channels, and whether they are."""
        wire, own, theirs = self.wires[number], self.child.nodes[number].shape[0], self.parent.nodes[place].shape[0]
        if wire is not None and wire.node == place:
            return wire.channels, wire.exact
        if self.parent.nodes[place].operation == "none" and own == theirs:  # all zeros, as a new branch may be
            return leading(own, theirs), self.is_zero(number) or (wire is None and self.zeroed([number], []))
        if wire is not None and wire.node != NOTHING and self.parent.nodes[wire.node].shape[0] == theirs:
            return wire.channels, False
        return leading(own, theirs), False

    def of(self, numbers: list[int]) -> list[Wire | None]:
        return [self.wires[number] for number in numbers]

    def is_zero(self, number: int) -> bool:
        wire = self.wires[number]
        return wire is not None and wire.node == NOTHING

    def want(self, number: int, channels: Channels) -> None:
        """Next time, what the node gives shall be these channels, if that is for its layers to say."""
        for producer in self.producers(number) or ():
            if producer not in self.wanted and len(channels) == self.child.nodes[producer].shape[0]:
                self.wanted[producer] = channels
                self.revised = True

    def producers(self, number: int) -> set[int] | None:
        """The layers that are free to say which channels this node gives; None: there are others that say it."""
        found, seen, todo = set[int](), set[int](), [number]
        while todo:
            place = todo.pop()
            node, layer = self.child.nodes[place], self.found.layers.get(place)
            if place in seen:
                continue
            seen.add(place)
            groups = node.arguments.get("groups", 1) if node.operation in MIXING else 0
            if groups == 1 and layer is not None:
                found.add(place)
            elif place and (node.op.by_channel or (groups and layer is not None and groups == len(layer.reads))):
                todo += [i for i in node.inputs if not self.is_zero(i)]
            else:
                return None
        return found

    def zeroed(self, branches: list[int], stays: list[int]) -> bool:
        """Decide that these new branches of a sum shall be zero at first; whether that can be."""
        ends = [self.ends(branch) for branch in branches]
        if None in ends:
            return False
        new = {number for each in ends if each for number in each}
        inside = self.child.ancestors(branches) - self.child.ancestors(stays)
        drawn = {number for number in inside if number in self.found.identities} - new
        if not new <= self.zeros or not drawn <= self.drawn:
            self.zeros |= new
            self.drawn |= drawn
            self.revised = True
        return True

    def ends(self, number: int) -> set[int] | None:
        """The last new layers of a branch, which have to be zero for it to be zero; None: it cannot be."""
        found, seen, todo = set[int](), set[int](), [number]
        while todo:
            place = todo.pop()
            node = self.child.nodes[place]
            if place in seen or self.is_zero(place):
                continue
            seen.add(place)
            if place in self.partners or place in self.tied or place == 0:
                return None
            if node.operation in MIXING or (node.operation == "batch_norm" and node.parameters):
                found.add(place)
            elif self.keeps_zero(node):
                todo += node.inputs[:1] if node.operation == "multiply" else node.inputs
            else:
                return None
        return found

    def keeps_zero(self, node: Node) -> bool:
        plain = node.op.inert or node.operation in (*KEEPS_ZERO, *KEEPS_SIGN, "add", "mean", "multiply")
        return plain or (node.operation == "batch_norm" and not node.parameters)

    def bounded(self, number: int, operation: str) -> bool:
        """Whether what a node of the parent gives stays as it is in a relu, or a relu6."""
        ends = NOT_NEGATIVE if operation == "relu" else set(NOT_NEGATIVE) - {"relu"}
        through = (*KEEPS_SIGN, "mean", *(("add", "multiply") if operation == "relu" else ()))
        seen, todo = set[int](), [number]
        while todo:
            place = todo.pop()
            node = self.parent.nodes[place]
            if place in seen or node.operation in ends:
                continue
            seen.add(place)
            if place == 0 or not (node.op.inert or node.operation in through):
                return False
            todo += node.inputs
        return True
