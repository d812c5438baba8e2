"""Documents for tests, from text."""

import random
import re
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nas.errors import UserError
from nas.graph.graph import Graph
from nas.space import Space, load
from nas.space.document import Document, check_top
from nas.space.files import _with_library
from nas.space.reader import read_yaml

FOLDER = Path(__file__).parents[2] / "search_spaces"


def space_of(text: str, file: str = "test.yaml") -> Space:
    """The space of a document's text, without `extends`."""
    data = read_yaml(textwrap.dedent(text), file)
    check_top(data, file)
    return Space(Document(_with_library(data)))


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
