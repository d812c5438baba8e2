"""What belongs to one module stands together, and what is the same several times over is said once."""

from dataclasses import replace
from itertools import groupby
from typing import Any

from nas.imports.tree import Tree, Trees

LONGEST = 4  # items that are repeated together
FEWEST = 3  # calls that differ in one argument


def grouped(chain: Trees, depth: int = 0) -> Trees:
    """The chain with a group for the items of each module, those of modules in it within."""
    found: list[Tree] = []
    for path, part in groupby(chain, lambda tree: tree.scopes[depth].path if len(tree.scopes) > depth else None):
        items = tuple(part)
        if path is None:
            found += [tree.changed(lambda inner: grouped(inner, depth)) for tree in items]
        elif len(items) == 1 and (items[0].kind == "call" or len(items[0].scopes) > depth + 1):
            found += grouped(items, depth + 1)
        else:
            found.append(
                Tree(
                    "group",
                    items[0].scopes[depth].template,
                    chains=(grouped(items, depth + 1),),
                    scopes=items[0].scopes[: depth + 1],
                    takes=items[0].takes,
                    gives=items[-1].gives,
                )
            )
    return tuple(found)


def folded(chain: Trees) -> Trees:
    """The chain with `repeat` where items follow themselves, and `for` where calls differ in one argument."""
    return _loops(_repeats(chain))


def _repeats(chain: Trees) -> Trees:
    found, place = list[Tree](), 0
    while place < len(chain):
        length, times = max(
            ((length, _times(chain, place, length)) for length in range(1, LONGEST + 1)),
            key=lambda option: (option[0] * (option[1] - 1), -option[0]),
        )
        body = chain[place : place + length]
        if times > 1 and (length > 1 or times > 2 or body[0].calls > 1 or len(chain) > 2):
            ends: dict[str, Any] = {"takes": body[0].takes, "gives": body[-1].gives}
            found.append(Tree("repeat", arguments={"repeat": times}, chains=(body,), scopes=body[0].scopes[:1], **ends))
            place += length * times
        else:
            found.append(chain[place])
            place += 1
    return tuple(found)


def _times(chain: Trees, place: int, length: int) -> int:
    """How often the next `length` items stand here one after the other."""
    body, times = chain[place : place + length], 1
    if len(body) < length or any(item.kind == "repeat" for item in body):
        return 1
    while chain[place + times * length : place + (times + 1) * length] == body:
        times += 1
    return times


def _loops(chain: Trees) -> Trees:
    found: list[Tree] = []
    for _, part in groupby(chain, lambda tree: (tree.kind, tree.word, tree.kind == "call" and tuple(tree.arguments))):
        calls = tuple(part)
        while calls:
            length = next((n for n in range(len(calls), FEWEST - 1, -1) if _differ_in_one(calls[:n])), 1)
            run, calls = calls[:length], calls[length:]
            if length == 1:
                found += run
                continue
            name = _differ_in_one(run)
            values = [tree.arguments[name] for tree in run]
            turn = replace(run[0], arguments={**run[0].arguments, name: f"={name}"})
            ends: dict[str, Any] = {"takes": run[0].takes, "gives": run[-1].gives}
            found.append(Tree("for", name, {name: values}, ((turn,),), scopes=run[0].scopes[:1], **ends))
    return tuple(found)


def _differ_in_one(calls: Trees) -> str:
    """The one argument in which calls of a block differ; empty: there is none, or others differ too."""
    if calls[0].kind != "call":
        return ""
    differing: list[Any] = [
        name for name in calls[0].arguments if any(tree.arguments[name] != calls[0].arguments[name] for tree in calls)
    ]
    return differing[0] if len(differing) == 1 else ""
