"""Measure the accuracy of a trained network on a data set. Its images are prepared as those of the training were."""

import argparse

from nas.cli.parser import one_of

EXAMPLES = """
nas evaluate runs/nasbench201-regularized_evolution-1 --split test
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    from nas.cli.options import DATA, IMAGES, add_settings
    from nas.data.dataset import SPLITS

    parser.add_argument(
        "network", metavar="RUN|DIR", help="a run directory, or a folder that nas train or nas export wrote"
    )
    add_settings(parser, (*DATA, *IMAGES))
    told = "the set to measure on: train, valid or test"
    parser.add_argument("--split", type=one_of(*SPLITS), default="test", metavar="SET", help=told)
    parser.add_argument(
        "--json",
        action="store_true",
        help="print one JSON object: {split, images, accuracy, loss}, or the task's measures",
    )


def run(args: argparse.Namespace) -> int:
    from nas.cli.options import IMAGES, given
    from nas.cli.output import percent, print_json
    from nas.cli.target import trained_folder, trained_on
    from nas.errors import UserError
    from nas.exports.predict import evaluate
    from nas.run.words import in_words, number
    from nas.training.trained import load_trained

    folder = trained_folder(args.network)
    asked = {"name": args.dataset, "directory": args.data, **given(args, IMAGES)}
    before = trained_on(args.network) if args.dataset is None else {}
    source = {name: asked.get(name) or setting for name, setting in {**asked, **before}.items()}
    if source["name"] is None:
        raise UserError("nas evaluate", "on which data is not said", "give --dataset")
    model, _ = load_trained(folder)
    measured = evaluate(model, source, args.split, args.network)
    if args.json:
        print_json(measured)
    elif "accuracy" not in measured:
        told = ", ".join(f"{in_words(name)} {number(name, measured[name])}" for name in list(measured)[2:])
        print(f"{measured['images']} {args.split} images: {told}")
    else:
        noun = model.preprocessing.noun
        print(
            f"{percent(measured['accuracy'])} of {measured['images']} {args.split} {noun}s, loss {measured['loss']:.4f}"
        )
    return 0
