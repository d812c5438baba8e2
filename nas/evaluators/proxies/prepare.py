"""What the proxies have in common: a copy of the network that they may watch and change, and its layers."""

import copy
from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.modules.conv import _ConvNd

from nas.graph.operation import Operation
from nas.graph.operations.layers import LocallyConnected
from nas.graph.operations.modules import Add
from nas.network import Network
from nas.network.calls import Call
from nas.network.in_place import AddInto


def prepare(model: Network) -> Network:
    """A copy to measure: batch norms go by the batch's statistics; without auxiliary heads and anything random.

    Nothing writes over its input, so that hooks see what each module got and gave.
    """
    copied = copy.deepcopy(model).eval()  # the heads run where the network as a whole is in training mode
    for module in list(copied.modules()):
        if isinstance(module, _BatchNorm):
            module.train()
        if getattr(module, "inplace", False):
            module.inplace = False  # type: ignore[assignment]
        for name, child in module.named_children():
            if isinstance(child, AddInto):
                setattr(module, name, Add())
    return copied


def calls(model: Network, wanted: Callable[[Operation], bool]) -> list[Call]:
    """The calls at inference whose operations are wanted: `call.parent[call.name]` is the module."""
    return [call for call in model._inference[0] if wanted(model.graph.nodes[call.node].op)]


def layers(model: nn.Module) -> list[nn.Module]:
    """The convolutions and linear layers, each once."""
    return [module for module in model.modules() if isinstance(module, _ConvNd | nn.Linear | LocallyConnected)]


def weights(model: nn.Module) -> list[Tensor]:
    """The weights of the convolutions and linear layers. Raises ValueError where there is none."""
    tensors = [module.weight for module in layers(model)]
    if not tensors:
        raise ValueError("the network has no convolution and no linear layer")
    return tensors  # type: ignore[return-value]


def gradients(output: Tensor, of: Sequence[Tensor], keep: bool = False) -> list[Tensor]:
    """Derivatives of a number; zeros where it does not depend on a tensor. `keep`: they can be derived again."""
    if not output.requires_grad:
        return [torch.zeros_like(tensor) for tensor in of]
    derivatives = torch.autograd.grad(output, of, create_graph=keep, allow_unused=True)
    return [torch.zeros_like(x) if gradient is None else gradient for x, gradient in zip(of, derivatives, strict=True)]


def loss(model: nn.Module, images: Tensor, labels: Tensor) -> Tensor:
    """The mean cross-entropy of the batch."""
    return functional.cross_entropy(model(images), labels)
