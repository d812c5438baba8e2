"""Modules of one class that differ in a shortcut or in stochastic depth, said in one way that does for all of them."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from nas.imports.groups import folded
from nas.imports.tree import Tree, Trees


def alike_made(groups: Sequence[Tree]) -> list[Tree]:
    """The groups, folded, each said as others of its class are where that is possible.

    A body that stands alone where the shape changes, and is a residual elsewhere, is a residual with `if_same`; a
    drop_path that some lack has the rate 0 there.
    """
    trees = [replace(group, chains=(folded(group.chains[0]),)) for group in groups]
    bodies: dict[Any, set[bool]] = {}  # of residuals: whether they end with a drop_path
    for tree in trees:
        if (body := _body(tree)) is not None:
            bodies.setdefault((tree.word, _shape(_without_drop(body))), set()).add(_rate(body) is not None)
    lone = [(tree.word, _body(tree)) for tree in trees if len(tree.chains[0]) == 1]  # a residual and nothing else
    whole = {(word, _shape(_without_drop(body))) for word, body in lone if body is not None}
    alone = whole & {
        (tree.word, _shape(tree.chains[0])) for tree in trees if _body(tree) is None and tree.takes != tree.gives
    }
    made: list[Tree] = []
    for tree in trees:
        body = _body(tree)
        key = tree.word, _shape(tree.chains[0] if body is None else _without_drop(body))
        if body is None and key in alone and tree.takes != tree.gives:
            residual = Tree("residual", arguments={"shortcut": "if_same"}, chains=tree.chains, scopes=tree.scopes)
            tree = replace(tree, chains=((replace(residual, takes=tree.takes, gives=tree.gives),),))
            body = tree.chains[0][0].chains[0]
        drops = bodies.get(key, set())
        if body is not None and True in drops and (False in drops or key in alone):
            rate = {"rate": _rate(body) or 0}
            drop = replace(body[-1], kind="when", word="drop_path", arguments=rate, chains=(), reads=())
            place = next(n for n, item in enumerate(tree.chains[0]) if item.kind == "residual")
            residual = tree.chains[0][place]
            residual = replace(residual, chains=((*_without_drop(body), drop), *residual.chains[1:]))
            tree = replace(tree, chains=((*tree.chains[0][:place], residual, *tree.chains[0][place + 1 :]),))
        made.append(tree)
    return made


def _body(tree: Tree) -> Trees | None:
    """That of the first residual of a group."""
    return next((item.chains[0] for item in tree.chains[0] if item.kind == "residual" and item.chains[0]), None)


def _rate(body: Trees) -> float | None:
    """Of the drop_path that ends it."""
    last = body[-1]
    return last.arguments.get("rate") if last.kind == "call" and last.word == "drop_path" else None


def _without_drop(body: Trees) -> Trees:
    return body if _rate(body) is None else body[:-1]


def _shape(chain: Trees) -> Any:
    return tuple(item.shape for item in chain)
