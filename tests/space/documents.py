"""Documents for tests, from text."""

import random
import re
import textwrap
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from nas.errors import UserError
from nas.graph.graph import Graph
from nas.space import Space, load, packaged
from nas.space.document import Document, check_top
from nas.space.library import with_library
from nas.space.reader import read_yaml

FOLDER = Path(__file__).parents[2] / "search_spaces"
SMALL = {  # the smallest that still has every part
    **{name: {"channels": 4, "cells": 1} for name in ("nasnet", "pnasnet", "enas")},
    "darts": {"channels": 4, "layers": 3},
    "pc_darts": {"channels": 8, "layers": 3},
    "zoph_le": {"layers": 3, "counts": [2, 4]},
    "nasbench201": {"channels": 4, "cells": 1},
    "enas_macro": {"channels": 4, "layers": 6},
    "nasbench_macro": {"channels": 4, "features": 8},
    "transnas_micro": {"channels": 4, "cells": 1},
    "mobilenet": {"width": 0.25, "layers": [2, 1, 1, 1, 1, 1]},
    "nasbench101": {"channels": 12, "cells": 1},
    "plain": {"width": 4},
}


@cache
def open_documents() -> list[str]:
    """Names of the shipped documents with choices."""
    return [name for name in sorted(packaged()) if not load(name).fixed]


def small(name: str, size: int) -> Space:
    """A shipped document at this input size, as small as it gets."""
    space = load(name)
    parameters = space.document.data.get("parameters", {})
    return space.with_parameters(
        input=[3, size, size],
        classes=5,
        **{key: value for key, value in SMALL.get(name, {}).items() if key in parameters},
    )


def space_of(text: str, file: str = "test.yaml") -> Space:
    """The space of a document's text, without `extends`."""
    data = read_yaml(textwrap.dedent(text), file)
    check_top(data, file)
    return Space(Document(with_library(data)))


def graph_of(text: str, **answers: Any) -> Graph:
    """The graph of a fixed document's text."""
    space = space_of(text)
    return space.graph(space.genome(answers)) if answers else space.graph()


def operations(graph: Graph) -> list[str]:
    """The operations of a graph in order, without the input."""
    return [node.operation for node in graph.nodes[1:]]


def used(space: Space, genomes: int = 3) -> None:
    """Everything that is done with a space before a module is built."""
    space.size()
    for seed in range(genomes):
        space.graph(space.sample(random.Random(seed))).prune()


def error_of(text: str | bytes, folder: Path) -> str:
    """The error that a user's file `x.yaml` with this text gives, on loading or on sampling."""
    path = folder / "x.yaml"
    path.write_bytes(text if isinstance(text, bytes) else textwrap.dedent(text).encode())
    with pytest.raises(UserError) as caught:
        used(load(str(path)))
    line = str(caught.value)
    assert "\n" not in line
    return line.replace(f"{folder}/", "")


def assert_only_user_errors(act: Callable[[], object]) -> None:
    """`act` succeeds, or raises a UserError of one line, of bounded length."""
    try:
        act()
    except UserError as error:
        assert not re.search(r"[\n\r]", str(error))
        assert len(str(error)) < 2000
