"""A graph as a document that says the same."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import fields, replace
from itertools import groupby
from typing import Any

from nas.graph.graph import Graph
from nas.graph.operations import OPERATIONS
from nas.imports.blocks import CONTAINERS, Blocks, has_groups
from nas.imports.defaults import common_arguments
from nas.imports.groups import folded, grouped
from nas.imports.regions import chain_of
from nas.imports.tree import Tree, Trees, trees_of
from nas.imports.tree import written as written_arguments
from nas.imports.usual import with_library
from nas.space.language import FORMS, RESERVED
from nas.space.library import library

NAME = re.compile(r"[A-Za-z_]\w*")


def document_of(graph: Graph, about: dict[str, Any]) -> dict[str, Any]:
    """The document of a pruned graph, whose repetitions are said once. about: what it says for people."""
    blocks = Blocks()
    norm = _norm(graph)
    chain = with_library(trees_of(graph, chain_of(graph)), norm)
    chain = blocks.work(_parts(grouped(_classes(chain, graph.shape[0]))))
    network = _network(chain)
    data: dict[str, Any] = {"network": network}
    if blocks.found:
        data = {"blocks": {name: _block(*block) for name, block in blocks.found.items()}, **data}
    defaults = common_arguments(data, norm)
    if defaults:
        data = {"defaults": defaults, **data}
    return {**about, "input": list(graph.input), "classes": graph.shape[0], **data}


def _norm(graph: Graph) -> dict[str, Any]:
    """The eps and momentum of the batch norms that are not as usual; empty where they are not all alike."""
    norms = [written_arguments(node) for node in graph.nodes if node.operation == "batch_norm"]
    alike = all(norm == norms[0] for norm in norms) and bool(norms) and "affine" not in norms[0]
    return norms[0] if alike else {}


def plain_document(graph: Graph, about: dict[str, Any]) -> dict[str, Any]:
    """The document of a pruned graph, every operation of it written."""
    chain = trees_of(graph, chain_of(graph))
    return {**about, "input": list(graph.input), "classes": graph.shape[0], "network": written(chain)}


def _classes(chain: Trees, classes: int) -> Trees:
    """The last layer with `=classes` in place of their number."""
    for place in range(len(chain) - 1, -1, -1):
        tree = chain[place]
        if tree.kind != "call":
            break
        name = {"linear": "features", "conv": "channels"}.get(tree.word)
        if name:
            if tree.gives_channels == classes:
                last = replace(tree, arguments={**tree.arguments, name: "=classes"})
                return (*chain[:place], last, *chain[place + 1 :])
            break
    return chain


def _parts(chain: Trees) -> Trees:
    """The outermost groups that hold others stay together under their names, but for those that a block may become."""
    times = Counter(tree.word for tree in chain if tree.kind == "group")
    return tuple(
        replace(tree, kind="part") if tree.word in CONTAINERS or (times[tree.word] == 1 and has_groups(tree)) else tree
        for tree in chain
    )


def _network(chain: Trees) -> Any:
    """The chain of the whole network: the outermost modules by their names, and what is around them."""
    if not any(tree.kind == "part" for tree in chain):
        return written(folded(chain))
    pieces: list[tuple[str, Trees]] = []
    for part, items in groupby(chain, lambda tree: id(tree) if tree.kind == "part" else 0):
        trees = tuple(items)
        pieces.append((trees[0].scopes[0].path, trees[0].chains[0]) if part else ("", folded(trees)))
    last = len(pieces) - 1
    usual = {0: "stem", last: "head"}
    names = _names([name or usual.get(place) or _label(trees) for place, (name, trees) in enumerate(pieces)])
    return {name: written(trees) for name, (_, trees) in zip(names, pieces, strict=True)}


def _label(chain: Trees) -> str:
    """What stands between two named parts, by the first of its modules."""
    return chain[0].scopes[0].path if chain[0].scopes else "between"


def _block(parameters: dict[str, Any], body: Trees) -> Any:
    written_body = written(body)
    return {"parameters": parameters, "body": written_body} if parameters else written_body


def written(chain: Trees) -> Any:
    """A chain as a document has it, without what never drops."""
    return [_item(tree) for tree in chain if tree.kind != "when" or tree.arguments["rate"] != 0]


def _item(tree: Tree) -> Any:
    if tree.kind == "call":
        return _call(tree)
    chains = [written(chain) for chain in tree.chains]
    if tree.kind == "residual":
        form = {"residual": chains[0], **tree.arguments}
        return {**form, "shortcut": chains[1]} if len(chains) == 2 else form
    if tree.kind == "branches":
        merge = {} if tree.word == "concat" else {"merge": tree.word}
        return {"branches": chains, **merge, **tree.arguments}
    if tree.kind == "when":
        rate = tree.arguments["rate"]
        dropping = {"drop_path": rate}
        return {"when": f"{rate} > 0", "do": [dropping]} if isinstance(rate, str) else dropping
    if tree.kind == "repeat":
        return {"repeat": tree.arguments["repeat"], "body": chains[0]}
    if tree.kind == "for":
        return {"for": {tree.word: tree.arguments[tree.word]}, "do": chains[0]}
    return _dag(tree, chains)


def _call(tree: Tree) -> Any:
    arguments = {name: plain(value) for name, value in tree.arguments.items()}
    if not arguments:
        return tree.word
    operation = OPERATIONS.get(tree.word)
    if len(arguments) == 1 and operation is not None and not operation.norm:
        ((name, value),) = arguments.items()
        if name == fields(operation)[0].name and not isinstance(value, dict):  # type: ignore[arg-type]
            return {tree.word: value}
    return {tree.word: arguments}


def plain(value: Any) -> Any:
    """A value as YAML has it."""
    return [plain(item) for item in value] if isinstance(value, list | tuple) else value


def _dag(tree: Tree, chains: list[Any]) -> dict[str, Any]:
    names = _names(tree.names)
    nodes: dict[str, Any] = {}
    for number, ((merge, reads), chain) in enumerate(zip(tree.reads, chains, strict=True)):
        sources = ["input" if place < 0 else names[place] for place in reads]
        before = "input" if number == 0 else names[number - 1]
        if merge:
            nodes[names[number]] = {merge: sources, **({"do": chain} if chain else {})}
        elif sources == [before]:
            nodes[names[number]] = chain
        else:
            nodes[names[number]] = {"from": sources[0], "do": chain}
    return {"dag": nodes}


def _names(words: Sequence[str]) -> list[str]:
    """Names that differ, and that no word of the language takes."""
    taken, names = {*FORMS, *RESERVED, *OPERATIONS, *library(), "do", "from"}, list[str]()
    for word in words:
        word = re.sub(r"\W", "_", word)
        word = word if NAME.fullmatch(word) else f"node_{word}"
        free, number = word, 2
        if word in taken:
            free = f"{word}_{number}"
        while free in taken or free in names:
            number += 1
            free = f"{word}_{number}"
        names.append(free)
    return names
