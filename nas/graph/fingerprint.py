"""A name for what a graph computes, equal exactly when two graphs are the same up to the order of their nodes.

The name is a hash of a canonical form, from which the graph can be rebuilt, so only a collision of the hash itself
could make two networks equal. The form comes from colour refinement (Weisfeiler and Lehman 1968) and, for what that
leaves alike, individualisation (McKay 1981, Practical Graph Isomorphism): set one node of a class of look-alikes apart,
refine, and take the least form over all the class. What keeps that small: between two classes most pairs of nodes are
joined in one and the same way, which is said once for all of them. The few others make up components (twin branches,
say), and each has its form on its own.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from functools import lru_cache
from hashlib import blake2b
from itertools import product
from typing import TYPE_CHECKING, Any

from nas.graph.operation import Operation, Shape
from nas.graph.shared import groups

if TYPE_CHECKING:
    from nas.graph.graph import Graph

Join = tuple[int, ...]  # how a node reads another: at these positions, or (-n,) n times in no order; (): not at all
WEIGHTS: Join = (1_000_000,)  # more than any position of an input
Form = tuple[Any, ...]  # nested tuples of ints
Sources = Mapping[int, Mapping[int, Join]]  # of each node: the nodes it reads, and how


def fingerprint(graph: "Graph", training: bool = False) -> str:
    """32 hexadecimal digits for a pruned graph: operations with what changes their function, shapes, edges, heads.

    With `training` also the arguments that act in training alone, where they are not the usual ones, and the settings
    of the recipe: it is the same where there is none of these.
    """
    marks = {graph.output: "output "}
    for head in graph.auxiliary:
        marks[head] = marks.get(head, "") + "head "
    shared = groups(graph.nodes)  # each set of weights that several nodes have is a node of the form, which these read
    more = len(shared)
    sources: dict[int, dict[int, Join]] = {number: {} for number in range(more)}
    labels = ["weights"] * more
    for position, node in enumerate(graph.nodes):
        sources[more + position] = _joins(tuple([more + i for i in node.inputs]), node.op.commutative)
        shapes = tuple(graph.nodes[i].shape for i in node.inputs)
        labels.append(marks.get(position, "") + _label(node.op, shapes, node.shape, training))
    for number, members in enumerate(shared):
        for position in members:
            sources[more + position][number] = WEIGHTS
    order = sorted(set(labels))
    rank = {label: position for position, label in enumerate(order)}
    given = {position: rank[label] for position, label in enumerate(labels)}
    colours = {position: (given[position], colour) for position, colour in enumerate(_passes(labels, sources))}
    form: Form = (order, _form(sources, given, colours))
    if training and graph.recipe:
        form = (*form, json.dumps({name: _plain(value) for name, value in graph.recipe}, sort_keys=True))
    return blake2b(repr(form).encode(), digest_size=16).hexdigest()


def trains_as_usual(graph: "Graph") -> bool:
    """Whether nothing in the graph tells two trainings of one function apart."""
    return not (graph.auxiliary or graph.recipe) and all(map(_usual, {node.op for node in graph.nodes}))


@lru_cache(maxsize=65536)
def _usual(op: Operation) -> bool:
    return not op.inert and not _apart(op, op.training_only)


def _apart(op: Operation, names: frozenset[str]) -> set[str]:
    """The arguments of these names that are not as usual."""
    usual = {field.name: field.default for field in fields(op)}  # type: ignore[arg-type]
    return {name for name in names if getattr(op, name) != usual[name]}


@lru_cache(maxsize=65536)
def _label(op: Operation, inputs: tuple[Shape, ...], shape: Shape, training: bool) -> str:
    """What a node computes, as text: an operation's arguments with their defaults spelled out, and the shape."""
    spelled = op.canonical(*inputs)
    hidden = op.training_only | op.added
    hidden -= _apart(spelled, hidden if training else op.added)
    arguments = {k: _plain(v) for k, v in spelled.arguments.items() if k not in hidden}
    return json.dumps([op.origin or op.name, arguments, shape], sort_keys=True)


def _plain(value: Any) -> Any:
    """1, 1.0 and True are one number, and equal operations share one cached label."""
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return int(value) if isinstance(value, bool | float) and value == int(value) else value


def _joins(inputs: tuple[int, ...], commutative: bool) -> dict[int, Join]:
    if len(inputs) == 1:
        return {inputs[0]: (-1,) if commutative else (0,)}
    if commutative:
        return {source: (-times,) for source, times in Counter(inputs).items()}
    joins: dict[int, Join] = {}
    for position, source in enumerate(inputs):
        joins[source] = (*joins.get(source, ()), position)
    return joins


def _passes(labels: Sequence[str], sources: Sources) -> list[bytes]:
    """A first colouring, by passes up and down until no class falls apart: mostly only twin branches stay alike.

    Rounds of `_refine` would find it too, but take a difference one edge further each. Colours are short hashes. A
    collision would only leave two nodes alike at first; the form is exact all the same.
    """
    colours, classes = [label.encode() for label in labels], 0
    while True:
        up: list[bytes] = []
        for node, colour in enumerate(colours):
            below = [_text(join) + up[source] for source, join in sources[node].items()]
            up.append(blake2b(colour + b"".join(sorted(below)), digest_size=8).digest())
        above: list[list[bytes]] = [[] for _ in labels]
        for node in range(len(labels) - 1, -1, -1):
            colours[node] = blake2b(up[node] + b"".join(sorted(above[node])), digest_size=8).digest()
            for source, join in sources[node].items():
                above[source].append(_text(join) + colours[node])
        count = len(set(colours))
        if count in (classes, len(labels)):
            return colours
        classes = count


