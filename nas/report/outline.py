"""A network as people speak of it: a chain of layers and named blocks, read from its nodes' paths and scopes.

A *block* is a part that is no chain (a sum, branches, a cell), or a template of several convolutions that is used again
and again. Whatever else there is stands as a layer: one operation that computes, with what follows it (norm,
activation). Names and repeats come from the document, so that nothing here knows any design.
"""

from collections import Counter
from collections.abc import Sequence
from itertools import groupby, pairwise
from typing import NamedTuple

from nas.graph.graph import Graph, Node

LIGHT = ("beside", "unsaid", "before")
USES = 3  # of a chain of convolutions, that make it a block of its own
READINGS = 3
WHOLE = 60  # the most nodes of a named item of the network's chain that is one block


class OutlinePart(NamedTuple):
    """A block, or a layer (without a name): its nodes, in order, and the loop or chain item that it belongs to."""

    nodes: tuple[int, ...]
    name: str = ""
    depth: int = 0  # of a block: how many segments of its nodes' paths lead to it
    own: bool = False  # a block that its document names
    stage: str = ""


def outline(graph: Graph) -> list[OutlinePart]:
    """The parts of a pruned graph in order, without the input and the auxiliary heads."""
    return _outline(graph, [i for i in range(1, len(graph.nodes)) if i not in graph.training_nodes], 1)


def within(graph: Graph, block: OutlinePart) -> list[list[OutlinePart]]:
    """The outlines of a block's paths side by side where they hold blocks themselves, as an ensemble's networks do."""
    if not block.name:
        return []
    paths = [graph.nodes[i].path.split(".") for i in block.nodes]
    depth = next((at for at, words in enumerate(zip(*paths, strict=False)) if len(set(words)) > 1), 0)
    groups = [
        [i for i, _ in group] for _, group in groupby(zip(block.nodes, paths, strict=True), lambda pair: pair[1][depth])
    ]
    outlines = [_outline(graph, group, depth + 1) for group in groups]
    return outlines if depth and any(part.own for parts in outlines for part in parts) else []


def _outline(graph: Graph, members: list[int], depth: int) -> list[OutlinePart]:
    parts = _joined(graph, _Reader(graph).read(members, depth))
    stages = _stages(graph, parts)
    return [part._replace(stage=stage) for part, stage in zip(parts, stages, strict=True)]


def light(node: Node) -> bool:
    """Whether an operation belongs to the layer beside it: norms, activations, dropout."""
    return not node.mult_adds and node.op.drawn in LIGHT


