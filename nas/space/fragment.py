"""Templates expanded once and placed many times: a cell that comes again with the same shapes is copied, not walked."""

from typing import TYPE_CHECKING, Any, NamedTuple

from nas.graph.graph import Node, Scope
from nas.space.place import Flow, Place

if TYPE_CHECKING:
    from nas.space.build import GraphTarget


class Fragment(NamedTuple):
    """What a template adds to a graph. Inputs count from its first node; -1 is what flows in, -2 its `before`.

    Paths are continued from the template's own. Each scope is there once: `around` has the numbers of those around a
    node, outermost first, and each node the number of its place there.
    """

    nodes: list[tuple[Any, ...]]  # (op, inputs, shape, parameters, mult-adds, path's end, place in `around`)
    scopes: list[tuple[Any, ...]]
    around: list[tuple[int, ...]]
    axes: list[tuple[int, ...]]
    out: Flow

    @classmethod
    def cut(cls, target: "GraphTarget", start: int, flow: Flow, at: Place, out: Flow) -> "Fragment":
        """The nodes from `start` on, which the template at `at` added to what flowed in."""
        cut, outer = len(at.path), len(at.scopes) - 1  # the template's own scope goes along
        scopes, around = list[Scope](), list[tuple[int, ...]]()
        numbers, places = dict[int, int](), dict[int, int]()  # by identity: most nodes share theirs
        nodes = []
        for op, inputs, shape, parameters, mult_adds, path, stack in target.nodes[start:]:
            place = places.get(id(stack))
            if place is None:
                for scope in stack[outer:]:
                    if id(scope) not in numbers:
                        numbers[id(scope)] = len(scopes)
                        scopes.append(scope)
                place = places[id(stack)] = len(around)
                around.append(tuple([numbers[id(scope)] for scope in stack[outer:]]))
            sources = tuple([n - start if n >= start else -1 if n == flow.node else -2 for n in inputs])
            nodes.append((op, sources, shape, parameters, mult_adds, path[cut:], place))
        local = -1 if out.node == flow.node else -2
        end = Flow(out.node - start if out.node >= start else local, _local(out.before, start, flow))
        ends = [(scope.path[cut:], *scope[1:]) for scope in scopes]
        return cls(nodes, ends, around, target.axes[start:], end)

    def place(self, target: "GraphTarget", flow: Flow, at: Place) -> Flow:
        """The same nodes again, at `at`."""
        target.room_for(len(self.nodes), at)
        nodes, start, path, outer = target.nodes, len(target.nodes), at.path, at.scopes[:-1]
        outside = (flow.before.node if flow.before else flow.node, flow.node)  # of -2 and -1
        new = tuple.__new__  # without the constructors' calls: this is most of the time of an expansion
        scopes = [new(Scope, (path + end, *rest)) for end, *rest in self.scopes]
        around = [outer + tuple([scopes[number] for number in numbers]) for numbers in self.around]
        for op, inputs, shape, parameters, mult_adds, end, place in self.nodes:
            if len(inputs) == 1:
                (node,) = inputs
                sources: tuple[int, ...] = (start + node if node >= 0 else outside[node + 2],)
            else:
                sources = tuple([start + node if node >= 0 else outside[node + 2] for node in inputs])
            nodes.append(new(Node, (op, sources, shape, parameters, mult_adds, path + end, around[place])))
        target.axes.extend(self.axes)

        out = self.out.node
        return Flow(start + out if out >= 0 else outside[out + 2], _passed(self.out.before, start, flow))


# No closures that call themselves: they are cycles, and collecting them would take half of an expansion's time.


def _local(end: Flow | None, start: int, flow: Flow) -> Flow | None:
    """What an end has for its `before`, by numbers within the fragment."""
    if end is None or end.node < start:
        return end and Flow(-1 if end.node == flow.node else -2)
    return Flow(end.node - start, _local(end.before, start, flow))


def _passed(end: Flow | None, start: int, flow: Flow) -> Flow | None:
    """What a placed end has for its `before`."""
    if end is None or end.node < 0:
        return flow if end and end.node == -1 else flow.before
    return Flow(start + end.node, _passed(end.before, start, flow))
