"""The charts of what a search did: how candidates learned, and what ran when on which worker."""

import math
from collections.abc import Sequence
from typing import Any

from nas.integrations.logs.log import curve_of
from nas.report.chart import Mark, axis, chart, line, plain
from nas.report.course import Trials
from nas.report.measure import Measure
from nas.run.results import Run
from nas.run.spans import Span, spans
from nas.run.words import duration, many

MOST_CURVES, MOST_SPANS = 120, 3000
FEW = 400  # bars that are told apart by their edges
LANE = 26  # pixels of a worker
UNITS = (("days", 86400.0), ("hours", 3600.0), ("minutes", 60.0), ("seconds", 1.0))


def curves(run: Run, trials: Trials) -> str:
    """How candidates learned, the best and the front in colour; nothing where no trial reported two epochs."""
    ranked = sorted(trials.done, key=trials.measure.rank, reverse=True)
    step = max(1, len(ranked) // MOST_CURVES)
    chosen = {row["number"]: row for row in [*ranked[:20], *ranked[20::step]]}
    learned = {number: curve_of(run, run.trials[number]) for number in chosen}
    names = [trials.measure.metric, "valid_accuracy", "valid_loss", "train_loss"]
    metric = next((name for name in names if any(name in point for own in learned.values() for _, point in own)), None)
    if metric is None or max(len(own) for own in learned.values()) < 2:
        return ""
    measure, traces = Measure(metric), list[dict[str, Any]]()
    looks = {"dot": ("other trials", 1.0), "front": ("on the Pareto front", 1.6), "best": ("the best", 2.6)}
    for kind, (name, width) in looks.items():
        points = list[Mark]()
        for number, row in chosen.items():
            own = "best" if number == trials.best else "front" if trials.kind(row) == "front" else "dot"
            if own == kind:
                points += [
                    Mark(epoch, measure.scaled(point[metric]), trials.label(row), number)
                    for epoch, point in learned[number]
                    if math.isfinite(point.get(metric, math.nan))
                ]
                points.append(Mark(None, None, "", number))  # which ends the line
        if len(points) > 1:
            trace = line(name, points, {"front": "line"}.get(kind, kind), width)
            traces.append({**trace, **({"opacity": 0.55} if kind == "dot" else {})})
    epochs = [point.x for point in points if point.x is not None] or [0, 10]
    layout = {"xaxis": axis("epoch", epochs, whole=True), "yaxis": axis(measure.axis)}
    of = f"{len(chosen)} of {many(len(ranked), 'trial')}" if len(chosen) < len(ranked) else many(len(ranked), "trial")
    caption = f"The {measure.title} of {of} after each epoch."
    return chart("How candidates learned", caption, traces, layout)


def workers(run: Run, trials: Trials) -> str:
    """What ran when, a bar for each evaluation."""
    found, cut, known = spans(run)
    if not found:
        return ""
    shown = found[-MOST_SPANS:]
    end = max(span.ended for span in found)
    unit, size = next(((name, size) for name, size in UNITS if end >= 2 * size), UNITS[-1])
    lanes = max(span.lane for span in found) + 1
    rows = {row["number"]: row for row in trials.done}

    def kind(span: Span) -> str:
        if span.number is None:
            return "supernet"
        return "failed" if span.failed else "the best" if span.number == trials.best else "trial"

    def label(span: Span) -> str:
        row = rows.get(span.number) if span.number is not None else None
        said = trials.label(row) if row else "supernet" if span.number is None else f"trial {span.number}"
        return f"{said}{', failed' if span.failed else ''}, {duration(span.ended - span.begun)}"

    looks = {"trial": "line", "the best": "best", "failed": "soft", "supernet": "c2"}
    traces = [_bars(name, colour, [s for s in shown if kind(s) == name], size, label) for name, colour in looks.items()]
    layout = {
        "barmode": "overlay",
        "bargap": 0.25,
        "xaxis": axis(f"{unit} of the search", rangemode="nonnegative"),
        "yaxis": {
            "tickvals": list(range(lanes)),
            "ticktext": [f"worker {i}" for i in range(lanes)],
            "autorange": "reversed",
        },
    }
    busy = sum(span.ended - span.begun for span in found) / (lanes * end) if end else 1.0
    caption = f"{lanes} worker{'s' * (lanes != 1)}, busy for {min(1.0, busy):.0%} of {duration(end)}"
    caption += f"; pauses of {duration(cut)} in all are left out" if cut else ""
    caption += "; the journal does not say which worker, so each evaluation is drawn by the first that was free" * (
        lanes > 1 and not known
    )
    caption += f"; the last {len(shown):,} evaluations are drawn" if len(shown) < len(found) else ""
    return chart(
        "Workers over time",
        f"{caption}.",
        [trace for trace in traces if trace],
        layout,
        110 + LANE * lanes,
        kind="wide",
    )


def _bars(name: str, colour: str, shown: Sequence[Span], size: float, label: Any) -> dict[str, Any]:
    if not shown:
        return {}
    return {
        "type": "bar",
        "orientation": "h",
        "name": name,
        "y": [span.lane for span in shown],
        "base": [span.begun / size for span in shown],
        "x": [(span.ended - span.begun) / size for span in shown],
        "text": [plain(label(span)) for span in shown],
        "textposition": "none",
        "hoverinfo": "text",
        "customdata": [span.number for span in shown],
        "marker": {"color": f"--{colour}", "line": {"color": "--paper", "width": 1 if len(shown) < FEW else 0}},
    }