class _Reader:
    """Splits a graph along its paths. What it meets tells which templates are blocks."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.segments = [tuple(node.path.split(".")) for node in graph.nodes]
        self.blocks: set[str] = set()  # templates that are blocks, from the reading before
        self.met: Counter[tuple[str, str]] = Counter()  # uses of templates: what each is like

    def read(self, members: list[int], depth: int) -> list[OutlinePart]:
        """The parts. Whether a template is a block may hang on the templates in it, so it reads again, knowing more."""
        parts: list[OutlinePart] = []
        for _ in range(READINGS):
            self.met.clear()
            parts = self.parts(members, depth)
            self.blocks = {name for name, _ in self.met if self._is_block(name)}
        return parts

    def _is_block(self, name: str) -> bool:
        likes = {like: count for (other, like), count in self.met.items() if other == name}
        return "stage" not in likes and (
            "complex" in likes or set(likes) == {"wrapper"} or likes.get("chain", 0) >= USES
        )

    def parts(self, members: list[int], depth: int) -> list[OutlinePart]:
        """What the nodes of one prefix of paths, `depth` segments long, are made of."""
        path = ".".join(self.segments[members[0]][:depth])
        inner = self._inner(members, depth)
        scopes = [scope for scope in self.graph.nodes[members[0]].scopes if scope.path == path]
        for scope in reversed(scopes):
            if scope.turn is None:
                inner = self._template(scope.template, members, depth, inner)
        whole = any(scope.turn is not None for scope in scopes) or (depth == 2 and len(members) <= WHOLE)
        if whole and any(part.name for part in inner) and not any(part.own for part in inner):
            return [self._block(members, depth)]  # a turn of a loop, or a stem, with parts that have no names
        return inner

    def _inner(self, members: list[int], depth: int) -> list[OutlinePart]:
        groups = [
            list(group) for _, group in groupby(members, lambda i: self.segments[i][depth : depth + 1] or (str(i),))
        ]
        if len(groups) == 1:
            ends = len(self.segments[members[0]]) <= depth
            return [OutlinePart(tuple(members))] if ends else self.parts(members, depth + 1)
        if not self._is_chain(groups, depth):
            return [self._block(members, depth)._replace(own=False)]
        return [
            part
            for group in groups
            for part in (
                [OutlinePart(tuple(group))] if len(self.segments[group[0]]) <= depth else self.parts(group, depth + 1)
            )
        ]

    def _is_chain(self, groups: list[list[int]], depth: int) -> bool:
        """Whether each group reads the one before. A template in it may read what lies further back, as a cell does."""
        for before, group in pairwise(groups):
            last, inside = set(before), set(group)
            outer = [(reader, i) for reader in group for i in self.graph.nodes[reader].inputs if i not in inside]
            outer = [(reader, i) for reader, i in outer if self.graph.nodes[reader].operation != "none"]
            if not any(i in last for _, i in outer):
                return False
            if any(i not in last and not self._in_template(reader, depth) for reader, i in outer):
                return False
        return True

    def _in_template(self, i: int, depth: int) -> bool:
        prefix = ".".join(self.segments[i][:depth]) + "."
        return any(scope.turn is None and scope.path.startswith(prefix) for scope in self.graph.nodes[i].scopes)

    def _block(self, members: Sequence[int], depth: int) -> OutlinePart:
        words = [word for word in self.segments[members[0]][:depth] if not word.isdecimal()]
        return OutlinePart(tuple(members), words[-1] if words else "network", depth, own=True)

    def _template(self, name: str, members: list[int], depth: int, inner: list[OutlinePart]) -> list[OutlinePart]:
        """One use of a template: itself where it is a block, else what it is made of."""
        if any(
            words[depth : depth + 1] == ("nodes",) and words[depth + 1].isdecimal()
            for words in map(self.segments.__getitem__, members)
        ):
            self.met[name, "complex"] += 1  # a cell, if only a chain of it is left
            return [OutlinePart(tuple(members), name, depth, own=True)]
        own = sum(part.own for part in inner)
        heavy = sum(self.graph.nodes[i].mult_adds > 0 for part in inner if not part.name for i in part.nodes)
        turns = any(
            scope.turn is not None and scope.path.count(".") >= depth
            for i in members
            for scope in self.graph.nodes[i].scopes
        )
        if own > 1 or (own and turns):
            like = "stage"
        elif own and heavy < 2:
            like = "wrapper"
        elif any(part.name for part in inner):
            like = "complex"
        else:
            like = "chain" if heavy > 1 and not turns else "layer"
        self.met[name, like] += 1
        return [OutlinePart(tuple(members), name, depth, own=True)] if name in self.blocks else inner


def _joined(graph: Graph, parts: list[OutlinePart]) -> list[OutlinePart]:
    """The parts with light operations joined to the layer before them, or to the one after them."""
    joined: list[OutlinePart] = []
    waiting: tuple[int, ...] = ()
    for part in parts:
        node = graph.nodes[part.nodes[0]]
        beside = not part.name and light(node)
        opens = node.op.drawn == "before" and bool(joined) and _item(graph, part) != _item(graph, joined[-1])
        if beside and joined and not joined[-1].name and not waiting and not opens:
            joined[-1] = joined[-1]._replace(nodes=joined[-1].nodes + part.nodes)
        elif beside:
            waiting += part.nodes
        elif part.name and waiting:
            joined += [OutlinePart(waiting), part]
            waiting = ()
        else:
            joined.append(part if part.name else part._replace(nodes=waiting + part.nodes))
            waiting = ()
    return [*joined, OutlinePart(waiting)] if waiting else joined


def _stages(graph: Graph, parts: list[OutlinePart]) -> list[str]:
    """Of each part: the turn of the outermost loop where turns hold several blocks, else the loop, else its item in the
    network's chain where that holds several, else nothing."""
    turns = []
    for part in parts:
        node = graph.nodes[part.nodes[-1]]
        turns.append(next((scope.path for scope in node.scopes if scope.turn is not None), ""))
    blocks = Counter(turn for turn, part in zip(turns, parts, strict=True) if turn and part.name)
    many = {turn.rpartition(".")[0] for turn, count in blocks.items() if count > 1}
    items = [_item(graph, part) for part in parts]
    held = Counter(item for item, part in zip(items, parts, strict=True) if part.name)
    loops = [turn.rpartition(".")[0] for turn in turns]
    return [
        (turn if loop in many else loop) or (item if held[item] > 1 else "")
        for turn, loop, item in zip(turns, loops, items, strict=True)
    ]


def _item(graph: Graph, part: OutlinePart) -> str:
    """The item of the network's chain that a part ends in."""
    return ".".join(graph.nodes[part.nodes[-1]].path.split(".")[:2])
