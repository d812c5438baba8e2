"""Serve optuna-dashboard to a browser of this machine: a search as an Optuna study, which follows it while it runs."""

import argparse

from nas.cli.parser import number

EXAMPLES = """
nas dashboard runs/nasbench201-regularized_evolution-1
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", metavar="RUN", help="a run directory")
    port = "where on this machine it is served; 0: at any port that is free"
    parser.add_argument("--port", type=number(int, 0, 65535), default=8080, metavar="N", help=port)


def run(args: argparse.Namespace) -> int:
    from nas.integrations.optuna_live import serve
    from nas.run.interrupt import Terminated

    def said(url: str) -> None:
        print(f"{args.run} is shown at {url} (Ctrl-C ends this)", flush=True)

    try:
        serve(args.run, args.port, said)
    except Terminated:
        raise
    except KeyboardInterrupt:  # how else should it end
        return 0
    return 0
