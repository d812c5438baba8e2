"""List the searches in a folder, the last used first: how far each is, and the best that it has found."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

EXAMPLES = """
nas runs
nas runs elsewhere --json
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", metavar="FOLDER", nargs="?", default="runs", help="the folder of the run directories")
    parser.add_argument("--json", action="store_true", help="print one JSON list")


def run(args: argparse.Namespace) -> int:
    import time

    from nas.cli.output import duration, print_json, table
    from nas.errors import UserError
    from nas.run.words import measured

    folder = Path(args.folder)
    if not folder.is_dir():
        raise UserError(str(folder), "no such folder", "give the folder that nas search writes to (--runs)")
    rows = sorted(_rows(folder), key=lambda row: -row["time"])
    if args.json:
        print_json(rows)
        return 0
    heads = ("run", "space", "searcher", "state", "trials", "best", "last used")
    cells = [
        [
            row["run"],
            row["space"],
            row["searcher"],
            row["state"],
            "" if row["trials"] is None else f"{row['finished']} of {row['trials']}",
            "" if row["best"] is None else measured(row["metric"], row["best"]),
            f"{duration(time.time() - row['time'])} ago",
        ]
        for row in rows
    ]
    print(table(heads, cells))
    return 0


def _rows(folder: Path) -> "Iterator[dict[str, Any]]":
    """One for each run directory; `state`: running, stopped, ended (and why), or what is wrong with it."""
    from nas.errors import UserError
    from nas.run import Run
    from nas.run.directory import CONFIG, JOURNAL, LOCK
    from nas.run.lock import in_use

    facts = ("space", "searcher", "finished", "failed", "trials", "metric", "best")
    for path in (child for child in folder.iterdir() if (child / CONFIG).is_file()):
        used = max(file.stat().st_mtime for file in (path / CONFIG, path / JOURNAL) if file.exists())
        row: dict[str, Any] = {"run": str(path), **dict.fromkeys(facts), "time": used}
        try:
            run = Run.open(path)
        except UserError as error:
            yield {**row, "state": error.what}
            continue
        ended = f"ended ({run.reason})" if run.reason else "stopped"
        objective = run.state.objectives[0]
        metrics = run.best.result.metrics if run.best is not None and run.best.result is not None else None
        yield {
            **row,
            "space": run.space.name,
            "searcher": run.config.searcher,
            "state": "running" if in_use(path / LOCK) else ended,
            "finished": run.state.finished,
            "failed": run.state.failed,
            "trials": run.config.trials,
            "metric": objective.metric,
            "best": None if metrics is None else metrics.get(objective.metric),
        }
