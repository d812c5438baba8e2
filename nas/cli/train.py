"""Train an architecture, a genome or a search's best with the final recipe, on all but the test images."""

import argparse
import sys

from nas.cli.parser import number


def arguments(parser: argparse.ArgumentParser) -> None:
    from nas.cli.search import add_data
    from nas.cli.target import add_document

    add_document(parser, "arch", "a packaged name (nas list), a document, a genome file, or a run directory")
    add_data(parser, None)
    parser.add_argument("--epochs", type=number(int, 1), metavar="N", help="of training; the recipe's if left out")
    parser.add_argument("--seed", type=number(int, 0), default=0, metavar="S", help="of weights and images' order")
    parser.add_argument("--to", metavar="DIR", help="folder for the weights; runs/train-NAME-1 or so if left out")


def run(args: argparse.Namespace) -> int:
    from pathlib import Path

    from nas.cli.progress import Teller, accuracies
    from nas.cli.target import find
    from nas.data import describe
    from nas.errors import UserError
    from nas.evaluators import Train
    from nas.executors.attempt import reason
    from nas.run import Run
    from nas.run.directory import create, write_json

    if args.dataset is None and (Path(args.arch) / "run.yaml").exists():
        searched = Run.open(args.arch).config.evaluator
        dataset, data = searched.get("dataset", "digits"), args.data or searched.get("data")
    else:
        dataset, data = args.dataset or "digits", args.data
    shape, classes = describe(dataset, data)
    target = find(args.arch, args.set, {"input": list(shape), "classes": classes})
    if not target.fixed:
        raise UserError(
            args.arch, "an open search space is not one network", "train one of its genomes, or search it first"
        )
    folder = Path(args.to) if args.to else create("runs", None, f"train-{target.space.name}")
    folder.mkdir(parents=True, exist_ok=True)
    tell = Teller(sys.stderr)

    def report(epoch: int, measured: dict[str, float]) -> bool:
        tell.epoch(epoch, measured)
        return True

    genome = target.genome or target.space.genome({})
    try:
        measured = Train(dataset, data).final(genome, args.seed, args.epochs, {}, folder, report)
    except (RuntimeError, MemoryError) as error:  # it diverged, or memory ran out
        tell.keep()
        tell.say(f"error: {args.arch}: the training failed: {reason(error)}")
        return 1
    genome = target.space.final().genome(dict(genome.answers))
    genome.save(folder / "genome.json")
    write_json(folder / "result.json", {"dataset": dataset, "seed": args.seed, "final": measured})
    tell.keep()
    tell.say(f"trained: {accuracies(measured)}; in {folder}")
    tell.say(f"next: nas export {folder} --to DIR")
    return 0
