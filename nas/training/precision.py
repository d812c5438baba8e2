"""The number format and the memory format in which a device trains fastest."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

import torch
from torch import nn

from nas.errors import UserError
from nas.network.module import Network
from nas.training.recipe import Recipe

if TYPE_CHECKING:
    from nas.graph.graph import Graph


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


def concrete(recipe: Recipe, model: nn.Module, device: torch.device) -> Recipe:
    """The recipe with "auto" settled: float32 also where bfloat16 would go wrong.

    On CPUs oneDNN's gradient of a convolution's weight reads unwritten memory in bfloat16 where the padding is larger
    than the map (seen with torch 2.15: kernels of 5 on maps of 1x1), and the loss becomes NaN in some step.
    """
    if (
        recipe.precision == "auto"
        and device.type == "cpu"
        and isinstance(model, Network)
        and _reaches_beyond(model.graph)
    ):
        return recipe.replace(precision="fp32")
    return recipe.replace(precision="bf16" if uses_bf16(recipe, device) else "fp32")


def _reaches_beyond(graph: Graph) -> bool:
    """Whether a convolution has weights that only ever meet padding further out than the map is large."""
    for node in graph.nodes:
        if node.operation == "conv":
            shape = graph.nodes[node.inputs[0]].shape
            if any(extent > 2 * size + 1 for extent, size in zip(node.op.window(shape)[0], shape[1:], strict=True)):
                return True
    return False


def autocast(recipe: Recipe, device: torch.device) -> AbstractContextManager[object]:
    """Convolutions and products in bfloat16 within it; weights, their gradients and the loss stay float32.

    Weights are cast at each use, not cached: a network uses each once a step, and a CUDA graph may hold no cache.
    """
    enabled = uses_bf16(recipe, device)
    return torch.autocast(device.type, dtype=torch.bfloat16, enabled=enabled, cache_enabled=False)


def place_model(model: nn.Module, recipe: Recipe, device: torch.device) -> None:
    """Moves `model` to `device`, in the recipe's memory format, which is one of images."""
    model.to(device)
    if recipe.channels_last and not (isinstance(model, Network) and len(model.graph.input) != 3):
        model.to(memory_format=torch.channels_last)


def default_device() -> torch.device:
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def check_device(name: str) -> None:
    """Raises UserError for what is no device, or none of this machine."""
    kind, _, number = name.partition(":")
    counts = {"cpu": 1, "cuda": torch.cuda.device_count(), "mps": int(torch.backends.mps.is_available())}
    if kind not in counts or not (number.isdecimal() or name == kind):
        raise UserError("device", f"unknown device '{name}'", "give cpu, cuda, cuda:1 (the second) or mps")
    if not counts[kind]:
        raise UserError("device", f"no {kind.upper()} device here", "cpu works")
    if int(number or 0) >= counts[kind]:
        raise UserError("device", f"no '{name}' here", f"{kind} works")
