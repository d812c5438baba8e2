"""Serve the report of a search to a browser of this machine, where it follows the search while that runs."""

import argparse

from nas.cli.parser import number

EXAMPLES = """
nas watch runs/nasbench201-regularized_evolution-1
nas watch runs/nasbench201-regularized_evolution-1 --port 9000
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", metavar="RUN", help="a run directory")
    port = "where on this machine it is served; 0: at any port that is free"
    parser.add_argument("--port", type=number(int, 0, 65535), default=8000, metavar="N", help=port)


def run(args: argparse.Namespace) -> int:
    from nas.report.live import Live
    from nas.run.interrupt import Terminated

    with Live(args.run, args.port) as server:
        print(f"{args.run} is shown at {server.url} (Ctrl-C ends this)", flush=True)
        try:
            server.serve_forever()
        except Terminated:
            raise
        except KeyboardInterrupt:  # how else should it end
            return 0
    return 0
