"""The trials of a search, best first, failures last."""

import argparse

from nas.cli.parser import number


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", metavar="RUN", help="a run directory")
    parser.add_argument("--top", type=number(int, 1), metavar="K", help="the best K only")
    front = "only those that no other trial beats in all objectives (the Pareto front)"
    parser.add_argument("--front", action="store_true", help=front)
    parser.add_argument("--json", action="store_true", help="one JSON list on standard output")


def run(args: argparse.Namespace) -> int:
    from nas.cli.output import percent, print_json, table
    from nas.run import Run

    found = Run.open(args.run)
    rows = [row for row in found.results() if row["front"] or not args.front][: args.top]
    if args.json:
        print_json(rows)
        return 0
    several = len(found.config.objectives) > 1
    others = [text.partition(":")[0] for text in found.config.objectives]
    others = [metric for metric in others if metric not in ("valid_accuracy", "parameters", "mult_adds")]
    front_head = ["front"] if several else []
    paused = found.config.schedule != "full"
    epochs_head = ["epochs"] if paused else []
    accuracy = "valid_accuracy"  # which proxies do not have
    scored = any(accuracy in (row["metrics"] or ()) for row in rows) or not others
    heads = ["trial", *front_head, *epochs_head, *(["valid accuracy"] if scored else []), *others]
    heads += ["parameters", "mult-adds", "seconds", "genome"]
    print(
        table(
            heads,
            [
                [
                    row["number"],
                    *(["*" if row["front"] else ""] if several else []),
                    *([row["epochs"]] if paused else []),
                    *([percent(row["metrics"].get(accuracy)) if row["metrics"] else "failed"] if scored else []),
                    *(f"{row['metrics'][metric]:.4g}" if row["metrics"] else "failed" for metric in others),
                    row["parameters"],
                    row["mult_adds"],
                    f"{row['seconds']:.1f}",
                    row["error"] or genome(row["genome"]),
                ]
                for row in rows
            ],
        )
    )
    return 0


def genome(answers: dict[str, object], most: int = 100) -> str:
    """Answers in the order of the choices, on one line."""
    text = " ".join(str(answer).replace(" ", "") for answer in answers.values())
    return text if len(text) <= most else text[: most - 3] + "..."
