"""Charts as Plotly draws them: what is in one, as JSON in the page. `report.js` draws it once it comes into view.

Colours are names of the style sheet's (`--best`), so that a page may be light or dark. Text enters by `plain` or
`marks`: Plotly reads some tags in it. https://plotly.com/javascript/reference/
"""

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any, NamedTuple

from nas.run.words import short

COLOURS = 8  # --c0 to --c7, of curves
HEIGHT = 340  # pixels


class Mark(NamedTuple):
    """A trial at (x, y): what is said where the pointer rests on it, and its number."""

    x: Any
    y: Any
    label: str
    number: int | None = None


def chart(
    title: str,
    caption: str,
    data: Sequence[Mapping[str, Any]],
    layout: Mapping[str, Any],
    height: int = HEIGHT,
    level: str = "h2",
    kind: str = "",
) -> str:
    """HTML of a figure. data: Plotly's traces. kind: a class of the style sheet's."""
    spec = embedded({"data": data, "layout": layout})
    head = f"<{level}>{escape(title)}</{level}>" + (f"<p>{escape(caption)}</p>" if caption else "")
    plot = f'<div class="plot" style="height:{height}px" role="img" aria-label="{escape(title)}">{spec}</div>'
    return f'<figure class="{kind}">{head}{plot}</figure>' if kind else f"<figure>{head}{plot}</figure>"


def embedded(value: Any, name: str = "") -> str:
    """A block of data for a script: no text in it can end it. Raises ValueError for a number that JSON lacks."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")).replace("<", "\\u003c")
    return f'<script type="application/json"{f" id={name!r}" if name else ""}>{text}</script>'


def plain(text: object) -> str:
    """Text for Plotly, in which no tag is one."""
    return escape(str(text), quote=False)


def marks(name: str, points: Iterable[Mark], colour: str, size: float = 8, **marker: Any) -> dict[str, Any]:
    """A trace of trials."""
    return {
        **_placed(name, points),
        "mode": "markers",
        "marker": {"color": f"--{colour}", "size": size, **marker},
    }


def line(name: str, points: Iterable[Mark], colour: str, width: float = 2, **how: Any) -> dict[str, Any]:
    """A trace through trials or epochs; a point whose y is None breaks it."""
    return {
        **_placed(name, points),
        "mode": "lines",
        "line": {"color": f"--{colour}", "width": width, **how},
    }


def _placed(name: str, points: Iterable[Mark]) -> dict[str, Any]:
    points = list(points)
    return {
        "type": "scatter",
        "name": plain(name),
        "x": [point.x for point in points],
        "y": [point.y for point in points],
        "text": [plain(point.label) for point in points],
        "customdata": [point.number for point in points],
        "hoverinfo": "text",
    }


def axis(
    title: str, values: Iterable[float] = (), log: bool = False, whole: bool = False, **more: Any
) -> dict[str, Any]:
    """An axis of a layout. log: where `values` are above 0, and some ten times others. whole: numbers of something."""
    values = list(values)
    made: dict[str, Any] = {"title": {"text": plain(title)}, **more}
    if log and values and max(values) >= 10 * min(values) > 0:
        ticks = _ticks(min(values), max(values))
        made |= {"type": "log", "title": {"text": plain(f"{title} (logarithmic)")}}
        made |= {"tickvals": ticks, "ticktext": list(map(short, ticks))}
    elif values and min(values) == max(values):
        made |= {"rangemode": "tozero"}  # around one value alone Plotly's ticks would differ in their last digits
    if whole:
        made |= {"tickformat": ",d", "rangemode": "nonnegative"}
        if values and max(values) - min(values) < 8:
            made |= {"dtick": 1}
    return made


def _ticks(low: float, high: float) -> list[float]:
    """Of a logarithmic axis: 1, 2 and 5 of each decade, or 1 alone where there are many."""
    digits = (1, 2, 5) if high < 200 * low else (1,)
    decades = range(math.floor(math.log10(low)) - 1, math.ceil(math.log10(high)) + 2)
    return [float(digit * 10.0**decade) for decade in decades for digit in digits]
