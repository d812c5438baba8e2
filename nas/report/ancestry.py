"""Where the winner is from: its ancestors, and in words what was changed from each to the next."""

from collections.abc import Mapping
from html import escape
from typing import Any

from nas.report.answers import Answers
from nas.report.measure import Measure
from nas.run.lineage import Step, lineage, origin
from nas.run.results import Run

MOST = 60  # ancestors that are listed; of more the last


def ancestry(run: Run, rows: Mapping[int, Mapping[str, Any]], measure: Measure, answers: Answers) -> str:
    """A section; nothing before a trial has succeeded. rows: the trials that ended, by their numbers."""
    if run.best is None:
        return ""
    steps = lineage(run.trials, run.best.trial.number)
    head = "<section><h2>Where the best one is from</h2>"
    if len(steps) == 1:
        best = steps[0].entry
        return f"{head}<p>Trial {best.trial.number} was {escape(origin(run, best))}. {_why(run)}</p></section>"
    left = len(steps) - MOST
    lines = "".join(_line(run, step, rows, measure, answers) for step in steps[max(0, left) :])
    more = f"<p>{left} earlier ones are left out.</p>" if left > 0 else ""
    changed = sum(len(step.changes) for step in steps)
    said = (
        f"<p>{len(steps) - 1} generation{'s' * (len(steps) > 2)}, {changed} changed answer{'s' * (changed != 1)}.</p>"
    )
    return f'{head}{said}{more}<ol class="line">{lines}</ol></section>'


def _why(run: Run) -> str:
    """Why it has no parents."""
    if not run.state.derived and all(entry.parents is None for entry in run.trials):
        return "The journal notes no parents: the searcher makes each network anew, or it is of an older version."
    return ""


def _line(run: Run, step: Step, rows: Mapping[int, Mapping[str, Any]], measure: Measure, answers: Answers) -> str:
    entry = step.entry
    row = rows.get(entry.trial.number)
    value = measure.of(row) if row else None
    worth = "" if value is None else f" <b>{measure.text(value)}</b>"
    trial = f'<span class="trial" data-trial="{entry.trial.number}">trial {entry.trial.number}</span>{worth}'
    if step.parent is None:
        return f"<li>{trial} <small>{escape(origin(run, entry))}</small></li>"
    others = f"<small>also of trial {', '.join(map(str, step.others))}</small>" if step.others else ""
    changes = "".join(f"<li>{escape(answers.changed(change))}</li>" for change in step.changes)
    return f"<li><ul>{changes or '<li>nothing</li>'}</ul>{trial} {others}</li>"
