"""Make a benchmark table: train every distinct network of a small space, and write what each reached."""

import argparse

from nas.cli.parser import number, pairs

EXAMPLES = """
nas tabulate nasbench_digits --to digits.csv --dataset digits --epochs 12
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    from nas.cli.target import add_document
    from nas.data import NAMES

    add_document(parser, "space", "a packaged space (nas list), or a path to a document")
    to = "the CSV file to write; rows that it already has are not made again"
    parser.add_argument("--to", metavar="FILE", required=True, help=to)
    parser.add_argument(
        "--dataset", default="digits", help=f"{', '.join(NAMES)}, or a folder with one folder of images per class"
    )
    parser.add_argument("--data", metavar="DIR", help="the folder that the data set is in, or is downloaded to")
    parser.add_argument("--epochs", type=number(int, 1), default=12, metavar="N", help="epochs in each training")
    parser.add_argument(
        "--seeds",
        type=number(int, 1),
        default=3,
        metavar="N",
        help="trainings of each network, each by a seed of its own",
    )


def run(args: argparse.Namespace) -> int:
    import sys
    from pathlib import Path

    import nas
    from nas.benchmark.tabulate import tabulate
    from nas.cli.target import value
    from nas.data import describe
    from nas.training.threads import use_threads

    shape, classes = describe(args.dataset, args.data)
    overrides = {"input": list(shape), "classes": classes, **pairs(args.set, "--set", value)}
    space = nas.load(args.space, **overrides)
    use_threads(1)
    for line in tabulate(space, args.dataset, args.data, args.epochs, args.seeds, Path(args.to)):
        print(line, file=sys.stderr)
    return 0
