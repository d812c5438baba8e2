"""What a user names, opened: a packaged name, a document, or the folder of a run."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nas.space import Genome, Space
from nas.space.files import is_file

if TYPE_CHECKING:
    from nas.network import Network


def load(name: str | Path, **overrides: Any) -> Space:
    """Load a document, which is one network or a search space.

    Args:
        name: a packaged name (`resnet50`, `nasbench201`), the path of a document, `path#variant`, or a run directory,
            which gives the space that it searches.
        overrides: parameters of the document by name, among them `input` (channels, height, width) and `classes`.

    Returns:
        The space. `space.fixed` tells whether it is one network, `space.sample(rng)` draws a genome.

    Raises:
        UserError: something is wrong in the document under any of its answers, with the file, the line and the place;
            or with a setting of its `recipe`; or the run cannot be read.
    """
    from nas.training.document import load as load_document

    if _is_run(name):
        from nas.run import Run

        space = Run.open(name).space
        return space.with_parameters(**overrides) if overrides else space
    return load_document(str(name), **overrides)


def build(
    space: str | Path | Space,
    genome: Genome | Mapping[str, Any] | None = None,
    *,
    weights: str | None = None,
    **overrides: Any,
) -> "Network":
    """Build a network as a torch module.

    Args:
        space: a packaged name (`resnet50`), the path of a document, a Space, or a run directory: its best network,
            trained, in evaluation mode, where neither a genome nor overrides are given.
        genome: the answers to the choices of a search space; left out for a document that has none.
        weights: what it begins with: a name of torchvision's weights for its network of that name, such as
            `IMAGENET1K_V1`, or `timm:NAME`, which are downloaded on first use; or a file of weights, named as this
            package, torchvision or timm do. With other `classes` than theirs, the layers that lead to the classes get
            new weights and all others the trained ones.
        overrides: parameters of the document, among them `input` (channels, height, width) and `classes`.

    Returns:
        A module that takes float32 images (N, *input) and gives logits (N, classes). Weights that are neither trained
        nor pretrained are new, and always the same (drawn from seed 0).

    Raises:
        UserError: the document is wrong, the genome does not answer it, the weights do not exist, or a run has none.
    """
    from nas.network import build as build_document

    if not isinstance(space, Space) and _is_run(space):
        from nas.run import Run, best_genome

        run = Run.open(space)
        if genome is None and weights is None and not overrides:
            return run.model()[0]
        genome = best_genome(space).answers if genome is None else genome
        space = run.space
    return build_document(space, genome, weights=weights, **overrides)


def _is_run(word: Any) -> bool:
    return isinstance(word, str | Path) and is_file(Path(word) / "run.yaml")
