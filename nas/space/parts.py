"""Parts of a network that are walked once and then placed again: a template's use, a choice of operations, the network.

What a part's walk adds depends on its key, which `nas.space.build` makes, and on what it meets on its way: the answers
to its choices, and the ends of the parts in it that ask themselves. A part keeps the ways that its walks took as a tree
and follows them; one that it does not know is walked.
"""

import math
from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from nas.graph.graph import Node, Scope
from nas.space.place import Choice, Flow, Place

if TYPE_CHECKING:
    from nas.space.build import GraphTarget

MAX_ONCE, FEW = 4096, 8
MAX_NODES, MAX_WAYS = 200_000, 512  # of all parts of a document, tens of megabytes; of one part, else it is walked
_new = tuple.__new__  # without the constructors' calls: they would be most of the time of an expansion


class Met(NamedTuple):
    """What decides how a walk goes on: a choice, a part, or (None) a side head, which leaves one way only."""

    event: "Choice | Part | None"
    outcome: Hashable  # the answer, or what the walk can see of the part's end
    start: int  # the first node of a part, and the next one after it
    end: int
    flow: int = 0  # nodes: what flows in, and out
    out: int = 0
    at: Place | None = None  # of a part


class Piece(NamedTuple):
    """Nodes on a way. Inputs count from its first node; those below 0 are the part's `source_nodes`, ~0 the first.

    Paths are continued from the part's own, scopes too. Each scope is there once: `around` has the numbers of those
    around a node, outermost first, and each node the number of its place there.
    """

    nodes: list[tuple[Any, ...]]  # (op, inputs, shape, parameters, mult-adds, path's end, place in `around`)
    scopes: list[tuple[Any, ...]]
    around: list[tuple[int, ...]]
    axes: list[tuple[int, ...]]

    @classmethod
    def cut(cls, target: "GraphTarget", start: int, end: int, source_numbers: dict[int, int], at: Place) -> "Piece":
        """The nodes from `start` to `end` of the part at `at`."""
        cut, outer = len(at.path), len(at.scopes)
        scopes, around = list[Scope](), list[tuple[int, ...]]()
        numbers, places = dict[int, int](), dict[int, int]()  # by identity: most nodes share theirs
        nodes = []
        for op, inputs, shape, parameters, mult_adds, path, stack in target.nodes[start:end]:
            place = places.get(id(stack))
            if place is None:
                for scope in stack[outer:]:
                    if id(scope) not in numbers:
                        numbers[id(scope)] = len(scopes)
                        scopes.append(scope)
                place = places[id(stack)] = len(around)
                around.append(tuple([numbers[id(scope)] for scope in stack[outer:]]))
            sources = tuple([n - start if n >= start else ~source_numbers[n] for n in inputs])
            nodes.append((op, sources, shape, parameters, mult_adds, path[cut:], place))
        return cls(nodes, _ends(scopes, cut), around, target.axes[start:end])

    def place(self, target: "GraphTarget", source_nodes: Sequence[int], path: str, outer: tuple[Scope, ...]) -> None:
        """The same nodes again, at `path` within the scopes `outer`."""
        nodes, start = target.nodes, len(target.nodes)
        scopes = [_new(Scope, (path + end, *rest)) for end, *rest in self.scopes]
        around = [outer + tuple([scopes[number] for number in numbers]) for numbers in self.around]
        for op, inputs, shape, parameters, mult_adds, end, place in self.nodes:
            if len(inputs) == 1:
                (node,) = inputs
                sources: tuple[int, ...] = (start + node if node >= 0 else source_nodes[~node],)
            else:
                sources = tuple([start + node if node >= 0 else source_nodes[~node] for node in inputs])
            nodes.append(_new(Node, (op, sources, shape, parameters, mult_adds, path + end, around[place])))
        target.axes.extend(self.axes)


class Way(NamedTuple):
    """A piece, and what is met after it: with each outcome another way. At its end, `out` is what flows out."""

    piece: Piece
    event: "Choice | Part | None"
    flow: int  # source nodes: what flows into a part or a side head
    out: int | None  # the source node that flows out; None: something is met
    path: str  # of a part that is met, from the path of this one on; and the scopes between
    scopes: list[tuple[Any, ...]]
    next: "dict[Hashable, Way]"


