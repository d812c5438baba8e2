"""The evaluator of most searches: train the genome's network and measure it on the validation set."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

from nas.data.given import Given
from nas.data.picture import parse_size
from nas.errors import UserError
from nas.evaluators.base import Evaluator, Settings
from nas.evaluators.data import check_fit, load, placed
from nas.evaluators.functions import names_of, with_functions
from nas.evaluators.recipes import final_recipe
from nas.tasks import task_named
from nas.tasks.own import Own
from nas.training.recipe import Recipe
from nas.training.threads import use_threads

if TYPE_CHECKING:
    from nas.data import Dataset
    from nas.graph.graph import Graph
    from nas.network import Network
    from nas.space import Genome, Space
    from nas.types import Metrics, Report, Trial

SAVE_EVERY = 30.0  # seconds
KINDS = {"dataset": str, "data": str, "train_images": int, "valid_fraction": float, "device": str, "threads": int}
KINDS |= {"latency_batch": int, "latency_limit": float, "resize": str, "length": int, "skip_unreadable": bool}
KINDS |= {"frames": int, "weights": str, "inherit": bool, "task": str}
REQUIRED = ("dataset", "skip_unreadable", "inherit", "task")  # may not be None
FIT_METRICS = ("train_loss", "train_seconds", "images_per_second", "learning_rate", "epochs", "steps")


@dataclass(frozen=True)
class Train(Evaluator):
    """Trains on the data set `dataset` (of the directory `data`) by `recipe`; a trial's budget replaces its epochs.

    `train_images` caps the training images, always the same ones, for cheap budgets; `valid_fraction`, `image_size`,
    `resize`, `length`, `frames` and `skip_unreadable` are as in `nas.data.load`. `device`: torch's name of one; None:
    a GPU, where there is one. `threads`: the CPU's; None: as many as are fastest of those there are.
    `final_recipe` is for the last training of a winner; None: the named one, "final", in the number and memory formats
    of `recipe`, with its class weights. It mirrors and crops as `recipe` does, where it says nothing of that.
    `inherit`: a trial begins with the weights of its parent, if it has one in the same run, as far as they fit
    (`nas.network.inherit`); the metrics `inherited` and `inherited_epochs` say how much that is.
    `task`: what the images are to give, one of `nas.tasks.TASKS`.
    `latency_batch`: images in the batch whose time on the device becomes the metric `latency_ms`; None: not measured.
    `latency_limit`: the most that it may be, in milliseconds. `weights`: what networks begin with, as
    `nas.training.beginning` takes them, and whose normalisation of the images they bring; None: new weights, drawn from
    the trial's seed. `given`: data of a program, in place of those of a name. `own`: functions of a program, and
    `functions` their names, which are all that a run keeps of them. Raises UserError where the network's input or
    classes are not the data set's, training.Diverged, TooSlow, and whatever torch raises when memory runs out.
    """

    dataset: str = "digits"
    data: str | None = None
    recipe: Recipe = field(default_factory=lambda: Recipe.named("search"))
    train_images: int | None = None
    valid_fraction: float | None = None
    device: str | None = None
    threads: int | None = None
    final_recipe: Recipe | None = None
    latency_batch: int | None = None
    latency_limit: float | None = None
    image_size: tuple[int, int] | None = None
    resize: str | None = None
    length: int | None = None
    frames: int | None = None
    skip_unreadable: bool = False
    weights: str | None = None
    inherit: bool = False
    task: str = "classification"
    given: Given | None = field(default=None, compare=False, repr=False)
    functions: tuple[str, ...] = ()
    own: Own | None = field(default=None, compare=False, repr=False)
    takes: ClassVar = ("images",)

    def __post_init__(self) -> None:
        for name, kind in KINDS.items():
            value = getattr(self, name)
            if type(value) is not kind and (value is not None or name in REQUIRED):
                raise UserError("evaluator train", f"{name} is {value!r}", f"give it as {kind.__name__}")
        task_named(self.task)
        if not isinstance(self.given, Given | None):
            raise UserError("evaluator train", f"given is {self.given!r}", "give a nas.data.given.Given")
        if self.image_size is not None:
            object.__setattr__(self, "image_size", parse_size(self.image_size))

    @classmethod
    def asked(cls, settings: Settings) -> Self:
        """Folders are remembered from the root: a run may go on from elsewhere."""
        from nas.data import task_of

        name, data = settings.dataset or "digits", settings.data
        folder = Path(name).expanduser()
        final = settings.final_recipe
        images = {"task": settings.images.get("task") or task_of(name, data), **settings.images}
        return cls(
            dataset=str(folder.resolve()) if "/" in name or folder.exists() else name,
            data=str(Path(data).expanduser().resolve()) if data else None,
            recipe=Recipe.named("search").replace(**settings.augmentation),
            final_recipe=Recipe.named(final).replace(**settings.augmentation) if final else None,
            **images,
        )

    def to_json(self) -> dict[str, Any]:
        """Without what a subclass has besides, and without data."""
        values = {item.name: getattr(self, item.name) for item in fields(Train) if item.name not in ("given", "own")}
        final = self.final_recipe.to_json() if self.final_recipe else None
        return {**values, "functions": list(self.functions), "recipe": self.recipe.to_json(), "final_recipe": final}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        recipe, final = values.get("recipe"), values.get("final_recipe")
        if not isinstance(recipe, dict) or not isinstance(final, dict | None):
            raise TypeError("a recipe is a mapping")
        recipes = {"recipe": Recipe.from_json(recipe), "final_recipe": Recipe.from_json(final) if final else None}
        return cls(**{**values, **recipes, "functions": names_of(values.get("functions", ()))})

    @property
    def trainer(self) -> Self:
        return self

    def with_trainer(self, trainer: Train) -> Self:
        return replace(self, **vars(trainer))

    @property
    def measures(self) -> tuple[str, ...]:
        """The names of its metrics."""
        task = task_named(self.task)
        hits = ("train_accuracy",) if task.counts_hits else ()
        timed = ("latency_ms",) if self.latency_batch is not None or self.latency_limit is not None else ()
        own = (name.removeprefix("metrics.") for name in self.functions if name != "loss")
        return (*(f"valid_{name}" for name in (*task.measures, *own, "loss")), *hits, *FIT_METRICS, *timed)

    @property
    def objectives(self) -> tuple[str, ...]:
        return (task_named(self.task).objective(),)

    @property
    def source(self) -> dict[str, Any]:
        """The arguments of `nas.data.load`."""
        return {
            "name": self.dataset,
            "directory": self.data,
            "valid_fraction": self.valid_fraction,
            "image_size": self.image_size,
            "resize": self.resize,
            "length": self.length,
            "frames": self.frames,
            "skip_unreadable": self.skip_unreadable,
            "task": self.task,
        }

    def parameters(self) -> dict[str, Any]:
        """`input` and `classes`, without reading more than the heads of its files."""
        from nas.data import describe

        if self.given is not None:
            return {"input": list(self.given.data.shape), "classes": len(self.given.data.classes)}
        names = ("image_size", "resize", "length", "frames", "task")
        shape, classes = describe(self.dataset, self.data, **{name: getattr(self, name) for name in names})
        return {"input": list(shape), "classes": classes}

    def check(self, space: Space) -> None:
        """Reads the data set, before a search makes a failed trial of each genome for what is wrong with it.

        Raises UserError where it is missing or damaged, or does not fit the networks of `space`, where there is no such
        device, and for a setting of the document's recipe that cannot be.
        """
        import torch

        from nas.training.augmentation import Augmentation
        from nas.training.document import check_recipe

        check_recipe(space)
        if self.device is not None:
            from nas.training.precision import check_device

            check_device(self.device)
        data = with_functions(self.read_data(), self.own, self.functions)
        check_fit(space.graph(space.sample(random.Random(0))), data)
        for recipe in (self.recipe, self.last_recipe(None)):
            data.task.check(recipe)
            Augmentation(data, recipe, torch.device("cpu"))

    def read_data(self) -> Dataset:
        """The data set as candidates are trained on it. Raises UserError where it is missing or damaged."""
        return self._data(self.train_images, "cpu")

    def _data(self, train_images: int | None, device: str) -> Dataset:
        return placed(self.whole(), train_images, device)

    def whole(self) -> Dataset:
        """All its data, read once a search. Raises UserError where they are missing or damaged."""
        return self.given.data if self.given is not None else load(**self.source)

    def digest(self) -> dict[str, Any]:
        """Of all the data, as `Dataset.digest`. Raises UserError where they cannot be read."""
        return self._data(None, "cpu").digest

    def __call__(self, trial: Trial, report: Report, checkpoint: Path | None = None) -> Metrics:
        """As `nas.training.fit`, which calls `report` after each epoch and saves its state in `checkpoint`.

        It does so where the training is paused, and every half minute: a short one is as well begun again. What was
        reported of a training that goes on is reported again. The trained network is left beside the checkpoint.
        """
        from nas.data.record import Record
        from nas.space import Space
        from nas.training.beginning import inherited, sampled
        from nas.training.document import applied
        from nas.training.loop import fit
        from nas.training.trained import save_trained

        graph = Space(trial.genome.document).graph(trial.genome)
        recipe = applied(self.recipe, dict(graph.recipe))
        model, data = self.ready(graph, trial.genome, trial.seed, self.train_images)
        again = checkpoint is not None and checkpoint.exists()
        measured = self.latency(model, limited=not again)
        if self.inherit:
            measured |= inherited(model, trial, checkpoint, partial(sampled, data, recipe))
        epochs = trial.horizon or trial.budget
        measured |= fit(
            model,
            data,
            recipe.for_epochs(epochs) if epochs else recipe,
            trial.seed,
            report=report,
            checkpoint=checkpoint,
            save_every=SAVE_EVERY,
            pause_after=trial.budget,
            report_all=True,
            device=data.labels["train"].device,
            threads=self.threads,
        )
        if checkpoint is not None:
            trained = sum(measured.get(name, 0.0) for name in ("epochs", "inherited_epochs"))
            save_trained(checkpoint.parent, model, trial.genome, Record.of(data), trained)
        return measured

    def final(
        self,
        genome: Genome,
        seed: int,
        epochs: int | None,
        final_set: Mapping[str, Any],
        directory: Path,
        report: Report,
    ) -> Metrics:
        """Trains the genome's network, with its document's `final:` parameters and `final_set`, by `last_recipe`.

        On the training and validation images together; the metrics have `test_accuracy`, measured once, at the end. The
        weights and the record go to `directory`. A training that was interrupted goes on from its last epoch.
        """
        from nas.data.record import Record
        from nas.space import Space
        from nas.training.loop import fit
        from nas.training.ranks import rank
        from nas.training.trained import save_trained

        genome = Space(genome.document).finalised(genome, final_set)
        graph = Space(genome.document).graph(genome)
        model, data = self.ready(graph, genome, seed, None)
        recipe = self.last_recipe(epochs, dict(graph.recipe))
        checkpoint = directory / "checkpoint.safetensors"
        metrics = fit(
            model,
            data,
            recipe,
            seed,
            report=report,
            checkpoint=checkpoint,
            train_on=("train", "valid"),
            evaluate_on="test",
            device=data.labels["train"].device,
            threads=self.threads,
        )
        if rank() == 0:
            save_trained(directory, model, genome, Record.of(data))
            checkpoint.unlink(missing_ok=True)
        return metrics

    @property
    def planned_epochs(self) -> int | None:
        return self.recipe.epochs if self.recipe.steps is None else None

    def most_epochs(self, epochs: int | None, schedule: str) -> int | None:
        return self.recipe.epochs if epochs is None else epochs

    def final_epochs(self, asked: int | None) -> int | None:
        if asked is not None:
            return asked
        recipe = self.last_recipe(None)
        return recipe.epochs if recipe.steps is None else None

    def last_recipe(self, epochs: int | None, settings: Mapping[str, Any] | None = None) -> Recipe:
        """By which `final` trains, for so many epochs; None: the recipe's own number.

        settings: of the genome's document, which hold unless `final_recipe` is given, but for how long to train.
        """
        recipe = final_recipe(self.recipe, self.final_recipe, settings)
        return recipe.for_epochs(epochs) if epochs else recipe

    def ready(self, graph: Graph, genome: Genome, seed: int, train_images: int | None) -> tuple[Network, Dataset]:
        """The network of the genome's graph, and the data set on the device; raises UserError where they do not fit."""
        from nas.network import compile
        from nas.training.beginning import begin
        from nas.training.precision import default_device

        use_threads(self.threads)
        device = self.device or str(default_device())
        data = with_functions(self._data(train_images, device), self.own, self.functions)
        check_fit(graph, data)
        return begin(genome, self.weights, seed, data) if self.weights else (compile(graph, seed), data)

    def latency(self, model: Network, limited: bool = True) -> Metrics:
        """`latency_ms` of an untrained network, if it is asked for. Raises TooSlow over the limit, where `limited`."""
        if self.latency_batch is None and self.latency_limit is None:
            return {}
        from nas.evaluators.latency import measured

        return measured(model, self.recipe, self.device, self.latency_batch, self.latency_limit if limited else None)
