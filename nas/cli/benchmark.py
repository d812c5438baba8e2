"""Compare searchers on a table of networks that were trained before: many searches by each, in minutes."""

import argparse

from nas.cli.parser import number, pairs, real

EXAMPLES = """
nas benchmark nasbench_digits --searcher random --searcher regularized_evolution --repeats 20
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    from nas.cli.target import add_document

    add_document(parser, "space", "the space that the table is of: a packaged one (nas list), or a path to a document")
    given = "the benchmark table (docs/benchmarks.md; default: the one that comes with the space)"
    parser.add_argument("--table", metavar="FILE", help=given)
    parser.add_argument(
        "--dataset", default="cifar10", help="the data set, if the table has several: cifar10, cifar100 ..."
    )
    searcher = "a searcher to compare (repeatable; default: regularized_evolution and random)"
    parser.add_argument("--searcher", action="append", default=[], help=searcher)
    setting = "a setting of those searchers that have it, such as population=10 (repeatable)"
    parser.add_argument("--searcher-set", action="append", default=[], metavar="NAME=VALUE", help=setting)
    objective = "an objective, as in nas search: valid_accuracy, then costs such as parameters:min (repeatable)"
    parser.add_argument("--objective", action="append", default=[], metavar="METRIC[:min]", help=objective)
    worst = (
        "the reference point of the hypervolume in one objective, such as parameters=1.6e6 (repeatable; "
        "default: accuracy 0, and the largest cost tried)"
    )
    parser.add_argument("--reference", action="append", default=[], metavar="METRIC=VALUE", help=worst)
    parser.add_argument("--trials", type=number(int, 1), default=100, metavar="N", help="trials in one search")
    stop = "end a search after S simulated seconds of training, if its trials have not ended it before"
    parser.add_argument("--seconds", type=number(float, 0), metavar="S", help=stop)
    parser.add_argument(
        "--epochs", type=number(int, 1), metavar="N", help="epochs in one trial (default: the fewest of the table)"
    )
    again = "let searchers try a network twice, as the code of most papers does"
    parser.add_argument("--again", action="store_true", help=again)
    workers = "trials under way at the same time, each for its simulated seconds"
    parser.add_argument("--workers", type=number(int, 1), default=1, metavar="N", help=workers)
    parser.add_argument("--repeats", type=number(int, 1), default=100, metavar="R", help="searches by each searcher")
    parser.add_argument(
        "--seed",
        type=number(int, 0),
        default=0,
        metavar="S",
        help="the seed of the first repeat; the others count up from it",
    )
    parser.add_argument(
        "--processes", type=number(int, 1), metavar="N", help="processes that work on it (default: one per core)"
    )
    parser.add_argument(
        "--to", metavar="DIR", help="a folder, in which to write curves.svg, curves.png and results.csv"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON list")


def run(args: argparse.Namespace) -> int:
    import sys
    import time
    from dataclasses import asdict
    from itertools import chain
    from pathlib import Path

    from nas import searchers
    from nas.benchmark.course import Benchmark, courses
    from nas.benchmark.standing import reference_of, standings, with_fronts
    from nas.cli.output import print_json, table
    from nas.cli.target import value
    from nas.errors import UserError
    from nas.evaluators.tables import packaged, read_table
    from nas.objectives import parse_objectives
    from nas.run.hypervolume import check_reference, stated

    table_file = args.table or packaged(args.space)
    if table_file is None:
        raise UserError("--table", f"no table comes with {args.space}", "give a file (docs/benchmarks.md)")
    overrides = tuple(pairs(args.set, "--set", value).items())
    chosen = (args.space, table_file, args.dataset, args.trials, args.seconds, args.epochs, args.again, args.seed)
    benchmark = Benchmark(*chosen, overrides, parse_objectives(args.objective), args.workers)
    options, given = pairs(args.searcher_set, "--searcher-set", value), pairs(args.reference, "--reference", real)
    several = len(benchmark.objectives) > 1
    check_reference(benchmark.objectives, given)
    names = args.searcher or ["regularized_evolution", "random"]
    shares = searchers.share_out(names, benchmark.load(), options)
    if args.to:
        Path(args.to).mkdir(parents=True, exist_ok=True)  # a mistake there must not come after minutes of searching
    courses_of = {}
    for searcher, share in shares.items():
        start = time.perf_counter()
        courses_of[searcher] = courses(benchmark, searcher, share, args.repeats, args.processes)
        print(f"{searcher}: {args.repeats} searches in {time.perf_counter() - start:.1f} s", file=sys.stderr)
    if several:
        reference = reference_of(benchmark, chain(*courses_of.values()), given)
        rows = [asdict(row) for each in courses_of for row in with_fronts(benchmark, each, courses_of[each], reference)]
        volume = f"hypervolume above {stated(rows[0]['reference'])}"
    else:
        rows = [asdict(row) for each in courses_of for row in standings(each, courses_of[each])]
    results = read_table(table_file, args.dataset)
    metric, epochs = results.scored(args.epochs)
    score = f"{metric.replace('_', ' ')} of the best ({epochs} epochs)"
    if args.to:
        from nas.report.curves import write

        write(args.to, rows, ", ".join(filter(None, (args.space, results.dataset))), volume if several else score)
        print(f"written: {args.to}/curves.svg, curves.png, results.csv", file=sys.stderr)
    if args.json:
        print_json(rows)
        return 0
    print(
        table(
            ["searcher", "trials", "simulated seconds", *(["hypervolume", "+-"] if several else []), score, "+-"],
            [
                [
                    *(row["searcher"], f"{row['trials']:g}", f"{row['simulated_seconds']:,.0f}"),
                    *(f"{row[name]:.3f}" for name in ("hypervolume", "hypervolume_std", "mean", "std") if name in row),
                ]
                for row in rows
            ],
        )
    )
    if several:
        print(f"\n{volume}, in percent of the whole box")
    return 0