class Part:
    """The ways of a part. asks: whether it meets anything, so that there may be several.

    is_edge: what an edge of a cell gives; nothing outside of it looks at the operation that gives its end.
    """

    __slots__ = ("asks", "is_cell", "is_edge", "once", "taken", "ways")

    def __init__(self, is_cell: bool, is_edge: bool) -> None:
        self.ways: dict[Hashable, Way] = {}
        self.is_cell, self.is_edge, self.asks, self.taken = is_cell, is_edge, False, 0
        self.once = set[int]()  # of ways that were taken a single time

    def is_worth_keeping(self, met: "Sequence[Met]") -> bool:
        """Whether a way is: there are few for the walks so far, or it was taken before. Of many most never are."""
        ways = math.prod([len(item.event.answers) for item in met if isinstance(item.event, Choice)])
        way = hash(tuple([item.outcome for item in met]))
        if ways <= min(MAX_WAYS, FEW * (1 + len(self.once))) or way in self.once:
            return True
        if len(self.once) > MAX_ONCE:
            self.once.clear()
        self.once.add(way)
        return False

    def learn(self, target: "GraphTarget", met: Sequence[Met], start: int, flow: Flow, at: Place, out: Flow) -> int:
        """Keeps the way of a walk that began at node `start`; how many nodes that keeps."""
        self.asks, self.taken, nodes = bool(met), self.taken + 1, 0
        if self.taken > MAX_WAYS:
            self.ways = {}
            return 0
        source_numbers = {node: number for number, node in reversed(list(enumerate(entering(flow))))}
        ways, outcome, count, cut = self.ways, None, 2, len(at.path)
        end = Met(None, None, len(target.nodes), 0)
        for item in (*met, end):
            new = outcome not in ways
            piece = Piece.cut(target, start, item.start, source_numbers, at) if new else ways[outcome].piece
            for node in range(start, item.start):
                source_numbers[node] = count
                count += 1
            if new:
                nodes += len(piece.nodes)
                inner, last = item.at or at, source_numbers[out.node] if item is end else None
                scopes = _ends(inner.scopes[len(at.scopes) :], cut)
                ways[outcome] = Way(
                    piece, item.event, source_numbers.get(item.flow, 0), last, inner.path[cut:], scopes, {}
                )
            if isinstance(item.event, Part):
                source_numbers.setdefault(item.out, count)
                count += 1
            ways, outcome, start = ways[outcome].next, item.outcome, item.end
        return nodes

    def follow(self, target: "GraphTarget", flow: Flow, path: str, outer: tuple[Scope, ...]) -> Flow | None:
        """The part again, at `path` within the scopes `outer`; None, and no trace, where its way is not known."""
        start, heads, source_nodes = len(target.nodes), len(target.heads), entering(flow)
        way = self.ways.get(None)
        while way is not None and target.has_room(len(way.piece.nodes)):
            first = len(target.nodes)
            if way.piece.nodes:
                way.piece.place(target, source_nodes, path, outer)
                source_nodes.extend(range(first, len(target.nodes)))
            if way.out is not None:
                return Flow(source_nodes[way.out], flow if self.is_cell else flow.before)
            event, outcome = way.event, None
            if isinstance(event, Part):
                scopes = outer + tuple([_new(Scope, (path + end, *rest)) for end, *rest in way.scopes])
                inner = Flow(source_nodes[way.flow], flow.before)
                out = target.again(event, inner, path + way.path, scopes)
                if out is None:
                    break
                source_nodes.append(out.node)
                outcome = target.seen(event, inner, out)
            elif event is None:
                target.heads.append(source_nodes[way.flow])
            else:
                outcome = target.answer(event)
            way = way.next.get(outcome)
        del target.nodes[start:], target.axes[start:], target.heads[heads:]
        target.used = {part: use for part, use in target.used.items() if use.end <= start}
        return None


class Parts:
    """The parts of a document by their keys, as many as have MAX_NODES nodes."""

    def __init__(self) -> None:
        self.kept: dict[Any, Part] = {}
        self.nodes = 0

    def grow(self, nodes: int) -> None:
        self.nodes += nodes
        if self.nodes > MAX_NODES:
            self.kept, self.nodes = {}, 0


def entering(flow: Flow) -> list[int]:
    """The nodes that a part knows where it begins: what flows in, and its `before`."""
    return [flow.node, flow.before.node if flow.before else flow.node]


def _ends(scopes: Sequence[Scope], cut: int) -> list[tuple[Any, ...]]:
    """Scopes with what is left of their paths."""
    return [(scope.path[cut:], *scope[1:]) for scope in scopes]
