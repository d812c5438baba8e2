"""Modules of one class that differ in arguments alone become calls of a block with parameters."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import fields, replace
from typing import Any

from nas.graph.operations import OPERATIONS
from nas.imports.alike import alike_made
from nas.imports.groups import folded
from nas.imports.tree import Tree, Trees, usual
from nas.space.language import FORMS, RESERVED
from nas.space.library import library

CONTAINERS = ("Sequential", "ModuleList", "ModuleDict")
NAMES = {
    "drop_path": {"rate": "drop"},
    "dropout": {"rate": "dropout"},
    "squeeze_excite": {"activation": "squeeze_activation"},
}
RELATIONS = (  # of a parameter to the channels that come into a block
    "=in_channels",
    *(f"={n} * in_channels" for n in range(2, 17)),
    *(f"=in_channels // {n}" for n in range(2, 33)),
)


class Blocks:
    """The blocks of a document as they are found: by name the parameters with their defaults, and the body."""

    def __init__(self) -> None:
        self.found: dict[str, tuple[dict[str, Any], Trees]] = {}

    def work(self, chain: Trees) -> Trees:
        """The chain without groups: those inside others first become calls, or are taken apart."""
        while innermost := [tree for tree in _groups(chain) if not _groups(tree.chains[0])]:
            alike: dict[Any, dict[int, Tree]] = {}
            for group, tree in zip(innermost, alike_made(innermost), strict=True):
                alike.setdefault((tree.word, _shape(tree)), {})[id(group)] = tree
            instead: dict[int, Trees] = {}
            for (word, _), trees in alike.items():
                own = [*trees.values()]
                calls = self._block(word, own) if self._is_worth_it(word, own) else [tree.chains[0] for tree in own]
                instead |= zip(trees, calls, strict=True)
            chain = _replaced(chain, instead)
        return tuple(tree.changed(folded) if tree.kind == "part" else tree for tree in chain)

    def _is_worth_it(self, word: str, trees: Sequence[Tree]) -> bool:
        first = trees[0]
        own = sum(_own_calls(item, self.found.keys()) for item in first.chains[0])
        return len(trees) > 1 and word not in CONTAINERS and first.calls > 1 and own > 0

    def _block(self, word: str, trees: Sequence[Tree]) -> list[Trees]:
        """Calls of a new block that stand for these trees."""
        name = self._name(word)
        parameters = Parameters(trees, {name: defaults for name, (defaults, _) in self.found.items()})
        body = parameters.bodies(tuple(tree.chains[0] for tree in trees))
        self.found[name] = (parameters.defaults(), body)
        return [
            (replace(tree, kind="call", word=name, arguments=arguments, chains=()),)
            for tree, arguments in zip(trees, parameters.calls(), strict=True)
        ]

    def _name(self, word: str) -> str:
        snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", word).lower().strip("_")
        taken = {*OPERATIONS, *RESERVED, *FORMS, *library(), *self.found}
        snake = f"{snake}_block" if snake in taken - self.found.keys() else snake
        number = 2
        while (name := snake if number == 2 and snake not in taken else f"{snake}_{number}") in taken:
            number += 1
        return name


class Parameters:
    """What differs between the uses of a block: lists of values, one for each use."""

    def __init__(self, trees: Sequence[Tree], known: dict[str, dict[str, Any]]) -> None:
        self.known = known  # the defaults of the blocks found before
        self.reads = [tree.reads_channels for tree in trees]
        self.gives = [tree.gives_channels for tree in trees]
        self.values: dict[str, list[Any]] = {}

    def bodies(self, chains: Sequence[Trees]) -> Trees:
        """The one body of chains of one shape."""
        return tuple(self._body(items) for items in zip(*chains, strict=True))

    def _body(self, items: Sequence[Tree]) -> Tree:
        first = items[0]
        chains = tuple(self.bodies([tree.chains[place] for tree in items]) for place in range(len(first.chains)))
        arguments: dict[str, Any] = {}
        for name in self._names(items):
            if first.kind == "residual":  # which of its shortcuts does for all of them
                arguments[name] = next(tree.arguments[name] for tree in items if name in tree.arguments)
                continue
            values = [self._value(tree, name) for tree in items]
            said = self._said(first, name, values, [tree.reads_channels for tree in items])
            if said is not None:
                arguments[name] = said
        return replace(first, arguments=arguments, chains=chains)

    def _names(self, items: Sequence[Tree]) -> list[str]:
        """The arguments that any of some calls has, in the order in which they are declared."""
        word = items[0].word
        declared = dict.fromkeys(library()[word].get("parameters", ())) if word in library() else {}
        if word in OPERATIONS:
            declared = dict.fromkeys(item.name for item in fields(OPERATIONS[word]))  # type: ignore[arg-type]
        used = dict.fromkeys(name for tree in items for name in tree.arguments)
        return [*(name for name in declared if name in used), *(name for name in used if name not in declared)]

    def _value(self, tree: Tree, name: str) -> Any:
        if tree.arguments.get(name, "=in_channels") != "=in_channels":
            return tree.arguments[name]
        if tree.arguments.get(name) == "=in_channels":
            return tree.reads_channels
        if name == "channels" and tree.kind == "call" and tree.word not in self.known:
            return tree.reads_channels
        if (tree.word, name) == ("squeeze_excite", "squeeze"):
            return max(1, tree.reads_channels // 4)
        if tree.word in self.known:
            default = self.known[tree.word][name]
            return related(default, tree.reads_channels) if default in RELATIONS else default
        return None if tree.kind != "call" else usual(tree.word, name)

    def _said(self, tree: Tree, name: str, values: list[Any], reads: list[int]) -> Any:
        """What is written in the body for an argument; None: nothing."""
        if name == "channels" and values == reads:
            return None
        if name == "groups" and values == reads and len(set(values)) > 1:
            return "=in_channels"
        if all(value == values[0] for value in values):
            return values[0]
        whole = all(type(value) is int for value in values)
        for parameter, known in self.values.items():
            if known == values:
                return f"={parameter}"
        for factor in range(2, 17) if whole and name in ("channels", "squeeze", "groups") else ():
            if values == [factor * count for count in reads]:
                return f"={factor} * in_channels"
            if reads == [factor * value for value in values]:
                return f"=in_channels // {factor}"
            for parameter, known in self.values.items():
                if all(type(one) is int for one in known) and values == [factor * one for one in known]:
                    return f"={factor} * {parameter}"
        return f"={self._new(tree, name, values)}"

    def _new(self, tree: Tree, name: str, values: list[Any]) -> str:
        name = NAMES.get(tree.word, {}).get(name, name)
        name = {"repeat": "depth"}.get(name, name)
        if name == "channels" and values != self.gives:
            name = "width"
        taken = {*self.values, "in_channels", "index", "input", "classes", "relaxed"}
        free, number = name, 2
        while free in taken:
            free, number = f"{name}_{number}", number + 1
        self.values[free] = values
        return free

    def defaults(self) -> dict[str, Any]:
        """Of each parameter what most uses have."""
        names = sorted(self.values, key=lambda name: name != "channels")
        return {name: self._default(name, self.values[name]) for name in names}

    def _default(self, name: str, values: list[Any]) -> Any:
        if name == "stride":
            return 1
        if name == "drop":
            return 0
        if name.startswith(("channels", "width", "squeeze")) and all(type(value) is int for value in values):
            for text in RELATIONS:
                same = sum(value == related(text, count) for value, count in zip(values, self.reads, strict=True))
                if 2 * same > len(values):
                    return text
        counts = Counter(map(repr, values))
        return next(value for value in values if repr(value) == counts.most_common(1)[0][0])

    def calls(self) -> list[dict[str, Any]]:
        """The arguments of each use that are not the default."""
        defaults = self.defaults()
        calls: list[dict[str, Any]] = []
        for place, count in enumerate(self.reads):
            arguments = {}
            for name, default in defaults.items():
                value = self.values[name][place]
                if value != (related(default, count) if default in RELATIONS else default):
                    arguments[name] = value
            calls.append(arguments)
        return calls


def related(text: str, channels: int) -> int:
    """The value of one of RELATIONS where so many channels come in."""
    words = text.strip("=").split()
    factor = next((int(word) for word in words if word.isdigit()), 1)
    return channels // factor if "//" in words else channels * factor


def _shape(tree: Tree) -> Any:
    return tuple(item.shape for item in tree.chains[0])


def _own_calls(tree: Tree, blocks: Any) -> int:
    """Calls in a tree but those of blocks, and its forms but loops."""
    if tree.kind == "call":
        return tree.word not in blocks
    return (tree.kind not in ("repeat", "for")) + sum(
        _own_calls(item, blocks) for chain in tree.chains for item in chain
    )


def has_groups(tree: Tree) -> bool:
    """Whether groups are in it."""
    return any(_groups(chain) for chain in tree.chains)


def _groups(chain: Trees) -> list[Tree]:
    """All groups in a chain, outer ones before those in them."""
    found: list[Tree] = []
    for tree in chain:
        found += [tree] if tree.kind == "group" else []
        found += [group for inner in tree.chains for group in _groups(inner)]
    return found


def _replaced(chain: Trees, instead: dict[int, Trees]) -> Trees:
    """The chain with trees in place of its groups, by their identity."""
    found: list[Tree] = []
    for tree in chain:
        if id(tree) in instead:
            found += instead[id(tree)]
        else:
            found.append(tree.changed(lambda inner: _replaced(inner, instead)))
    return tuple(found)
