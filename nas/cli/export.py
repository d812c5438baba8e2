"""Write a network with its trained weights as files that other programs read, each compared with the network."""

import argparse
import sys
from typing import Any

EXAMPLES = """
nas export runs/nasbench201-regularized_evolution-1 --to out --format safetensors --format onnx
nas export resnet50 --to out --format python
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    from nas.cli.parser import one_of
    from nas.cli.target import add_document
    from nas.exports.formats import FORMATS, RAW

    add_document(
        parser,
        "arch",
        "a run directory, a folder that nas train wrote, a packaged name (nas list), a document, or a genome file",
    )
    parser.add_argument("--to", metavar="DIR", required=True, help="the folder to write to")
    parser.add_argument(
        "--format",
        action="append",
        default=[],
        type=one_of(*FORMATS),
        help=f"{', '.join(FORMATS)} (repeatable; default: safetensors)",
    )
    inside = f"put the normalisation into the {', '.join(RAW)} files: they take pixels from 0 to 255"
    parser.add_argument("--with-preprocessing", action="store_true", help=inside)
    parser.add_argument(
        "--untrained", action="store_true", help="write initial weights, if the network has no trained ones"
    )
    parser.add_argument("--force", action="store_true", help="overwrite the files of another network in DIR")


def run(args: argparse.Namespace) -> int:
    from nas.exports.card import of_accuracy
    from nas.exports.write import write

    model, told = _network(args)
    settings = {"with_preprocessing": args.with_preprocessing, "force": args.force}
    written = write(model, args.to, args.format or ["safetensors"], **settings, **told)
    for file in written.files:
        print(file)
    for name, compared in written.compared.items():
        if compared.difference is None:
            hint = 'pip install "nas[onnx]"'
            print(f"format {name}: not compared with the network: onnxruntime is missing; {hint}", file=sys.stderr)
        elif compared.accuracy is not None:
            print(f"format {name}: {of_accuracy(compared.accuracy)}", file=sys.stderr)
        else:
            images = f"{compared.random} random" + f" and {compared.real} real" * (compared.real > 0)
            what = f"differs by at most {compared.difference:.1g} of the largest output, on {images} images"
            print(f"format {name}: {what if compared.random else 'the same weights'}", file=sys.stderr)
    for failure in written.failures.values():
        print(f"error: {failure}", file=sys.stderr)
    return 1 if written.failures else 0


def _network(args: argparse.Namespace) -> tuple[Any, dict[str, Any]]:
    """The network, and what else is known of it."""
    from pathlib import Path

    import nas
    from nas.cli.target import find, trained_folder, trained_on
    from nas.errors import UserError
    from nas.exports.card import of_run, of_training
    from nas.exports.pictures import few
    from nas.training.trained import WEIGHTS, load_trained

    place = Path(args.arch)
    if not args.untrained and ((place / "run.yaml").exists() or (place / WEIGHTS).exists()):
        if args.set:
            raise UserError(args.arch, "--set would change a network that is already trained", "leave --set out")
        model, genome = load_trained(trained_folder(args.arch))
        data = trained_on(args.arch)
        facts = of_run(nas.load_run(place)) if (place / "run.yaml").exists() else of_training(place)
        pictures = few(data.get("name"), model.preprocessing)
        return model, {"genome": genome, "trained": True, "pictures": pictures, "facts": facts, "data": data or None}
    target = find(args.arch, args.set)
    if not target.fixed:
        raise UserError(args.arch, "an open search space is not one network", "export one of its genomes")
    if not args.untrained:
        beside = f"; its folder has: nas export {place.parent}" if (place.parent / WEIGHTS).exists() else ""
        what = f"it has no trained weights{beside}"
        raise UserError(args.arch, what, f"train it: nas train {args.arch}, or take initial ones: --untrained")
    genome = target.genome or target.space.genome({})
    return nas.build(target.space, target.genome), {"genome": genome, "trained": False}
