"""Search a space for the best architecture."""

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nas.run import Run
    from nas.run.display import Display

EXAMPLES = """
nas search nasbench201 --dataset cifar10 --trials 200 --epochs 12
nas search nasnet --dataset ~/flowers --limit parameters=3.5M --executor ray --workers 8
nas search darts --searcher drnas --dataset cifar10 --baseline random
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    from nas.cli.options import add_settings
    from nas.run.settings import GROUPS, SETTINGS

    for title in GROUPS:
        group = parser.add_argument_group(title) if title else parser
        add_settings(group, [name for name, item in SETTINGS.items() if item.metadata["group"] == title])


def run(args: argparse.Namespace) -> int:
    from nas.cli.options import given
    from nas.cli.running import carry_out

    settings = given(args, vars(args))

    def search(display: "Display") -> "Run":
        import nas

        return nas.search(progress=display, **settings)

    return carry_out(f"searching {args.space}", search)
