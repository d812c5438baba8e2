"""Which nodes have their weights in common: those of the turns of a `repeat` that is `shared`."""

from collections import defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING

from nas.errors import UserError

if TYPE_CHECKING:
    from nas.graph.graph import Node

SHARED = "shared"  # what the scope of such a turn has as its template


def groups(nodes: "Sequence[Node]") -> list[list[int]]:
    """The positions of nodes with one set of weights, in order; each group of two or more.

    A batch norm is of its turn alone: statistics differ from turn to turn, and those of all together would fit none.
    """
    found: dict[tuple[str, str], list[int]] = defaultdict(list)
    for position, node in enumerate(nodes):
        if not any(scope.template == SHARED for scope in node.scopes) or node.operation == "batch_norm":
            continue
        if node.op.parameters(*(nodes[i].shape for i in node.inputs)):
            found[_place(node), node.operation].append(position)
    return [members for members in found.values() if len(members) > 1]


def counted_once(nodes: "Sequence[Node]") -> "Sequence[Node]":
    """The nodes, of each group but the first without weights. Raises UserError where turns cannot have one set."""
    counted = list(nodes)
    for first, *others in groups(nodes):
        expected = nodes[first].op, [nodes[i].shape for i in nodes[first].inputs]
        for position in others:
            node = nodes[position]
            if (node.op, [nodes[i].shape for i in node.inputs]) != expected:
                what = f"it is to share the weights of {nodes[first].path}, and differs from it"
                raise UserError(node.path, what, "a turn of a shared repeat gives what it reads, in channels and size")
            counted[position] = node._replace(parameters=0)
    return counted


def _place(node: "Node") -> str:
    """The node's path without the turns that share."""
    path = node.path
    for scope in reversed(node.scopes):
        if scope.template == SHARED:
            path = scope.path.rpartition(".")[0] + path[len(scope.path) :]
    return path
