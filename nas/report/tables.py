"""The tables of a page, which are read without any script: trials, the front, failures."""

import re
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from nas.graph.costs import COSTS
from nas.report.answers import Answers
from nas.report.course import Trials
from nas.report.measure import Measure
from nas.run.words import in_words, many

MOST = 300  # trials in the table
GENOME = 400  # characters of one


def trials_table(trials: Trials, answers: Answers) -> str:
    """The best trials, each with its measurements and its genome."""
    ranked = shown(trials)
    if not ranked:
        return ""
    every = len(ranked) == len(trials.done)
    title = f"The best {len(ranked)} of {many(len(trials.done), 'trial')}"
    if every:
        title = "The trial" if len(ranked) == 1 else f"All {many(len(ranked), 'trial')}"
    return f"<section><h2>{title}</h2>{_rows(ranked, trials, answers, 'trials')}</section>"


def front_table(trials: Trials, answers: Answers) -> str:
    """The trials that no other beats in all objectives, where there are several."""
    front = [row for row in _ranked(trials) if row.get("front")]
    if not trials.others or not front:
        return ""
    of = ", ".join(f"{each.title} ({'less' if each.smaller else 'more'} is better)" for each in _objectives(trials))
    head = f"<h2>The Pareto front: {len(front)} trial{'s' * (len(front) != 1)}</h2>"
    head += f"<p>No other trial is at least as good in all of these and better in one: {of}.</p>"
    return f"<section>{head}{_rows(front[:MOST], trials, answers)}</section>"


def shown(trials: Trials) -> list[Mapping[str, Any]]:
    """The rows of the table, best first."""
    return _ranked(trials)[:MOST]


def _ranked(trials: Trials) -> list[Mapping[str, Any]]:
    """Those of more epochs first, as they do not compare with others; of equals the earlier."""

    def rank(row: Mapping[str, Any]) -> tuple[bool, float, float]:
        return row["number"] != trials.best, -(row.get("epochs") or 0), -trials.measure.rank(row)

    return sorted(trials.done, key=rank)


def _objectives(trials: Trials) -> list[Measure]:
    return [trials.measure, *trials.others]


def _rows(rows: Sequence[Mapping[str, Any]], trials: Trials, answers: Answers, name: str = "") -> str:
    seen = [trials.measure, *(other for other in trials.others if other.metric not in COSTS)]
    costs = [cost for cost in COSTS if any(row.get(cost) for row in rows)]
    known = {*(each.metric for each in seen), "epochs"}
    metrics = sorted({key for row in rows for key in row["metrics"] or ()} - known)
    epochs = ["epochs"] if len({row.get("epochs") for row in rows}) > 1 else []
    heads = ["trial", *(each.title for each in seen), *epochs, *map(in_words, costs), "seconds"]
    body = []
    for row in rows:
        numbers = [
            row["number"],
            *(each.scaled(value) if (value := each.of(row)) is not None else None for each in seen),
        ]
        texts = [str(row["number"]), *(_text(each, row) for each in seen)]
        plain = [*(row.get(key) for key in [*epochs, *costs]), round(row.get("seconds") or 0.0, 1)]
        measured = [(row["metrics"] or {}).get(key) for key in metrics]
        cells = [*zip(numbers, texts, strict=True), *((value, number(value)) for value in plain)]
        line = "".join(
            f'<td data-value="{"" if value is None else value}">{escape(text)}</td>' for value, text in cells
        )
        line += f'<td class="genome">{_genome(row, answers)}</td>'
        line += "".join(f'<td data-value="{"" if one is None else one}">{escape(number(one))}</td>' for one in measured)
        body.append(f'<tr data-trial="{row["number"]}">{line}</tr>')
    head, rest = ("".join(f"<th>{escape(text)}</th>" for text in some) for some in (heads, map(in_words, metrics)))
    head += f'<th class="genome">genome</th>{rest}'
    table = f"<thead><tr>{head}</tr></thead><tbody>{''.join(body)}</tbody>"
    return f'<div class="scroll tall"><table class="numbers"{f" id={name!r}" if name else ""}>{table}</table></div>'


def _text(measure: Measure, row: Mapping[str, Any]) -> str:
    value = measure.of(row)
    return "" if value is None else measure.text(value)


def _genome(row: Mapping[str, Any], answers: Answers) -> str:
    """`node 2.1=skip_connect`, the names soft."""
    parts, length = list[str](), 0
    for name, answer in answers.listed(row.get("genome") or {}):
        length += len(name) + len(answer)
        if length > GENOME:
            return " ".join([*parts, "..."])
        parts.append(f"<span><i>{escape(name)}</i>\u2009{escape(answer)}</span>")
    return " ".join(parts)


def number(value: Any) -> str:
    """A number as people read it."""
    if isinstance(value, int | float) and abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.4g}" if isinstance(value, float) else "" if value is None else str(value)


def failures_table(rows: Sequence[Mapping[str, Any]]) -> str:
    """Failed trials by their reasons, numbers in these aside; the most frequent first."""
    groups: dict[str, list[Mapping[str, Any]]] = {}
    for row in sorted((row for row in rows if row["state"] == "failed"), key=lambda row: row["number"]):
        groups.setdefault(re.sub(r"\d+(?:\.\d+)?", "#", str(row["error"])), []).append(row)
    if not groups:
        return ""
    lines = "".join(_failure(group) for group in sorted(groups.values(), key=len, reverse=True)[:MOST])
    count = sum(map(len, groups.values()))
    head = "<thead><tr><th>trials</th><th>reason</th><th>which</th></tr></thead>"
    table = f'<div class="scroll"><table>{head}{lines}</table></div>'
    return f"<section><h2>{count} failed trial{'s' * (count != 1)}</h2>{table}</section>"


def _failure(group: Sequence[Mapping[str, Any]]) -> str:
    named = ", ".join(f'<span class="trial" data-trial="{row["number"]}">{row["number"]}</span>' for row in group[:50])
    more = f" and {len(group) - 50} more" if len(group) > 50 else ""
    alike = " (and alike)" if len({row["error"] for row in group}) > 1 else ""
    return f"<tr><td>{len(group)}</td><td>{escape(str(group[0]['error']))}{alike}</td><td>{named}{more}</td></tr>"
