"""Which choices matter for the score, and which answers did well."""

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import lru_cache
from html import escape
from statistics import fmean
from typing import Any

from nas.report.answers import Answers
from nas.report.chart import axis, chart, plain
from nas.report.measure import Measure
from nas.run.state import Entry
from nas.run.words import many

SHOWN, LEAST = 25, 0.005  # choices, of such a share
ROW = 24  # pixels of one
Scored = tuple[Mapping[str, Any], float]  # the answers of a genome, and what was measured of it
STEPS = 10  # while a search runs: anew after so many further trials, or a tenth of all


def importance(entries: Sequence[Entry], measure: Measure, answers: Answers, running: bool = False) -> str:
    """A section. running: made again and again; then the latest few trials may be left out."""
    from nas.integrations.optuna_importance import ABSENT, enough

    epochs, done = comparable(entries, measure)
    done = done[: len(done) // (step := max(STEPS, len(done) // 10)) * step] if running else done
    paths = list(dict.fromkeys(path for genome, _ in done for path in genome))
    if not paths:
        return ""
    after = f" after {many(epochs, 'epoch')}" if epochs else ""
    head, wanted = "<section><h2>Which choices matter</h2>", enough(len(paths))
    if len(done) < wanted:
        of = f"of {many(len(paths), 'choice')}: here are {many(len(done), 'trial')}{after}"
        return f"{head}<p>It takes {wanted} trials to say something {of}.</p></section>"
    shares = _importances(tuple(tuple(genome.items()) for genome, _ in done), tuple(value for _, value in done))
    if not shares:
        return f"{head}<p>All trials scored alike.</p></section>"
    shown = {path: share for path, share in list(shares.items())[:SHOWN] if share >= LEAST}
    worth = {path: _worth(path, done, measure, ABSENT) for path in shown}
    texts = {
        path: [f"{ABSENT if answer is ABSENT else answers.text(path, answer)} {told}" for answer, told in worth[path]]
        for path in shown
    }
    names = [answers.names.get(path, path) for path in shown]
    trace = {
        "type": "bar",
        "orientation": "h",
        "y": list(range(len(shown))),
        "x": [100 * share for share in shown.values()],
        "text": [
            plain(f"{name}: {share:.1%}") + "<br>" + "<br>".join(map(plain, texts[path][:8]))
            for name, (path, share) in zip(names, shown.items(), strict=True)
        ],
        "textposition": "none",
        "hoverinfo": "text",
        "marker": {"color": "--line"},
    }
    ticks = {"tickvals": list(range(len(shown))), "ticktext": list(map(plain, names)), "autorange": "reversed"}
    layout = {"xaxis": axis("share of the explained variance (%)"), "yaxis": ticks, "showlegend": False, "bargap": 0.3}
    left = len(paths) - len(shown)
    rest = f" Not shown: {many(left, 'choice')} of smaller shares." if left else ""
    caption = (
        f"fANOVA over {many(len(done), 'trial')}{after}: how much of the variance of the {measure.title} each choice "
        f"explains by itself. {'A choice that is not asked counts as an answer. ' * _conditional(done, paths)}"
        "The search did not draw its trials evenly: this tells what went with good scores, not what causes them."
        f"{rest}"
    )
    lines = "".join(
        f"<tr><td>{escape(name)}</td><td>{share:.1%}</td><td>{escape(', '.join(texts[path]))}</td></tr>"
        for name, (path, share) in zip(names, shown.items(), strict=True)
    )
    head = f"<th>choice</th><th>share</th><th>{escape(measure.title)} of each answer, on average (trials)</th>"
    table = f'<div class="scroll"><table><thead><tr>{head}</tr></thead>{lines}</table></div>'
    table = f"<details><summary>Each answer</summary>{table}</details>"
    figure = chart("Which choices matter", caption, [trace], layout, 90 + ROW * len(shown))
    return figure.replace("</figure>", f"{table}</figure>")


@lru_cache(maxsize=8)
def _importances(answers: tuple[tuple[tuple[str, Any], ...], ...], scores: tuple[float, ...]) -> Mapping[str, float]:
    """A page that follows a search asks for the same again."""
    from nas.integrations.optuna_importance import importances

    return importances([dict(one) for one in answers], scores)


def comparable(entries: Sequence[Entry], measure: Measure) -> tuple[int | None, list[Scored]]:
    """The epochs that most trials reached (None: the evaluator's own), and these trials with their values then."""
    budgets = Counter(budget for entry in entries for budget, result in entry.results.items() if not result.failed)
    if not budgets:
        return None, []
    most = max(budgets, key=lambda budget: (budgets[budget], budget or 0))
    found = list[Scored]()
    for entry in entries:
        result = entry.results.get(most)
        measured = {**entry.costs, **result.metrics} if result is not None and result.metrics is not None else {}
        if measure.metric in measured:
            found.append((entry.trial.genome.answers, float(measured[measure.metric])))
    return most, found


def _worth(path: str, done: Sequence[Scored], measure: Measure, absent: str) -> list[tuple[Any, str]]:
    """Each answer, and its trials' average, best first."""
    scores: dict[Any, list[float]] = {}
    for genome, value in done:
        scores.setdefault(genome.get(path, absent), []).append(value)
    sign = 1 if measure.smaller else -1
    ranked = sorted(scores.items(), key=lambda item: sign * fmean(item[1]))
    return [(answer, f"{measure.text(fmean(own))} ({len(own)})") for answer, own in ranked]


def _conditional(done: Sequence[Scored], paths: Sequence[str]) -> bool:
    return any(len(genome) < len(paths) for genome, _ in done)
