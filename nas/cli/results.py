"""List the trials of a search, best first, failures last."""

import argparse
import sys
from typing import TYPE_CHECKING

from nas.cli.output import percent
from nas.cli.parser import number as count
from nas.cli.parser import pairs, real
from nas.errors import UserError

if TYPE_CHECKING:
    from nas.run import Run
    from nas.run.hypervolume import Hypervolume

EXAMPLES = """
nas results runs/nasbench201-regularized_evolution-1 --top 10
nas results runs/nasbench201-regularized_evolution-1 --front --json
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", metavar="RUN", help="a run directory")
    parser.add_argument("--top", type=count(int, 1), metavar="K", help="list only the best K")
    front = "list only the trials that no other beats in all objectives (the Pareto front)"
    parser.add_argument("--front", action="store_true", help=front)
    volume = "print only the hypervolume of the front, and its reference point (docs/searchers.md)"
    parser.add_argument("--hypervolume", action="store_true", help=volume)
    worst = (
        "the reference point of the hypervolume in one objective, such as parameters=2e6 (repeatable; "
        "default: the worst trial)"
    )
    parser.add_argument("--reference", action="append", default=[], metavar="METRIC=VALUE", help=worst)
    parser.add_argument(
        "--json", action="store_true", help="print one JSON value: the list of trials, or the hypervolume"
    )


def run(args: argparse.Namespace) -> int:
    from nas.cli.output import print_json, table
    from nas.graph.costs import COSTS
    from nas.report.answers import Answers
    from nas.run import Run
    from nas.run.summary import comparison
    from nas.run.words import in_words, named

    run = Run.open(args.run)
    volume = _hypervolume(run, args)
    if args.hypervolume:
        assert volume is not None
        print_json({"hypervolume": volume.value, "reference": volume.reference}) if args.json else print(volume)
        return 0
    rows = [row for row in run.results() if row["front"] or not args.front][: args.top]
    if args.json:
        print_json(rows)
        return 0
    numbers = {row["number"] for row in rows}
    answers = Answers.of(run.space, (e.trial.genome for e in run.trials if e.trial.number in numbers))
    several = len(run.config.objectives) > 1
    others = [text.partition(":")[0] for text in run.config.objectives]
    others = [metric for metric in others if metric not in ("valid_accuracy", *COSTS)]
    costs = [cost for cost in COSTS if any(row[cost] for row in rows)]
    front_head = ["front"] if several else []
    paused = run.config.schedule != "full"
    epochs_head = ["epochs"] if paused else []
    accuracy = "valid_accuracy"  # which proxies do not have
    scored = any(accuracy in (row["metrics"] or ()) for row in rows) or not others
    heads = ["trial", *front_head, *epochs_head, *(["valid accuracy"] if scored else []), *others]
    heads += [*map(in_words, costs), "seconds", "genome"]
    print(
        table(
            heads,
            [
                [
                    row["number"],
                    *(["*" if row["front"] else ""] if several else []),
                    *([row["epochs"]] if paused else []),
                    *([percent(row["metrics"].get(accuracy)) if row["metrics"] else "failed"] if scored else []),
                    *(shown(metric, row["metrics"][metric]) if row["metrics"] else "failed" for metric in others),
                    *(row[cost] for cost in costs),
                    f"{row['seconds']:.1f}",
                    row["error"] or named({path: answers.text(path, answer) for path, answer in row["genome"].items()}),
                ]
                for row in rows
            ],
        )
    )
    if volume is not None:
        print(f"\nhypervolume: {volume}")
    for line in comparison(run):
        print(line, file=sys.stderr)
    return 0


def shown(metric: str, value: float) -> str:
    """An accuracy in percent, another number in four digits."""
    from nas.run.words import number

    return number(metric, value)


def _hypervolume(run: "Run", args: argparse.Namespace) -> "Hypervolume | None":
    """Where it is to be shown. Raises UserError where it is asked for by name and there is none."""
    asked = args.hypervolume or args.reference
    if args.reference and args.json and not args.hypervolume:
        raise UserError("--reference", "the list of trials has no hypervolume", "add --hypervolume")
    if not asked and not args.front:
        return None
    volume = run.hypervolume(pairs(args.reference, "--reference", real))
    if volume is None and asked:
        if len(run.state.objectives) < 2:
            hint = "search with several: --objective valid_accuracy --objective parameters:min"
            raise UserError(args.run, "one objective has no hypervolume", hint)
        raise UserError(args.run, "no trial of this run has succeeded yet", f"go on: {run.way_on}")
    return volume
