"""The standard library: blocks that a document uses without having them."""

import re
from functools import lru_cache
from typing import Any

from nas.space.files import FOLDER, read_document
from nas.space.language import ABOUT_KEYS
from nas.space.plain import plain
from nas.space.reader import Mapping, line_of

IMPLIED = {"projection": "conv_bn", "nodes": "factorized_reduce"}  # what a form uses without naming it
WORD = re.compile(r"[A-Za-z_]\w*")


@lru_cache(maxsize=1)
def library() -> dict[str, Any]:
    """The standard library's blocks, without their lines: errors inside them name the line that uses them."""
    blocks: dict[str, Any] = plain(read_document(FOLDER / "library.yaml")["blocks"], "library")
    return blocks


def with_library(data: Mapping) -> Mapping:
    """The document with the library's blocks that it names, and those that they name, among its own."""
    blocks = data.get("blocks") or Mapping(where=line_of(data))
    written = {key: value for key, value in data.items() if key not in ABOUT_KEYS}
    available, needed = library(), dict.fromkeys(sorted(_words(written)))
    for word, block in IMPLIED.items():
        if word in needed:
            needed[block] = None
    todo = [name for name in needed if name in available]
    while todo:
        name = todo.pop()
        if name not in blocks and name not in (data.get("cells") or {}):
            blocks[name] = available[name]
            todo.extend(word for word in sorted(_words(available[name])) if word in available)
    if blocks:
        data["blocks"] = blocks
    return data


def _words(value: Any) -> set[str]:
    if isinstance(value, str):
        return set(WORD.findall(value))
    if isinstance(value, dict):
        return set().union(*(_words(key) | _words(item) for key, item in value.items()))
    if isinstance(value, list):
        return set().union(*map(_words, value))
    return set()
