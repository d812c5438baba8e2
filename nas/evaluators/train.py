"""The evaluator of most searches: train the genome's network and measure it on the validation set."""

from __future__ import annotations

import functools
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from nas.errors import UserError
from nas.training.recipe import Recipe
from nas.training.threads import use_threads

if TYPE_CHECKING:
    from nas.data import Dataset
    from nas.types import Metrics, Report, Trial


@dataclass(frozen=True)
class Train:
    """Trains on the data set `dataset` (of the directory `data`) by `recipe`; a trial's budget replaces its epochs.

    `train_images` caps the training images, always the same ones, for cheap budgets; `valid_fraction` is as in
    `nas.data.load`. `device` is torch's name of one; None takes a GPU where there is one. `threads` caps the CPU's;
    None takes what the executor set, else every core. Raises UserError where the network's input or classes are not
    the data set's, training.Diverged, and whatever torch raises when memory runs out.
    """

    dataset: str = "digits"
    data: str | None = None
    recipe: Recipe = field(default_factory=lambda: Recipe.named("search"))
    train_images: int | None = None
    valid_fraction: float | None = None
    device: str | None = None
    threads: int | None = None

    def __call__(self, trial: Trial, report: Report, checkpoint: Path | None = None) -> Metrics:
        """The metrics of `nas.training.fit`, which calls `report` after each epoch and keeps its state in `checkpoint`."""
        from nas.network import compile
        from nas.space import Space
        from nas.training.loop import fit
        from nas.training.precision import default_device

        use_threads(self.threads)
        device = self.device or str(default_device())
        graph = Space(trial.genome.document).graph(trial.genome)
        data = _load(self.dataset, self.data, self.valid_fraction, self.train_images, device)
        if tuple(graph.input) != data.shape or tuple(graph.shape) != (len(data.classes),):
            what = f"maps {list(graph.input)} to {list(graph.shape)}, and the data has images {list(data.shape)} in {len(data.classes)} classes"
            raise UserError("network", what, f"set input={list(data.shape)} and classes={len(data.classes)}")
        recipe = self.recipe.replace(epochs=trial.budget, steps=None) if trial.budget else self.recipe
        return fit(compile(graph, trial.seed), data, recipe, trial.seed, report=report, checkpoint=checkpoint, device=device)


@functools.lru_cache(maxsize=1)
def _load(
    name: str, directory: str | None, valid_fraction: float | None, train_images: int | None, device: str
) -> Dataset:
    """Read once a process, not once a trial."""
    from nas.data import load

    data = load(name, directory, valid_fraction)
    return (data.with_train_images(train_images) if train_images else data).to(device)
