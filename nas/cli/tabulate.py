"""Make a benchmark table: train every distinct network of a small space, and write what each reached.

With --from, write what a published table says instead.
"""

import argparse

from nas.cli.parser import number, pairs

EXAMPLES = """
nas tabulate nasbench_digits --to digits.csv --dataset digits --epochs 12
nas tabulate nasbench101 --from nasbench_only108.tfrecord --to nasbench101.csv.gz
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    from nas.cli.target import add_document
    from nas.data import NAMES

    add_document(parser, "space", "a packaged space (nas list), or a path to a document")
    to = "the CSV file to write; rows that it already has are not made again"
    parser.add_argument("--to", metavar="FILE", required=True, help=to)
    source = "take it from a published table's file, and train nothing (docs/benchmarks.md)"
    parser.add_argument("--from", dest="source", metavar="FILE", help=source)
    images = (
        f"{', '.join(NAMES)}, or a folder with one folder of images per class (default: digits; with --from, cifar10)"
    )
    parser.add_argument("--dataset", help=images)
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

    if args.source:
        from nas.benchmark.published import convert

        space = nas.load(args.space, **pairs(args.set, "--set", value))
        rows = convert(Path(args.source), space, args.dataset or "cifar10", Path(args.to))
        print(f"{args.to}: {rows:,} rows", file=sys.stderr)
        return 0
    dataset = args.dataset or "digits"
    shape, classes = describe(dataset, args.data)
    overrides = {"input": list(shape), "classes": classes, **pairs(args.set, "--set", value)}
    space = nas.load(args.space, **overrides)
    use_threads(1)
    for line in tabulate(space, dataset, args.data, args.epochs, args.seeds, Path(args.to)):
        print(line, file=sys.stderr)
    return 0
