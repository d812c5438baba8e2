"""Compare searchers on a table of networks that were trained already: many repeats of each, in minutes."""

import argparse

from nas.cli.parser import number, pairs, real


def arguments(parser: argparse.ArgumentParser) -> None:
    from nas.cli.target import add_document

    add_document(parser, "space", "a packaged space (nas list) or a path to a document, the one that the table is of")
    given = "a benchmark table (docs/benchmarks.md); the one that comes with the space if left out"
    parser.add_argument("--table", metavar="FILE", help=given)
    parser.add_argument("--dataset", default="cifar10", help="where the table has several: cifar10, cifar100 ...")
    searcher = "a searcher's name; again for more; regularized_evolution and random if left out"
    parser.add_argument("--searcher", action="append", default=[], help=searcher)
    setting = "a setting of those searchers that have it, such as population=10; again for more"
    parser.add_argument("--searcher-set", action="append", default=[], metavar="NAME=VALUE", help=setting)
    objective = "several, as in nas search: valid_accuracy, then costs, such as parameters:min; again for more"
    parser.add_argument("--objective", action="append", default=[], metavar="METRIC[:min]", help=objective)
    worst = (
        "of the hypervolume, parameters=1.6e6 say; if left out accuracy 0, and the largest cost tried; again for more"
    )
    parser.add_argument("--reference", action="append", default=[], metavar="METRIC=VALUE", help=worst)
    parser.add_argument("--trials", type=number(int, 1), default=100, metavar="N", help="of one search")
    stop = "simulated seconds of training at which a search ends, if it has not ended by its trials"
    parser.add_argument("--seconds", type=number(float, 0), metavar="S", help=stop)
    parser.add_argument("--epochs", type=number(int, 1), metavar="N", help="of a trial; the table's fewest if left out")
    again = "let searchers try a network again, as most papers' code does"
    parser.add_argument("--again", action="store_true", help=again)
    workers = "trials under way at once, each for its simulated seconds; searchers are told as they end"
    parser.add_argument("--workers", type=number(int, 1), default=1, metavar="N", help=workers)
    parser.add_argument("--repeats", type=number(int, 1), default=100, metavar="R", help="searches of each searcher")
    parser.add_argument("--seed", type=number(int, 0), default=0, metavar="S", help="of the first repeat")
    parser.add_argument("--processes", type=number(int, 1), metavar="N", help="one a core if left out")
    parser.add_argument("--to", metavar="DIR", help="write curves.svg, curves.png and results.csv there")
    parser.add_argument("--json", action="store_true", help="one JSON list on standard output")


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
    from nas.run.hypervolume import check, stated

    table_file = args.table or packaged(args.space)
    if table_file is None:
        raise UserError("--table", f"no table comes with {args.space}", "give a file (docs/benchmarks.md)")
    overrides = tuple(pairs(args.set, "--set", value).items())
    chosen = (args.space, table_file, args.dataset, args.trials, args.seconds, args.epochs, args.again, args.seed)
    benchmark = Benchmark(*chosen, overrides, parse_objectives(args.objective), args.workers)
    options, given = pairs(args.searcher_set, "--searcher-set", value), pairs(args.reference, "--reference", real)
    several = len(benchmark.objectives) > 1
    check(benchmark.objectives, given)
    names = args.searcher or ["regularized_evolution", "random"]
    shares = searchers.share_out(names, benchmark.load(), options)
    if args.to:
        Path(args.to).mkdir(parents=True, exist_ok=True)  # a mistake there must not come after minutes of searching
    found = {}
    for searcher, share in shares.items():
        start = time.perf_counter()
        found[searcher] = courses(benchmark, searcher, share, args.repeats, args.processes)
        print(f"{searcher}: {args.repeats} searches in {time.perf_counter() - start:.1f} s", file=sys.stderr)
    if several:
        reference = reference_of(benchmark, chain(*found.values()), given)
        rows = [asdict(row) for each in found for row in with_fronts(benchmark, each, found[each], reference)]
        volume = f"hypervolume above {stated(rows[0]['reference'])}"
    else:
        rows = [asdict(row) for each in found for row in standings(each, found[each])]
    known = read_table(table_file, args.dataset)
    metric, epochs = known.scored(args.epochs)
    score = f"{metric.replace('_', ' ')} of the best ({epochs} epochs)"
    if args.to:
        from nas.report.curves import write

        write(args.to, rows, ", ".join(filter(None, (args.space, known.dataset))), volume if several else score)
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
