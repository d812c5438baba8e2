"""What a training begins with: new weights, those of another, or those of a trial's parent."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from nas.data import Dataset
from nas.data.record import Record
from nas.errors import UserError
from nas.network import Network
from nas.network.inherit import inherit
from nas.network.initialisation import undrawn
from nas.network.pretrained import Normalisation, pretrained
from nas.network.weights_file import read_weights
from nas.space import Genome, Space
from nas.training.trained import WEIGHTS

if TYPE_CHECKING:
    from nas.types import Trial


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


def inherited(model: Network, trial: Trial, checkpoint: Path | None) -> float:
    """Give a trial's network the weights of its parent's, which lie in the folder beside that of `checkpoint`.

    Returns the part of its parameters that are the parent's; 0 where it has no parent, or none that was trained.
    """
    if trial.parent is None or checkpoint is None:
        return 0.0
    folder = checkpoint.parent.parent / f"{trial.parent:04d}"
    try:
        genome, tensors = Genome.load(folder / "genome.json"), read_weights(folder / WEIGHTS)
    except UserError:  # it failed, or lies on another machine
        return 0.0
    with undrawn():
        names = Network(Space(genome.document).graph(genome).prune()).names
    return inherit(model, tensors, names)