@lru_cache(maxsize=1024)
def _text(join: Join) -> bytes:
    return repr(join).encode()


def _form(sources: Sources, given: Mapping[int, int], colours: Mapping[int, Any]) -> Form:
    """Canonical form of the graph on the keys of `sources`, whose nodes carry numbers `given`; `colours` refines these.

    (given number and size of each class, how classes are joined, the sorted forms of the components that remain): all
    that it takes to rebuild the graph. It depends on node order in nothing.
    """
    rank = _refine(sources, colours)
    members: dict[int, list[int]] = defaultdict(list)
    for node, colour in rank.items():
        members[colour].append(node)
    classes = tuple((given[members[colour][0]], len(members[colour])) for colour in range(len(members)))
    pairs: dict[tuple[int, int], dict[tuple[int, int], Join]] = defaultdict(dict)
    for node, joins in sources.items():
        for source, join in joins.items():
            pairs[rank[source], rank[node]][source, node] = join
    usual, rest = [], dict[tuple[int, int], Join]()
    for (low, high), joined in sorted(pairs.items()):
        if classes[low][1] == classes[high][1] == 1:
            usual.append((low, high, *joined.values()))
        else:
            usual.append((low, high, _set_aside(joined, members[low], members[high], rest)))
    if not rest:
        return classes, tuple(usual), ()

    components = _components(rest)
    forms = [_form(part, rank, rank) if len(part) < len(rank) else _least(part, rank) for part in components]
    return classes, tuple(usual), tuple(sorted(forms))


def _set_aside(
    joined: Mapping[tuple[int, int], Join], low: list[int], high: list[int], rest: dict[tuple[int, int], Join]
) -> Join:
    """The commonest way in which pairs of these classes are joined; pairs joined otherwise go to `rest`."""
    counts = Counter(joined.values())
    counts[()] = len(low) * len(high) - len(joined)
    usual = min(counts, key=lambda join: (-counts[join], join))
    if counts[usual] < len(low) * len(high):
        pairs: Iterable[tuple[int, int]] = product(low, high) if usual else joined
        rest.update((pair, joined.get(pair, ())) for pair in pairs if joined.get(pair, ()) != usual)
    return usual


def _components(edges: Mapping[tuple[int, int], Join]) -> list[dict[int, dict[int, Join]]]:
    """The connected parts of a graph given by its edges (source, reader), each as the sources of its nodes."""
    # By hand: networkx.connected_components finds the same, but importing it takes as long as a hundred fingerprints.
    near: dict[int, list[int]] = defaultdict(list)
    sources: dict[int, dict[int, Join]] = defaultdict(dict)
    for (source, reader), join in edges.items():
        near[source].append(reader)
        near[reader].append(source)
        sources[reader][source] = join
    parts, seen = [], set[int]()
    for start in near:
        if start not in seen:
            part, todo = {start}, [start]
            while todo:
                fresh = [node for node in near[todo.pop()] if node not in part]
                part.update(fresh)
                todo.extend(fresh)
            seen |= part
            parts.append({node: sources.get(node, {}) for node in part})
    return parts


def _least(sources: Sources, rank: Mapping[int, int]) -> Form:
    """The least form over ways to set one node of the smallest class of look-alikes apart."""
    sizes = Counter(rank[node] for node in sources)
    _, chosen = min((size, colour) for colour, size in sizes.items() if size > 1)
    candidates = [node for node in sources if rank[node] == chosen]
    return min(_form(sources, rank, {n: (rank[n], n == one) for n in sources}) for one in candidates)


def _refine(sources: Sources, colours: Mapping[int, Any]) -> dict[int, int]:
    """The coarsest finer colouring in which equals are joined to equals; classes are numbered from 0, in order."""
    order = {colour: position for position, colour in enumerate(sorted({colours[node] for node in sources}))}
    rank = {node: order[colours[node]] for node in sources}
    readers: dict[int, list[tuple[int, Join]]] = {node: [] for node in sources}
    for node, joins in sources.items():
        for source, join in joins.items():
            readers[source].append((node, join))
    while len(order) < len(rank):
        sizes = Counter(rank.values())
        keys: dict[int, tuple[Any, ...]] = {}
        for node, colour in rank.items():
            keys[node] = (colour,)
            if sizes[colour] > 1:
                below = sorted((rank[source], join) for source, join in sources[node].items())
                above = sorted((rank[reader], join) for reader, join in readers[node])
                keys[node] = (colour, tuple(below), tuple(above))
        finer = {key: position for position, key in enumerate(sorted(set(keys.values())))}
        if len(finer) == len(order):
            break
        order, rank = finer, {node: finer[key] for node, key in keys.items()}
    return rank
