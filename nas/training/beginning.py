"""What a training begins with: new weights, those of another, or those of a trial's parent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from nas.data import Dataset
from nas.data.record import Record
from nas.errors import UserError
from nas.network import Network
from nas.network.inherit import inherit, settle
from nas.network.pretrained import Normalisation, pretrained
from nas.space import Genome, Space
from nas.training.augmentation import Augmentation
from nas.training.recipe import Recipe
from nas.training.trained import WEIGHTS, epochs_of, load_trained

if TYPE_CHECKING:
    from torch import Tensor

    from nas.types import Trial

STATISTICS = 512  # images


def begin(genome: Genome, weights: str, seed: int, data: Dataset) -> tuple[Network, Dataset]:
    """The genome's network with weights of another training, and the data normalised as they were there.

    Args:
        genome: of the network; its document's number of classes is the data's.
        weights: as `nas.network.pretrained` takes them, or a folder with the weights of a trained network.
        seed: of the layers that count the classes, where those weights count others.
        data: the data set.

    Raises:
        UserError: there are no such weights, or they are of another network.
    """
    folder = Path(weights)
    source = str(folder / WEIGHTS) if folder.is_dir() else weights
    model, normalisation = pretrained(Space(genome.document), genome, source, seed)
    record = Record.read(folder) if folder.is_dir() else None
    if record is not None and record.preprocessing is not None:
        normalisation = Normalisation(record.preprocessing.mean, record.preprocessing.std)
    if normalisation is None:
        return model, data
    mean, std = (tuple(data.preprocessing.unit * value for value in values) for values in normalisation)
    return model, replace(data, mean=mean, std=std)


def inherited(model: Network, trial: Trial, checkpoint: Path | None, images: Callable[[], Tensor]) -> dict[str, float]:
    """Give a trial's network the weights of its parent's, which lie in the folder beside that of `checkpoint`.

    Args:
        model: the network, with new weights.
        trial: the trial.
        checkpoint: a file in the trial's folder; None: it has none.
        images: gives normalised images of the training set, for the statistics of new layers.

    Returns:
        The metrics `inherited`, the part of its parameters that are the parent's, 0 where it has no parent, or none
        that was trained; and `inherited_epochs`, for how many epochs those were trained, its ancestors' among them.
    """
    nothing = {"inherited": 0.0, "inherited_epochs": 0.0}
    if trial.parent is None or checkpoint is None:
        return nothing
    folder = checkpoint.parent.parent / f"{trial.parent:04d}"
    try:
        parent, _ = load_trained(folder)
        epochs = epochs_of(folder)
    except UserError:  # it failed, or lies on another machine
        return nothing
    found = inherit(model, parent, trial.seed)
    if found.identities:
        settle(model, found.identities, images())
    return {"inherited": found.share, "inherited_epochs": epochs if found.share else 0.0}


def sampled(data: Dataset, recipe: Recipe) -> Tensor:
    """The first normalised training images, on the CPU: as many as make good statistics of batch norms."""
    images = data.images["train"][:STATISTICS].cpu()
    return Augmentation(data, recipe, torch.device("cpu")).normalise(images)
