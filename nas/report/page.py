"""One self-contained page about a search. A run directory may come from anyone: every text that enters is escaped."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from importlib.resources import files
from typing import Any

from nas.graph.costs import COSTS
from nas.report.svg import Axis, Point, chart
from nas.run.hypervolume import Hypervolume
from nas.run.words import in_words, short

DRAWN = ("parameters", "mult_adds")  # costs that trials are drawn by, whatever the objectives
MARKS = ("dot", "front", "best")  # style classes of trials, in the order of drawing


@dataclass(frozen=True)
class Measure:
    """What trials are compared by on the page: a metric, or a cost of the network; an accuracy is shown in percent."""

    metric: str = "valid_accuracy"
    smaller: bool = False  # is better

    @property
    def title(self) -> str:
        return in_words(self.metric).replace("valid ", "validation ")

    @property
    def axis(self) -> str:
        return f"{self.title} (%)" if self.percent else self.title

    @property
    def percent(self) -> bool:
        return self.metric.endswith("accuracy")

    def of(self, row: Mapping[str, Any]) -> float | None:
        """A trial's value; None where it has none."""
        value = (row["metrics"] or {}).get(self.metric, row.get(self.metric) if row["state"] == "done" else None)
        return None if value is None else float(value)

    def rank(self, row: Mapping[str, Any]) -> float:
        """Larger is better, of a trial that has a value."""
        return -self.height(row) if self.smaller else self.height(row)

    def height(self, row: Mapping[str, Any]) -> float:
        """Where such a trial is on the axis."""
        return (self.of(row) or 0.0) * (100 if self.percent else 1)

    def text(self, value: float) -> str:
        return f"{value:.2%}" if self.percent else f"{value:.4g}"


def page(
    name: str,
    rows: Sequence[Mapping[str, Any]],
    settings: Mapping[str, Any],
    facts: Mapping[str, str],
    drawing: str = "",
    top: int = 20,
    measure: Measure = Measure(),
    others: Sequence[Measure] = (),
    volume: Hypervolume | None = None,
    notes: Sequence[str] = (),
    supernets: Sequence[str] = (),
) -> str:
    """The page as text.

    Args:
        name: of the run.
        rows: its trials as `nas results --json` lists them, in any order.
        settings: what the search was asked to do, shown as names and values.
        facts: what came out of it, shown large: a title and a value each.
        drawing: SVG of the best genome's network, trusted (made here, not read from the run).
        top: how many trials the table holds.
        measure: what they are compared by.
        others: the other objectives, where there are several: the front is marked then.
        volume: the front's hypervolume, shown with its course and its reference point.
        notes: on what came out of it, a line each.
        supernets: HTML of a section for each, trusted (`nas.report.supernets`).
    """
    done = [row for row in rows if row["state"] == "done" and measure.of(row) is not None]
    best = max(done, key=measure.rank) if done else None  # the first of equals
    sections = [_facts(facts), *(f"<p>{escape(note)}</p>" for note in notes)]
    if best is not None:
        sections += [_figures(done, best, measure, others, volume), _answers(best, drawing), _table(done, top, measure)]
    sections += [*supernets, _failures(rows), _settings(settings)]
    style = files("nas.report").joinpath("style.css").read_text(encoding="utf-8")
    title = escape(name)
    return "\n".join(
        [
            '<!doctype html><html lang="en"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            # a page made of someone's run directory needs no script and nothing from elsewhere
            "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">",
            f"<title>{title}</title><style>{style}</style></head><body><main>",
            f"<h1>{title}</h1>",
            *(section for section in sections if section),
            "</main></body></html>\n",
        ]
    )


def _facts(facts: Mapping[str, str]) -> str:
    tiles = (f"<div><dt>{escape(key)}</dt><dd>{escape(str(value))}</dd></div>" for key, value in facts.items())
    return f'<dl class="facts">{"".join(tiles)}</dl>'


def _label(row: Mapping[str, Any], measure: Measure) -> str:
    costs = [f"{short(row[key])} {key.replace('_', '-')}" for key in DRAWN if row.get(key) is not None]
    return ", ".join([f"trial {row['number']}: {measure.text(measure.of(row) or 0.0)}", *costs])


