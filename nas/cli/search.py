"""Search a space for the best architecture."""

import argparse
from typing import TYPE_CHECKING, Any

from nas.cli.parser import number, one_of, pairs

if TYPE_CHECKING:
    from nas.run import Run
    from nas.run.display import Display


def arguments(parser: argparse.ArgumentParser) -> None:
    from nas.cli.target import add_document
    from nas.evaluators.proxies import PROXIES

    document = "the search space: a packaged one (nas list), or a path to a document"
    add_document(parser, "space", document, nargs="?", default="nasbench201")
    search = parser.add_argument_group("the search")
    named = "the searcher: regularized_evolution, bananas, random, nsga2, optuna:tpe ... (docs/searchers.md)"
    search.add_argument("--searcher", default="regularized_evolution", help=named)
    _pairs(search, "--searcher-set", "a setting of the searcher, such as population=50 (repeatable)")
    search.add_argument("--trials", type=number(int, 1), default=30, metavar="N", help="how many networks to evaluate")
    limit = "the most that a network may cost: parameters=3.5M, mult_adds=600M, depth=20, latency_ms=5 (repeatable)"
    _pairs(search, "--limit", limit)
    objective = (
        "maximise this, or minimise it with :min: valid_accuracy, latency_ms:min ...; the first decides (repeatable)"
    )
    search.add_argument("--objective", action="append", default=[], metavar="METRIC[:min]", help=objective)
    warm = "score N random networks by proxies and begin with the best: synflow:1000, synflow+jacov:1000 (sum of ranks)"
    search.add_argument("--warm-start", metavar="PROXY:N", help=warm)
    first = (
        "try this first: a genome file, the best of a run, or a packaged network of this space (darts_v2) (repeatable)"
    )
    search.add_argument("--start-from", action="append", default=[], metavar="GENOME|RUN|ARCH", help=first)
    longest = "begin no trial after so long: 90m, 1h30m, 1d, or seconds"
    search.add_argument("--max-time", metavar="8h", help=longest)
    search.add_argument("--seed", type=number(int, 0), default=0, metavar="S", help="the seed of everything random")
    evaluation = parser.add_argument_group("the evaluation of a network")
    evaluation.add_argument(
        "--evaluator",
        default="train",
        help="how networks are scored: train, table (looked up) or proxy (without training)",
    )
    evaluation.add_argument(
        "--table",
        metavar="FILE",
        help="the benchmark table for --evaluator table (docs/benchmarks.md; default: the one of the space)",
    )
    proxy = (
        f"a proxy for --evaluator proxy: {', '.join(PROXIES)}, or several by rank, a+b (default: synflow) (repeatable)"
    )
    evaluation.add_argument("--proxy", action="append", default=[], metavar="NAME", help=proxy)
    add_data(evaluation, None)
    add_augmentation(evaluation)
    evaluation.add_argument(
        "--epochs",
        type=number(int, 1),
        metavar="N",
        help="epochs of training for each candidate (default: those of the recipe)",
    )
    add_recipe(
        evaluation, None, "the recipe by which candidates train, one of those in nas train --help (default: search)"
    )
    schedule = "how epochs are shared out: full (all to everyone), asha or hyperband (most to the best)"
    evaluation.add_argument("--schedule", default="full", metavar="NAME", help=schedule)
    _pairs(evaluation, "--schedule-set", "a setting of the schedule: eta=3, min_epochs=1 (repeatable)")
    final = "epochs of training for the winner; 0 for none (default: those of the final recipe)"
    evaluation.add_argument("--final-epochs", type=number(int, 0), metavar="N", help=final)
    _pairs(
        evaluation,
        "--final-set",
        "a parameter of the document for the last training of the winner, such as channels=36 (repeatable)",
    )
    evaluation.add_argument(
        "--final-recipe",
        metavar="NAME",
        help="the recipe by which the winner trains, one of those in nas train --help (default: final)",
    )
    add_weights(evaluation)
    where = parser.add_argument_group("where it runs")
    where.add_argument(
        "--executor",
        type=one_of("serial", "ray"),
        default="serial",
        help="where trials run: serial (in this process) or ray (in workers)",
    )
    where.add_argument(
        "--workers", type=number(int, 1), metavar="N", help="how many networks to evaluate at a time (ray)"
    )
    where.add_argument(
        "--gpus-per-trial",
        type=number(float, 0),
        default=0.0,
        metavar="F",
        help="how many GPUs, or what part of one, a trial gets (ray)",
    )
    where.add_argument(
        "--ray-address",
        metavar="ADDRESS",
        help="the running cluster to join: auto, or HOST:PORT (ray; default: start Ray on this machine)",
    )
    where.add_argument(
        "--deadline", type=number(float, 0), metavar="SECONDS", help="count a trial as failed after so many seconds"
    )
    where.add_argument("--runs", default="runs", metavar="DIR", help="the folder in which run directories are made")
    where.add_argument(
        "--name", help="the name of the run directory (default: made from those of the space and the searcher)"
    )


