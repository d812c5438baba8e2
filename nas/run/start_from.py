"""What a search is told to try first: genomes, the best of other runs, or networks that others have found.

A packaged network answers the choices of the space that it extends where it has a plain value for each: parameters of
the same names, and cells whose edges `[operation, source]` are written out.
"""

import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from nas.errors import UserError, shortened
from nas.space import Genome, Space, load
from nas.space.language import NODE_MERGES
from nas.space.oracles import Oracle
from nas.space.place import Choice

WHERE = "start from"
EDGE = re.compile(r"cells\.([^.]+)\.nodes\.(\d+)\.(?:inputs|(\d+)\.(operation|input))")


def first_genomes(space: Space, asked: Any) -> tuple[list[dict[str, Any]], list[str]]:
    """The answers in `space` of each that is asked for, and what has to be said of them.

    asked: one or several genomes, their answers, their files, run directories (or Runs), or names and files of
    documents without choices. Raises UserError naming the first choice of `space` that one does not answer.
    """
    several = list(asked) if isinstance(asked, Sequence) and not isinstance(asked, str) else [asked]
    answers, notes = [], list[str]()
    for one in several:
        genome, left_out = _genome(space, one)
        answers.append(dict(genome.answers))
        notes += left_out
    return answers, notes


def _genome(space: Space, one: Any) -> tuple[Genome, list[str]]:
    from nas.run.results import Run, best_genome

    if isinstance(one, Run):
        one = one.path
    if isinstance(one, Genome):
        return _same(space, one.answers, "a genome"), []
    if isinstance(one, Mapping):
        return _same(space, one, "answers"), []
    if not isinstance(one, str | os.PathLike):
        hint = "give a genome, its file, a run, or a network's name"
        raise UserError(WHERE, f"{shortened(repr(one))} is no network", hint)
    path = Path(one)
    if (path / "run.yaml").exists():
        return _same(space, best_genome(path).answers, str(one)), []
    if path.is_dir() or path.suffix == ".json":
        return _same(space, Genome.load(path / "genome.json" if path.is_dir() else path).answers, str(one)), []
    return _closed(space, load(str(one)), str(one))


def _same(space: Space, answers: Mapping[str, Any], name: str) -> Genome:
    try:
        return space.genome(answers)
    except UserError as error:
        raise UserError(f"{WHERE} {name}", f"no genome of {space.name}: {error}") from None


def _closed(space: Space, other: Space, name: str) -> tuple[Genome, list[str]]:
    """The genome of `space` that a document without choices stands for, and the nodes of its cells that it lacks."""
    if not other.fixed:
        raise UserError(f"{WHERE} {name}", "it has open choices", "give one of its genomes")
    data, asked = other.document.data, set[str]()
    genome = space.answered(lambda: _oracle(data, asked, name))
    left_out = [
        f"{WHERE} {name}: its cell {cell} has a node {node}, which {space.name} lacks: left out"
        for cell, body in data.get("cells", {}).items()
        for node in range(len(_nodes(body)))
        if not any(path.startswith(f"cells.{cell}.nodes.{node}.") for path in genome.answers)
        and any(path.startswith(f"cells.{cell}.nodes.") for path in genome.answers)
    ]
    return genome, left_out


def _oracle(data: Mapping[str, Any], asked: set[str], name: str) -> Oracle:
    asked.clear()

    def answer(choice: Choice) -> Any:
        asked.add(choice.path)
        value = _edge(data, asked, choice.path) if EDGE.fullmatch(choice.path) else _parameter(data, choice.path)
        for alternative in choice.answers:
            if alternative == value and isinstance(alternative, bool) == isinstance(value, bool):
                return alternative
        listed = ", ".join(map(str, choice.answers[:12]))
        what = f"its answer to {choice.path} is {value!r}, not one of {listed}"
        if value is None:
            what = f"nothing in it answers {choice.path} ({listed})"
        raise UserError(f"{WHERE} {name}", what, "give a genome of the space, or a run")

    return answer


def _parameter(data: Mapping[str, Any], path: str) -> Any:
    """The plain value at a path such as `parameters.depths.0`; None where there is none."""
    value: Any = data
    for part in path.split("."):
        if isinstance(value, Mapping):
            value = value.get(part)
        elif isinstance(value, list) and part.isdigit() and int(part) < len(value):
            value = value[int(part)]
        else:
            return None
    return value if isinstance(value, str | int | float) else None


def _edge(data: Mapping[str, Any], asked: set[str], path: str) -> Any:
    """The sources of a node, or the operation or the source of one of its edges; None where it has none."""
    match = EDGE.fullmatch(path)
    assert match is not None
    cell, node, number, what = match.groups()
    nodes = _nodes(data.get("cells", {}).get(cell))
    edges = _edges(nodes[int(node)]) if int(node) < len(nodes) else []
    if not edges:
        return None
    if number is None:
        return tuple(sorted(source for _, source in edges))
    if what == "input" or f"cells.{cell}.nodes.{node}.{number}.input" in asked:  # edges in a row: by their place
        edge = edges[int(number)] if int(number) < len(edges) else (None, None)
        return edge[what == "input"]
    return next((operation for operation, source in edges if source == int(number)), "none")


def _nodes(cell: Any) -> list[Any]:
    nodes = cell.get("nodes") if isinstance(cell, Mapping) else None
    return nodes if isinstance(nodes, list) else []


def _edges(node: Any) -> list[tuple[Any, int]]:
    written = next((node[merge] for merge in NODE_MERGES if merge in node), None) if isinstance(node, Mapping) else None
    pairs = written if isinstance(written, list) else []
    return [(edge[0], edge[1]) for edge in pairs if isinstance(edge, list) and len(edge) == 2 and type(edge[1]) is int]
