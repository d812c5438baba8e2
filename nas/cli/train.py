"""Train one network by a recipe, on all images but those of the test set."""

import argparse
from typing import TYPE_CHECKING, Any

from nas.cli.parser import number

if TYPE_CHECKING:
    from pathlib import Path

    from nas.evaluators import Train
    from nas.run.display import Display

PEERS = 2.0  # seconds
EXAMPLES = """
nas train resnet20 --dataset cifar10 --epochs 100 --to trained
nas train runs/nasbench201-regularized_evolution-1 --epochs 600
nas train resnet50 --weights IMAGENET1K_V1 --freeze backbone --dataset ~/flowers --image-size 224
nas train resnet20 --dataset cifar10 --processes 4
nas train resnet50 --weights IMAGENET1K_V1 --lr 0.001 --lr head=0.01 --dataset ~/flowers --image-size 224
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    from nas.cli.options import AUGMENTATION, DATA, IMAGES, add_settings
    from nas.cli.target import add_document
    from nas.training.recipe import recipes

    add_document(
        parser,
        "arch",
        "a packaged name (nas list), a path to a document, a genome file, or a run directory (its best network)",
    )
    add_settings(parser, (*DATA, *IMAGES, *AUGMENTATION))
    told = f"the recipe of the training (docs/recipes.md): {', '.join(recipes())}"
    add_settings(parser, ["recipe"], help=f"{told} (default: finetune with --weights, else final)")
    add_settings(parser, ("recipe_set", "device", "class_weights"))
    transfer = parser.add_argument_group("transfer learning (docs/transfer.md)")
    transfer.add_argument(
        "--weights",
        metavar="WHAT",
        help="begin with trained weights: IMAGENET1K_V1 (torchvision's), timm:NAME, a file of weights, a run, or a "
        "folder of nas train or nas export; where they count other classes, the head is new",
    )
    transfer.add_argument(
        "--freeze",
        action="append",
        metavar="PART",
        help="leave this part as it is: backbone, head, norms, upto:stages.2, or a place such as stem (repeatable)",
    )
    transfer.add_argument(
        "--lr",
        action="append",
        default=[],
        metavar="[PART=]RATE",
        help="the learning rate, or that of a part, such as head=0.01 (repeatable)",
    )
    parser.add_argument(
        "--epochs", type=number(int, 1), metavar="N", help="epochs of training (default: those of the recipe)"
    )
    parser.add_argument(
        "--seed", type=number(int, 0), default=0, metavar="S", help="the seed of the weights and of the order of images"
    )
    parser.add_argument(
        "--processes",
        type=number(int, 1),
        default=1,
        metavar="N",
        help="train by N processes of this machine, each on a GPU of its own if there are as many (torchrun: several "
        "machines)",
    )
    parser.add_argument("--to", metavar="DIR", help="the folder to write to (default: runs/train-NAME-1)")
    parser.add_argument("--force", action="store_true", help="overwrite the files of another network in the folder")


def run(args: argparse.Namespace) -> int:
    from nas.run.display import Display

    if args.processes > 1:
        from nas.cli.processes import launch

        return launch(run, args)
    display = Display()
    display.stage(f"reading {args.arch}")  # before anything heavy is imported
    try:
        return train(args, display)
    finally:
        display.close()


def train(args: argparse.Namespace, display: "Display") -> int:
    """With what it says on the way."""
    import time
    from dataclasses import replace
    from pathlib import Path

    import torch

    from nas.cli.options import AUGMENTATION, given
    from nas.cli.target import find, trained_source
    from nas.errors import UserError, stops_pass
    from nas.executors.attempt import reason
    from nas.run.directory import create_directory, write_json
    from nas.run.interrupt import exit_status
    from nas.run.pace import Countdown
    from nas.run.progress import Progress
    from nas.run.words import accuracies
    from nas.space import Space
    from nas.training import Recipe, ranks
    from nas.training.document import applied, check_recipe, lasting
    from nas.training.precision import check_device
    from nas.training.trained import in_the_way

    settings = given(args, ["recipe_set"]).get("recipe_set", {}) | given(args, (*AUGMENTATION, "class_weights"))
    settings |= _transfer(args)
    args.recipe = args.recipe or ("finetune" if args.weights else "final")
    named = Recipe.named(args.recipe)
    applied(named, settings)  # mistakes before the data are read
    if args.device is not None:
        check_device(args.device)
    if (own := ranks.join(args.device)) is not None:
        args.device = str(own)
    trainer = _trainer(args)
    target = find(args.arch, args.set, trainer.parameters())
    if not target.fixed:
        raise UserError(
            args.arch, "an open search space is not one network", "train one of its genomes, or search it first"
        )
    check_recipe(target.space)
    genome = target.genome or target.space.genome({})
    last = target.space.finalised(genome)
    graph = Space(last.document).graph(last)
    recipe = applied(applied(named, lasting(dict(graph.recipe))), settings)
    weights = trained_source(args.weights) if args.weights else None
    trainer = replace(trainer, final_recipe=recipe, device=args.device or trainer.device, weights=weights)
    display.stage(f"reading {trainer.dataset}")
    notes = ranks.after_first(trainer.read_data).notes
    if first := ranks.rank() == 0:
        folder = Path(args.to) if args.to else create_directory("runs", None, f"train-{target.space.name}")
        new = args.to is None or not folder.exists()
        for path in in_the_way(folder, graph.fingerprint(), args.force):
            path.unlink()
        folder.mkdir(parents=True, exist_ok=True)
    else:
        folder, new = Path(), False
    folder = Path(ranks.said_by_first(str(folder), torch.device(args.device or "cpu")))
    epochs, countdown = trainer.final_epochs(args.epochs), Countdown()
    what = f"training {target.space.name} on {trainer.dataset}"
    for note in notes:
        display.say(f"note: {note}")
    display.stage(f"{what}: epoch 1{f' of {epochs}' if epochs else ''}")

    def report(epoch: int, measured: dict[str, float]) -> bool:
        left = countdown.left(epoch, epochs)
        display(Progress(epoch=epoch, epochs=epochs, metrics=measured, remaining_seconds=left, stage=what))
        return True

    try:
        with stops_pass():
            measured = trainer.final(genome, args.seed, args.epochs, {}, folder, report)
    except (UserError, OSError):
        _drop(folder, new)
        raise
    except KeyboardInterrupt as stopped:
        display.close(keep=True)
        display.say(f"stopped; to go on from its last whole epoch: the same command with --to {folder}")
        return exit_status(stopped)
    except Exception as error:  # noqa: BLE001 - it diverged, memory ran out, or whatever else torch raises
        if ranks.count() > 1:
            time.sleep(PEERS)  # where another process is lost, which is what went wrong, this one is ended meanwhile
        _drop(folder, new)
        display.close(keep=True)
        display.say(f"error: {args.arch}: the training failed: {reason(error)}")
        return 1
    if not first:
        ranks.leave()
        return 0
    last.save(folder / "genome.json")
    trained_by = {"name": args.recipe, "settings": trainer.last_recipe(args.epochs).to_json()}
    begun = {"weights": args.weights} if args.weights else {}
    result = {"dataset": trainer.dataset, "seed": args.seed, **begun, "recipe": trained_by, "final": measured}
    write_json(folder / "result.json", result)
    ranks.leave()
    display.close()
    display.say(f"trained: {accuracies(measured)}; in {folder}")
    display.say(f"next: nas export {folder} --to DIR")
    return 0


def _transfer(args: argparse.Namespace) -> dict[str, Any]:
    """Settings of the recipe that the options of transfer learning stand for."""
    from nas.errors import UserError

    settings: dict[str, Any] = {"freeze": ",".join(args.freeze)} if args.freeze else {}
    for text in args.lr:
        part, equals, rate = text.rpartition("=")
        if equals and not part:
            raise UserError("--lr", f"{text!r} names no part", "give RATE, or PART=RATE such as head=0.01")
        if part:
            settings.setdefault("part_rates", {})[part] = rate
        else:
            settings["learning_rate"] = rate
    return settings


def _drop(folder: "Path", new: bool) -> None:
    """The folder of a training that has left nothing."""
    if new and not any(folder.iterdir()):
        folder.rmdir()


def _trainer(args: argparse.Namespace) -> "Train":
    """That of the run that is trained further, if it is one and no data set is named; with what the arguments say."""
    from dataclasses import replace
    from pathlib import Path

    from nas.cli.options import IMAGES, given
    from nas.data import task_of
    from nas.evaluators import Train, trainer_of
    from nas.run import Run

    read = {name: setting for name, setting in given(args, IMAGES).items() if setting}
    if args.dataset is not None or not (Path(args.arch) / "run.yaml").exists():
        name = args.dataset or "digits"
        return Train(name, args.data, **{"task": task_of(name, args.data), **read} if "task" not in read else read)
    searched = trainer_of(Run.open(args.arch).config.evaluator)
    return replace(searched, data=args.data or searched.data, **read)
