"""A network that begins with the weights of a similar one, and computes the same where their difference allows.

Chen, Goodfellow and Shlens 2016, Net2Net: Accelerating Learning via Knowledge Transfer, arXiv:1511.05641. A wider layer
repeats channels (Net2WiderNet): their incoming weights are copied, with a little noise that lets them part, and what
reads them divides their weights among the copies. A new layer after a ReLU is the identity, its batch norm set to the
mean and the deviation of what it normalises (Net2DeeperNet). A new branch of a sum ends in zeros, and the border of a
larger kernel is zero (network morphism: Wei et al. 2016, arXiv:1603.01670; Elsken et al. 2017, arXiv:1711.04528).
`nas.graph.morphism` says which layer and which channel is which.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from nas.graph.morphism import Layer, align
from nas.graph.morphism.added import middle
from nas.graph.morphism.channels import NEW
from nas.graph.morphism.walk import MIXING
from nas.network.module import Network

NOISE = 0.01  # of the deviation of the weights of a channel that is copied


class Inherited(NamedTuple):
    """What a network has of another.

    Attributes:
        share: the part of its parameters that are the other's, copies among them, from 0 to 1.
        preserved: whether it computes what the other does, but for the noise.
        identities: the names of its new batch norms that hand on what they read; `settle` lets them in training too.
    """

    share: float
    preserved: bool
    identities: tuple[str, ...] = ()


def inherit(model: Network, parent: Network, seed: int = 0, noise: float = NOISE) -> Inherited:
    """Copy weights and statistics into `model`, in place.

    Args:
        model: the network, with new weights.
        parent: the one that it is like, with its weights.
        seed: of the channels that are copied and the noise.
        noise: of the weights of copies, in parts of their deviation; 0: both compute exactly the same.
    """
    found = align(parent.graph, model.graph, seed)
    generator = torch.Generator().manual_seed(seed)
    done, taken = set[str](), 0
    with torch.no_grad():
        for number, layer in found.layers.items():
            name = model.names[number]
            ours, theirs = model.get_submodule(name), parent.get_submodule(parent.names[layer.node])
            if name in done or not [*ours.state_dict()]:
                continue
            done.add(name)
            node = model.graph.nodes[number]
            if node.operation in MIXING:
                groups = node.arguments.get("groups", 1), parent.graph.nodes[layer.node].arguments.get("groups", 1)
                taken += _mixed(ours, theirs, layer, groups, noise, generator)
            else:
                taken += _copied(ours, theirs, layer.gives if node.op.by_channel else None)
        for number, picks in found.identities.items():
            _make_identity(model, number, picks)
        for number in found.zeros:
            for parameter in model.get_submodule(model.names[number]).parameters():
                parameter.zero_()
    norms = (
        name for number in found.identities if isinstance(model.get_submodule(name := model.names[number]), _BatchNorm)
    )
    total = sum(parameter.numel() for parameter in model.parameters())
    return Inherited(taken / max(1, total), found.preserves, tuple(norms))


def settle(model: Network, norms: Sequence[str], images: Tensor) -> None:
    """Let new batch norms be the identity in training too: of the mean and deviation that these images have there.

    Args:
        model: the network, in place; its mode stays.
        norms: the names of the batch norms.
        images: normalised, (N, *input), as many as make good statistics.
    """

    def measured(norm: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        assert isinstance(norm, _BatchNorm) and norm.running_mean is not None and norm.running_var is not None
        axes = [axis for axis in range(inputs[0].ndim) if axis != 1]
        mean, variance = inputs[0].mean(axes), inputs[0].var(axes)
        norm.running_mean.copy_(mean)
        norm.running_var.copy_(variance)
        norm.weight.copy_((variance + norm.eps).sqrt())
        norm.bias.copy_(mean)

    training = model.training
    hooks = [model.get_submodule(name).register_forward_pre_hook(measured) for name in norms]
    with torch.no_grad():
        model.eval()(images)
    for hook in hooks:
        hook.remove()
    model.train(training)


def _mixed(
    ours: nn.Module, theirs: nn.Module, layer: Layer, groups: tuple[int, int], noise: float, generator: torch.Generator
) -> int:
    """A convolution or linear layer; how many numbers are the parent's."""
    weight, other = ours.weight, theirs.weight
    assert isinstance(weight, Tensor) and isinstance(other, Tensor)
    reads = weight.shape[1], other.shape[1]
    gives = weight.shape[0] // groups[0], other.shape[0] // groups[1]
    mine, their = _windows(weight, other, layer.offset)
    copied, taken = set[int](), 0
    for group in range(groups[0]):
        read = layer.reads[group * reads[0] : (group + 1) * reads[0]]
        sources: dict[int, list[int]] = defaultdict(list)  # the parent's groups: the rows that are from there
        for row in range(group * gives[0], (group + 1) * gives[0]):
            if layer.gives[row] != NEW:
                sources[layer.gives[row] // gives[1]].append(row)
        for source, rows in sources.items():
            columns = {column: channel for column, channel in enumerate(read) if channel // reads[1] == source}
            counts = Counter(columns.values())
            found = other[[layer.gives[row] for row in rows]][:, [channel % reads[1] for channel in columns.values()]]
            part = found[(slice(None), slice(None), *their)].to(weight)
            shares = weight.new_tensor([1 / counts[channel] for channel in columns.values()])
            filled = torch.zeros_like(weight[rows])
            inside = torch.zeros_like(filled[:, list(columns)])
            inside[(slice(None), slice(None), *mine)] = part * shares.view(1, -1, *[1] * len(mine))
            filled[:, list(columns)] = inside
            again = list[int]()
            for place, row in enumerate(rows):
                if layer.gives[row] in copied:
                    again.append(place)
                copied.add(layer.gives[row])
            if noise and again:
                deviation = filled[again].flatten(1).std(1, correction=0).view(-1, *[1] * (filled.ndim - 1))
                filled[again] += noise * deviation * torch.randn(filled[again].shape, generator=generator).to(weight)
            weight[rows] = filled
            taken += part.numel()
    bias, others = ours.bias, theirs.bias
    if isinstance(bias, Tensor):
        taken += _by_channel(bias, others if isinstance(others, Tensor) else None, layer.gives)
    return taken


def _windows(weight: Tensor, other: Tensor, offset: Sequence[int]) -> tuple[list[slice], list[slice]]:
    """The part of each kernel that both have."""
    mine, their = [], []
    for begin, own, size in zip(offset, weight.shape[2:], other.shape[2:], strict=True):
        low, high = max(0, begin), min(own, begin + size)
        mine.append(slice(low, max(low, high)))
        their.append(slice(low - begin, max(low, high) - begin))
    return mine, their


def _by_channel(ours: Tensor, theirs: Tensor | None, gives: Sequence[int]) -> int:
    """Each channel's number; 0 where the parent has none. How many are the parent's."""
    if theirs is None:
        ours.zero_()
        return 0
    rows = [row for row, channel in enumerate(gives) if channel != NEW]
    ours[rows] = theirs[[gives[row] for row in rows]].to(ours)
    return len(rows)


def _copied(ours: nn.Module, theirs: nn.Module, gives: Sequence[int] | None) -> int:
    """Another layer, channel by channel, or what both have; how many of its parameters are the parent's."""
    taken, other = 0, theirs.state_dict()
    trained = {name for name, _ in ours.named_parameters()}
    for name, tensor in ours.state_dict().items():
        source = other.get(name)
        if source is None or source.ndim != tensor.ndim:
            continue
        if gives is not None and tensor.ndim and len(tensor) == len(gives) and tensor.shape[1:] == source.shape[1:]:
            count = _by_channel(tensor, source, gives) * tensor[0].numel()
        else:
            both = tuple(slice(0, min(sizes)) for sizes in zip(tensor.shape, source.shape, strict=True))
            count = tensor[both].copy_(source[both]).numel()
        taken += count if name in trained else 0
    return taken


def _make_identity(model: Network, number: int, picks: Sequence[int]) -> None:
    """A new layer that hands on what it reads: each output the channel of `picks`."""
    layer, node = model.get_submodule(model.names[number]), model.graph.nodes[number]
    if isinstance(layer, _BatchNorm):
        layer.reset_running_stats()
        layer.weight.fill_((1 + layer.eps) ** 0.5)
        layer.bias.zero_()
        return
    weight, shape = layer.weight, model.graph.nodes[node.inputs[0]].shape
    assert isinstance(weight, Tensor)
    weight.zero_()
    place = middle(node.op, shape[1:]) if node.operation == "conv" else ()
    assert place is not None
    for row, pick in enumerate(picks):
        weight[(row, pick % weight.shape[1], *place)] = 1
    if layer.bias is not None:
        layer.bias.zero_()  # type: ignore[operator]
