"""Chains as they will be written: calls with arguments, forms with chains in them, and the modules around them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any

from nas.graph.graph import Graph, Node, Scope
from nas.graph.operation import Shape
from nas.graph.operations import OPERATIONS
from nas.imports.regions import Chain, Item, One, Paths, Tangle, inside
from nas.space.library import library

Trees = tuple["Tree", ...]


@dataclass(frozen=True)
class Tree:
    """One item of a chain.

    kind: call, residual, branches, dag, repeat, for, when (a drop_path that some uses of a block lack), or group: the
    items of one module of the network; part: those of an outermost one, which stay together.
    word: of a call what is called, of branches the merge, of a group the module's class.
    arguments: of a call, and what else is written at an item; those that are as usual are left out.
    chains: the chains in it; of a dag, `reads` has for each (merge or "", the numbers of the chains it reads, -1 the
    input), and `names` what each may be called.
    scopes: of the modules that are around all of it.
    takes, gives: the shapes of what flows in and out.
    """

    kind: str
    word: str = ""
    arguments: dict[str, Any] = field(default_factory=dict)
    chains: tuple[Trees, ...] = ()
    reads: tuple[tuple[str, tuple[int, ...]], ...] = ()
    names: tuple[str, ...] = field(default=(), compare=False)
    scopes: tuple[Scope, ...] = field(default=(), compare=False)
    takes: Shape = field(default=(), compare=False)
    gives: Shape = field(default=(), compare=False)

    @property
    def reads_channels(self) -> int:
        """How many channels flow in."""
        return self.takes[0]

    @property
    def gives_channels(self) -> int:
        """How many channels flow out."""
        return self.gives[0]

    @property
    def shape(self) -> tuple[Any, ...]:
        """What two trees share that differ in arguments alone."""
        inner = tuple(tuple(item.shape for item in chain) for chain in self.chains)
        return self.kind, "" if self.kind == "group" else self.word, inner, self.reads

    @property
    def calls(self) -> int:
        """How many operations and blocks are written in it."""
        return (self.kind in ("call", "when")) + sum(item.calls for chain in self.chains for item in chain)

    def changed(self, change: Callable[[Trees], Trees]) -> "Tree":
        """With each of its chains changed."""
        return replace(self, chains=tuple(change(chain) for chain in self.chains))


def usual(word: str, argument: str) -> Any:
    """What an argument is where a call leaves it out."""
    if word in OPERATIONS:
        return next(item.default for item in fields(OPERATIONS[word]) if item.name == argument)  # type: ignore[arg-type]
    return number(library()[word]["parameters"][argument])


def number(value: Any) -> Any:
    """A number that YAML reads as text, such as 1e-5."""
    try:
        return float(value) if isinstance(value, str) else value
    except ValueError:
        return value


def trees_of(graph: Graph, chain: Chain) -> Trees:
    """A graph's chain as trees."""
    return tuple(_tree(graph, item) for item in chain)


def _tree(graph: Graph, item: Item) -> Tree:
    nodes = graph.nodes
    own = inside([item])
    ends = {source for node in own for source in nodes[node].inputs} - {*own}
    common: dict[str, Any] = {
        "scopes": around([nodes[node].scopes for node in own]),
        "takes": nodes[min(ends)].shape,
        "gives": nodes[own[-1]].shape,
    }
    if isinstance(item, One):
        return Tree("call", nodes[item.node].operation, written(nodes[item.node]), **common)
    if isinstance(item, Paths):
        merge = nodes[item.merge]
        chains = [trees_of(graph, chain) for chain in item.chains]
        if merge.operation == "add" and len(chains) == 2:
            body, other = sorted(chains, key=lambda chain: -sum(tree.calls for tree in chain))
            if not other:
                return Tree("residual", chains=(body,), **common)
            return Tree("residual", chains=(body, other), **common)
        return Tree("branches", merge.operation, written(merge), tuple(chains), **common)
    return _dag(graph, item, common)


def _dag(graph: Graph, item: Tangle, common: dict[str, Any]) -> Tree:
    places = {part.end: number for number, part in enumerate(item.parts)}
    reads = tuple(
        (
            graph.nodes[part.merge].operation if part.merge is not None else "",
            tuple(-1 if source is None else places[source] for source in part.reads),
        )
        for part in item.parts
    )
    depth = len(common["scopes"])
    names = [
        "_".join(scope.path.rpartition(".")[2] for scope in graph.nodes[part.end].scopes[depth:]) for part in item.parts
    ]
    words = [name or graph.nodes[part.end].operation for name, part in zip(names, item.parts, strict=True)]
    chains = tuple(trees_of(graph, part.chain) for part in item.parts)
    return Tree("dag", chains=chains, reads=reads, names=tuple(words), **common)


def written(node: Node) -> dict[str, Any]:
    """The arguments of a node that are not as usual."""
    op = node.op
    return {
        name: [*value] if isinstance(value, tuple) else value
        for name, value in op.arguments.items()
        if value != usual(op.name, name)
    }


def around(stacks: Sequence[tuple[Scope, ...]]) -> tuple[Scope, ...]:
    """The scopes that begin all of some stacks."""
    common = []
    for level in zip(*stacks, strict=False):
        if len({scope.path for scope in level}) > 1:
            break
        common.append(level[0])
    return tuple(common)
