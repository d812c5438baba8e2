"""The section of a page about a supernet: how its alphas, accuracies and the guard's measurements went over the epochs.

The curve is of a run's journal, which may come from anyone: what is no number there is left out, and texts are escaped.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import Any

from nas.report.chart import COLOURS, Mark, axis, chart, line

MOST = 40  # choices that are drawn
SMALL = 210  # pixels of the height of one choice
ACCURACIES = {  # of the shared weights, by their metrics
    "supernet_accuracy": "mixture",
    "valid_accuracy": "derived path",
    "random_accuracy": "eight random paths, on average",
}
Course = list[tuple[float, float]]  # (epoch, value)


def section(number: int, curve: Sequence[Mapping[str, Any]], answers: Mapping[str, Sequence[Any]]) -> str:
    """HTML of a supernet.

    Args:
        number: its own.
        curve: of each epoch `epoch`, `metrics`, and maybe `shares` by choice and `warnings`.
        answers: of each choice, by its path; one that is not known has numbers in their place.
    """
    points = [point for point in curve if _number(point.get("epoch")) and isinstance(point.get("metrics"), dict)]
    if not points:
        return ""
    figures = [_accuracies(points)]
    figures.append(_metric(points, "parameter_free", "share", "Operations without weights", range=[0, 1.05]))
    figures.append(_metric(points, "curvature", "eigenvalue", "Curvature of the validation loss by alpha"))
    return (
        f"<section><h2>Supernet {number}</h2>{_warnings(points)}</section>"
        f'<div class="figures">{"".join(figure for figure in figures if figure)}</div>{_shares(points, answers)}'
    )


def _metric(points: Sequence[Mapping[str, Any]], metric: str, title: str, named: str, **scale: Any) -> str:
    own = _course(points, lambda point: point["metrics"].get(metric))
    if not own:
        return ""
    layout = {"xaxis": _epochs(own), "yaxis": axis(title, **scale), "showlegend": False}
    return chart(named, "", [_curve(named, own, "c0")], layout)


def _accuracies(points: Sequence[Mapping[str, Any]]) -> str:
    courses = {
        title: _course(points, lambda point, name=metric: point["metrics"].get(name), 100)  # type: ignore[misc]
        for metric, title in ACCURACIES.items()
    }
    curves = [_curve(title, own, f"c{i}", " %") for i, (title, own) in enumerate(courses.items()) if own]
    if not curves:
        return ""
    layout = {"xaxis": _epochs(next(filter(None, courses.values()))), "yaxis": axis("accuracy (%)"), "showlegend": True}
    return chart("Accuracy on the shared weights", "", curves, layout, kind="wide")


def _curve(name: str, own: Course, colour: str, unit: str = "") -> dict[str, Any]:
    """A line, marked where it is one point."""
    marks = [Mark(epoch, value, f"{name}: {value:.3g}{unit} after epoch {epoch:g}") for epoch, value in own]
    return {
        **line(name, marks, colour),
        "mode": "lines" if len(own) > 1 else "markers",
        "marker": {"color": f"--{colour}"},
    }


def _epochs(own: Course) -> dict[str, Any]:
    return axis("epoch", [epoch for epoch, _ in own], whole=True)


def _shares(points: Sequence[Mapping[str, Any]], answers: Mapping[str, Sequence[Any]]) -> str:
    """A small picture for each choice, an answer of one name in one colour in all of them."""
    given = [point["shares"] for point in points if isinstance(point.get("shares"), dict)]
    paths = list(dict.fromkeys(path for shares in given for path in shares))
    colours: dict[str, str] = {}
    pictures = list[tuple[str, dict[str, Course]]]()
    for path in paths[:MOST]:
        count = max((len(shares[path]) for shares in given if isinstance(shares.get(path), list)), default=0)
        words = [str(answer) for answer in answers.get(path, ())]
        names = words if len(words) == count else [f"answer {i + 1}" for i in range(count)]
        curves = {}
        for i, name in enumerate(names):
            colours.setdefault(name, f"c{len(colours) % COLOURS}")
            if own := _course(points, lambda point, at=i: _at(point.get("shares"), path, at)):  # type: ignore[misc] # noqa: B023
                curves[name] = own
        if curves:
            pictures.append((path, curves))
    if not pictures:
        return ""
    top = max(value for _, curves in pictures for own in curves.values() for _, value in own)
    scale = axis("share", range=[0, max(1.05 * top, 1e-3)])
    drawn = []
    for path, curves in pictures:
        layout = {"xaxis": _epochs(next(iter(curves.values()))), "yaxis": scale, "showlegend": False}
        traces = [_curve(name, own, colours[name]) for name, own in curves.items()]
        drawn.append(chart(path, "", traces, layout, SMALL, level="h3"))
    more = f"<p>and {len(paths) - MOST} more choices</p>" if len(paths) > MOST else ""
    head = f"<h2>The answers' shares</h2><p>{_legend(list(colours.items()))}</p>"
    return f'<section>{head}<div class="small">{"".join(drawn)}</div>{more}</section>'


def _course(
    points: Sequence[Mapping[str, Any]], read: Callable[[Mapping[str, Any]], Any], scale: float = 1.0
) -> Course:
    """Where there is a value."""
    return [(float(p["epoch"]), scale * float(value)) for p in points if _number(value := read(p))]


def _at(shares: Any, path: str, i: int) -> Any:
    own = shares.get(path) if isinstance(shares, dict) else None
    return own[i] if isinstance(own, list) and i < len(own) else None


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _warnings(points: Sequence[Mapping[str, Any]]) -> str:
    lines = [
        f"<tr><td>{float(point['epoch']):g}</td><td>{escape(str(line))}</td></tr>"
        for point in points
        if isinstance(point.get("warnings"), list)
        for line in point["warnings"]
    ]
    if not lines:
        return "<p>Its guard had nothing to say.</p>"
    return f"<table><thead><tr><th>epoch</th><th>warning</th></tr></thead>{''.join(lines)}</table>"


def _legend(names: Sequence[tuple[str, str]]) -> str:
    return " ".join(f'<span class="name {escape(kind)}">{escape(name)}</span>' for name, kind in names)
