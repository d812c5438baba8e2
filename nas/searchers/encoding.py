"""Genomes as vectors, for searchers that learn a model: one-hot answers, and the paths through each cell.

Path encoding: White, Neiswanger & Savani 2019, BANANAS, arXiv:1910.11858, section 4: a feature for each sequence of
operations that leads from a cell's input to its output, the longest ones left out. Here the paths are those of the
pruned graph, so that operations that change nothing, or reach nothing, do not tell two equal cells apart.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from nas.graph.graph import Graph, Node
from nas.space import Genome, Space

LONGEST = 6  # operations on a path
MAX_PATHS = 64  # paths kept at a node, the shortest first: a cell of many nodes has exponentially many
COLUMNS = 1000  # features in use, those that most genomes have
MAX_GENOMES = 20_000  # genomes whose features are remembered

Feature = tuple[str, ...]
Path = tuple[str, ...]
Encoded = tuple[np.ndarray, np.ndarray]


class Encoder:
    """Features of genomes, worked out once each."""

    def __init__(self, space: Space) -> None:
        self.space = space
        self.cells = frozenset(space.document.data.get("cells") or ())
        self.cached: dict[Genome, frozenset[Feature]] = {}

    def features(self, genome: Genome) -> frozenset[Feature]:
        """Those that the genome has. Raises UserError where no network can be built."""
        if genome not in self.cached:
            if len(self.cached) >= MAX_GENOMES:
                self.cached.clear()
            self.cached[genome] = frozenset(
                (*self.answers(genome), *paths(self.space.graph(genome).prune(), self.cells))
            )
        return self.cached[genome]

    def answers(self, genome: Genome) -> list[Feature]:
        """One-hot: (choice, answer) of each choice met; a choice not met has none.

        Of a set of sources each one; of a number also (choice, "<", each smaller alternative), so that near numbers
        are near.
        """
        features: list[Feature] = []
        for choice in self.space.choices(genome):
            answer = genome.answers[choice.path]
            features.extend((choice.path, str(part)) for part in (answer if isinstance(answer, tuple) else (answer,)))
            if choice.kind == "number" and all(isinstance(other, int | float) for other in choice.answers):
                features.extend((choice.path, "<", str(other)) for other in choice.answers if other < answer)
        return features

    def matrices(self, told: Sequence[Genome], others: Sequence[Genome]) -> tuple[Encoded, Encoded]:
        """Of both their encoded answers and paths, (genomes, columns) each.

        Scaled so that a genome told has on average a length of 1, in its answers and in its paths.
        """
        counts = Counter(feature for genome in (*told, *others) for feature in sorted(self.features(genome)))
        columns = {feature: column for column, (feature, _) in enumerate(counts.most_common(COLUMNS))}
        paths = np.array([feature[0] in self.cells for feature in columns], dtype=bool)
        observed, asked = self._rows(told, columns), self._rows(others, columns)
        for part in (paths, ~paths):
            scale = np.sqrt(observed[:, part].sum(axis=1).mean()) or 1.0
            observed[:, part] /= scale
            asked[:, part] /= scale
        return (observed[:, ~paths], observed[:, paths]), (asked[:, ~paths], asked[:, paths])

    def _rows(self, genomes: Sequence[Genome], columns: Mapping[Feature, int]) -> np.ndarray:
        matrix = np.zeros((len(genomes), len(columns)))
        for row, genome in zip(matrix, genomes, strict=True):
            row[[columns[feature] for feature in self.features(genome) if feature in columns]] = 1
        return matrix


@lru_cache(maxsize=2)
def encoder(space: Space) -> Encoder:
    """One for all searches of a space: features are worked out once."""
    return Encoder(space)


def paths(graph: Graph, cells: frozenset[str]) -> list[Feature]:
    """(cell, operations on a path through it...), for the first use of each cell of a pruned graph."""
    uses: dict[str, str] = {}  # cell -> path of its first use
    inside: dict[str, list[int]] = {}  # path of a use -> its nodes
    for i, node in enumerate(graph.nodes):
        for scope in node.scopes:
            if scope.template in cells:
                inside.setdefault(scope.path, []).append(i)
                uses.setdefault(scope.template, scope.path)
                break
    return [(cell, *path) for cell, use in uses.items() for path in _through(graph, use, inside[use])]


def _through(graph: Graph, use: str, nodes: list[int]) -> list[Path]:
    """Paths from the inputs of a cell's use to its outputs: what other nodes read, or what ends the graph."""
    members = set(nodes)
    read = {source for i, node in enumerate(graph.nodes) if i not in members for source in node.inputs}
    leading: dict[int, set[Path]] = {}
    operations = {i: _operation(graph.nodes[i], use) for i in nodes}
    for i in nodes:
        where, name = operations[i]
        arriving: set[Path] = set()
        for source in graph.nodes[i].inputs:
            before = leading[source] if source in members else {()}
            entered = name and (source not in members or operations[source][0] != where)
            arriving |= {(*path, name) for path in before} if entered else before
        leading[i] = set(sorted(arriving, key=lambda path: (len(path), path))[:MAX_PATHS])
    outputs = [i for i in nodes if i in read or i == graph.output]
    return sorted({path for i in outputs for path in leading[i] if len(path) <= LONGEST})


def _operation(node: Node, use: str) -> tuple[str, str]:
    """(where, name) of the cell's operation that a node belongs to: the block called in the cell, or the node itself.

    The name is empty where there is nothing to name: of merges, and of what acts in training alone.
    """
    for scope in node.scopes:
        if scope.turn is None and scope.path.startswith(f"{use}."):
            return scope.path, _named(scope.template, dict(scope.arguments))
    if node.op.merges or node.op.inert:
        return node.path, ""
    return node.path, _named(node.operation, node.arguments)


def _named(operation: str, arguments: Mapping[str, Any]) -> str:
    given = " ".join(f"{key}={value}" for key, value in sorted(arguments.items()) if key not in ("channels", "stride"))
    return f"{operation} {given}".rstrip()
