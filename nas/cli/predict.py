"""Say what a trained network sees in pictures."""

import argparse
import sys
from pathlib import Path

EXAMPLES = """
nas predict runs/nasbench201-regularized_evolution-1 cat.png photos/
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "network", metavar="RUN|DIR", help="a run directory, or a folder that nas train or nas export wrote"
    )
    parser.add_argument("images", metavar="IMAGE", nargs="+", help="a picture, or a folder of pictures")
    parser.add_argument("--json", action="store_true", help="print one JSON list of {image, class, probability}")


def run(args: argparse.Namespace) -> int:
    from nas.cli.output import print_json, table
    from nas.cli.target import trained_folder
    from nas.errors import UserError
    from nas.exports.predict import predict
    from nas.training.trained import load_trained

    model, _ = load_trained(trained_folder(args.network))
    pictures = [path for word in args.images for path in _pictures(word)]
    answers = list(predict(model, pictures, args.network))
    predictions = [answer for answer in answers if not isinstance(answer, UserError)]
    if args.json:
        print_json(predictions)
    elif predictions:
        rows = [(row["image"], row["class"], f"{100 * row['probability']:.1f} %") for row in predictions]
        print(table(("image", "class", "probability"), rows))
    for answer in answers:
        if isinstance(answer, UserError):
            print(f"error: {answer}", file=sys.stderr)
    return 2 if len(predictions) < len(answers) else 0


def _pictures(word: str) -> list[Path]:
    """The picture meant, or those in a folder and below it, as a data set's are found: other files are left out."""
    from nas.data.tree import walk
    from nas.errors import UserError

    path = Path(word)
    if not path.is_dir():
        return [path]
    pictures = walk(path)[0].below()
    if not pictures:
        raise UserError(word, "has no pictures", "give pictures, or a folder of them")
    return pictures
