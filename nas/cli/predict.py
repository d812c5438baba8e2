"""Say what a trained network sees in pictures, signals or clips."""

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
    parser.add_argument("images", metavar="IMAGE", nargs="+", help="a picture, a signal or a clip, or a folder of them")
    parser.add_argument(
        "--json", action="store_true", help="print one JSON list of {image, signal or clip, class, probability}"
    )


def run(args: argparse.Namespace) -> int:
    from nas.cli.output import print_json, table
    from nas.cli.target import trained_folder
    from nas.errors import UserError
    from nas.exports.predict import predict, preprocessing_and_classes
    from nas.training.trained import load_trained

    model, _ = load_trained(trained_folder(args.network))
    noun = preprocessing_and_classes(model, args.network)[0].noun
    pictures = [path for word in args.images for path in _examples(word, noun)]
    answers = list(predict(model, pictures, args.network))
    predictions = [answer for answer in answers if not isinstance(answer, UserError)]
    if args.json:
        print_json(predictions)
    elif predictions:
        rows = [(row[noun], row["class"], f"{100 * row['probability']:.1f} %") for row in predictions]
        print(table((noun, "class", "probability"), rows))
    for answer in answers:
        if isinstance(answer, UserError):
            print(f"error: {answer}", file=sys.stderr)
    return 2 if len(predictions) < len(answers) else 0


def _examples(word: str, noun: str) -> list[Path]:
    """The file meant, or those in a folder and below it, as a data set's are found: other files are left out."""
    from nas.data.kind import examples
    from nas.errors import UserError

    path = Path(word)
    if not path.is_dir():
        return [path]
    found = examples(path, noun)
    if not found:
        raise UserError(word, f"has no {noun}s", f"give {noun}s, or a folder of them")
    return found
