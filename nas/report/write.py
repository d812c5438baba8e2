"""From a run directory to its report.html."""

from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any

from nas.errors import UserError
from nas.report.ancestry import ancestry
from nas.report.answers import Answers
from nas.report.course import Trials, against, course, dominated
from nas.report.details import best_section, details
from nas.report.effort import curves, workers
from nas.report.importance import importance
from nas.report.measure import Measure
from nas.report.page import page
from nas.report.supernets import section
from nas.report.tables import failures_table, front_table, trials_table
from nas.run.directory import write_atomically
from nas.run.results import Run
from nas.space.supernet import every, walk


def write(path: str | Path) -> Path:
    """Writes report.html into the run directory and returns its path. Raises UserError where there is no sound run."""
    target = Path(path) / "report.html"
    write_atomically(target, text_of(path))
    return target


def text_of(path: str | Path, notes: Sequence[str] = (), running: bool = False) -> str:
    """The report as it is now, with `notes` of its reader's. Raises UserError where there is no sound run.

    running: it is made again and again.
    """
    from nas.run.summary import comparison

    run = Run.open(path)
    trials = _trials(run)
    answers = Answers.of(run.space, (entry.trial.genome for entry in run.trials))
    rows = {row["number"]: row for row in trials.rows}
    charts = [course(trials), *against(trials)] if trials.done else []
    volume = run.hypervolume()
    charts += [dominated(volume)] if volume is not None else []
    charts += [curves(run, trials)] if trials.done else []
    charts += [workers(run, trials)]
    sections = [
        f'<div class="figures">{"".join(_filling(charts))}</div>',
        best_section(trials, answers, run),
        ancestry(run, rows, trials.measure, answers),
        importance(run.trials, trials.measure, answers, running),
        front_table(trials, answers),
        trials_table(trials, answers),
        *supernets(run),
        failures_table(trials.rows),
        repeated(run),
        details(run, trials, answers),
    ]
    return page(run.path.resolve().name, sections, facts(run), [*notes, *comparison(run)])


def _filling(charts: Sequence[str]) -> list[str]:
    """Two to a row where they are not wide; one that is left alone is wide too."""
    charts, half = list(charts), [i for i, text in enumerate(charts) if text.startswith("<figure>")]
    if len(half) % 2:
        charts[half[-1]] = charts[half[-1]].replace("<figure>", '<figure class="wide">', 1)
    return charts


def _trials(run: Run) -> Trials:
    from nas.run.lineage import lineage

    rows, first = run.results(), run.state.objectives[0]
    accurate = any(Measure().metric in (row["metrics"] or ()) for row in rows)  # proxies know no accuracy
    scored = first.metric.startswith("valid_") or not accurate
    measure = Measure(first.metric, first.smaller) if scored else Measure()
    several = [Measure(each.metric, each.smaller) for each in run.state.objectives if each.metric != measure.metric]
    best = run.best.trial.number if run.best is not None else None
    own = set(run.state.from_supernets)
    others = [entry.trial.number for entry in run.trials if entry.trial.genome not in own] if own else []
    line = [step.entry.trial.number for step in lineage(run.trials, best)] if best is not None else []
    return Trials(rows, measure, best, several, line, frozenset(others))


def supernets(run: Run) -> list[str]:
    """A section for each supernet that was trained."""
    if not run.state.derived:
        return []
    try:
        choices = walk(run.space.document, every, relaxed=True).choices
    except UserError:  # not to be mixed: it is searched by single paths, which have no shares
        choices = {}
    answers: dict[str, Any] = {path: choice.answers for path, choice in choices.items()}
    return [section(record.number, record.curve, answers) for record in run.state.derived]


def repeated(run: Run) -> str:
    """The command that repeats the search."""
    from nas.run.command import command

    try:
        said = command(run)
    except UserError as error:
        return f"<section><h2>Settings</h2><p>They cannot be read: {escape(str(error))}</p></section>"
    notes = ["Settings that are not named are as by default."]
    if ".yaml" in said.split(" --")[0]:
        notes.append("The document stands in run.yaml, as <code>space</code>.")
    if "./" in said or "--table" in said or "supernet:" in said:
        notes.append("Files and folders are named without their place.")
    told = f'<pre class="command">{escape(said)}</pre><p>{" ".join(notes)}</p>'
    return f"<section><h2>To search so again</h2>{told}</section>"


def facts(run: Run) -> dict[str, str]:
    """What came out of it."""
    from nas.run.words import duration

    state = run.state
    facts: dict[str, str] = {}
    if run.best is not None:
        name, value = run.best.shown(run.state.objectives[0].metric) or ("", 0.0)
        facts[f"best {Measure(name).title}"] = Measure(name).text(value)
    asked = run.state.objectives[0].metric.replace("valid_", "test_")
    for metric in dict.fromkeys(("test_accuracy", asked)):
        if run.final and metric in run.final:
            measure = Measure(metric)
            facts[f"{measure.title}, trained in the end"] = measure.text(run.final[metric])
    facts["trials done"] = f"{state.finished - state.failed:,} of {run.config.trials:,}"
    facts["failed"] = f"{state.failed:,}"
    facts["duplicates not trained again"] = f"{state.duplicates:,}"
    if run.config.limits:
        facts["over a limit"] = f"{state.over_limit:,}"
    seconds = sum(result.seconds for entry in run.trials for result in entry.results.values())
    seconds += sum(record.seconds for record in state.derived)
    facts["of evaluation"] = duration(seconds)
    if run.reason != "all trials done":
        facts["ended"] = run.reason or "not yet"
    return facts
