"""Equal parts of a network that follow each other, as one row: `bottleneck × 6`."""

from collections.abc import Sequence
from itertools import groupby
from typing import NamedTuple

from nas.graph.graph import Graph
from nas.report import labels
from nas.report.outline import OutlinePart


class Row(NamedTuple):
    """Equal parts: their `name`, the light operations `aside` of a layer (none of a block), and the parts."""

    name: str
    aside: str
    parts: tuple[OutlinePart, ...]

    @property
    def label(self) -> str:
        return self.name + (f" × {len(self.parts)}" if len(self.parts) > 1 else "")

    @property
    def nodes(self) -> list[int]:
        return [i for part in self.parts for i in part.nodes]

    @property
    def is_block(self) -> bool:
        return bool(self.parts[0].name)


def rows(graph: Graph, parts: Sequence[OutlinePart]) -> list[Row]:
    """Blocks of one name, one stage and one size are equal, whatever their channels; layers where all is the same."""

    def key(part: OutlinePart) -> tuple[object, ...]:
        size = graph.nodes[part.nodes[-1]].shape
        return (part.name, part.stage, size[1:]) if part.name else (labels.layer(graph, part.nodes), size)

    rows = []
    for _, same in groupby(parts, key):
        group = tuple(same)
        before, main, after = labels.layer(graph, group[0].nodes)
        aside = " … ".join(text for text in (before, after) if text)
        rows.append(Row(labels.words(group[0].name), "", group) if group[0].name else Row(main, aside, group))
    return rows
