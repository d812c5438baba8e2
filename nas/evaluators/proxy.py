"""Scores networks by zero-cost proxies: nothing is trained, a network takes a second."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nas.errors import UserError
from nas.evaluators import proxies
from nas.evaluators.train import Train

if TYPE_CHECKING:
    from nas.space import Genome, Space
    from nas.types import Metrics, Report, Trial

IMAGES = 64


@dataclass(frozen=True)
class Proxy:
    """The values of `names` as metrics of these names, for networks drawn from the trial's seed. Budgets do not matter.

    `train` says on which data set and device, and how the winner of a search is trained in the end. The batch is of
    `images` training images, the same ones for every network, normalised and not augmented; two or more. Raises
    UserError where the network's input or classes are not the data set's, and as the proxies do.
    """

    names: tuple[str, ...] = ("synflow",)
    train: Train = field(default_factory=Train)
    images: int = IMAGES

    def __post_init__(self) -> None:
        if not self.names:
            raise UserError("proxy", "none is named", f"give one of {', '.join(proxies.PROXIES)}")
        for name in self.names:
            if self.names.count(proxies.check(name)) > 1:
                raise UserError("proxy", f"'{name}' is given twice", "leave one out")
        if type(self.images) is not int or self.images < 2:
            raise UserError("evaluator proxy", f"images is {self.images!r}", "give a whole number of at least 2")

    def check(self, space: Space) -> None:
        """As `Train.check`."""
        self.train.check(space)

    def __call__(self, trial: Trial, report: Report, checkpoint: Path | None = None) -> Metrics:
        import torch

        from nas.space import Space
        from nas.training.augmentation import Augmentation
        from nas.training.recipe import Recipe

        graph = Space(trial.genome.document).graph(trial.genome)
        model, data = self.train.ready(graph, trial.seed, self.images)
        images, labels = data.images["train"], data.labels["train"]
        model.to(images.device)
        batch = Augmentation(data, Recipe(), images.device).normalise(images).contiguous()

        def value(name: str) -> float:
            return proxies.score(name, model, batch, labels, torch.Generator().manual_seed(trial.seed))

        return {name: value(name) for name in self.names} | self.train.latency(model)

    def final(
        self,
        genome: Genome,
        seed: int,
        epochs: int | None,
        final_set: Mapping[str, Any],
        directory: Path,
        report: Report,
    ) -> Metrics:
        """As `Train.final`: proxies choose, and training shows what the choice is worth."""
        return self.train.final(genome, seed, epochs, final_set, directory, report)
