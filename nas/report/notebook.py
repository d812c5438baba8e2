"""What a notebook shows of a space, a genome, a graph and a run."""

from collections.abc import Iterable, Sequence
from html import escape
from typing import TYPE_CHECKING, Any

from nas.graph.graph import Graph
from nas.report.drawing import draw, draw_space
from nas.run import Run
from nas.run.words import in_words, measured
from nas.space import Genome, Space
from nas.space.explore import every_choice

if TYPE_CHECKING:
    from matplotlib.figure import Figure

TOP = 10  # trials of a run
WIDE = 120  # characters of a choice's alternatives


def html(thing: Space | Genome | Graph | Run) -> str:
    """A fragment of a page: what it is, its drawing, and its choices."""
    if isinstance(thing, Graph):
        return _framed(repr(thing), draw(thing, thing.name))
    if isinstance(thing, Genome):
        graph = Space(thing.document).graph(thing)
        return _framed(repr(graph), _table(("choice", "answer"), thing.answers.items()), draw(graph, graph.name))
    if isinstance(thing, Run):
        return _run(thing)
    if thing.fixed:
        return _framed(repr(thing), draw_space(thing))
    choices = [(met.path, _short(met.alternatives)) for met in every_choice(thing.document)]
    return _framed(repr(thing), draw_space(thing), _table(("choice", "alternatives"), choices))


def course(run: Run) -> "Figure":
    """Every trial by the first objective, and the best so far."""
    from nas.report.shown_figure import ShownFigure

    objective = run.state.objectives[0]
    done = [entry for entry in run.trials if entry.result is not None and entry.result.metrics is not None]
    numbers = [entry.trial.number for entry in done]
    values = [entry.result.metrics[objective.metric] for entry in done if entry.result and entry.result.metrics]
    best = list[float]()
    for value in values:
        best.append(value if not best else (min if objective.smaller else max)(best[-1], value))
    figure = ShownFigure(figsize=(7, 4), layout="constrained")
    axes = figure.subplots()
    axes.plot(numbers, values, "o", markersize=4, alpha=0.5, label="a trial")
    axes.step(numbers, best, where="post", label="the best so far")
    axes.set(xlabel="trial", ylabel=in_words(objective.metric), title=run.path.name)
    axes.grid(alpha=0.3)
    axes.legend(frameon=False, loc="best")
    return figure


def _run(run: Run) -> str:
    rows, metric = run.results(), run.state.objectives[0].metric
    shown = [
        (str(row["number"]), measured(metric, row["metrics"][metric]), f"{row['parameters']:,}")
        for row in rows[:TOP]
        if row["metrics"]
    ]
    drawing = ""
    if run.best is not None:
        graph = run.space.graph(run.best.trial.genome)
        drawing = draw(graph, graph.name)
    return _framed(repr(run), _table(("trial", in_words(metric), "parameters"), shown), drawing)


def _short(alternatives: Sequence[Any]) -> str:
    text = ", ".join(str(getattr(value, "item", value)) for value in alternatives)
    return text if len(text) <= WIDE else f"{text[: WIDE - 3]}..."


def _table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    def line(cells: Sequence[object], kind: str) -> str:
        return "<tr>" + "".join(f"<{kind}>{escape(str(cell))}</{kind}>" for cell in cells) + "</tr>"

    body = "".join(line(row, "td") for row in rows)
    return f"<table><thead>{line(heads, 'th')}</thead><tbody>{body}</tbody></table>"


def _framed(title: str, *parts: str) -> str:
    return "\n".join([f"<pre>{escape(title)}</pre>", *(f"<div>{part}</div>" for part in parts if part)])
