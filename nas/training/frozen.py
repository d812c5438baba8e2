"""What a recipe says of the parts of a network: which stay as they are, and which learn at rates of their own."""

from __future__ import annotations

from collections.abc import Iterable

from torch import nn

from nas.errors import UserError
from nas.network import Network
from nas.network.parts import layers_in
from nas.training.recipe import Recipe


def freeze(model: nn.Module, recipe: Recipe) -> list[nn.Module]:
    """The layers that the recipe freezes; their parameters take no gradients from now on.

    Their norms keep their statistics too while they are in evaluation mode, which `model.train()` ends.
    Raises UserError where the network has no such part, or nothing is left to train.
    """
    if recipe.freeze == "none":
        return []
    layers = _layers(model, [word.strip() for word in recipe.freeze.split(",")])
    for layer in layers:
        layer.requires_grad_(False)
    if not any(parameter.requires_grad for parameter in model.parameters()):
        raise UserError("recipe.freeze", f"{recipe.freeze} leaves nothing to train", "freeze less")
    return layers


def scales(model: nn.Module, recipe: Recipe) -> dict[nn.Parameter, float]:
    """Of the learning rates of parameters that have another one than the recipe's, by that."""
    return {
        parameter: rate / recipe.learning_rate
        for part, rate in recipe.part_rates.items()
        for layer in _layers(model, [part])
        for parameter in layer.parameters()
    }


def _layers(model: nn.Module, parts: Iterable[str]) -> list[nn.Module]:
    if not isinstance(model, Network):
        raise UserError(
            "recipe", f"the parts of a {type(model).__name__} have no names", "leave freeze and part_rates out"
        )
    names = dict.fromkeys(name for part in parts for name in layers_in(model, part))
    return [model.get_submodule(name) for name in names]
