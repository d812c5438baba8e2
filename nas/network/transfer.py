"""Copying weights from another implementation of the same architecture, whatever its modules are called."""

import copy
import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from nas.errors import UserError
from nas.network.module import Network

TOLERANCE = 1e-6  # of one scale; both networks compute in float64, where equal ones agree to about 1e-12
ATTEMPTS = 200  # runs of the network while look-alike layers are told apart

Signature = tuple[Any, ...]


@dataclass
class Layer:
    """A module with weights at one of its runs: `seen` summarises what it read."""

    name: str
    module: nn.Module
    signature: Signature
    seen: Tensor

    def __str__(self) -> str:
        return f"'{self.name}' {self.module}"


class _Misfit(Exception):
    """A layer of the network has no counterpart, given the choices so far."""


def transfer_weights(reference: nn.Module, model: Network) -> None:
    """Copies the parameters and buffers of `reference` into `model`, in place.

    Two layers correspond where type, shapes, stride, groups and dilation agree and both read the same values: `model`
    runs on an image that the reference has seen, and each of its layers takes its weights, as it is reached, from the
    earliest unused layer of the reference that fits. Where several fit and the wrong one was taken, a later layer finds
    none, and the choice is made again. All that happens on copies in float64, with weights and statistics drawn anew,
    so that no two tensors are alike by accident; both networks must then give the same outputs. Auxiliary heads are
    copied where `model` has them. Raises UserError, naming the layers, where the two are not the same network.
    """
    image = torch.randn(1, *model.graph.input, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    theirs, ours = _stand_in(reference, model), _stand_in(model, model)
    _draw(theirs)
    layers: list[Layer] = []

    def record(name: str, module: nn.Module, x: Tensor) -> None:
        layers.append(_layer(name, module, x))

    with torch.no_grad(), _before_each(theirs, record):
        expected = _outputs(theirs, image)
    pairs, outputs = _match(layers, ours, image)

    unused = [layer for layer in layers if layer.name not in pairs.values()]
    if unused:
        what = f"layer {unused[0]} of the reference has no counterpart in the network"
        raise UserError("transfer_weights", what + _place(layers, unused[0], pairs))
    error = max([_error(outputs[0], expected[:1]), *(_error(head, expected[1:]) for head in outputs[1:])])
    if not error <= TOLERANCE:
        what = f"all layers correspond, but the outputs differ by {error:.1g} of the largest"
        raise UserError("transfer_weights", what, "the networks differ in operations without weights")
    mine, other = dict(model.named_modules()), dict(reference.named_modules())
    with torch.no_grad():
        for name, counterpart in pairs.items():
            values = _own(other[counterpart])
            for key, tensor in _own(mine[name]).items():
                tensor.copy_(values[key])


def _match(layers: list[Layer], ours: nn.Module, image: Tensor) -> tuple[dict[str, str], list[Tensor]]:
    """Our layers' names to theirs, and the outputs: depth-first over the choices among look-alikes, run after run."""
    forced: list[int] = []  # which of the fitting layers to take at each choice; past its end the first
    deepest: tuple[int, str] = (-1, "")
    for _ in range(ATTEMPTS):
        pairs: dict[str, str] = {}
        choices: list[tuple[int, int]] = []  # (taken, out of)
        take = partial(_take, layers, forced, pairs, choices)
        try:
            with torch.no_grad(), _before_each(ours, take):
                return pairs, _outputs(ours, image)
        except _Misfit as misfit:
            deepest = max(deepest, (len(pairs), str(misfit)), key=lambda found: found[0])
        while choices and choices[-1][0] + 1 == choices[-1][1]:
            choices.pop()
        if not choices:
            break
        forced = [taken for taken, _ in choices[:-1]] + [choices[-1][0] + 1]
    raise UserError("transfer_weights", deepest[1])


def _take(
    layers: list[Layer],
    forced: list[int],
    pairs: dict[str, str],
    choices: list[tuple[int, int]],
    name: str,
    module: nn.Module,
    x: Tensor,
) -> None:
    """Before a layer of ours runs: gives it the weights of the layer of theirs that it stands for."""
    here, used = _layer(name, module, x), set(pairs.values())
    left = [layer for layer in layers if layer.name not in used]
    fits = [layer for layer in left if layer.signature == here.signature and _close(layer.seen, here.seen)]
    if not fits:
        nearest = f"the next unused one is {left[0]}" if left else "all of its layers are used"
        raise _Misfit(f"layer {here} of the network has no counterpart in the reference; {nearest}")
    chosen = fits[0]
    if len(fits) > 1:
        turn = len(choices)
        choices.append((forced[turn] if turn < len(forced) else 0, len(fits)))
        chosen = fits[choices[-1][0]]
    pairs[name] = chosen.name
    values = _own(chosen.module)
    for key, tensor in _own(module).items():
        tensor.copy_(values[key])


def _stand_in(network: nn.Module, model: Network) -> nn.Module:
    """A copy in float64. Layers work as at inference; containers as in training where the model has heads to run."""
    twin = copy.deepcopy(network).to("cpu", torch.float64)
    for module in twin.modules():
        module.training = bool(model.graph.auxiliary) and next(module.children(), None) is not None
    return twin


def _draw(network: nn.Module) -> None:
    """New weights and statistics that keep activations near 1, so that layers and their inputs tell apart."""
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for module in network.modules():
            for name, tensor in _own(module).items():
                if name == "running_var" or (name == "weight" and tensor.ndim == 1):
                    tensor.uniform_(0.5, 1.5, generator=generator)
                elif tensor.ndim > 1:
                    tensor.normal_(0, math.sqrt(2 / max(1, tensor[0].numel())), generator=generator)
                elif tensor.is_floating_point():
                    tensor.normal_(0, 0.1, generator=generator)


def _own(module: nn.Module) -> dict[str, Tensor]:
    """A module's own parameters and saved buffers, without its children's."""
    tensors = {**module._parameters, **module._buffers}
    return {k: v for k, v in tensors.items() if v is not None and k not in module._non_persistent_buffers_set}


@contextmanager
def _before_each(network: nn.Module, call: Callable[[str, nn.Module, Tensor], None]) -> Iterator[None]:
    """While it is open, `call(name, module, input)` comes before every run of a layer with weights or statistics."""

    def hook(name: str) -> Any:
        return lambda module, inputs: call(name, module, inputs[0])

    layers = [(name, m) for name, m in network.named_modules() if m._parameters or isinstance(m, _BatchNorm)]
    handles = [module.register_forward_pre_hook(hook(name)) for name, module in layers]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def _layer(name: str, module: nn.Module, x: Tensor) -> Layer:
    shapes = tuple((key, tuple(tensor.shape)) for key, tensor in sorted(_own(module).items()))
    moves = tuple(_pair(getattr(module, key, None)) for key in ("stride", "groups", "dilation"))
    # Length and two projections stand for the values, which would take gigabytes to keep.
    flat = x.detach().reshape(-1)
    seen = torch.stack([flat.norm(), flat.sum(), flat @ _wave(flat.numel())])
    kind = next((base for base in type(module).__mro__ if base.__module__.startswith("torch.nn.")), type(module))
    return Layer(name, module, (kind.__name__, shapes, moves, tuple(x.shape)), seen)


@lru_cache(maxsize=32)
def _wave(length: int) -> Tensor:
    """A fixed direction that no network's activations lie across."""
    return torch.cos(torch.arange(length, dtype=torch.float64) ** 1.5)


def _pair(value: Any) -> Any:
    return tuple(value) if isinstance(value, list | tuple) else value


def _close(a: Tensor, b: Tensor) -> bool:
    return bool((a - b).abs().max() <= TOLERANCE * a[0])


def _error(got: Tensor, expected: list[Tensor]) -> float:
    """Largest error over largest value, against the nearest of what is expected (heads come in either order)."""
    fits = [wanted for wanted in expected if wanted.shape == got.shape]
    return min((float((got - wanted).abs().max() / wanted.abs().max()) for wanted in fits), default=math.inf)


def _outputs(network: nn.Module, image: Tensor) -> list[Tensor]:
    """The output, then those of auxiliary heads; torchvision returns named tuples, with None for absent heads."""
    result = network(image)
    if isinstance(result, Tensor):
        return [result]
    return [item for part in result if part is not None for item in (part if isinstance(part, list) else [part])]


def _place(layers: list[Layer], unused: Layer, pairs: dict[str, str]) -> str:
    """Where in our network the counterpart of an unused layer was to be expected."""
    ours = {theirs: name for name, theirs in pairs.items()}
    before = [ours[layer.name] for layer in layers[: layers.index(unused)] if layer.name in ours]
    return f" (it was expected after '{before[-1]}')" if before else ""
