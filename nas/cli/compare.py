"""Compare networks: sizes, costs, how long each takes here, and how often those that were trained are right."""

import argparse

EXAMPLES = """
nas compare resnet18 mobilenet_v2 efficientnet_b0
nas compare runs/nasbench201-regularized_evolution-1 runs/nasbench201-random-1 --to compare.html
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    from nas.cli.completion import documents

    what = "run directories, folders that nas train wrote, packaged names (nas list), documents or genome files"
    networks = parser.add_argument("networks", metavar="NETWORK", nargs="+", help=what)
    networks.completer = documents  # type: ignore[attr-defined]  # argcomplete's
    parser.add_argument("--to", metavar="FILE.html", help="write a page with the charts and the table")
    parser.add_argument("--json", action="store_true", help="print one JSON list")


def run(args: argparse.Namespace) -> int:
    import sys
    from pathlib import Path

    from nas.cli.output import print_json
    from nas.cli.output import table as aligned
    from nas.cli.target import find
    from nas.errors import UserError
    from nas.report.compare import html, remarks, row, table

    if args.to and Path(args.to).suffix != ".html":
        raise UserError("--to", f"not the name of a page: '{args.to}'", "give FILE.html")
    targets = {word: find(word) for word in dict.fromkeys(args.networks)}
    for word, target in targets.items():
        if not target.fixed:
            raise UserError(
                word, "an open search space is not one network", "compare its genomes, or runs that search it"
            )
    folders = {word: Path(word) if Path(word).is_dir() else None for word in targets}
    rows = [row(word, target.space, target.genome, folders[word]) for word, target in targets.items()]
    if args.json:
        print_json(rows)
    else:
        print(aligned(*table(rows)))
        for remark in remarks(rows):
            print(remark)
    if args.to:
        Path(args.to).write_text(html(rows), encoding="utf-8")
        print(args.to, file=sys.stderr if args.json else sys.stdout)
    return 0
