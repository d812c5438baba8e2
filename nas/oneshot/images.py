"""The training images of a supernet: one part for its weights, one for the choice between answers."""

import random

import torch
from torch import Tensor

from nas.data import Dataset
from nas.data.dataset import take
from nas.oneshot.method import Batch
from nas.training.augmentation import Augmentation
from nas.training.recipe import Recipe
from nas.training.schedule import StepPlan


def halves(labels: Tensor, share: float, seed: int) -> tuple[Tensor, Tensor]:
    """Positions of the images for weights and of those for architectures, each class in proportion.

    Args:
        labels: int64 (N,).
        share: of each class that goes to the weights, more than 0 and less than 1.
        seed: the order is drawn from it.
    """
    generator = torch.Generator().manual_seed(seed)
    parts: tuple[list[Tensor], list[Tensor]] = ([], [])
    for label in labels.unique().tolist():
        own = (labels == label).nonzero().flatten().cpu()
        own = own[torch.randperm(len(own), generator=generator)]
        cut = max(1, min(len(own) - 1, round(share * len(own)))) if len(own) > 1 else 1
        parts[0].append(own[:cut])
        parts[1].append(own[cut:])
    return torch.cat(parts[0]).sort().values, torch.cat(parts[1]).sort().values


class Images:
    """Batches of both parts.

    Attributes:
        parts: positions in the training set of the images for weights, and of those for architectures.
        order: of the images for architectures where accuracies are measured, drawn once: a folder's come class by
            class, and a batch norm that goes by the batch must see all classes.
        size: of a batch for weights.
        generator: of augmentation and draws; a training seeds it at each step.
    """

    def __init__(self, data: Dataset, recipe: Recipe, share: float, seed: int, device: torch.device) -> None:
        self.data, self.seed, self.device = data.to(device), seed, device
        self.parts = [part.to(device) for part in halves(data.labels["train"], share, seed)]
        generator = torch.Generator(device).manual_seed(drawn(f"{seed}/measured"))
        self.order = torch.randperm(len(self.parts[1]), generator=generator, device=device)
        self.size = StepPlan.of(recipe, len(self.parts[0])).batch
        self.augmentation = Augmentation(self.data, recipe, device)
        self.generator = torch.Generator(device)

    def batch(self, part: int, chosen: Tensor, augmented: bool = True) -> Batch:
        """Images of part 0 (for weights) or 1 (for architectures), at these positions in it."""
        rows = self.parts[part][chosen]
        images, labels = take(self.data.images["train"], rows), self.data.labels["train"][rows]
        self.data.release()
        images = self.augmentation(images, self.generator) if augmented else self.augmentation.normalise(images)
        return Batch(images, labels)

    def draw(self, part: int, count: int) -> Batch:
        """`count` random images of a part, augmented: for methods that take more than the step's own batch."""
        size = len(self.parts[part])
        chosen = torch.randint(size, (min(count, size),), generator=self.generator, device=self.device)
        return self.batch(part, chosen)

    def next_valid(self, step: int) -> Tensor:
        """Positions in part 1 of a step's images: the next ones of an order that is drawn anew when it ends."""
        size = len(self.parts[1])
        batch = min(self.size, size)
        turn, position = divmod(step, size // batch)
        generator = torch.Generator(self.device).manual_seed(drawn(f"{self.seed}/valid/{turn}"))
        order = torch.randperm(size, generator=generator, device=self.device)
        return order[position * batch : (position + 1) * batch]


def drawn(text: str) -> int:
    return random.Random(text).getrandbits(63)
