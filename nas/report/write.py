"""From a run directory to its report.html."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from nas.errors import UserError
from nas.report.drawing import draw
from nas.report.page import Measure, page
from nas.report.supernets import section
from nas.space.supernet import every, walk

SHOWN = ("searcher", "searcher_options", "trials", "epochs", "final_epochs", "final_set", "seed", "limits", "executor")


def write(path: str | Path) -> Path:
    """Writes report.html into the run directory and returns its path. Raises UserError where there is no sound run."""
    text = text_of(path)
    target = Path(path) / "report.html"
    draft = Path(path) / "report.html.new"
    draft.unlink(missing_ok=True)  # a link there is removed, not followed
    draft.write_text(text, encoding="utf-8")
    draft.rename(target)
    return target


def text_of(path: str | Path, notes: Sequence[str] = ()) -> str:
    """The report as it is now, with `notes` of its reader's. Raises UserError where there is no sound run."""
    from nas.run import Run
    from nas.run.summary import comparison

    run = Run.open(path)
    drawing = ""
    if run.best is not None:
        drawing = draw(run.space.graph(run.best.trial.genome), run.space.name)
    rows, first = run.results(), run.state.objectives[0]
    accurate = any(Measure().metric in (row["metrics"] or ()) for row in rows)  # proxies know no accuracy
    scored = first.metric.startswith("valid_") or not accurate
    measure = Measure(first.metric, first.smaller) if scored else Measure()
    several = [Measure(each.metric, each.smaller) for each in run.state.objectives if each.metric != measure.metric]
    about = (settings(run), facts(run), drawing)
    return page(
        run.path.resolve().name,
        rows,
        *about,
        measure=measure,
        others=several,
        volume=run.hypervolume(),
        notes=[*notes, *comparison(run)],
        supernets=supernets(run),
    )


def supernets(run: Any) -> list[str]:
    """A section for each supernet that was trained."""
    if not run.state.derived:
        return []
    try:
        choices = walk(run.space.document, every, relaxed=True).choices
    except UserError:  # not to be mixed: it is searched by single paths, which have no shares
        choices = {}
    answers = {path: choice.answers for path, choice in choices.items()}
    return [section(record.number, record.curve, answers) for record in run.state.derived]


def settings(run: Any) -> dict[str, Any]:
    """What the search was asked to do."""
    evaluator = {name: value for name, value in run.config.evaluator.items() if name != "recipe"}
    asked = {name.replace("_", " "): getattr(run.config, name) for name in SHOWN}
    recipe = run.config.evaluator.get("recipe")
    document = {"space": run.space.name, "evaluator": evaluator}
    return {**document, **({"recipe": recipe} if recipe else {}), **asked}


def facts(run: Any) -> dict[str, str]:
    """What came out of it."""
    state = run.state
    facts: dict[str, str] = {}
    if run.best is not None:
        name, value = run.best.shown(run.state.objectives[0].metric)
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
    facts["hours of evaluation"] = f"{seconds / 3600:,.2f}"
    if run.reason != "all trials done":
        facts["ended"] = run.reason or "not yet"
    return facts
