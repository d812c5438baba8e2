"""Equal parts of a network that follow each other, as one row: `bottleneck × 6`."""

from collections.abc import Sequence
from itertools import groupby
from typing import NamedTuple

from nas.report import labels
from nas.report.cells import place_of
from nas.report.outline import OutlinePart
from nas.report.views import View


class Row(NamedTuple):
    """Equal parts: their `name`, the light operations `aside` of a layer (none of a block), the parts, their number."""

    name: str
    aside: str
    parts: tuple[OutlinePart, ...]
    times: str = "1"  # as it is written: of an open space there may be several

    @property
    def label(self) -> str:
        return self.name + (f" × {self.times}" if self.times != "1" else "")

    @property
    def nodes(self) -> list[int]:
        return [i for part in self.parts for i in part.nodes]

    @property
    def is_block(self) -> bool:
        return bool(self.parts[0].name)


def rows(view: View, parts: Sequence[OutlinePart]) -> list[Row]:
    """Blocks of one name, one stage and one size are equal, whatever their channels; layers where all is the same."""

    def said(part: OutlinePart) -> tuple[str, str, str]:
        if part.name:
            return "", view.names(place_of(view.graph, part), part.name), ""
        before, main, after = (
            view.say(part.nodes, lambda graph, nodes, at=at: labels.layer(graph, nodes)[at])  # type: ignore[misc]
            for at in range(3)
        )
        return before, main, after

    def key(pair: tuple[OutlinePart, tuple[str, str, str]]) -> tuple[object, ...]:
        part, text = pair
        size = view.graph.nodes[part.nodes[-1]].shape
        return (text, part.stage, size[1:]) if part.name else (text, size)

    rows = []
    for _, same in groupby([(part, said(part)) for part in parts], key):
        pairs = list(same)
        group, (before, main, after) = tuple(part for part, _ in pairs), pairs[0][1]
        count = view.count([place_of(view.graph, part) for part in group])
        aside = " … ".join(text for text in (before, after) if text)
        name = labels.words(main) if group[0].name else main
        rows.append(Row(name, aside, group, count))
    return rows
