"""The network of a document, as its users ask for it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nas.network.module import Network, compile
from nas.network.pretrained import pretrained
from nas.space import Genome, Space, load


def build(
    space: str | Path | Space,
    genome: Genome | Mapping[str, Any] | None = None,
    *,
    weights: str | None = None,
    **overrides: Any,
) -> Network:
    """The network of a document (a name or path) or space, with these parameters and a genome's answers; seed 0.

    `weights`: torchvision's for its network of that name, such as `IMAGENET1K_V1`, which it downloads. With other
    `classes` than theirs the layers that lead to the classes are new, as without `weights`, and all others theirs.
    """
    if not isinstance(space, Space):
        space = load(str(space), **overrides)
    elif overrides:
        space = space.with_parameters(**overrides)
    if genome is not None and (overrides or not isinstance(genome, Genome)):
        genome = space.genome(genome)
    if weights is not None:
        return pretrained(space, genome, weights)
    return compile(space.graph(genome))
