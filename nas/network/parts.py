"""Parts of a network by name: to freeze them, to train them at rates of their own, and to look at what they see."""

from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from nas.errors import UserError
from nas.network.features import nodes_at
from nas.network.module import Network

HEAD, BACKBONE, NORMS, UP_TO = "head", "backbone", "norms", "upto:"
WORDS = (HEAD, BACKBONE, NORMS, f"{UP_TO}PATH")


def layers_in(model: Network, part: str) -> list[str]:
    """The names of the layers of a part that have weights or statistics, in the order in which they run.

    Args:
        model: the network.
        part: "head": the last layers with weights before the logits, and before those of auxiliary heads; "backbone":
            all others; "norms": batch norms; "upto:PATH": what is at PATH and all that it depends on; or PATH, a place
            in the document, such as `stages.2` or `network.head`.

    Raises:
        UserError: the network has no such part, or none with weights.
    """
    nodes = _layers(model)
    if part in (HEAD, BACKBONE):
        above = set[int]().union(*(model.graph.ancestors(model.graph.nodes[n].inputs) for n in nodes))
        chosen = [n for n in nodes if (n in above) == (part == BACKBONE)]
    elif part == NORMS:
        chosen = [n for n in nodes if isinstance(model.get_submodule(model.names[n]), _BatchNorm)]
    elif part.startswith(UP_TO):
        reached = model.graph.ancestors(nodes_at(model, part.removeprefix(UP_TO), WORDS))
        chosen = [n for n in nodes if n in reached]
    else:
        at = set(nodes_at(model, part, WORDS))
        chosen = [n for n in nodes if n in at]
    if not chosen:
        raise UserError(f"part '{part}'", f"{model.graph.name} has no weights there", "name another part")
    return [model.names[n] for n in chosen]


def _layers(model: Network) -> list[int]:
    """The nodes whose modules have parameters or statistics."""
    return [n for n, name in enumerate(model.names) if name and _has_state(model.get_submodule(name))]


def _has_state(module: nn.Module) -> bool:
    return next(iter(module.state_dict()), None) is not None
