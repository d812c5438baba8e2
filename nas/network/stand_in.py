"""Hollow copies of networks: the shape of a network without its weights, which it gets layer by layer as it runs."""

import copy
import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.modules.conv import _ConvNd, _ConvTransposeNd

COUNTERS = ("num_batches_tracked",)  # part of no computation


@dataclass
class Layer:
    """A module with weights or statistics at one of its runs."""

    name: str
    module: nn.Module  # hollow
    number: int  # of the first run of this module; its weights are drawn from it
    energy: float  # mean square of what that run read
    scale: float  # of the numbers in `seen`
    seen: Tensor | None  # what this run read, each position's channels as one number; None: not one tensor
    total: float  # their sum

    def __str__(self) -> str:
        described = str(self.module) if next(self.module.children(), None) is None else type(self.module).__name__
        return f"'{self.name}' {described}"

    def drawn(self) -> dict[str, Tensor]:
        """Weights and statistics that keep activations near 1, always the same, unlike those of any other layer."""
        generator = torch.Generator().manual_seed(self.number)
        values = {}
        for key, tensor in own(self.module).items():
            value = torch.zeros(tensor.shape, dtype=tensor.dtype)
            if len(sizes(tensor)) > 1:
                limit = math.sqrt(6 / math.prod(tensor.shape[1:]))  # variance 2 / (inputs of an output)
                value.uniform_(-limit, limit, generator=generator)
            elif key == "running_var":
                value.uniform_(0.5, 1.5, generator=generator).mul_(self.energy)
            elif key == "running_mean":
                value.normal_(0, 0.1 * math.sqrt(self.energy), generator=generator)
            elif key == "bias":
                value.normal_(0, 0.1, generator=generator)
            elif key not in COUNTERS:
                value.uniform_(0.5, 1.5, generator=generator)
            values[key] = value
        return values


def kind(module: nn.Module) -> str | None:
    """What torch layer a module is, subclasses included; None: a container or a class of somebody's own.

    A linear layer is a 1x1 convolution, and batch norm is one thing in any dimension.
    """
    if isinstance(module, nn.Linear | _ConvNd) and not isinstance(module, _ConvTransposeNd):
        return "linear"
    if isinstance(module, _BatchNorm):
        return "batch norm"
    for base in type(module).__mro__:
        place = base.__module__
        if place.startswith("torch.nn.modules.") and not place.endswith((".module", ".container")):
            return base.__name__
    return None


def signature(module: nn.Module) -> tuple[Any, ...] | None:
    """What two layers must share to correspond; None: free parameters, which correspond one by one.

    Padding is not in it: it may stand inside one network's layer and before that of the other.
    """
    if kind(module) is None:
        return None
    shapes = tuple((key, sizes(t)) for key, t in sorted(own(module).items()) if key not in COUNTERS)
    return (kind(module), shapes, *(_moves(getattr(module, key, None)) for key in ("stride", "groups", "dilation")))


def sizes(tensor: Tensor) -> tuple[int, ...]:
    """The shape without axes of size 1."""
    return tuple(size for size in tensor.shape if size != 1)


def own(module: nn.Module) -> dict[str, Tensor]:
    """A module's parameters and saved buffers, not its children's. Of a class that is not torch's, parameters alone."""
    tensors = {**module._parameters, **(module._buffers if kind(module) else {})}
    return {k: v for k, v in tensors.items() if v is not None and k not in module._non_persistent_buffers_set}


def width(module: nn.Module) -> int | None:
    """How many channels a layer of torch's reads."""
    for key in ("in_features", "in_channels", "num_features"):
        if hasattr(module, key):
            return int(getattr(module, key))
    return math.prod(module.normalized_shape) if isinstance(module, nn.LayerNorm) else None


def hollow(network: nn.Module, heads: bool) -> nn.Module:
    """A copy in float64 on the CPU, without the memory of weights; its layers work as at inference.

    `heads`: its containers work as in training, so that auxiliary heads run. Constants are copied.
    """
    copies: dict[int, Any] = {}
    for module in network.modules():
        mine = own(module)
        for key, tensor in {**module._parameters, **module._buffers}.items():
            if tensor is not None:
                dtype = torch.float64 if tensor.is_floating_point() else tensor.dtype
                if key in mine:
                    copies[id(tensor)] = torch.empty(tensor.shape, dtype=dtype, device="meta")
                else:
                    copies[id(tensor)] = tensor.detach().to("cpu", dtype, copy=True)
    twin = copy.deepcopy(network, copies)
    for module in twin.modules():
        module.training = heads and kind(module) is None and next(module.children(), None) is not None
    return twin


@contextmanager
def filled(module: nn.Module, values: dict[str, Tensor]) -> Iterator[None]:
    """A hollow layer has these weights meanwhile."""
    empty = own(module)
    _fill(module, values)
    try:
        yield
    finally:
        _fill(module, empty)


@contextmanager
def watched(network: nn.Module) -> Iterator[list[Layer]]:
    """While it is open, the layers of a hollow network get drawn weights as they run, and are added to the list."""
    layers: list[Layer] = []
    first: dict[str, Layer] = {}

    def before(name: str) -> Callable[..., None]:
        def hook(module: nn.Module, inputs: Any, named: Any) -> None:
            x = next((value for value in (*inputs, *named.values()) if isinstance(value, Tensor)), None)
            energy = 1.0 if x is None else float(x.square().mean()) or 1.0
            scale = math.sqrt(energy * (width(module) or 1))
            read = None if x is None else seen(module, x)
            layer = Layer(name, module, len(layers), energy, scale, read, 0.0 if read is None else float(read.sum()))
            layer.number, layer.energy = first.setdefault(name, layer).number, first[name].energy
            layers.append(layer)
            _fill(module, layer.drawn())

        return hook

    def after(empty: dict[str, Tensor]) -> Callable[..., None]:
        return lambda module, inputs, output: _fill(module, empty)

    handles: list[Any] = []
    for name, module in network.named_modules():
        if own(module):
            handles.append(module.register_forward_pre_hook(before(name), with_kwargs=True))
            handles.append(module.register_forward_hook(after(own(module))))
    try:
        yield layers
    finally:
        for handle in handles:
            handle.remove()


def seen(module: nn.Module, x: Tensor) -> Tensor:
    """A number for each position of what a layer reads, the same whether channels are the second axis or the last."""
    axis = 1
    if isinstance(module, nn.Linear) or (isinstance(module, nn.LayerNorm) and _channels_last(module, x)):
        axis = -1
    return torch.tensordot(x, _wave(x.shape[axis]), dims=([axis], [0])).flatten()


def _channels_last(norm: nn.LayerNorm, x: Tensor) -> bool:
    """Subclasses exist to normalise over the second axis."""
    return type(norm).forward is nn.LayerNorm.forward or x.shape[1] != norm.normalized_shape[0]


@lru_cache(maxsize=64)
def _wave(length: int) -> Tensor:
    """A fixed direction that no network's activations lie across."""
    return torch.cos(torch.arange(length, dtype=torch.float64) ** 1.5)


def _fill(module: nn.Module, values: dict[str, Tensor]) -> None:
    for key, value in values.items():
        home: Any = module._parameters if key in module._parameters else module._buffers
        home[key] = value


def _moves(value: Any) -> tuple[Any, ...]:
    """Stride, groups or dilation; empty where it moves nothing."""
    values = tuple(value) if isinstance(value, list | tuple) else (value,)
    return () if all(number in (None, 1) for number in values) else values
