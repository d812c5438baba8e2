"""A graph as a tree of parts: its blocks, cells and turns of loops, read from the paths and scopes of its nodes."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import groupby

from nas.graph.graph import Graph, Scope

FILLERS = {"do", "else", "body", "branches"}


@dataclass(eq=False)
class Part:
    """One operation (`node`), or several items that together give one value, that of node `output`.

    templates: the blocks of which it is one use, the outermost first. turn: whether it is one turn of a loop.
    """

    output: int
    node: int | None = None
    items: list["Item"] = field(default_factory=list)
    templates: tuple[Scope, ...] = ()
    turn: Scope | None = None
    word: str = ""  # the last word of its path; of one operation its name

    @property
    def chain(self) -> bool:
        """Whether each item reads the one before and nothing else."""
        before = [item.part.output for item in self.items[:-1]]
        return all(len(item.reads) == 1 for item in self.items) and (
            [item.reads[0] for item in self.items[1:]] == before
        )


@dataclass(eq=False)
class Item:
    """A part in its place: its path from there, and the values that it reads (nodes of the graph)."""

    name: tuple[str, ...]
    part: Part
    reads: tuple[int, ...]


def tree(graph: Graph) -> tuple[list[Item], list[list[Item]]]:
    """The items of a pruned graph, and those of each auxiliary head."""
    reading = _Reading(graph)
    main = reading.items([i for i in range(1, len(graph.nodes)) if i not in graph.training_nodes], 1)
    heads, seen = [], set[int]()
    for end in graph.auxiliary:
        members = (graph.ancestors([end]) & graph.training_nodes) - seen
        seen |= members
        heads.append(reading.items(sorted(members), 1))
    reading.nest_wrapped([item.part for items in (main, *heads) for item in items])
    settled = [_settle(items, whole=True, inside=False) for items in (main, *heads)]
    return settled[0], settled[1:]


class _Reading:
    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.words = [tuple((node.path or node.operation).split(".")) for node in graph.nodes]
        self.words = [words if words[0] == "network" else ("network", *words) for words in self.words]
        self.readers: list[set[int]] = [set() for _ in graph.nodes]
        for number, node in enumerate(graph.nodes):
            for source in node.inputs:
                self.readers[source].add(number)
        for end in (graph.output, *graph.auxiliary):
            self.readers[end].add(-1)

    def items(self, members: Sequence[int], depth: int) -> list[Item]:
        """Of nodes whose paths agree in their first `depth` words; neighbours of one next word are one item."""
        groups = groupby(members, lambda i: self.words[i][depth : depth + 1] or (f"#{i}",))
        return [item for _, group in groups for item in self._group(list(group), depth)]

    def _group(self, members: list[int], depth: int) -> list[Item]:
        """One item; or all that is in it, where others than the reader of its output look into it."""
        first = members[0]
        if len(members) == 1:
            leaf = Part(first, first, word=self.graph.nodes[first].operation)
            return [Item(self.words[first][depth:], leaf, self.graph.nodes[first].inputs)]
        prefix, inside = self.words[first][: depth + 1], set(members)
        inner = self._inner(members, depth, prefix)
        outputs = [i for i in members if self.readers[i] - inside]
        if len(outputs) != 1:
            return inner
        here = [
            scope for scope in self._scopes(first, prefix) if all(scope in self.graph.nodes[i].scopes for i in members)
        ]
        templates = tuple(scope for scope in here if scope.turn is None)
        turn = next((scope for scope in here if scope.turn is not None), None)
        if len(inner) == 1:
            part = inner[0].part
            part.templates, part.turn = templates + part.templates, turn or part.turn
            return inner
        for item in inner:
            item.name = item.name[1:] if prefix[-1] != "nodes" else item.name  # by which cells' nodes are known
        reads = tuple(dict.fromkeys(i for item in inner for i in item.reads if i not in inside))
        words = [word for word in prefix[1:] if not word.isdecimal() and word not in FILLERS]
        part = Part(outputs[0], None, inner, templates, turn, words[-1] if words else "network")
        return [Item(prefix[depth:], part, reads)]

    def _scopes(self, number: int, prefix: tuple[str, ...]) -> list[Scope]:
        """The blocks and turns of which a node is a part that have this path."""
        return [scope for scope in self.graph.nodes[number].scopes if tuple(scope.path.split(".")) == prefix]

    def _inner(self, members: list[int], depth: int, prefix: tuple[str, ...]) -> list[Item]:
        """The items of a group. What a cell puts behind a block, on the same path, stands beside it."""
        found: list[Item] = []
        for scopes, group in groupby(members, lambda i: self._scopes(i, prefix)):
            run = list(group)
            if scopes and len(run) < len(members):
                found += self._group(run, depth)
                continue
            for item in self.items(run, depth + 1):
                item.name = (*prefix[depth:], *item.name)
                found.append(item)
        return found

    def nest_wrapped(self, parts: list[Part]) -> None:
        """Where one block does nothing but use another, both are one part; they become two where the first does more
        in other places, so that all of its uses look alike."""
        every = list(parts)
        for part in every:
            every.extend(item.part for item in part.items)
        real = {part.templates[-1].template for part in every if part.templates and part.items}
        for part in every:
            cut = [at for at, scope in enumerate(part.templates[:-1]) if scope.template in real]
            for at in reversed(cut):
                if part.templates[at].template == part.templates[-1].template:
                    continue
                inner = Part(part.output, None, part.items, part.templates[at + 1 :], None, part.word)
                inside = {i.part.output for i in part.items}
                reads = tuple(dict.fromkeys(r for i in part.items for r in i.reads if r not in inside))
                part.items, part.templates = [Item((), inner, reads)], part.templates[: at + 1]


def numbered(name: tuple[str, ...]) -> bool:
    """Whether a path holds no word that says something."""
    return all(word.isdecimal() or word in FILLERS for word in name)


def _settle(items: list[Item], whole: bool, inside: bool) -> list[Item]:
    """The items without those parts that deserve no module of their own: what is in these stands in their place.

    whole: of the network itself. inside: somewhere in a block of the document.
    """
    settled: list[Item] = []
    for item in items:
        part = item.part
        if part.items:
            part.items = _settle(part.items, False, inside or bool(part.templates))
    chain = Part(-1, None, items).chain
    items = items if chain else _without_drops(items)
    alike = Counter(word for item in items for word in _words(item))
    for item in items:
        named_twice = not chain and item.part.chain and any(alike[word] > 1 for word in _words(item))
        if item.part.items and not item.part.templates and not named_twice and _dissolves(item, whole, inside, chain):
            for inner in item.part.items:
                inner.name = (*item.name, *inner.name)
            settled += item.part.items
        else:
            settled.append(item)
    return settled


def _words(item: Item) -> set[str]:
    """Of a part that no block is: the words that its items would be called, were they in its place."""
    inner = item.part.items if not item.part.templates else []
    return {next((word for word in reversed(each.name) if not numbered((word,))), "") for each in inner} - {""}


def _without_drops(items: list[Item]) -> list[Item]:
    """The items, each that ends in a drop_path as two: the forward pass around it has the second."""
    found: list[Item] = []
    for item in items:
        part = item.part
        if not (part.items and not part.templates and part.chain and part.items[-1].part.word == "drop_path"):
            found.append(item)
            continue
        *rest, drop = part.items
        whole = Part(rest[-1].part.output, None, rest, (), None, part.word)
        first = Item((*item.name, *rest[0].name), rest[0].part, item.reads)
        found.append(first if len(rest) == 1 else Item(item.name, whole, item.reads))
        found.append(Item((*item.name, *drop.name), drop.part, drop.reads))
    return found


def _dissolves(item: Item, whole: bool, inside: bool, chain: bool) -> bool:
    """Of a part that no block of the document is: whether its items belong to the part around it."""
    part = item.part
    if not part.chain:
        return len(item.reads) > 1 or ((inside or whole) and part.turn is None)
    if whole:
        return False
    if numbered(item.name):
        return chain and not (part.turn is not None and part.turn.template == "for")
    return chain or any(inner.part.items and not numbered(inner.name) for inner in part.items)
