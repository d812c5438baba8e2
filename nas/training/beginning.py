"""What a training begins with: new weights, or those of another."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from nas.data import Dataset
from nas.data.record import Record
from nas.network import Network
from nas.network.pretrained import Normalisation, pretrained
from nas.space import Genome, Space
from nas.training.trained import WEIGHTS


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
    mean, std = (tuple(255 * value for value in values) for values in normalisation)
    return model, replace(data, mean=mean, std=std)
