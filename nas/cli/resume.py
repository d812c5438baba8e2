"""Go on with a search that was stopped, from where its journal ends."""

import argparse


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", metavar="RUN", help="a run directory")
    table = "the benchmark table that the search reads, where it is elsewhere now, or a file of NATS-Bench"
    parser.add_argument("--table", metavar="FILE", help=table)
    parser.add_argument("--ray-address", metavar="ADDRESS", help="the cluster that the search ran on, if it did")


def run(args: argparse.Namespace) -> int:
    import nas
    from nas.cli.running import carry_out

    given = {"table": args.table, "ray_address": args.ray_address}
    return carry_out(f"resuming {args.run}", lambda tell: nas.resume(args.run, progress=tell, **given))
