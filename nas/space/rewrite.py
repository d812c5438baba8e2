"""A document with other values at some of its places."""

import copy
import math
from collections.abc import Iterator, Mapping
from typing import Any

from nas.space.document import Document
from nas.space.expressions import divisible
from nas.space.library import WORD, with_library
from nas.space.marks import Place

SECTIONS = ("parameters", "defaults", "blocks", "cells", "network")  # those that say what a network is made of


def values(value: Any, place: Place = ()) -> Iterator[tuple[Place, Any]]:
    """Every value of a document's sections that is no mapping or list, with its place."""
    if not place:
        for section in SECTIONS:
            yield from values(value.get(section), (section,))
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from values(item, (*place, key))
    elif isinstance(value, list):
        for position, item in enumerate(value):
            yield from values(item, (*place, position))
    elif value is not None:
        yield place, value


def at(data: Any, place: Place) -> Any:
    """What stands at a place."""
    for key in place:
        data = data[key]
    return data


def with_values(
    document: Document,
    changed: Mapping[Place, Any],
    parameters: Mapping[str, Any] | None = None,
    blocks: Mapping[str, Any] | None = None,
) -> Document:
    """The document with these values at these places, these parameters before its own, and these blocks more."""
    data: Any = copy.deepcopy(document.data)
    for place, value in changed.items():
        at(data, place[:-1])[place[-1]] = value
    if parameters:
        data["parameters"] = {**parameters, **(data.get("parameters") or {})}
    if blocks:
        data["blocks"] = {**(data.get("blocks") or {}), **copy.deepcopy(dict(blocks))}
    return Document(with_library(data))


def dotted(place: Place) -> str:
    """A place as errors and notes name it."""
    return ".".join(map(str, place))


def words_of(document: Document) -> set[str]:
    """Every word in its sections: no name among them is free."""
    found: set[str] = set()

    def visit(value: Any) -> None:
        if isinstance(value, str):
            found.update(WORD.findall(value))
        elif isinstance(value, dict):
            for key, item in value.items():
                visit(key)
                visit(item)
        elif isinstance(value, list):
            for item in value:
                visit(item)

    for section in SECTIONS:
        visit(document.data.get(section))
    return found


def free_name(word: str, taken: set[str]) -> str:
    """The word, or the first of word_2, word_3 ... that nothing in the document has; it is taken then."""
    name, number = word, 1
    while name in taken:
        number += 1
        name = f"{word}_{number}"
    taken.add(name)
    return name


def multiple(number: int, name: str) -> str:
    """The expression of so many channels times a parameter, which `wider` computes."""
    divisor = divisor_of(number)
    return f"=divisible({number} * {name}, {divisor})" if divisor > 1 else f"=max(1, round({number} * {name}))"


def wider(number: int, factor: float) -> int:
    """So many channels times a factor: a multiple of 8 as in MobileNetV2 and EfficientNet, if they are one."""
    divisor = divisor_of(number)
    return divisible(number * factor, divisor) if divisor > 1 else max(1, round(number * factor))


def divisor_of(number: int) -> int:
    """8; 4 below 64 channels and 2 below 32, where 8 were too large a step; less where they are no multiple of it."""
    return math.gcd(number, 8 if number >= 64 else 4 if number >= 32 else 2 if number >= 16 else 1)