def _figures(
    done: Sequence[Mapping[str, Any]],
    best: Mapping[str, Any],
    measure: Measure,
    others: Sequence[Measure],
    volume: Hypervolume | None,
) -> str:
    y = Axis.around(measure.axis, [measure.height(row) for row in done])

    def kind(row: Mapping[str, Any]) -> str:
        return "best" if row is best else "front" if others and row.get("front") else "dot"

    def points(rows: Sequence[Mapping[str, Any]], place: Callable[[Mapping[str, Any]], float]) -> list[Point]:
        marks = [Point(place(row), measure.height(row), _label(row, measure), kind(row)) for row in rows]
        return sorted(marks, key=lambda mark: MARKS.index(mark.kind))  # the best is drawn last, on top

    ordered = sorted(done, key=lambda row: row["number"])
    record, course = ordered[0], []
    for row in ordered:
        record = max(record, row, key=measure.rank)
        course.append((float(row["number"]), measure.height(record)))
    x = Axis.around("trial", [number for number, _ in course], whole=True)
    figures = [
        _figure(
            "The search's course",
            "Every trial, and the best so far.",
            chart(
                *(x, y, points(ordered, lambda row: float(row["number"])), course),
                f"{measure.title} of each trial and the best so far",
                1060,
            ),
        )
    ]
    caption = f"The best trial is the large mark{', those of the front have the colour of lines' if others else ''}."
    for cost in ({metric: Measure(metric) for metric in DRAWN} | {other.metric: other for other in others}).values():
        costed = [row for row in done if cost.of(row)]
        if costed:
            places, title = [cost.height(row) for row in costed], cost.title
            log = min(places) > 0 and not cost.percent
            x = Axis.around(f"{title} (logarithmic)" if log else cost.axis, places, read=short, log=log)
            figures.append(
                _figure(
                    f"{measure.title.capitalize()} against {title}",
                    caption,
                    chart(x, y, points(costed, cost.height), describe=f"{measure.title} against {title}"),
                )
            )
    if volume is not None:
        steps = [(float(number), value) for number, value in enumerate(volume.course, start=1)]
        x = Axis.around("trials done", [number for number, _ in steps], whole=True)
        y = Axis.around("hypervolume", volume.course, read=short)
        figures.append(_figure("What the front dominates", f"Hypervolume: {volume}.", chart(x, y, (), steps)))
    return f'<div class="figures">{"".join(figures)}</div>'


def _figure(title: str, caption: str, svg: str) -> str:
    return f"<figure><h2>{escape(title)}</h2><p>{escape(caption)}</p>{svg}</figure>"


def _answers(best: Mapping[str, Any], drawing: str) -> str:
    answers = best.get("genome") or {}
    lines = "".join(
        f"<tr><td><code>{escape(str(k))}</code></td><td>{escape(str(v))}</td></tr>" for k, v in answers.items()
    )
    listed = f'<div class="scroll"><table><thead><tr><th>choice</th><th>answer</th></tr></thead>{lines}</table></div>'
    return f"<section><h2>The best genome: trial {best['number']}</h2>{drawing}{listed if lines else ''}</section>"


def _table(done: Sequence[Mapping[str, Any]], top: int, measure: Measure) -> str:
    ranked = sorted(done, key=lambda row: -measure.rank(row))[:top]
    costs = [cost for cost in COSTS if any(row.get(cost) for row in ranked)]
    others = sorted({key for row in ranked for key in row["metrics"]} - {measure.metric})
    heads = ["trial", measure.title, *map(in_words, costs), "seconds", *others]
    body = []
    for row in ranked:
        metrics = row["metrics"]
        cells = [str(row["number"]), measure.text(measure.of(row) or 0.0), *(_number(row.get(cost)) for cost in costs)]
        cells += [f"{row.get('seconds') or 0:,.1f}", *(_number(metrics.get(key)) for key in others)]
        body.append("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in cells) + "</tr>")
    head = "".join(f"<th>{escape(text.replace('_', ' '))}</th>" for text in heads)
    rows = f"<thead><tr>{head}</tr></thead><tbody>{''.join(body)}</tbody>"
    table = f'<div class="scroll"><table class="numbers">{rows}</table></div>'
    return f"<section><h2>The best {len(ranked)} trials</h2>{table}</section>"


def _number(value: Any) -> str:
    if isinstance(value, int | float) and abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.4g}" if isinstance(value, float) else "" if value is None else str(value)


def _failures(rows: Sequence[Mapping[str, Any]]) -> str:
    failed = [row for row in rows if row["state"] == "failed"]
    if not failed:
        return ""
    lines = "".join(f"<tr><td>{row['number']}</td><td>{escape(str(row['error']))}</td></tr>" for row in failed[:50])
    more = f"<p>and {len(failed) - 50} more</p>" if len(failed) > 50 else ""
    table = f"<table><thead><tr><th>trial</th><th>reason</th></tr></thead>{lines}</table>"
    return f'<section><h2>Failed trials</h2><div class="scroll">{table}</div>{more}</section>'


def _settings(settings: Mapping[str, Any]) -> str:
    shown = {key: _text(value) for key, value in settings.items()}
    lines = "".join(f"<tr><td>{escape(str(k))}</td><td>{escape(v)}</td></tr>" for k, v in shown.items() if v)
    return (
        f'<section><h2>Settings</h2><div class="scroll"><table class="settings">{lines}</table></div></section>'
        if lines
        else ""
    )


def _text(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key}={item}" for key, item in value.items() if item is not None)
    return "" if value is None else str(value)
