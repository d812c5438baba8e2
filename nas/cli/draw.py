"""Draw a network, or a search space with its choices open, as a picture for a page or a paper."""

import argparse

EXAMPLES = """
nas draw resnet50 --to resnet50.pdf
nas draw nasbench201 --to nasbench201.svg
nas draw runs/nasbench201-regularized_evolution-1 --to best.png
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    from nas.cli.target import add_document

    what = "a packaged name (nas list), a path to a document, a genome file, or a run directory: its best network"
    add_document(parser, "arch", what)
    parser.add_argument("--to", required=True, metavar="FILE", help="the picture: .svg, .png or .pdf")


def run(args: argparse.Namespace) -> int:
    from nas.cli.target import find
    from nas.report.picture import draw

    target = find(args.arch, args.set)
    draw(target.space if target.genome is None else target.space.graph(target.genome), args.to)
    print(args.to)
    return 0
