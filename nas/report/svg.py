"""Charts as inline SVG text, drawn without any library: a search's course, accuracy against cost, a supernet's curves.

Colours come from the page's style sheet (classes `grid`, `axis`, `dot`, `line`, `best`, `curve`), so that a page may be
light or dark. Whatever text comes in is escaped here.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape

HEIGHT = 330
LEFT, RIGHT, TOP, BOTTOM = 64, 18, 14, 46


@dataclass(frozen=True)
class Point:
    """A mark at (x, y); `label` shows when the pointer rests on it; `kind` is its style class."""

    x: float
    y: float
    label: str = ""
    kind: str = "dot"


@dataclass(frozen=True)
class Curve:
    """A line through (x, y) points, marked where there is but one; `label` shows when the pointer rests on it; `kind`
    is the style class of its colour."""

    label: str
    points: Sequence[tuple[float, float]]
    kind: str


@dataclass(frozen=True)
class Axis:
    """A title, the range shown, and how its ticks read."""

    title: str
    low: float
    high: float
    read: Callable[[float], str] = "{:g}".format
    whole: bool = False  # ticks on whole numbers only
    log: bool = False

    @classmethod
    def around(cls, title: str, values: Sequence[float], **settings: object) -> "Axis":
        """An axis with all of `values` on it and a little room at both ends; `log` takes positive values only."""
        low, high = min(values), max(values)
        if settings.get("log"):
            room = (high / low) ** 0.06 if high > low else 1.3
            return cls(title, low / room, high * room, **settings)  # type: ignore[arg-type]
        room = 0.06 * (high - low) or 0.5 * abs(high) or 1.0
        return cls(title, low - room, high + room, **settings)  # type: ignore[arg-type]

    def place(self, value: float) -> float:
        """Where on the axis a value is: 0 at its low end, 1 at its high end."""
        if self.log:
            return math.log(value / self.low) / math.log(self.high / self.low)
        return (value - self.low) / (self.high - self.low)

    def ticks(self) -> list[float]:
        """About five round values on the axis."""
        if self.log and self.high / self.low > 3:
            decades = range(math.floor(math.log10(self.low)), math.ceil(math.log10(self.high)) + 1)
            for steps in ((1,), (1, 3), (1, 2, 5)):
                ticks = [step * 10.0**d for d in decades for step in steps if self.low <= step * 10.0**d <= self.high]
                if len(ticks) >= 3:
                    return ticks[:: math.ceil(len(ticks) / 7)]
        span = self.high - self.low
        step = 10.0 ** math.floor(math.log10(span / 5))
        step *= next(factor for factor in (1, 2, 5, 10) if span / (step * factor) <= 6)
        step = max(step, 1.0) if self.whole else step
        first = math.ceil(self.low / step)
        return [i * step for i in range(first, math.floor(self.high / step) + 1)]


def chart(
    x: Axis,
    y: Axis,
    points: Sequence[Point],
    line: Sequence[tuple[float, float]] = (),
    describe: str = "",
    width: int = 530,
    height: int = HEIGHT,
    curves: Sequence[Curve] = (),
) -> str:
    """An SVG element: points, a line in steps (a value holds until the next one), curves; `describe` is read aloud."""
    right, floor = width - RIGHT, height - BOTTOM

    def at(px: float, py: float) -> tuple[float, float]:
        return (
            round(LEFT + x.place(px) * (right - LEFT), 1),
            round(floor - y.place(py) * (floor - TOP), 1),
        )

    parts = [f'<svg viewBox="0 0 {width} {height}" role="img" aria-label="{escape(describe)}">']
    for tick in y.ticks():
        level = at(x.low, tick)[1]
        parts.append(f'<line class="grid" x1="{LEFT}" x2="{right}" y1="{level}" y2="{level}"/>')
        parts.append(f'<text x="{LEFT - 8}" y="{level + 4}" text-anchor="end">{escape(y.read(tick))}</text>')
    for tick in x.ticks():
        left = at(tick, y.low)[0]
        parts.append(f'<line class="axis" x1="{left}" x2="{left}" y1="{floor}" y2="{floor + 4}"/>')
        parts.append(f'<text x="{left}" y="{floor + 18}" text-anchor="middle">{escape(x.read(tick))}</text>')
    parts.append(f'<line class="axis" x1="{LEFT}" x2="{right}" y1="{floor}" y2="{floor}"/>')
    middle = (LEFT + right) / 2
    parts.append(f'<text class="title" x="{middle}" y="{height - 8}" text-anchor="middle">{escape(x.title)}</text>')
    turned = f'transform="translate(14 {(TOP + floor) / 2}) rotate(-90)" text-anchor="middle"'
    parts.append(f'<text class="title" {turned}>{escape(y.title)}</text>')
    for point in points:
        left, top = at(point.x, point.y)
        radius = 5.5 if point.kind == "best" else 3.2
        label = f"<title>{escape(point.label)}</title>"
        parts.append(f'<circle class="{escape(point.kind)}" cx="{left}" cy="{top}" r="{radius}">{label}</circle>')
    if line:
        parts.append(f'<path class="line" d="{_steps([at(*pair) for pair in line])}"/>')
    for curve in curves:
        (left, top), *rest = [at(*pair) for pair in curve.points]
        label = f"<title>{escape(curve.label)}</title>"
        way = "".join(f"L{px} {py}" for px, py in rest) or "h0"  # a dot, by its round ends
        parts.append(f'<path class="curve {escape(curve.kind)}" d="M{left} {top}{way}">{label}</path>')
    return "\n".join([*parts, "</svg>"])


def _steps(corners: Sequence[tuple[float, float]]) -> str:
    (left, top), *rest = corners
    return f"M{left} {top}" + "".join(f"H{px}V{py}" for px, py in rest)
