"""Networks that begin with weights of others: torchvision's and timm's by name, and files of them or of our own."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from torch import Tensor

from nas.errors import UserError
from nas.network.libraries import TIMM, Normalisation, Reference, of_file, of_timm, of_torchvision
from nas.network.module import Network, compile
from nas.network.transfer import transfer_weights
from nas.network.weights_file import counted, read_weights

if TYPE_CHECKING:
    from nas.space import Genome, Space


SUFFIXES = (".safetensors", ".pth", ".pt", ".bin", ".ckpt", ".tar")


def pretrained(
    space: "Space", genome: "Genome | None", weights: str, seed: int = 0
) -> tuple[Network, Normalisation | None]:
    """The network with weights of another training, and how the images of that were normalised, where that is known.

    Where torchvision's network changes its input first and the document declares `transform_input`, so does ours.
    torchvision trained no auxiliary heads for GoogLeNet: they keep their initial weights.
    Where `space` has another number of classes, the layers that lead to them keep their initial weights.

    Args:
        space: of the network.
        genome: None for a document without choices.
        weights: a name of torchvision's weights for its network of the document's name, such as `IMAGENET1K_V1`;
            `timm:NAME` for timm's network of that name; or a file of this package's weights, of torchvision's or timm's
            (safetensors, or what torch.save wrote of tensors alone).
        seed: of the weights that are new.

    Raises:
        UserError: there are no such weights, or they are of another network.
    """
    if weights.startswith(TIMM):
        return _adopted(space, genome, of_timm(space, weights.removeprefix(TIMM)), seed)
    if not Path(weights).is_file():
        if "/" in weights or Path(weights).suffix.lower() in SUFFIXES:
            raise UserError(weights, "no such file of weights", "give a file, a name of torchvision's, or timm:NAME")
        return _adopted(space, genome, of_torchvision(space, weights), seed)
    tensors = read_weights(weights)
    model = compile(space.graph(genome), seed)
    if {*counted(tensors)} >= _needed(model):
        return _with_new_head(model, tensors, weights), None
    return _adopted(space, genome, of_file(space.name, tensors, weights), seed)


def _adopted(
    space: "Space", genome: "Genome | None", reference: Reference, seed: int
) -> tuple[Network, Normalisation | None]:
    if "transform_input" in space.document.parameters and getattr(reference.network, "transform_input", False):
        space = space.with_parameters(transform_input=True)
        genome = space.genome(genome.answers) if genome else None
    whole = space if space.classes == reference.classes else space.with_parameters(classes=reference.classes)
    trained = compile(whole.graph(whole.genome(genome.answers) if genome else None), seed)
    transfer_weights(reference.network, trained)
    if whole is not space:
        trained = _with_new_head(compile(space.graph(genome), seed), trained.state_dict(), space.name)
    return trained, reference.normalisation


def _with_new_head(model: Network, tensors: Mapping[str, Tensor], where: str) -> Network:
    """`model` with these weights of the same network, but where they count other classes. Raises UserError."""
    classes = model.graph.shape[0]
    for key, ours in model.state_dict().items():
        theirs = tensors.get(key)
        if theirs is None:  # a counter of batches, or of an auxiliary head
            continue
        if ours.shape == theirs.shape:
            ours.copy_(theirs)
        elif ours.shape[:1] != (classes,) or ours.shape[1:] != theirs.shape[1:]:
            what = f"'{key}' has the shape {list(theirs.shape)}, and the network's is {list(ours.shape)}"
            raise UserError(where, what, "give weights of the same network; only its number of classes may differ")
    return model


def _needed(model: Network) -> set[str]:
    """What weights of the network must have: all but those of auxiliary heads, which inference does without."""
    heads = tuple(f"{model.names[number]}." for number in model.graph.training_nodes)
    return {key for key in counted(model.state_dict()) if not key.startswith(heads)}
