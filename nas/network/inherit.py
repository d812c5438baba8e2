"""A network that begins with the weights of a similar one, and computes the same where their difference allows.

Chen, Goodfellow and Shlens 2015, Net2Net, arXiv:1511.05641; Elsken et al. 2018, Efficient Multi-Objective Neural
Architecture Search via Lamarckian Evolution, arXiv:1804.09081, section 3.2. Layers correspond by their places in the
document, which a mutation leaves as they are. We differ in how a layer is widened: new channels are drawn, and what
old ones read of new ones begins at 0, in place of copies of channels.
"""

from collections.abc import Collection, Mapping

import torch
from torch import Tensor
from torch.nn.modules.batchnorm import _BatchNorm

from nas.network.module import Network


def inherit(model: Network, parent: Mapping[str, Tensor], places: Collection[str]) -> float:
    """Copy weights and statistics into `model`, in place.

    A layer of other sizes gets what both have: leading channels, and the middle of kernels, around which it is 0. A
    new branch that is added to what was there ends in a batch norm of zeros, so that at first it adds nothing.

    Args:
        model: the network, with new weights.
        parent: the state dict of the one that it is like.
        places: the names of that one's nodes (`Network.names`).

    Returns:
        The part of the model's parameters that are the parent's, from 0 to 1.
    """
    taken = 0
    trained = {name for name, _ in model.named_parameters()}
    with torch.no_grad():
        for name, ours in model.state_dict().items():
            theirs = parent.get(name)
            if theirs is None or theirs.ndim != ours.ndim:
                continue
            count = ours.copy_(theirs).numel() if ours.shape == theirs.shape else _overlap(ours, theirs)
            taken += count if name in trained else 0
        for branch in _new_branches(model, places):
            branch.weight.zero_()
            branch.bias.zero_()
    return taken / max(1, sum(parameter.numel() for parameter in model.parameters()))


def _overlap(ours: Tensor, theirs: Tensor) -> int:
    """Copies what both have; how many numbers that are."""
    mine, other = [], []
    for axis, (own, their) in enumerate(zip(ours.shape, theirs.shape, strict=True)):
        both = min(own, their)
        shift = (own - both) // 2, (their - both) // 2
        mine.append(slice(0, both) if axis < 2 else slice(shift[0], shift[0] + both))
        other.append(slice(0, both) if axis < 2 else slice(shift[1], shift[1] + both))
    if ours.ndim > 1:
        ours[: theirs.shape[0]] = 0  # of old outputs: new inputs, and the border of a larger kernel
    part = ours[tuple(mine)]
    part.copy_(theirs[tuple(other)])
    return part.numel()


def _new_branches(model: Network, places: Collection[str]) -> list[_BatchNorm]:
    """The last batch norms of what is new and added to something without new weights."""
    found, graph = list[_BatchNorm](), model.graph
    new = [name not in places for name in model.names]
    heavy = [new[n] and node.parameters > 0 for n, node in enumerate(graph.nodes)]
    for number, node in enumerate(graph.nodes):
        if node.operation != "add" or not new[number]:
            continue
        ends = [(i, model.get_submodule(model.names[i])) for i in node.inputs if model.names[i]]
        norms = [module for i, module in ends if heavy[i] and isinstance(module, _BatchNorm)]
        if len(norms) < len(node.inputs):  # something else is there that stays
            found += [norm for norm in norms if norm.weight is not None]
    return found
