"""Figures with their titles, side by side in lines as wide as the picture; and the legend of their colours."""

import textwrap
from collections.abc import Sequence
from typing import NamedTuple

from nas.report.escaped import escape
from nas.report.figure import Figure, lowered

WIDTH, MARGIN, BETWEEN = 900, 14, 24  # pixels: of the picture, at its sides, between figures
TITLE, NOTE = 20, 15  # heights of a title, and of a line beneath it
SCALE = 0.8  # the least at which a figure is still read
LEAST = 44  # letters of a line beneath a title, however narrow the figure
KINDS = {
    "conv": "convolution",
    "pool": "pooling",
    "linear": "linear",
    "block": "block, drawn by itself",
    "light": "other operation",
    "choice": "open choice",
    "maybe": "edge that may be left out",
}


class Titled(NamedTuple):
    """A figure with what stands above it: a title, what sets it apart from others of that title, and lines of notes."""

    title: str
    aside: str
    notes: tuple[str, ...]
    figure: Figure

    @property
    def lines(self) -> list[str]:
        letters = max(LEAST, int(self.figure.width / 6.0))
        return [line for note in self.notes for line in textwrap.wrap(note, letters)]

    @property
    def head(self) -> float:
        """The height of what stands above the figure."""
        return TITLE + NOTE * len(self.lines) + 8

    def width(self, scale: float) -> float:
        """With the figure at this scale."""
        words = [8.6 * len(self.title) + 7.0 * len(self.aside), *(6.0 * len(line) for line in self.lines)]
        return max(self.figure.width * scale, *words)


def packed(
    figures: Sequence[Titled], left: float, top: float, until: float = float("inf"), right: float = WIDTH - MARGIN
) -> tuple[list[str], list[Titled], float]:
    """Figures in lines from the left, as many in a line as fit (a little smaller where need be), and where they end.

    What is too wide for this place, or would end far below `until`, is left over.
    """
    svg: list[str] = []
    room, y = right - left, top
    waiting = [one for one in figures if one.width(SCALE) <= room or until == float("inf")]
    left_over = [one for one in figures if one not in waiting]
    while waiting and y + TITLE <= until:
        line = [waiting.pop(0)]
        while waiting and _wide([*line, waiting[0]], SCALE) <= room:
            line.append(waiting.pop(0))
        scale = next((step / 50 for step in range(50, 10, -1) if _wide(line, step / 50) <= room), 0.2)
        x, height = left, 0.0
        for one in line:
            aside = f'<tspan class="aside" dx="8">{escape(one.aside)}</tspan>' if one.aside else ""
            svg.append(f'<text class="title" x="{x:.1f}" y="{y + 13:.1f}">{escape(one.title)}{aside}</text>')
            for at, note in enumerate(one.lines):
                svg.append(f'<text class="note" x="{x:.1f}" y="{y + TITLE + 9 + NOTE * at:.1f}">{lowered(note)}</text>')
            moved = f"translate({x:.1f} {y + one.head:.1f})" + (f" scale({scale:.3f})" if scale < 1 else "")
            svg.append(f'<g transform="{moved}">{one.figure.svg}</g>')
            x += one.width(scale) + BETWEEN
            height = max(height, one.head + one.figure.height * scale)
        y += height + BETWEEN
    return svg, [one for one in figures if one in left_over or one in waiting], y


def _wide(line: Sequence[Titled], scale: float) -> float:
    return sum(one.width(scale) for one in line) + BETWEEN * (len(line) - 1)


def legend(kinds: Sequence[str], y: float, width: float) -> tuple[str, float]:
    """What the colours and dashes mean, for these style classes; and where it ends."""
    svg, x = list[str](), float(MARGIN)
    kinds = ["light" if kind == "merge" else kind for kind in kinds]
    for kind in (kind for kind in KINDS if kind in kinds):
        wide = 28 + 6.2 * len(KINDS[kind]) + 18
        if x > MARGIN and x + wide > width - MARGIN:
            x, y = MARGIN, y + 18
        if kind == "maybe":
            svg.append(f'<path class="edge maybe" d="M{x:.1f} {y + 6:.1f}h20"/>')
        else:
            svg.append(f'<g class="{kind}"><rect x="{x:.1f}" y="{y:.1f}" width="20" height="12" rx="3"/></g>')
        svg.append(f'<text class="note" x="{x + 27:.1f}" y="{y + 10:.1f}">{KINDS[kind]}</text>')
        x += wide
    return f'<g class="legend">{"".join(svg)}</g>' if svg else "", y + (26 if svg else 0)
