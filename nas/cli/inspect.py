"""Show what a trained network looks at: its first filters, feature maps, saliency and occlusion, as pictures."""

import argparse
from pathlib import Path

EXAMPLES = """
nas inspect runs/nasbench201-regularized_evolution-1 cat.png --at stem --at stages.1 --to looks
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "network", metavar="RUN|DIR", help="a run directory, or a folder that nas train or nas export wrote"
    )
    parser.add_argument("image", metavar="IMAGE", help="a picture")
    at = "a place whose feature maps are shown, such as stages.1 (repeatable; default: the first part of the network)"
    parser.add_argument("--at", action="append", metavar="PLACE", help=at)
    parser.add_argument("--to", metavar="DIR", default="inspected", help="the folder to write to")
    parser.add_argument("--json", action="store_true", help="print one JSON object: {class, probability, files}")


def run(args: argparse.Namespace) -> int:
    from nas.cli.output import print_json
    from nas.cli.target import trained_folder
    from nas.exports.predict import preprocessing_and_classes
    from nas.report.inspection import inspect
    from nas.training.trained import load_trained

    model, _ = load_trained(trained_folder(args.network))
    preprocessing_and_classes(model, args.network)
    first = next(name for name in model.names if name).split(".")[0]
    found = inspect(model, Path(args.image), Path(args.to), args.at or [first])
    if args.json:
        print_json(found)
    else:
        print(f"{args.image}: {found['class']}, {100 * found['probability']:.1f} %")
        print(f"{args.to}: {', '.join(found['files'])}")
    return 0
