"""Go on with a search that was stopped, from where its journal ends, or take a finished one further."""

import argparse
from typing import TYPE_CHECKING

from nas.errors import UserError

if TYPE_CHECKING:
    from nas.run import Run
    from nas.run.display import Display

EXAMPLES = """
nas resume runs/nasbench201-regularized_evolution-1
nas resume runs/nasbench201-regularized_evolution-1 --trials 500
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    from nas.cli.options import add_settings

    parser.add_argument("run", metavar="RUN", help="a run directory")
    more = parser.add_argument_group("more of it")
    add_settings(more, ["trials"], default=None, help="networks in all; the old ones count")
    add_settings(more, ["max_time"], help="how much longer it may run (90m, 1h30m, 1d, or seconds)")
    again = "try trials that failed once more, from their checkpoints where they have any"
    more.add_argument("--retry-failed", action="store_true", help=again)
    more.add_argument("--epochs", help=argparse.SUPPRESS)
    where = parser.add_argument_group("where it runs from now on; what is left out is as before")
    add_settings(where, ("executor", "workers", "gpus_per_trial"), default=None)
    add_settings(where, ["ray_address"], help="a running cluster; the one that the search ran on must be given again")
    add_settings(where, ["deadline"])
    place = "the folder where its data are now, the same ones: that of your own data itself, CIFAR's the one around it"
    where.add_argument("--data", "--data-moved-to", "--dataset", dest="data", metavar="DIR", help=place)
    table = "the benchmark table that the search reads, where it is elsewhere now, or a file of NATS-Bench"
    add_settings(where, ["table"], help=table)


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
