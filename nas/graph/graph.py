"""The flat graph of primitive operations that a document expands to."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any, NamedTuple

from nas.graph import costs
from nas.graph.fingerprint import fingerprint, trains_as_usual
from nas.graph.operation import Operation, Shape
from nas.graph.prune import inference, prune
from nas.graph.shown import Shown


class Scope(NamedTuple):
    """One template use, or one turn of a loop, around a node: where it is, what was called and with which arguments."""

    path: str
    template: str
    arguments: tuple[tuple[str, Any], ...] = ()
    turn: int | None = None


@lru_cache(maxsize=65536)
def infer(op: Operation, shapes: tuple[Shape, ...]) -> tuple[Shape, int, int]:
    """(shape, parameters, mult-adds) of an operation on inputs of these shapes; raises ShapeError."""
    return op.shape(*shapes), op.parameters(*shapes), op.mult_adds(*shapes)


class Node(NamedTuple):
    """One operation in place.

    Attributes:
        op: the operation, with its arguments.
        inputs: positions of the earlier nodes that it reads, in order; it may read one twice.
        shape: of what it gives, without the batch axis.
        parameters: trainable weights.
        mult_adds: multiply-adds for one image.
        path: its place in the document, such as `network.stem.conv`.
        scopes: the template uses and turns of loops around it, the outermost first.
    """

    op: Operation
    inputs: tuple[int, ...]
    shape: Shape
    parameters: int = 0
    mult_adds: int = 0
    path: str = ""
    scopes: tuple[Scope, ...] = ()

    @property
    def operation(self) -> str:
        """The name of the operation."""
        return self.op.name

    @property
    def arguments(self) -> dict[str, Any]:
        """The arguments of the operation by name."""
        return self.op.arguments


@dataclass(frozen=True)
class Graph(Shown):
    """The flat graph of primitive operations that a document expands to. `space.graph(genome)` makes it.

    Attributes:
        nodes: in topological order, node 0 the input.
        output: the position of the output.
        auxiliary: the position of each auxiliary head's output.
        name: the document's.
        recipe: settings of its training that the document holds, as (name, value).
    """

    nodes: tuple[Node, ...]
    output: int
    auxiliary: tuple[int, ...] = ()
    name: str = field(default="", compare=False)
    recipe: tuple[tuple[str, Any], ...] = ()

    def __repr__(self) -> str:
        sizes = "x".join(map(str, self.input)), "x".join(map(str, self.shape))
        costs = f"{self.parameters:,} parameters, {self.mult_adds:,} mult-adds"
        return f"Graph({self.name}: {len(self.nodes)} nodes, {' to '.join(sizes)}, {costs})"

    @property
    def shape(self) -> Shape:
        """Shape of the output, without the batch axis."""
        return self.nodes[self.output].shape

    @property
    def input(self) -> Shape:
        """Shape of the input, without the batch axis."""
        return self.nodes[0].shape

    def ancestors(self, ends: Iterable[int]) -> set[int]:
        """The nodes from which one of some nodes can be reached, these included.

        Args:
            ends: positions of nodes.
        """
        seen, todo = set(), list(ends)
        while todo:
            node = todo.pop()
            if node not in seen:
                seen.add(node)
                todo.extend(self.nodes[node].inputs)
        return seen

    @cached_property
    def training_nodes(self) -> frozenset[int]:
        """Nodes that serve the auxiliary heads alone: left out at inference and of `parameters`."""
        if not self.auxiliary:
            return frozenset()
        return frozenset(self.ancestors(self.auxiliary) - self.ancestors([self.output]))

    @cached_property
    def costs(self) -> dict[str, int]:
        """Every cost by its name in `nas.graph.costs.COSTS`."""
        return {name: cost(self) for name, cost in costs.COSTS.items()}

    @cached_property
    def parameters(self) -> int:
        """Trainable weights, auxiliary heads excluded."""
        return costs.parameters(self)

    @cached_property
    def auxiliary_parameters(self) -> int:
        """Trainable weights of the auxiliary heads alone."""
        return costs.auxiliary_parameters(self)

    @cached_property
    def mult_adds(self) -> int:
        """Multiply-adds of one image at inference: convolutions and linear layers, no biases."""
        return costs.mult_adds(self)

    @cached_property
    def depth(self) -> int:
        """The most convolutions and linear layers on a path from the input to the output."""
        return costs.depth(self)

    @cached_property
    def activation_memory(self) -> int:
        """Bytes, in fp32, of the node outputs that a training step keeps for one image."""
        return costs.activation_memory(self)

    @cached_property
    def receptive_field(self) -> tuple[int, ...]:
        """Pixels, on each spatial axis, that one position of the last feature map sees."""
        return costs.receptive_field(self)

    @cached_property
    def _pruned(self) -> "Graph":
        pruned = prune(self)
        return self if pruned == self else pruned

    def prune(self) -> "Graph":
        """What is left without dead nodes, identities and merges of nothing: see `nas/graph/prune.py`."""
        return self._pruned

    @cached_property
    def _function(self) -> str:
        return fingerprint(inference(self.prune()))

    @cached_property
    def _training(self) -> str:
        pruned = self.prune()
        return self._function if trains_as_usual(pruned) else fingerprint(pruned, training=True)

    def fingerprint(self, training: bool = False) -> str:
        """32 hexadecimal digits, equal exactly when two graphs compute the same at inference.

        That is when they are the same, pruned, up to the order of their nodes; auxiliary heads, and what acts in
        training alone, do not count.

        Args:
            training: equal exactly when they train alike, all of it counted.
        """
        return self._training if training else self._function