def add_data(group: Any, default: str | None = "digits") -> None:
    """The arguments that say which images."""
    from nas.data import NAMES

    dataset = f"{', '.join(NAMES)}, or a folder with one folder of images per class"
    group.add_argument("--dataset", default=default, help=dataset)
    group.add_argument("--data", metavar="DIR", help="the folder that the data set is in, or is downloaded to")
    size = "bring all images to N x N pixels, or H x W (height, width); without it they must have one size"
    group.add_argument("--image-size", metavar="N|HxW", help=size)
    resize = "how to reach --image-size: crop (cover it, take the middle), stretch, or pad (default: crop)"
    group.add_argument("--resize", metavar="WAY", help=resize)
    skip = "leave out files that cannot be read, instead of ending with an error"
    group.add_argument("--skip-unreadable", action="store_true", help=skip)


def add_augmentation(group: Any) -> None:
    """The arguments that say how images may be changed in training."""
    flip = "never mirror images in training, because left and right differ in these classes"
    group.add_argument("--no-flip", action="store_true", help=flip)
    crop = "shift images by up to N pixels in training (default: as suits the data set)"
    group.add_argument("--crop", type=number(int, 0), metavar="N", help=crop)


def images(args: argparse.Namespace) -> dict[str, Any]:
    """How a data set's images are read, by the arguments of `add_data`: fields of Train."""
    return {"image_size": args.image_size, "resize": args.resize, "skip_unreadable": args.skip_unreadable}


def augmentation(args: argparse.Namespace) -> dict[str, Any]:
    """Settings of a recipe, by the arguments of `add_augmentation`; None where they were left out."""
    return {"flip": False if args.no_flip else None, "crop": args.crop}


def add_recipe(group: Any, default: str | None, named: str) -> None:
    """The arguments that say how a network is trained, and where."""
    group.add_argument("--recipe", default=default, metavar="NAME", help=named)
    _pairs(group, "--recipe-set", "a setting of the recipe, such as learning_rate=0.05 (repeatable)")
    group.add_argument(
        "--device", metavar="D", help="where to compute: cpu, cuda, cuda:1 or mps (default: a GPU, if there is one)"
    )


def add_weights(group: Any) -> None:
    """The argument that says how classes of unequal size are weighed in the loss."""
    weights = (
        "none, or balanced: each class counts alike in the loss, however few images it has (default: the recipe's)"
    )
    group.add_argument("--class-weights", type=one_of("none", "balanced"), metavar="HOW", help=weights)


def _pairs(group: Any, option: str, explained: str) -> None:
    group.add_argument(option, action="append", default=[], metavar="NAME=VALUE", help=explained)


def run(args: argparse.Namespace) -> int:
    from nas.cli.running import carry_out
    from nas.cli.target import value

    settings = {
        "searcher": args.searcher,
        "searcher_options": pairs(args.searcher_set, "--searcher-set", value),
        "evaluator": args.evaluator,
        "dataset": args.dataset,
        "data": args.data,
        **images(args),
        **augmentation(args),
        "table": args.table,
        "trials": args.trials,
        "epochs": args.epochs,
        "recipe": args.recipe,
        "recipe_set": pairs(args.recipe_set, "--recipe-set", value),
        "device": args.device,
        "schedule": args.schedule,
        "schedule_options": pairs(args.schedule_set, "--schedule-set", value),
        "final_epochs": args.final_epochs,
        "final_set": pairs(args.final_set, "--final-set", value),
        "final_recipe": args.final_recipe,
        "class_weights": args.class_weights,
        "executor": args.executor,
        "workers": args.workers,
        "gpus_per_trial": args.gpus_per_trial,
        "ray_address": args.ray_address,
        "deadline": args.deadline,
        "seed": args.seed,
        "limits": pairs(args.limit, "--limit", str),
        "objectives": args.objective,
        "proxies": args.proxy,
        "warm_start": args.warm_start,
        "start_from": args.start_from,
        "max_time": args.max_time,
        "overrides": pairs(args.set, "--set", value),
        "runs": args.runs,
        "name": args.name,
    }

    def search(display: "Display") -> "Run":
        import nas

        return nas.search(args.space, progress=display, **settings)

    return carry_out(f"searching {args.space}", search)
