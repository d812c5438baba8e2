"""Go on with a search that was stopped, from where its journal ends, or take a finished one further."""

import argparse
from typing import TYPE_CHECKING

from nas.cli.parser import number, one_of
from nas.errors import UserError

if TYPE_CHECKING:
    from nas.run import Run
    from nas.run.display import Display


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", metavar="RUN", help="a run directory")
    more = parser.add_argument_group("more of it")
    more.add_argument("--trials", type=number(int, 1), metavar="N", help="networks in all; the old ones count")
    more.add_argument("--max-time", metavar="8h", help="how much longer it may run (90m, 1h30m, 1d, or seconds)")
    again = "try trials that failed once more, from their checkpoints where they have any"
    more.add_argument("--retry-failed", action="store_true", help=again)
    more.add_argument("--epochs", help=argparse.SUPPRESS)
    where = parser.add_argument_group("where it runs from now on; what is left out is as before")
    where.add_argument("--executor", type=one_of("serial", "ray"), help="serial or ray")
    where.add_argument("--workers", type=number(int, 1), metavar="N", help="networks evaluated at a time (ray)")
    where.add_argument("--gpus-per-trial", type=number(float, 0), metavar="F", help="GPUs, or a fraction (ray)")
    address = "a running cluster; the one that the search ran on must be given again"
    where.add_argument("--ray-address", metavar="ADDRESS", help=address)
    deadline = "a trial that takes longer has failed"
    where.add_argument("--deadline", type=number(float, 0), metavar="SECONDS", help=deadline)
    place = "the folder where its data are now, the same ones: that of your own data itself, CIFAR's the one around it"
    where.add_argument("--data", "--data-moved-to", "--dataset", dest="data", metavar="DIR", help=place)
    table = "the benchmark table that the search reads, where it is elsewhere now, or a file of NATS-Bench"
    where.add_argument("--table", metavar="FILE", help=table)


def run(args: argparse.Namespace) -> int:
    from nas.cli.running import carry_out

    if args.epochs is not None:
        hint = f"begin a new search, or train the best longer: nas train {args.run} --epochs {args.epochs}"
        raise UserError("nas resume: --epochs", "results after other epochs would not compare", hint)
    given = {name: value for name, value in vars(args).items() if name not in ("run", "epochs")}

    def resume(display: "Display") -> "Run":
        import nas

        return nas.resume(args.run, progress=display, **given)

    return carry_out(f"resuming {args.run}", resume)
