"""Measure a trained network on a data set, whose images are prepared as the network's were."""

import argparse

from nas.cli.parser import one_of


def arguments(parser: argparse.ArgumentParser) -> None:
    from nas.cli.search import add_data
    from nas.data.dataset import SPLITS

    parser.add_argument("network", metavar="RUN|DIR", help="a run, or the folder of nas train or of an export")
    add_data(parser, None)
    told = "train, valid or test"
    parser.add_argument("--split", type=one_of(*SPLITS), default="test", metavar="SET", help=told)
    parser.add_argument("--json", action="store_true", help="{split, images, accuracy, loss}")


def run(args: argparse.Namespace) -> int:
    from nas.cli.output import percent, print_json
    from nas.cli.search import images
    from nas.cli.target import trained_folder, trained_on
    from nas.errors import UserError
    from nas.exports.predict import evaluate
    from nas.training.trained import load_trained

    folder = trained_folder(args.network)
    given = {"name": args.dataset, "directory": args.data, **images(args)}
    before = trained_on(args.network) if args.dataset is None else {}
    source = {name: given.get(name) or setting for name, setting in {**given, **before}.items()}
    if source["name"] is None:
        raise UserError("nas evaluate", "on which data is not said", "give --dataset")
    model, _ = load_trained(folder)
    found = evaluate(model, source, args.split, args.network)
    if args.json:
        print_json(found)
    else:
        print(f"{percent(found['accuracy'])} of {found['images']} {args.split} images, loss {found['loss']:.4f}")
    return 0
