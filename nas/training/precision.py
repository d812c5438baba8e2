"""The number format and the memory format in which a device trains fastest."""

from __future__ import annotations

from contextlib import AbstractContextManager

import torch
from torch import nn

from nas.training.recipe import Recipe


def uses_bf16(recipe: Recipe, device: torch.device) -> bool:
    """Whether to compute in bfloat16: as the recipe says, or where the device has instructions for it."""
    if recipe.precision != "auto":
        return recipe.precision == "bf16"
    if device.type == "cuda":
        return torch.cuda.get_device_capability(device) >= (8, 0)
    if device.type == "cpu":
        has = torch.cpu.get_capabilities()
        return bool(has.get("avx512_bf16") or has.get("amx_bf16") or has.get("amx_tile"))
    return False


def autocast(recipe: Recipe, device: torch.device) -> AbstractContextManager[object]:
    """Convolutions and products in bfloat16 within it; weights, their gradients and the loss stay float32.

    Weights are cast at each use, not cached: a network uses each once a step, and a CUDA graph may hold no cache.
    """
    enabled = uses_bf16(recipe, device)
    return torch.autocast(device.type, dtype=torch.bfloat16, enabled=enabled, cache_enabled=False)


def place(model: nn.Module, recipe: Recipe, device: torch.device) -> None:
    """Moves `model` to `device`, in the recipe's memory format."""
    model.to(device)
    if recipe.channels_last:
        model.to(memory_format=torch.channels_last)


def default_device() -> torch.device:
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")
