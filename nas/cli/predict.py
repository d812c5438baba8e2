"""Say what a trained network sees in pictures, signals or clips."""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

EXAMPLES = """
nas predict runs/nasbench201-regularized_evolution-1 cat.png photos/
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "network", metavar="RUN|DIR", help="a run directory, or a folder that nas train or nas export wrote"
    )
    parser.add_argument("images", metavar="IMAGE", nargs="+", help="a picture, a signal or a clip, or a folder of them")
    masks = "write the masks of a network of segmentation to this folder, as PNGs of the numbers of classes"
    parser.add_argument("--to", metavar="DIR", help=masks)
    told = "print one JSON list of {image, signal or clip, class, probability}, or what else the task says"
    parser.add_argument("--json", action="store_true", help=f"{told} (docs/tasks.md)")


def run(args: argparse.Namespace) -> int:
    from nas.cli.output import print_json, table
    from nas.cli.target import trained_folder
    from nas.errors import UserError
    from nas.exports.predict import predict, preprocessing_and_classes, task_of
    from nas.training.trained import load_trained

    model, _ = load_trained(trained_folder(args.network))
    noun, task = preprocessing_and_classes(model, args.network)[0].noun, task_of(model)
    if args.to is not None and not task.dense:
        raise UserError("--to", f"it is for masks, and the network is of {task.name}", "leave it out")
    pictures = [path for word in args.images for path in _examples(word, noun)]
    answers = list(predict(model, pictures, args.network, Path(args.to) if args.to else None))
    predictions = [answer for answer in answers if not isinstance(answer, UserError)]
    if args.json:
        print_json(predictions)
    elif predictions:
        heads, cells = SAID[task.name]
        print(table((noun, *heads), [(row[noun], *cells(row)) for row in predictions]))
    for answer in answers:
        if isinstance(answer, UserError):
            print(f"error: {answer}", file=sys.stderr)
    return 2 if len(predictions) < len(answers) else 0


def _labels(row: dict[str, Any]) -> list[str]:
    return [", ".join(f"{name} {100 * row['probabilities'][name]:.0f} %" for name in row["labels"]) or "none"]


def _shares(row: dict[str, Any]) -> list[str]:
    return [", ".join(f"{name} {100 * share:.1f} %" for name, share in row["shares"].items()), row.get("mask", "")]


def _values(row: dict[str, Any]) -> list[str]:
    return [", ".join(f"{name} {value:.4g}" for name, value in row["values"].items())]


SAID: dict[str, tuple[tuple[str, ...], Callable[[dict[str, Any]], list[str]]]] = {  # heads and cells of a table
    "classification": (("class", "probability"), lambda row: [row["class"], f"{100 * row['probability']:.1f} %"]),
    "multi_label": (("labels",), _labels),
    "regression": (("values",), _values),
    "segmentation": (("of the pixels", "mask"), _shares),
}


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
