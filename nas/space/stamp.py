"""Templates expanded once and placed many times: a cell that comes again with the same shapes is copied, not walked."""

from typing import TYPE_CHECKING, Any, NamedTuple

from nas.graph.graph import Node, Scope
from nas.space.walk import Flow, Place

if TYPE_CHECKING:
    from nas.space.build import GraphTarget


class Stamp(NamedTuple):
    """What a template adds to a graph. Inputs count from its first node; -1 is what flows in, -2 its `before`."""

    nodes: list[
        tuple[Any, ...]
    ]  # (op, inputs, shape, parameters, mult-adds, path's end, scopes), paths from the template's
    strides: list[tuple[int, ...]]
    out: Flow

    @classmethod
    def cut(cls, target: "GraphTarget", start: int, flow: Flow, at: Place, out: Flow) -> "Stamp":
        """The nodes from `start` on, which the template at `at` added to what flowed in."""
        cut, outer = len(at.path), len(at.scopes) - 1  # the template's own scope goes along
        kept: dict[int, tuple[Scope, ...]] = {}

        def local(node: int) -> int:
            return node - start if node >= start else -1 if node == flow.node else -2

        def inner(scopes: tuple[Scope, ...]) -> tuple[Scope, ...]:
            if id(scopes) not in kept:
                kept[id(scopes)] = tuple([Scope(scope.path[cut:], *scope[1:]) for scope in scopes[outer:]])
            return kept[id(scopes)]

        nodes = [
            (op, tuple(map(local, inputs)), shape, parameters, mult_adds, path[cut:], inner(scopes))
            for op, inputs, shape, parameters, mult_adds, path, scopes in target.nodes[start:]
        ]
        return cls(nodes, target.strides[start:], Flow(local(out.node), _local(out.before, start, flow)))

    def place(self, target: "GraphTarget", flow: Flow, at: Place) -> Flow:
        """The same nodes again, at `at`."""
        target.room_for(len(self.nodes), at)
        nodes, start, path, outer = target.nodes, len(target.nodes), at.path, at.scopes[:-1]
        outside = (flow.before.node if flow.before else flow.node, flow.node)  # of -2 and -1
        moved: dict[int, tuple[Scope, ...]] = {}
        new = tuple.__new__  # a Node without its constructor's call: this is most of the time of an expansion
        for op, inputs, shape, parameters, mult_adds, end, scopes in self.nodes:
            around = moved.get(id(scopes))
            if around is None:
                around = moved[id(scopes)] = outer + tuple([Scope(path + s.path, *s[1:]) for s in scopes])
            sources = tuple([start + node if node >= 0 else outside[node + 2] for node in inputs])
            nodes.append(new(Node, (op, sources, shape, parameters, mult_adds, path + end, around)))
        target.strides.extend(self.strides)

        out = self.out.node
        return Flow(start + out if out >= 0 else outside[out + 2], _passed(self.out.before, start, flow))


# No closures that call themselves: they are cycles, and collecting them would take half of an expansion's time.


def _local(end: Flow | None, start: int, flow: Flow) -> Flow | None:
    """What an end has for its `before`, by numbers within the stamp."""
    if end is None or end.node < start:
        return end and Flow(-1 if end.node == flow.node else -2)
    return Flow(end.node - start, _local(end.before, start, flow))


def _passed(end: Flow | None, start: int, flow: Flow) -> Flow | None:
    """What a placed end has for its `before`."""
    if end is None or end.node < 0:
        return flow if end and end.node == -1 else flow.before
    return Flow(start + end.node, _passed(end.before, start, flow))
