"""The settings of a search, each said once: the keywords of `nas.search`, the options of `nas search` and the keys of
run.yaml follow from the fields below.
"""

from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY, MISSING, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nas.data import NAMES
from nas.evaluators.proxies import PROXIES
from nas.run.arguments import taken
from nas.run.plan import GROUPS, Plan, document, evaluation, in_python, place, search
from nas.tasks import TASKS

if TYPE_CHECKING:  # the help of the command line reads this, and needs no space
    from nas.run.callbacks import Callback
    from nas.run.progress import Watch
    from nas.training import Recipe

__all__ = ["GROUPS", "SETTINGS", "Plan", "Request", "names_of"]


@dataclass(frozen=True)
class Request(Plan):
    """A search as its user asks for it: the arguments of `nas.search`. Raises UserError for what means nothing."""

    _: KW_ONLY
    overrides: Mapping[str, Any] = document(
        dict,
        "override a parameter of the document, such as channels=16",
        "`input` and `classes` come from the data set unless they are given here.",
        flag="--set",
    )
    mutate: str | None = document(
        None,
        "search around one network: open its kernels, widths, depths, operations, blocks, or those named",
        "'all', or kinds with commas between them; the space has to be one network, which is tried first.",
        metavar="KINDS",
        alone="all",
    )
    start_from: Any = search(
        (),
        "try this first: a genome file, the best of a run, or a packaged network of this space (darts_v2)",
        "One or several; also genomes, their answers, and runs.",
        metavar="GENOME|RUN|ARCH",
        several=True,
    )
    table: str | Path | None = evaluation(
        None,
        "the benchmark table for --evaluator table (docs/benchmarks.md; default: the one of the space)",
        "None: the one that comes with the space.",
        metavar="FILE",
        to="evaluator.table",
    )
    proxies: str | Sequence[str] = evaluation(
        list,
        f"a proxy for --evaluator proxy: {', '.join(PROXIES)}, or several by rank, a+b (default: synflow)",
        "Each is a metric and an objective.",
        flag="--proxy",
        metavar="NAME",
        to="evaluator.proxies",
    )
    dataset: str | Path | None = evaluation(
        None,
        f"{', '.join(NAMES)}, a folder with one of images, signals or clips per class, or a table (.csv, .parquet)",
        "None: digits; of a table that is given, cifar10.",
        to="evaluator.dataset",
    )
    data: str | Path | None = evaluation(
        None, "the folder that the data set is in, or is downloaded to", metavar="DIR", to="evaluator.data"
    )
    train: Any = in_python(None, "training images of your program, in place of `dataset` (nas.data.collect)")
    valid: Any = in_python(None, "validation images likewise; None: a part of `train`")
    test: Any = in_python(None, "test images likewise; None: a part of `train`")
    classes: Sequence[str] | None = in_python(None, "the names of the classes of `train`; None: those that it tells")
    loss: Any = in_python(
        None, "your function of what a network gives and the targets, the mean of a batch, in place of the task's loss"
    )
    metrics: Mapping[str, Any] = in_python(
        dict, "your functions of the predictions and targets of a set, by name; `valid_` and the name is an objective"
    )
    image_size: int | str | Sequence[int] | None = evaluation(
        None,
        "bring all images to N x N pixels, or H x W (height, width); without it they must have one size",
        metavar="N|HxW",
        to="images.image_size",
    )
    resize: str | None = evaluation(
        None,
        "how to reach --image-size or --length: crop (cover it, take the middle), stretch, or pad (default: crop)",
        metavar="WAY",
        to="images.resize",
    )
    length: int | None = evaluation(
        None,
        "bring all signals to N steps; without it they must have one length",
        least=1,
        to="images.length",
    )
    frames: int | None = evaluation(
        None,
        "the data are clips, video files or folders of frames: take N frames of each, evenly spaced",
        least=1,
        to="images.frames",
    )
    task: str | None = evaluation(
        None,
        f"what images are to give: {', '.join(TASKS)} (default: what the data say; docs/tasks.md)",
        words=tuple(TASKS),
        to="images.task",
    )
    skip_unreadable: bool = evaluation(
        False, "leave out files that cannot be read, instead of ending with an error", to="images.skip_unreadable"
    )
    inherit: bool = evaluation(
        False,
        "begin each candidate with the weights of the one that it was made of, as far as they fit",
        "Of searchers that say so: evolution, nsga2, local_search, bananas.",
        to="images.inherit",
    )
    flip: bool | None = evaluation(
        None,
        "never mirror images in training, because left and right differ in these classes",
        flag="--no-flip",
        to="augmentation.flip",
    )
    crop: int | None = evaluation(
        None,
        "shift images by up to N pixels in training (default: as suits the data set)",
        least=0,
        to="augmentation.crop",
    )
    recipe: "str | Recipe | Mapping[str, Any] | None" = evaluation(
        None,
        "the recipe by which candidates train, one of those in nas train --help (default: search)",
        "Or a Recipe, or settings of 'search'.",
        metavar="NAME",
    )
    recipe_set: Mapping[str, Any] = evaluation(
        dict,
        "a setting of the recipe, such as learning_rate=0.05",
        "Expressions and choices, {'learning_rate': '=lr'}, become the document's, and are searched.",
    )
    device: str | None = evaluation(
        None, "where to compute: cpu, cuda, cuda:1 or mps (default: a GPU, if there is one)", metavar="D"
    )
    final_recipe: str | None = evaluation(
        None,
        "the recipe by which the winner trains, one of those in nas train --help (default: final)",
        metavar="NAME",
        to="evaluator.final_recipe",
    )
    class_weights: str | None = evaluation(
        None,
        "none, or balanced: each class counts alike in the loss, however few images it has (default: the recipe's)",
        "Of candidates and of the winner.",
        metavar="HOW",
        words=("none", "balanced"),
    )
    workers: int | None = place(None, "how many networks to evaluate at a time (ray)", least=1, to="executor.workers")
    gpus_per_trial: float = place(
        0.0,
        "how many GPUs, or what part of one, a trial gets (ray)",
        metavar="F",
        least=0,
        to="executor.gpus_per_trial",
    )
    ray_address: str | None = place(
        None,
        "the running cluster to join: auto, or HOST:PORT (ray; default: start Ray on this machine)",
        metavar="ADDRESS",
        to="executor.address",
    )
    deadline: float | None = place(
        None, "count a trial as failed after so many seconds", metavar="SECONDS", least=0, to="executor.deadline"
    )
    runs: str | Path = place("runs", "the folder in which run directories are made", metavar="DIR")
    name: str | None = place(
        None, "the name of the run directory (default: made from those of the space and the searcher)"
    )
    progress: "Watch | bool | None" = in_python(
        None,
        "called with a Progress after each trial, and after each epoch of the final training. True: show it on "
        "standard error, or in the notebook; None: where that is a terminal or a notebook; False: show nothing.",
    )
    callbacks: "Sequence[Callback] | None" = in_python(
        None, "instances of your own classes of nas.run.Callback, which are told of trials, their epochs and the end"
    )

    def __post_init__(self) -> None:
        for item in fields(self):
            value = getattr(self, item.name)
            if value is None and item.default_factory is not MISSING:
                value = item.default_factory()
            value = taken(item.name, value, item.type, item.default, item.metadata["least"])
            object.__setattr__(self, item.name, value)

    def kept(self) -> dict[str, Any]:
        """Those of the Plan that are not left out."""
        values = {item.name: getattr(self, item.name) for item in fields(Plan)}
        return {name: value for name, value in values.items() if value is not None}

    def part(self, owner: str, given: bool = False) -> dict[str, Any]:
        """What is for an owner, by its own names for it: "executor", "evaluator", its "images", its "augmentation".

        given: without what is left out.
        """
        values = {name: (getattr(self, ours), SETTINGS[ours].default) for name, ours in names_of(owner).items()}
        return {name: value for name, (value, default) in values.items() if not given or value is not default}


def names_of(owner: str) -> dict[str, str]:
    """The names of the settings that are for an owner: its own name for each -> the field of `Request`."""
    to = [(item.metadata["to"].partition("."), item.name) for item in fields(Request)]
    return {name: ours for (to_whom, _, name), ours in to if to_whom == owner}


SETTINGS = {item.name: item for item in fields(Request)}
