"""The charts of a search's trials: its course, accuracy against cost, what the front dominates."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from nas.report.chart import Mark, axis, chart, line, marks
from nas.report.measure import Measure
from nas.run.hypervolume import Hypervolume
from nas.run.words import many, short

DRAWN = ("parameters", "mult_adds")  # costs that trials are drawn by, whatever the objectives
Row = Mapping[str, Any]

KINDS: dict[
    str, tuple[str, str, dict[str, Any]]
] = {  # of trials, in the order of drawing: what the legend calls them, and how they look
    "baseline": ("random network", "c2", {"symbol": "diamond"}),
    "paused": ("trial of fewer epochs", "dot", {"symbol": "circle-open"}),
    "dot": ("trial", "dot", {"opacity": 0.75}),
    "front": ("on the Pareto front", "line", {}),
}


@dataclass(frozen=True)
class Trials:
    """The trials that a page is about.

    rows: as `nas results --json` lists them. measure: what they are compared by. best: the number of the best. others:
    the other objectives. line: numbers of the trials that the best descends from, the first one first. baseline: those
    that are there for comparison.
    """

    rows: Sequence[Row]
    measure: Measure
    best: int | None = None
    others: Sequence[Measure] = ()
    line: Sequence[int] = ()
    baseline: frozenset[int] = frozenset()

    @cached_property
    def done(self) -> list[Row]:
        """Those with a value, in the order of their numbers."""
        done = [row for row in self.rows if row["state"] == "done" and self.measure.of(row) is not None]
        return sorted(done, key=lambda row: row["number"])

    @cached_property
    def most_epochs(self) -> float:
        """Of any trial: others do not compare with those that had so many."""
        return max((row.get("epochs") or 0 for row in self.done), default=0)

    def kind(self, row: Row) -> str:
        """A key of KINDS."""
        if row["number"] in self.baseline:
            return "baseline"
        if (row.get("epochs") or 0) < self.most_epochs and row["number"] != self.best:
            return "paused"
        return "front" if self.others and row.get("front") else "dot"

    def label(self, row: Row) -> str:
        """What a mark says."""
        said = [f"trial {row['number']}: {self.measure.text(self.measure.of(row) or 0.0)}"]
        others = [other for other in self.others if other.metric not in DRAWN and other.of(row) is not None]
        said += [f"{other.title} {other.text(other.of(row) or 0.0)}" for other in others]
        said += [f"{short(row[key])} {key.replace('_', '-')}" for key in DRAWN if row.get(key) is not None]
        return ", ".join(said + ([f"epochs {row['epochs']:g}"] if row.get("epochs") else []))

    def drawn(self, place: Callable[[Row], float | None], rows: Sequence[Row] | None = None) -> list[dict[str, Any]]:
        """Traces of all kinds, the best on top; `place` is where a trial is on the other axis."""
        traces = []
        rows = self.done if rows is None else rows
        kinds = {row["number"]: self.kind(row) for row in rows}

        def points(chosen: Callable[[Row], bool]) -> list[Mark]:
            return [
                Mark(x, self.measure.height(row), self.label(row), row["number"])
                for row in rows
                if chosen(row) and (x := place(row)) is not None
            ]

        named = {"dot": "of a supernet"} if self.baseline else {}
        for kind, (name, colour, look) in KINDS.items():
            found = points(lambda row, kind=kind: row["number"] != self.best and kinds[row["number"]] == kind)  # type: ignore[misc]
            if found:
                traces.append(marks(named.get(kind, name), found, colour, **look))
        best = points(lambda row: row["number"] == self.best)
        return [*traces, marks("the best", best, "best", 13, line={"color": "--paper", "width": 1.5})]


def course(trials: Trials) -> str:
    """Every trial, the best so far, and the trials that the best descends from."""
    done, measure = trials.done, trials.measure
    record, best = list[Mark](), None
    for row in done:
        if (row.get("epochs") or 0) == trials.most_epochs:
            best = row if best is None else max(best, row, key=measure.rank)
            record.append(
                Mark(row["number"], measure.height(best), f"best so far: {measure.text(measure.of(best) or 0)}")
            )
    traces = [line("best so far", record, "line", 2.2, shape="hv")]
    by_number = {row["number"]: row for row in done}
    if len(trials.line) > 1:
        ancestors = [by_number[number] for number in trials.line if number in by_number]
        way = [Mark(row["number"], measure.height(row), trials.label(row), row["number"]) for row in ancestors]
        traces.append(line("the best one's ancestors", way, "best", 1.4, dash="dot"))
    traces += trials.drawn(lambda row: row["number"])
    failed = [row for row in trials.rows if row["state"] == "failed"]
    if failed:
        crosses = [
            Mark(row["number"], 0.02, f"trial {row['number']} failed: {row['error']}"[:200], row["number"])
            for row in failed
        ]
        traces.append({**marks("failed", crosses, "soft", 7, symbol="x"), "yaxis": "y2"})
    numbers = [row["number"] for row in trials.rows]
    layout = {
        "xaxis": axis("trial", numbers, whole=True),
        "yaxis": axis(measure.axis),
        "yaxis2": {"overlaying": "y", "visible": False, "range": [0, 1], "fixedrange": True},
    }
    caption = "Every trial, and the best so far. Click on one for its network and its answers."
    return chart("The search's course", caption, traces, layout, 400, kind="wide")


def against(trials: Trials) -> list[str]:
    """A chart for each other objective and cost; the front is a line where it is of these two alone."""
    charts = []
    costs = {metric: Measure(metric) for metric in DRAWN} | {other.metric: other for other in trials.others}
    for cost in costs.values():
        rows = [row for row in trials.done if cost.of(row)]
        if not rows:
            continue
        traces = trials.drawn(cost.height, rows)
        if [cost] == list(trials.others):
            front = sorted((row for row in rows if row.get("front")), key=cost.height)
            way = [
                Mark(cost.height(row), trials.measure.height(row), trials.label(row), row["number"]) for row in front
            ]
            traces.insert(0, line("the front", way, "line", 1.6, shape="hv" if cost.smaller else "vh"))
        places = [cost.height(row) for row in rows]
        layout = {"xaxis": axis(cost.axis, places, log=not cost.percent), "yaxis": axis(trials.measure.axis)}
        title = f"{trials.measure.title.capitalize()} against {cost.title}"
        charts.append(chart(title, "", traces, layout))
    return charts


def dominated(volume: Hypervolume) -> str:
    """The front's hypervolume as the search went on."""
    points = [Mark(i, value, f"{many(i, 'trial')}: {value:.4g}") for i, value in enumerate(volume.course, start=1)]
    layout = {"xaxis": axis("trials done", [point.x for point in points], whole=True), "yaxis": axis("hypervolume")}
    trace = line("hypervolume", points, "line", shape="hv")
    return chart("What the front dominates", f"Hypervolume: {volume}.", [trace], layout)
