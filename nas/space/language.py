"""The words of the document language: its forms with their keys, its merges, and what a document has at its top."""

from nas.graph.operations import OPERATIONS

FORMS: dict[str, tuple[str, ...]] = {
    "residual": ("residual", "shortcut"),
    "branches": ("branches", "merge", "drop"),
    "dag": ("dag", "output"),
    "repeat": ("repeat", "body", "shared"),
    "for": ("for", "do"),
    "unpool": ("unpool", "body"),
    "when": ("when", "do", "else"),
    "auxiliary": ("auxiliary",),
    "choice": ("choice", "relaxed"),
}
MERGES = tuple(name for name, operation in OPERATIONS.items() if operation.merges and name != "max_unpool")
NODE_MERGES = ("add", "concat", "mean")  # of the edges of a cell's node
SHORTCUTS = ("projection", "pad", "if_same", "identity")
CELL_KEYS = ("parameters", "stride", "inputs", "nodes", "output", "after_edge", "where", "widths", "body")
NODE_KEYS = ("repeat", "do", *NODE_MERGES, "drop")
DAG_KEYS = (*MERGES, "from", "do")  # of the nodes of a `dag`
EDGE_SETS: dict[str, tuple[str, ...]] = {
    "all": ("all", "operation"),
    "choose": ("choose", "of", "operation"),
    "subset": ("subset", "with", "operation", "else"),
}
ABOUT_KEYS = ("source", "year", "description", "notes", "deviation")  # for people; a variant may have its own
TOP_KEYS = (
    *("name", *ABOUT_KEYS, "input", "classes", "parameters", "variants"),
    *("blocks", "cells", "defaults", "operations", "network", "extends", "final", "recipe"),
)
RESERVED = frozenset(word for keys in FORMS.values() for word in keys) | {"input", "output"}
