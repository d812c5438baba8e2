"""A graph as chains within chains: parts with one way in and one way out are found, and what is between these."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from nas.graph.graph import Graph, Node


@dataclass(frozen=True)
class One:
    """A node that reads what stands before it."""

    node: int

    @property
    def nodes(self) -> tuple[int, ...]:
        return (self.node,)


@dataclass(frozen=True)
class Paths:
    """Chains beside each other that read the same, and the node that merges them."""

    chains: "tuple[Chain, ...]"
    merge: int

    @cached_property
    def nodes(self) -> tuple[int, ...]:
        return (*inside(item for chain in self.chains for item in chain), self.merge)


@dataclass(frozen=True)
class Named:
    """A chain of a `dag`: the ends of the chains that it reads (None: what flows in), and the node that merges them."""

    end: int
    reads: tuple[int | None, ...]
    merge: int | None
    chain: "Chain"


@dataclass(frozen=True)
class Tangle:
    """What no nesting of paths can say; the last chain gives the output."""

    parts: tuple[Named, ...]

    @cached_property
    def nodes(self) -> tuple[int, ...]:
        own = [part.merge for part in self.parts if part.merge is not None]
        return tuple(sorted((*inside(item for part in self.parts for item in part.chain), *own)))


Item = One | Paths | Tangle
Chain = tuple[Item, ...]


def inside(items: Iterable[Item]) -> tuple[int, ...]:
    """The nodes of some items."""
    return tuple(node for item in items for node in item.nodes)


def chain_of(graph: Graph) -> Chain:
    """The whole of a pruned graph, from its input to its output."""
    return _chain(graph.nodes, list(range(1, len(graph.nodes))), 0)


def _chain(nodes: Sequence[Node], region: Sequence[int], entry: int) -> Chain:
    """A region, in topological order, that reads `entry` alone and is read through its last node alone.

    A node through which every way leads is one that no edge jumps over, in any topological order.
    """
    place = {entry: -1} | {node: number for number, node in enumerate(region)}
    reach = [0] * (len(region) + 1)  # how far the readers of the nodes up to each place are
    for number, node in enumerate(region):
        for source in nodes[node].inputs:
            reach[place[source] + 1] = max(reach[place[source] + 1], number)
    items, start, furthest = list[Item](), 0, reach[0]
    for number, node in enumerate(region):
        if furthest <= number:
            items.append(_item(nodes, region[start:number], entry, node))
            start, entry = number + 1, node
        furthest = max(furthest, reach[number + 1])
    return tuple(items)


def _item(nodes: Sequence[Node], region: Sequence[int], entry: int, end: int) -> Item:
    """What is between two nodes through which every way leads, and the second of them."""
    inputs = nodes[end].inputs
    if not region and inputs == (entry,) and not nodes[end].op.merges:
        return One(end)
    component = _components(nodes, region, entry)
    taken = [component[source] for source in inputs if source != entry]
    if nodes[end].op.merges and len(taken) == len(set(taken)) == len(set(component.values())):
        chains = [
            () if source == entry else _chain(nodes, [n for n in region if component[n] == component[source]], entry)
            for source in inputs
        ]
        return Paths(tuple(chains), end)
    return _tangle(nodes, [*region, end], entry)


def _components(nodes: Sequence[Node], region: Sequence[int], entry: int) -> dict[int, int]:
    """Which nodes of a region hang together without `entry`: a number for each."""
    found = {node: node for node in region}

    def root(node: int) -> int:
        while found[node] != node:
            node = found[node]
        return node

    for node in region:
        for source in nodes[node].inputs:
            if source != entry:
                found[root(source)] = root(node)
    return {node: root(node) for node in region}


def _tangle(nodes: Sequence[Node], region: Sequence[int], entry: int) -> Tangle:
    """Each chain goes on as long as every way leads from its end through one node, and to that from its end alone."""
    import networkx

    edges = networkx.DiGraph((source, node) for node in region for source in nodes[node].inputs)
    after = networkx.immediate_dominators(edges.reverse(), region[-1])
    before = networkx.immediate_dominators(edges, entry)

    def dominates(one: int, other: int) -> bool:
        while other not in (one, entry):
            other = before[other]
        return other == one

    done, parts = set[int](), list[Named]()
    for node in region:
        if node in done:
            continue
        merges = nodes[node].op.merges
        end = node
        chain: Chain = () if merges else (One(node),)
        done.add(node)
        while end != region[-1] and dominates(end, following := after[end]):
            between = [n for n in region if end < n < following and n not in done and dominates(end, n)]
            chain += _chain(nodes, [*between, following], end)
            done.update((*between, following))
            end = following
        reads = tuple(None if source == entry else source for source in nodes[node].inputs)
        parts.append(Named(end, reads, node if merges else None, chain))
    return Tangle(tuple(parts))
