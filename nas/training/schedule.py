"""How many steps a training takes, which images each of them sees, and its learning rate."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nas.training.recipe import Recipe

if TYPE_CHECKING:
    import torch
    from torch import Tensor


@dataclass(frozen=True)
class StepPlan:
    """A recipe on a training set of `images` images. Every batch is full: what is left over of an epoch's order is
    skipped, and is left over from another order in the next epoch."""

    recipe: Recipe
    images: int
    batch: int
    per_epoch: int  # steps
    steps: int  # of the whole training; the last epoch may be cut short

    @classmethod
    def of(cls, recipe: Recipe, images: int) -> StepPlan:
        batch = min(recipe.batch_size or max(2, min(128, -(-images // 32))), images)
        per_epoch = images // batch
        return cls(recipe, images, batch, per_epoch, recipe.steps or recipe.epochs * per_epoch)

    def batches(self, done: int, generator: torch.Generator) -> list[Tensor]:
        """The positions (batch,) of each step's images in the epoch that begins after `done` steps."""
        import torch

        order = torch.randperm(self.images, generator=generator, device=generator.device)
        count = min(self.per_epoch, self.steps - done)
        return list(order[: count * self.batch].split(self.batch))

    def learning_rate(self, step: int, falls: int = 0) -> float:
        """Of `step`, counted from 0: a linear rise, then the schedule; `falls` is how often a plateau ended."""
        recipe = self.recipe
        warmup = round(recipe.warmup_epochs * self.per_epoch)
        if step < warmup:
            return recipe.learning_rate * (step + 1) / (warmup + 1)
        progress = (step - warmup) / max(1, self.steps - warmup)
        if recipe.schedule == "cosine":
            low = recipe.final_learning_rate
            return low + (recipe.learning_rate - low) * (1 + math.cos(math.pi * progress)) / 2
        if recipe.schedule == "step":
            falls = (progress >= 0.5) + (progress >= 0.75)
        elif recipe.schedule == "exponential":
            falls = int((step - warmup) / (recipe.decay_epochs * self.per_epoch))
        elif recipe.schedule == "constant":
            falls = 0
        return recipe.learning_rate * recipe.decay**falls


@dataclass
class Plateau:
    """How often the learning rate has fallen because scores got no better; plain values, kept in checkpoints."""

    patience: int
    best: float | None = None
    waited: int = 0  # scores since the best, or since the last fall
    falls: int = 0

    def tell(self, score: float) -> None:
        """The next score, larger is better: the rate falls once `patience` of them in a row are not above `best`."""
        if self.best is None or score > self.best:
            self.best, self.waited = score, 0
            return
        self.waited += 1
        if self.waited >= self.patience:
            self.falls, self.waited = self.falls + 1, 0
