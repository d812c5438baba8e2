"""What opens where a trial is clicked on: its measurements, its answers, what it was made of, and its drawing."""

import time
from collections.abc import Mapping, Sequence
from functools import lru_cache
from html import escape
from typing import Any

from nas.errors import ShapeError, UserError
from nas.graph.costs import COSTS
from nas.report.answers import Answers
from nas.report.chart import embedded
from nas.report.course import Trials
from nas.report.drawing import draw
from nas.report.tables import number, shown
from nas.run.lineage import lineage, origin
from nas.run.results import Run
from nas.run.words import in_words
from nas.space import Genome, Space

DRAWN, SECONDS = 24, 10.0  # trials whose networks are drawn: so many, for so long


def details(run: Run, trials: Trials, answers: Answers) -> str:
    """The drawings, and a block of data by trial, for the script: of the table's, the line's, and all that failed."""
    rows = {row["number"]: row for row in shown(trials)}
    rows |= {row["number"]: row for row in trials.rows if row["state"] == "failed" or row["number"] in trials.line}
    told = {str(key): _told(run, row, trials, answers) for key, row in rows.items()}
    drawings = _drawings(run, [row["number"] for row in _worth_drawing(trials)])
    templates = "".join(f'<template id="network-{key}">{svg}</template>' for key, svg in drawings.items())
    return templates + embedded(told, "details")


def _worth_drawing(trials: Trials) -> list[Mapping[str, Any]]:
    """The best, the front and the ancestors of the best, in turn."""
    front = [row for row in trials.done if row.get("front") and trials.others]
    line = [row for row in trials.done if row["number"] in trials.line]
    ranked = [*shown(trials)[: DRAWN // 3], *front[: DRAWN // 3], *line[-DRAWN // 3 :], *shown(trials)]
    return list({row["number"]: row for row in ranked}.values())[:DRAWN]


def _drawings(run: Run, numbers: Sequence[int]) -> dict[int, str]:
    end, drawings = time.monotonic() + SECONDS, dict[int, str]()
    for trial in numbers:
        if time.monotonic() < end and (svg := drawing(run.trials[trial].trial.genome)):
            drawings[trial] = svg
    return drawings


@lru_cache(maxsize=64)
def drawing(genome: Genome) -> str:
    """SVG of a genome's network; empty where it makes none. A page that follows a search asks for the same again."""
    try:
        graph = Space(genome.document).graph(genome)
    except (UserError, ShapeError):
        return ""
    return draw(graph, genome.document.name)


def _told(run: Run, row: Mapping[str, Any], trials: Trials, answers: Answers) -> dict[str, Any]:
    entry = run.trials[row["number"]]
    facts = []
    if (value := trials.measure.of(row)) is not None:
        facts.append((trials.measure.title, trials.measure.text(value)))
    measured = {
        in_words(key): number(one) for key, one in (row["metrics"] or {}).items() if key != trials.measure.metric
    }
    facts += [(in_words(cost), number(row[cost])) for cost in COSTS if row.get(cost)]
    facts += [*measured.items(), ("seconds", number(round(row.get("seconds") or 0.0, 1)))]
    step = lineage(run.trials, row["number"])[-1]
    made = [answers.changed(change) for change in step.changes]
    parents = [str(number) for number in (step.parent, *step.others) if number is not None]
    source = f"made of trial{'s' * (len(parents) > 1)} {' and '.join(parents)}" if parents else origin(run, entry)
    listed = answers.listed(row.get("genome") or {})
    return {"facts": facts, "answers": listed, "from": source, "changes": made, "error": row["error"] or ""}


def best_section(trials: Trials, answers: Answers, run: Run) -> str:
    """The best network: its drawing, and its answers."""
    row = next((row for row in trials.done if row["number"] == trials.best), None)
    if row is None:
        return ""
    lines = "".join(
        f'<tr title="{escape(path)}"><td>{escape(name)}</td><td>{escape(answer)}</td></tr>'
        for path, (name, answer) in zip(row["genome"], answers.listed(row["genome"]), strict=True)
    )
    listed = f'<div class="scroll"><table><thead><tr><th>choice</th><th>answer</th></tr></thead>{lines}</table></div>'
    svg = drawing(run.trials[row["number"]].trial.genome)
    head = f"<h2>The best genome: trial {row['number']}</h2>"
    return f'<section>{head}<div class="beside">{svg}{listed if lines else ""}</div></section>'
