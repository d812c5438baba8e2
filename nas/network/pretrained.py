"""Pretrained weights of torchvision in a network of a document that has the same name."""

from typing import TYPE_CHECKING

from nas.errors import UserError, did_you_mean, shortened
from nas.network.module import Network, compile
from nas.network.transfer import transfer_weights

if TYPE_CHECKING:
    from nas.space import Genome, Space


def pretrained(space: "Space", genome: "Genome | None", weights: str) -> Network:
    """The network with weights such as `IMAGENET1K_V1`, downloaded by torchvision.

    Where torchvision's network changes its input first and the document declares `transform_input`, so does ours.
    torchvision trained no auxiliary heads for GoogLeNet: they keep their initial weights.
    Where `space` has another number of classes, the layers that lead to them keep their initial weights.
    Raises UserError.
    """
    from torchvision import models

    name = space.name
    networks = models.list_models(module=models)
    if name not in networks:
        raise UserError(shortened(name), "torchvision has no network of this name", did_you_mean(name, networks))
    versions = models.get_model_weights(name).__members__
    if weights not in versions:
        raise UserError(
            name, f"torchvision has no weights {shortened(repr(weights))} for it", did_you_mean(weights, versions)
        )
    categories = len(versions[weights].meta["categories"])
    if space.input[0] != 3:
        raise UserError(name, f"the weights {weights} are for images of 3 channels, not {space.input[0]}")
    try:
        reference = models.get_model(name, weights=weights)
    except (OSError, RuntimeError) as error:  # no connection, or a file that broke off
        what = f"the weights {weights} could not be loaded: {shortened(str(error))}"
        raise UserError(name, what) from error
    if "transform_input" in space.document.parameters and getattr(reference, "transform_input", False):
        space = space.with_parameters(transform_input=True)
        genome = space.genome(genome.answers) if genome else None
    whole = space if space.classes == categories else space.with_parameters(classes=categories)
    model = compile(whole.graph(whole.genome(genome.answers) if genome else None))
    transfer_weights(reference, model)
    return model if whole is space else _with_new_head(compile(space.graph(genome)), model, space.classes, categories)


def _with_new_head(model: Network, trained: Network, classes: int, categories: int) -> Network:
    """`model` with the weights of `trained`, the same network for so many `categories`, but where these count."""
    theirs = trained.state_dict()
    for key, ours in model.state_dict().items():
        if ours.shape == theirs[key].shape:
            ours.copy_(theirs[key])
        elif [ours.shape[0], theirs[key].shape[0]] != [classes, categories]:
            raise UserError(key, f"its shape depends on the number of classes: {list(ours.shape)}", "leave classes out")
    return model
