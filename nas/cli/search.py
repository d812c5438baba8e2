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

    document = "a packaged space (nas list) or a path to a document"
    add_document(parser, "space", document, nargs="?", default="nasbench201")
    search = parser.add_argument_group("the search")
    named = "regularized_evolution, bananas, random, nsga2, optuna:tpe ... (docs/searchers.md)"
    search.add_argument("--searcher", default="regularized_evolution", help=named)
    _pairs(search, "--searcher-set", "a setting of the searcher, such as population=50; again for more")
    search.add_argument("--trials", type=number(int, 1), default=30, metavar="N", help="networks to evaluate")
    limit = "the most that a network may cost: parameters=3.5M, mult_adds=600M, latency_ms=5; again for more"
    _pairs(search, "--limit", limit)
    objective = (
        "to be made large, or small: valid_accuracy, macro_f1, latency_ms:min; again for more, the first decides"
    )
    search.add_argument("--objective", action="append", default=[], metavar="METRIC[:min]", help=objective)
    warm = "begin with the best of so many random networks by proxies: synflow:1000, synflow+jacov:1000 (sum of ranks)"
    search.add_argument("--warm-start", metavar="PROXY:N", help=warm)
    first = "try this first: a genome file, a run's best, or a network found in this space (darts_v2); again for more"
    search.add_argument("--start-from", action="append", default=[], metavar="GENOME|RUN|ARCH", help=first)
    longest = "begin no more networks after so long (90m, 1h30m, 1d, or seconds)"
    search.add_argument("--max-time", metavar="8h", help=longest)
    search.add_argument("--seed", type=number(int, 0), default=0, metavar="S", help="of everything random")
    evaluation = parser.add_argument_group("the evaluation of a network")
    evaluation.add_argument("--evaluator", default="train", help="how networks are scored: train, table, or proxy")
    evaluation.add_argument("--table", metavar="FILE", help="the benchmark table that table reads (docs/benchmarks.md)")
    proxy = f"what proxy computes, by default synflow: {', '.join(PROXIES)}, or by rank a+b; again for more"
    evaluation.add_argument("--proxy", action="append", default=[], metavar="NAME", help=proxy)
    add_data(evaluation, None)
    add_augmentation(evaluation)
    evaluation.add_argument("--epochs", type=number(int, 1), metavar="N", help="epochs of training a candidate")
    add_recipe(evaluation, None, "of a candidate's training: search (if left out) or another; see nas train --help")
    schedule = "how these are shared out: full (to all), asha or hyperband (by halving, most to the best)"
    evaluation.add_argument("--schedule", default="full", metavar="NAME", help=schedule)
    _pairs(evaluation, "--schedule-set", "a setting of the schedule: eta=3, min_epochs=1; again for more")
    final = "epochs of training the winner; 0 for none"
    evaluation.add_argument("--final-epochs", type=number(int, 0), metavar="N", help=final)
    _pairs(evaluation, "--final-set", "a parameter of the document for the winner's training, such as channels=36")
    evaluation.add_argument("--final-recipe", metavar="NAME", help="of the winner's training (nas train --help)")
    add_weights(evaluation)
    where = parser.add_argument_group("where it runs")
    where.add_argument("--executor", type=one_of("serial", "ray"), default="serial", help="serial or ray")
    where.add_argument("--workers", type=number(int, 1), metavar="N", help="networks evaluated at a time (ray)")
    where.add_argument(
        "--gpus-per-trial", type=number(float, 0), default=0.0, metavar="F", help="GPUs, or a fraction (ray)"
    )
    where.add_argument("--ray-address", metavar="ADDRESS", help="a running cluster: auto, or HOST:PORT")
    where.add_argument(
        "--deadline", type=number(float, 0), metavar="SECONDS", help="a trial that takes longer has failed"
    )
    where.add_argument("--runs", default="runs", metavar="DIR", help="the folder of run directories")
    where.add_argument("--name", help="of the run directory; made from the space's and the searcher's if left out")


def add_data(group: Any, default: str | None = "digits") -> None:
    """The arguments that say which images."""
    dataset = "digits, cifar10, cifar100, or a folder of class folders"
    group.add_argument("--dataset", default=default, help=dataset)
    group.add_argument("--data", metavar="DIR", help="where the data set is, or shall be downloaded to")
    size = "bring all images to N x N pixels, or H x W (height, width); without it they must be of one size"
    group.add_argument("--image-size", metavar="N|HxW", help=size)
    resize = "how: crop (the middle of what covers the size; if left out), stretch, or pad"
    group.add_argument("--resize", metavar="WAY", help=resize)
    skip = "leave out files of a folder that cannot be read"
    group.add_argument("--skip-unreadable", action="store_true", help=skip)


def add_augmentation(group: Any) -> None:
    """The arguments that say how images may be changed in training."""
    flip = "never mirror images: left and right differ in these classes"
    group.add_argument("--no-flip", action="store_true", help=flip)
    crop = "shift images by up to N pixels; by an eighth of the smaller side or less if left out"
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
    _pairs(group, "--recipe-set", "a setting of the recipe, such as learning_rate=0.05; again for more")
    group.add_argument("--device", metavar="D", help="cpu, cuda, cuda:1, mps; a GPU where there is one if left out")


def add_weights(group: Any) -> None:
    """The argument that says how classes of unequal size are weighed in the loss."""
    weights = "none, or balanced: each class counts alike in the loss, however few images it has"
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
