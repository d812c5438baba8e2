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
class Plan:
    """A recipe on a training set of `images` images. Every batch is full: what is left over of an epoch's order is
    skipped, and is left over from another order in the next epoch."""

    recipe: Recipe
    images: int
    batch: int
    per_epoch: int  # steps
    steps: int  # of the whole training; the last epoch may be cut short

    @classmethod
    def of(cls, recipe: Recipe, images: int) -> Plan:
        batch = min(recipe.batch_size or max(2, min(128, -(-images // 32))), images)
        per_epoch = images // batch
        return cls(recipe, images, batch, per_epoch, recipe.steps or recipe.epochs * per_epoch)

    def batches(self, done: int, generator: torch.Generator) -> list[Tensor]:
        """The positions (batch,) of each step's images in the epoch that begins after `done` steps."""
        import torch

        order = torch.randperm(self.images, generator=generator, device=generator.device)
        count = min(self.per_epoch, self.steps - done)
        return list(order[: count * self.batch].split(self.batch))

    def learning_rate(self, step: int) -> float:
        """Of `step`, counted from 0: a linear rise, then the schedule."""
        recipe = self.recipe
        warmup = round(recipe.warmup_epochs * self.per_epoch)
        if step < warmup:
            return recipe.learning_rate * (step + 1) / (warmup + 1)
        progress = (step - warmup) / max(1, self.steps - warmup)
        if recipe.schedule == "cosine":
            low = recipe.final_learning_rate
            return low + (recipe.learning_rate - low) * (1 + math.cos(math.pi * progress)) / 2
        if recipe.schedule == "step":
            return recipe.learning_rate * 0.1 ** ((progress >= 0.5) + (progress >= 0.75))
        return recipe.learning_rate
