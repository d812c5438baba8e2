"""The network of a document, as its users ask for it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nas.network.module import Network, compile
from nas.network.pretrained import pretrained
from nas.network.supernet import Supernet
from nas.space import Genome, Space, load


def build(
    space: str | Path | Space,
    genome: Genome | Mapping[str, Any] | None = None,
    *,
    weights: str | None = None,
    **overrides: Any,
) -> Network:
    """Build a network as a torch module, with new weights that are always the same (drawn from seed 0).

    Args:
        space: a packaged name (`resnet50`), the path of a document, or a Space.
        genome: the answers to the choices of a search space; left out for a document that has none.
        weights: what it begins with: a name of torchvision's weights for its network of that name, such as
            `IMAGENET1K_V1`, or `timm:NAME`, which are downloaded on first use; or a file of weights, named as this
            package, torchvision or timm do. With other `classes` than theirs, the layers that lead to the classes get
            new weights and all others the trained ones.
        overrides: parameters of the document, among them `input` (channels, height, width) and `classes`.

    Returns:
        A module that takes float32 images (N, *input) and gives logits (N, classes).

    Raises:
        UserError: the document is wrong, the genome does not answer it, or the weights do not exist.
    """
    space = _space(space, overrides)
    if genome is not None and (overrides or not isinstance(genome, Genome)):
        genome = space.genome(genome)
    if weights is not None:
        return pretrained(space, genome, weights)[0]
    return compile(space.graph(genome))


def supernet(space: str | Path | Space, *, relaxed: bool = True, seed: int = 0, **overrides: Any) -> Supernet:
    """Build a search space as one torch module that has the weights of every alternative.

    Args:
        space: a packaged name (`nasbench201`), the path of a document, or a Space.
        relaxed: whether the document is read as a supernet: what it says by `relaxed`, such as batch norms without
            weights, and the alternatives that choices have then. Methods that run single paths take False.
        seed: the weights are drawn from it.
        overrides: parameters of the document, among them `input` (channels, height, width) and `classes`.

    Returns:
        A module that takes float32 images (N, *input), weights of the answers by choice, or a genome's answers, and
        gives logits (N, classes). Where some alternatives cannot be mixed it runs genomes alone, and its `problem` says
        why.

    Raises:
        UserError: the document is wrong.
    """
    return Supernet(_space(space, overrides), relaxed, seed)


def _space(space: str | Path | Space, overrides: Mapping[str, Any]) -> Space:
    if not isinstance(space, Space):
        return load(str(space), **overrides)
    return space.with_parameters(**overrides) if overrides else space
