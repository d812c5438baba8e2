"""Scores genomes on the weights of a trained supernet: one forward pass over the validation images, no training."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

from nas.errors import UserError
from nas.evaluators.base import Evaluator, Settings
from nas.evaluators.data import check_fit, placed
from nas.evaluators.supernet import CHECKPOINT, DESCRIPTION
from nas.evaluators.train import Train
from nas.training.threads import use_threads

if TYPE_CHECKING:
    from nas.network.supernet import Supernet
    from nas.space import Document, Space
    from nas.types import Metrics, Report, Trial

FOLDER = Path("oneshot", "0000")  # of a run's first supernet
IMAGES, BATCH = 2000, 200  # as OFA recalibrates (arXiv:1908.09791, its code)
METRICS = ("valid_accuracy", "valid_loss")


@dataclass(frozen=True)
class Shared(Evaluator):
    """The accuracy on the validation images of a genome's path through the supernet of the run directory `run`.

    Its batch norms are first set to the statistics of `images` training images, always the same ones: what they hold is
    of other paths, and scores are chance without. `train` says on which data set and device, and how the winner of a
    search is trained in the end. Budgets do not matter. Raises UserError where there is no supernet that can be read,
    where it is of another space, and for a genome that is larger than any that it foresaw.
    """

    run: str
    train: Train = field(default_factory=Train)
    images: int = IMAGES
    takes: ClassVar = ("images", "run")
    counts_epochs: ClassVar = False

    def __post_init__(self) -> None:
        if not isinstance(self.run, str) or not self.run:
            raise UserError("evaluator supernet", f"the run is {self.run!r}", "write supernet:RUN, a run directory")
        if type(self.images) is not int or self.images < 2:
            raise UserError("evaluator supernet", f"images is {self.images!r}", "give a whole number of at least 2")

    @classmethod
    def asked(cls, settings: Settings) -> Self:
        """The folder is remembered from the root: a run may go on from elsewhere."""
        run = settings.run or ""
        return cls(str(Path(run).expanduser().resolve()) if run else "", Train.asked(settings))

    def to_json(self) -> dict[str, Any]:
        return {"run": self.run, "images": self.images, "train": {"name": "train", **self.train.to_json()}}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        train = values.get("train")
        if not isinstance(train, dict) or train.get("name") != "train":
            raise TypeError("no data set")
        trainer = Train.from_json({name: value for name, value in train.items() if name != "name"})
        return cls(**{**values, "train": trainer})

    @property
    def trainer(self) -> Train:
        return self.train

    def with_trainer(self, trainer: Train) -> Self:
        return replace(self, train=trainer)

    @property
    def measures(self) -> tuple[str, ...]:
        """The names of its metrics."""
        return (*METRICS, *(name for name in self.train.measures if name == "latency_ms"))

    def most_epochs(self, epochs: int | None, schedule: str) -> int | None:
        raise UserError(f"schedule {schedule}", "shared weights are trained, and have no epochs", "leave it out")

    def about(self) -> dict[str, str]:
        return {"supernet": str(Path(self.run) / FOLDER / CHECKPOINT)}

    def check(self, space: Space) -> None:
        if self.train.task != "classification":
            what = f"it scores classification, and the data are of {self.train.task}"
            raise UserError("evaluator supernet", what, "use the evaluator 'train'")
        self.train.check(space)
        read_supernet(self.run, "cpu")
        self.check_document(space.document)

    def check_document(self, document: Document) -> None:
        """Raises UserError where the supernet is of another document."""
        own = read_document(self.run)
        if own != document:
            differ = [key for key in {*own.data, *document.data} if own.data.get(key) != document.data.get(key)]
            what = f"the supernet in {self.run} is of another space ({', '.join(sorted(differ)) or 'values'} differ)"
            raise UserError(document.name, what, "search the space and parameters that it was trained with")

    def __call__(self, trial: Trial, report: Report, checkpoint: Path | None = None) -> Metrics:
        import torch
        from torch.nn import functional

        from nas.oneshot.statistics import recalibrate
        from nas.space import Space
        from nas.training.augmentation import Augmentation
        from nas.training.precision import default_device
        from nas.training.recipe import Recipe

        genome = trial.genome
        self.check_document(genome.document)
        use_threads(self.train.threads)
        device = self.train.device or str(default_device())
        data = placed(self.train.whole(), self.images, device)
        check_fit(Space(genome.document).graph(genome), data)
        net = read_supernet(self.run, device)
        normalise = Augmentation(data, Recipe(), data.labels["train"].device).normalise
        parts = [part.to(device) for part in data.images["train"][: self.images].split(BATCH) if len(part) > 1]
        recalibrate(net, genome, map(normalise, parts))
        images, labels = data.images["valid"], data.labels["valid"]
        right, loss = 0, 0.0
        with torch.no_grad():
            for some, true in zip(images.split(BATCH), labels.split(BATCH), strict=True):
                logits = net(normalise(some.to(device)), genome=genome).float()
                right += int((logits.argmax(1) == true).sum())
                loss += float(functional.cross_entropy(logits, true, reduction="sum"))
        latency = self.train.latency(net.extract(genome)) if "latency_ms" in self.measures else {}
        return {"valid_accuracy": right / len(labels), "valid_loss": loss / len(labels), **latency}


def _description(run: str) -> dict[str, Any]:
    """Of the supernet of a run. Raises UserError where there is none that can be read."""
    path = Path(run) / FOLDER / DESCRIPTION
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        hint = "give a run directory whose searcher trained a supernet, as --searcher spos"
        raise UserError(str(path), f"cannot be read: {error.strerror}", hint) from None
    except (ValueError, RecursionError) as error:
        raise UserError(str(path), f"is no description of a supernet ({error})", "restore it from a copy") from None
    if not isinstance(value, dict) or type(value.get("relaxed")) is not bool:
        raise UserError(str(path), "is no description of a supernet", "restore it from a copy")
    return value


def read_document(run: str) -> Document:
    """That of the supernet of a run. Raises UserError where there is none that can be read."""
    from nas.space.genome import FORMAT, Genome

    where, space = str(Path(run) / FOLDER / DESCRIPTION), _description(run).get("space")
    return Genome.from_json({"format": FORMAT, "document": space, "answers": {}}, where).document


def read_supernet(run: str, device: str) -> Supernet:
    """The supernet of a run with its weights, read once a process. Raises UserError where it cannot be read."""
    path = Path(run) / FOLDER / CHECKPOINT
    relaxed = _description(run)["relaxed"]
    try:
        return _read(path, path.stat().st_mtime_ns, read_document(run), relaxed, device)
    except OSError as error:
        what = f"cannot be read: {error.strerror}"
        raise UserError(str(path), what, "wait for the run to save it, or restore it from a copy") from None


@functools.lru_cache(maxsize=1)
def _read(path: Path, written: int, document: Document, relaxed: bool, device: str) -> Supernet:
    """written: when, so that a file that has changed is read again."""
    from safetensors import SafetensorError, safe_open

    from nas.network.supernet import Supernet
    from nas.oneshot.statistics import keep_statistics
    from nas.space import Space

    net, prefix = Supernet(Space(document), relaxed), "net/"
    try:
        with safe_open(path, framework="pt") as file:
            names = [name for name in file.keys() if name.startswith(prefix)]  # noqa: SIM118
            net.load_state_dict({name.removeprefix(prefix): file.get_tensor(name) for name in names})
    except SafetensorError as error:
        raise UserError(str(path), f"cannot be read ({error})", "restore it from a copy") from None
    except RuntimeError:
        raise UserError(str(path), "holds the weights of another network", "restore it from a copy") from None
    keep_statistics(net, False)
    return net.to(device).eval()
