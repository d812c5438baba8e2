"""Trained networks of torchvision and timm: by the names of their weights, or from files under their names."""

import copy
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from torch import Tensor, nn

from nas.errors import UserError, did_you_mean, shortened
from nas.network.initialisation import undrawn
from nas.network.weights_file import counted

if TYPE_CHECKING:
    from nas.space import Space

TIMM = "timm:"


class Normalisation(NamedTuple):
    """Of the images that a network was trained on: a number a channel, of pixels in 0..1."""

    mean: tuple[float, ...]
    std: tuple[float, ...]


IMAGENET = Normalisation((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
KINETICS = Normalisation((0.43216, 0.394666, 0.37645), (0.22803, 0.22145, 0.216989))  # of torchvision's for clips


class Reference(NamedTuple):
    """A trained network of another library, the number of its classes, and how its images were normalised."""

    network: nn.Module
    classes: int
    normalisation: Normalisation


def classifiers() -> dict[str, Normalisation]:
    """The names of torchvision's networks of images and of clips, and how what they were trained on was normalised."""
    from torchvision import models

    images, clips = (models.list_models(module=module) for module in (models, models.video))
    return dict.fromkeys(images, IMAGENET) | dict.fromkeys(clips, KINETICS)


def of_torchvision(space: "Space", weights: str) -> Reference:
    from torchvision import models

    name = space.name
    networks = classifiers()
    if name not in networks:
        if not weights.isupper():  # as all of its names are: a file or a folder was meant
            hint = f"give a file, a folder of nas train, or timm:NAME; torchvision has no network named {name}"
            raise UserError(shortened(weights), "no such file or folder of weights", hint)
        hint = f"{did_you_mean(name, networks)}; or give a file of weights, or timm:NAME"
        raise UserError(shortened(name), "torchvision has no network of this name", hint)
    versions = models.get_model_weights(name).__members__
    if weights not in versions:
        hint = f"{did_you_mean(weights, versions)}; or give a file, or timm:NAME"
        raise UserError(name, f"torchvision has no weights {shortened(repr(weights))} for it", hint)
    _check_colour(space, weights)
    try:
        network = models.get_model(name, weights=weights)
    except (OSError, RuntimeError) as error:  # no connection, or a file that broke off
        raise _not_loaded(name, weights, error) from error
    return Reference(network, len(versions[weights].meta["categories"]), networks[name])


def of_timm(space: "Space", name: str) -> Reference:
    timm = _timm()
    if timm is None:
        raise UserError(f"{TIMM}{name}", "the package timm is missing", "pip install timm")
    if name.split(".")[0] not in timm.list_models():
        raise UserError(f"{TIMM}{name}", "timm has no such network", did_you_mean(name, timm.list_models()))
    _check_colour(space, f"{TIMM}{name}")
    try:
        network = timm.create_model(name, pretrained=True)
    except (OSError, RuntimeError) as error:  # likewise, or it has none
        raise _not_loaded(space.name, f"{TIMM}{name}", error) from error
    config = network.pretrained_cfg
    return Reference(network, network.num_classes, Normalisation(tuple(config["mean"]), tuple(config["std"])))


def of_file(name: str, tensors: Mapping[str, Tensor], where: str) -> Reference:
    """torchvision's or timm's network `name` with tensors under its names."""
    for make in (untrained_torchvision, untrained_timm):
        network = make(name)
        if network is None or not {*counted(network.state_dict())} >= {*counted(tensors)}:
            continue
        own = network.state_dict()
        counts = {(own[key].shape[0], t.shape[0]) for key, t in tensors.items() if t.shape != own[key].shape}
        if len(counts) > 1:
            continue
        ((ours, theirs),) = counts or {(1000, 1000)}
        network = network if ours == theirs else make(name, theirs)
        assert network is not None
        try:
            network.load_state_dict(tensors, strict=False)
        except RuntimeError:
            continue
        if any(key.startswith("aux") for key in own) and not any(key.startswith("aux") for key in tensors):
            network = _without_heads(network)
        config = getattr(network, "pretrained_cfg", None)
        known = classifiers().get(name, IMAGENET)
        normalisation = Normalisation(tuple(config["mean"]), tuple(config["std"])) if config else known
        return Reference(network.eval(), theirs, normalisation)
    shown = ", ".join(list(tensors)[:3])
    what = f"its tensors ({shown} ...) are not those of {name}, named as this package, torchvision or timm do"
    raise UserError(where, what, "give weights of the same network")


def untrained_torchvision(name: str, classes: int = 1000) -> nn.Module | None:
    """torchvision's network of this name, its weights not drawn; None: it has none."""
    from torchvision import models

    if name not in classifiers():
        return None
    settings: dict[str, Any] = {"init_weights": False} if name in ("googlenet", "inception_v3") else {}
    with undrawn():
        network: nn.Module = models.get_model(name, weights=None, num_classes=classes, **settings)
    return network


def untrained_timm(name: str, classes: int = 1000) -> nn.Module | None:
    """timm's network of this name, its weights not drawn; None: it has none, or is not installed."""
    timm = _timm()
    if timm is None or name not in timm.list_models():
        return None
    with undrawn():
        network: nn.Module = timm.create_model(name, num_classes=classes)
    return network


def _without_heads(network: nn.Module) -> nn.Module:
    """torchvision's GoogLeNet or Inception without its auxiliary heads."""
    network = copy.copy(network)
    for name in ("aux1", "aux2", "AuxLogits"):
        if hasattr(network, name):
            setattr(network, name, None)
    network.aux_logits = False  # type: ignore[assignment]
    return network


def _timm() -> Any:
    try:
        import timm
    except ImportError:
        return None
    return timm


def _check_colour(space: "Space", weights: str) -> None:
    if space.input[0] != 3:
        what = f"the weights {weights} are for images of 3 channels, not {space.input[0]}"
        raise UserError(space.name, what, "give images in colour: --set input=[3, 224, 224]")


def _not_loaded(name: str, weights: str, error: Exception) -> UserError:
    return UserError(name, f"the weights {weights} could not be loaded: {shortened(str(error))}")
