"""A trained network as a search, or `nas train`, leaves it in a folder: genome.json and weights.safetensors."""

from pathlib import Path
from typing import TYPE_CHECKING

from nas.errors import UserError

if TYPE_CHECKING:
    from torch import nn

    from nas.space import Genome


def trained(folder: str | Path) -> "tuple[nn.Module, Genome]":
    """The network with its weights, and its genome. Raises UserError where one is missing or does not fit."""
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    from nas.network import build
    from nas.space import Genome, Space

    genome = Genome.load(Path(folder) / "genome.json")
    model = build(Space(genome.document), genome)
    weights = Path(folder) / "weights.safetensors"
    try:
        model.load_state_dict(load_file(weights))
    except (OSError, SafetensorError, RuntimeError) as error:
        what = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise UserError(
            str(weights), f"not the weights of the genome beside it: {what}", "train it: nas train"
        ) from None
    return model, genome
