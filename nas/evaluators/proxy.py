"""Scores networks by zero-cost proxies, alone or combined by rank: nothing is trained, a network takes a second."""

from __future__ import annotations

import copy
import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

from nas.errors import UserError
from nas.evaluators import proxies, ranks
from nas.evaluators.base import Evaluator, Settings
from nas.evaluators.train import Train

if TYPE_CHECKING:
    from torch import nn

    from nas.network import Network
    from nas.space import Document, Genome, Space
    from nas.types import Metrics, Report, Trial

IMAGES, JOINED = 64, "+"


@dataclass(frozen=True)
class Proxy(Evaluator):
    """The values of `names` as metrics of these names, for networks drawn from the trial's seed. Budgets do not matter.

    A name such as `synflow+naswot` combines them by rank, from 0 to 1 (see `ranks`; it scores 50 networks more first).
    `train` says on which data set and device, and how the winner of a search is trained in the end. The batch is of
    `images` training images, the same ones for every network, normalised and not augmented; two or more. Raises
    UserError where the network's input or classes are not the data set's, and as the proxies do.
    """

    names: tuple[str, ...] = ("synflow",)
    train: Train = field(default_factory=Train)
    images: int = IMAGES
    takes: ClassVar = ("images", "proxies")
    counts_epochs: ClassVar = False

    def __post_init__(self) -> None:
        if not self.names:
            raise UserError("proxy", "none is named", f"give one of {', '.join(proxies.PROXIES)}")
        for given in (self.names, *(name.split(JOINED) for name in self.names)):
            for name in given:
                if given.count(name) > 1:
                    raise UserError("proxy", f"'{name}' is given twice", "leave one out")
        self.single()
        if type(self.images) is not int or self.images < 2:
            raise UserError("evaluator proxy", f"images is {self.images!r}", "give a whole number of at least 2")

    @property
    def measures(self) -> tuple[str, ...]:
        """The names of its metrics."""
        return (*self.names, *(name for name in self.train.measures if name == "latency_ms"))

    @classmethod
    def asked(cls, settings: Settings) -> Self:
        train = Train.asked(settings)
        return cls(tuple(settings.proxies), train) if settings.proxies else cls(train=train)

    def to_json(self) -> dict[str, Any]:
        return {"names": list(self.names), "images": self.images, "train": {"name": "train", **self.train.to_json()}}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        names, train = values.get("names"), values.get("train")
        if not isinstance(names, list) or not isinstance(train, dict) or train.get("name") != "train":
            raise TypeError("neither names nor a data set")
        trainer = Train.from_json({name: value for name, value in train.items() if name != "name"})
        return cls(**{**values, "names": tuple(map(str, names)), "train": trainer})

    def check(self, space: Space) -> None:
        proxies.check_task(self.single(), self.train.task)
        self.train.check(space)

    @property
    def trainer(self) -> Train:
        return self.train

    def with_trainer(self, trainer: Train) -> Self:
        return replace(self, train=trainer)

    @property
    def objectives(self) -> tuple[str, ...]:
        return self.names

    def most_epochs(self, epochs: int | None, schedule: str) -> int | None:
        raise UserError(f"schedule {schedule}", "proxies train nothing, and have no epochs", "leave it out")

    def single(self) -> tuple[str, ...]:
        """The proxies that are computed. Raises UserError for one that does not exist."""
        return tuple(dict.fromkeys(proxies.check_proxy(name) for joined in self.names for name in joined.split(JOINED)))

    def __call__(self, trial: Trial, report: Report, checkpoint: Path | None = None) -> Metrics:
        values, model = self.score(trial.genome, trial.seed)
        return {name: self.value(name, values, trial.genome.document) for name in self.names} | self.train.latency(
            model
        )

    def value(self, name: str, values: Mapping[str, float], document: Document) -> float:
        """Of one of `names`, from what its proxies gave."""
        parts = name.split(JOINED)
        return values[name] if len(parts) == 1 else ranks.rank(parts, values, _reference(document, self))

    def score(self, genome: Genome, seed: int) -> tuple[Metrics, Network]:
        """Each single proxy's value, and the network."""
        import torch

        from nas.space import Space
        from nas.training.augmentation import Augmentation
        from nas.training.pace import Pace, mult_adds
        from nas.training.recipe import Recipe

        model, data = self.train.ready(Space(genome.document).graph(genome), genome, seed, self.images)
        labels = data.labels["train"]
        images = data.images["train"].to(labels.device)
        model.to(images.device)
        batch = Augmentation(data, Recipe(), images.device).normalise(images).contiguous()

        def value(name: str) -> float:
            pace.step()
            return proxies.score(name, model, batch, labels, torch.Generator().manual_seed(seed))

        def begin() -> tuple[nn.Module, Callable[[], object]]:
            copied = copy.deepcopy(model)
            return copied, lambda: copied(batch)

        with Pace(begin, mult_adds(model, len(batch), batch.shape[1:]), batch.device, self.train.threads) as pace:
            return {name: value(name) for name in self.single()}, model


@functools.lru_cache(maxsize=4)
def _reference(document: Document, evaluator: Proxy) -> Mapping[str, Sequence[float]]:
    """Once a process, not once a trial."""
    from nas.space import Space

    return ranks.reference(Space(document), lambda genome, seed: evaluator.score(genome, seed)[0])
