"""The weights of a network under the names that torchvision gives them, where it has the network."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nas.errors import UserError, did_you_mean, shortened

if TYPE_CHECKING:
    from torch import nn

    from nas.exports.source import Source

FILE, HEADED = "torchvision.safetensors", ("googlenet", "inception_v3")  # which have auxiliary heads


def torchvision(export: "Source", folder: Path) -> Path:
    """A state dict of `torchvision.models.get_model(name, num_classes=...)`; in its metadata are these arguments.

    Raises UserError where torchvision has no network of this name, or one that differs.
    """
    from nas.data.record import CONFIG
    from nas.network import Network
    from nas.network.transfer import counterparts
    from nas.training.checkpoint import save_tensors
    from nas.training.trained import metadata

    if not isinstance(export.model, Network):
        raise UserError("format torchvision", "the module has no graph", "give a network that nas.build made")
    known = metadata(export.record, export.genome)
    classes = int(export.model(export.example).shape[-1])
    names: dict[str, str] = {}
    for settings in _settings(export.model.graph.name, classes, bool(export.model.graph.auxiliary)):
        reference = network(settings)
        try:
            names = counterparts(reference, export.model)
            break
        except UserError as error:
            problem = error
    else:
        raise UserError("format torchvision", f"its network is another: {problem.what}", problem.hint)
    tensors = reference.state_dict()
    for name, value in export.model.state_dict().items():
        tensors[names[name]] = value.reshape(tensors[names[name]].shape)
    path = folder / FILE
    save_tensors(path, tensors, {CONFIG: json.dumps({**json.loads(known[CONFIG]), "torchvision": settings})})
    return path


def network(settings: dict[str, Any]) -> "nn.Module":
    """torchvision's network of random weights, by the arguments of `get_model`."""
    from torchvision import models

    reference: nn.Module = models.get_model(**settings, weights=None).eval()
    return reference


def _settings(name: str, classes: int, heads: bool) -> list[dict[str, Any]]:
    """Arguments of `get_model` with which its network may be ours; some networks change their input first or do not."""
    from nas.network.libraries import classifiers

    networks = classifiers()
    if name not in networks:
        what = f"torchvision has no network named {shortened(name)}"
        raise UserError("format torchvision", what, did_you_mean(name, networks))
    plain = {"name": name, "num_classes": classes}
    if name not in HEADED:
        return [plain]
    with_heads = {**plain, "aux_logits": heads, "init_weights": False}
    return [{**with_heads, "transform_input": transforms} for transforms in (False, True)]
