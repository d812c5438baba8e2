"""Fit a linear classifier on the features of a trained network: how well do they tell other classes apart?"""

import argparse

from nas.cli.parser import one_of

EXAMPLES = """
nas probe resnet50 --weights IMAGENET1K_V1 --dataset ~/flowers --image-size 224
nas probe runs/train-resnet20-1 --at stages.0 --at stages.1 --at stages.2 --dataset ~/flowers --kind svm
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    from nas.cli.options import DATA, IMAGES, add_settings
    from nas.cli.target import add_document

    add_document(parser, "arch", "a packaged name, a path to a document, a run, or a folder of nas train or nas export")
    add_settings(parser, (*DATA, *IMAGES))
    parser.add_argument("--weights", metavar="WHAT", help="as those of nas train (default: the run's or the folder's)")
    at = "a place in the network, such as stages.2 (repeatable; default: what its last layer reads)"
    parser.add_argument("--at", action="append", metavar="PLACE", help=at)
    kinds = "logistic (regression) or svm (a linear support vector machine)"
    parser.add_argument("--kind", type=one_of("logistic", "svm"), default="logistic", metavar="KIND", help=kinds)
    parser.add_argument("--json", action="store_true", help="print one JSON array, of an object for each place")


def run(args: argparse.Namespace) -> int:
    from pathlib import Path

    from nas.cli.options import IMAGES, given
    from nas.cli.output import percent, print_json, table
    from nas.cli.target import find, trained_source
    from nas.errors import UserError
    from nas.evaluators import Train
    from nas.training.beginning import begin
    from nas.training.probe import before_head, probe

    if args.dataset is None:
        raise UserError("nas probe", "on which data is not said", "give --dataset")
    weights = args.weights or (args.arch if Path(args.arch).is_dir() else None)
    if weights is None:
        raise UserError(f"nas probe {args.arch}", "a document has no weights", "give --weights, or a trained network")
    trainer = Train(args.dataset, args.data, **{name: each for name, each in given(args, IMAGES).items() if each})
    target = find(args.arch, args.set, trainer.parameters())
    if not target.fixed:
        raise UserError(args.arch, "an open search space is not one network", "give one of its genomes")
    genome = target.genome or target.space.genome({})
    model, data = begin(genome, trained_source(weights), 0, trainer.read_data())
    found = [probe(model, data, place, args.kind) for place in args.at or [before_head(model)]]
    if args.json:
        print_json(found)
        return 0
    rows = [
        (
            each["place"],
            each["features"],
            f"{each['C']:g}",
            *(percent(each[f"{s}_accuracy"]) for s in ("valid", "test")),
        )
        for each in found
    ]
    print(table(("place", "features", "C", "validation", "test"), rows))
    return 0
