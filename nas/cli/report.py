"""Write the report of a search, RUN/report.html: one self-contained page."""

import argparse

EXAMPLES = """
nas report runs/nasbench201-regularized_evolution-1
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", metavar="RUN", help="a run directory")


def run(args: argparse.Namespace) -> int:
    from nas.report import write

    print(write(args.run))
    return 0
