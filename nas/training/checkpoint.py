"""The state of a training in one safetensors file, written whole or not at all; nothing in it is ever executed."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn
from torch.optim import Optimizer

from nas.errors import UserError
from nas.training.recipe import Recipe


def save_checkpoint(
    path: Path, models: Mapping[str, nn.Module], optimizers: Mapping[str, Optimizer], state: Mapping[str, Any]
) -> None:
    """Writes weights, the optimizers' tensors and `state` (JSON) to `path` in place of what was there."""
    tensors = {f"{name}/{key}": value for name, model in models.items() for key, value in model.state_dict().items()}
    for name, optimizer in optimizers.items():
        for index, parameter in enumerate(_parameters(optimizer)):
            for key, value in optimizer.state.get(parameter, {}).items():
                if isinstance(value, Tensor):
                    tensors[f"{name}/{index}/{key}"] = value
    save_tensors(path, tensors, {"state": json.dumps(state)})


def save_weights(path: Path, model: nn.Module, metadata: dict[str, str] | None = None) -> None:
    """Writes `model.state_dict()` to `path` in place of what was there; `safetensors.torch.load_file` reads it."""
    save_tensors(path, model.state_dict(), metadata)


def save_tensors(path: Path, tensors: dict[str, Tensor], metadata: dict[str, str] | None) -> None:
    """Writes tensors by name, whole or not at all."""
    data = save({name: tensor.detach().cpu().contiguous().clone() for name, tensor in tensors.items()}, metadata)
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = path.with_name(f"{path.name}.{os.getpid()}.new")
    try:
        with open(scratch, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(scratch, path)
    finally:
        scratch.unlink(missing_ok=True)


def load_checkpoint(
    path: Path, models: Mapping[str, nn.Module], optimizers: Mapping[str, Optimizer], expected: Mapping[str, Any]
) -> dict[str, Any]:
    """Restores what `save_checkpoint` wrote, and returns its `state`.

    Raises UserError where the file is damaged, is of another network, or differs from `expected` in `state`.
    """
    hint = "remove the file to begin this training again"
    try:
        with safe_open(path, framework="pt") as file:
            state = json.loads((file.metadata() or {})["state"])
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (SafetensorError, KeyError, ValueError) as error:
        raise UserError(str(path), f"is no checkpoint that can be read ({error})", hint) from error
    if isinstance(state.get("recipe"), dict):  # one of before a setting was there had its default
        state["recipe"] = {**Recipe().to_json(), **state["recipe"]}
    for key, value in expected.items():
        if state.get(key) != value:
            raise UserError(str(path), f"is a checkpoint of another training ({key} differs)", hint)
    for name, model in models.items():
        own = {key[len(name) + 1 :]: value for key, value in tensors.items() if key.startswith(f"{name}/")}
        try:
            model.load_state_dict(own)
        except RuntimeError as error:
            raise UserError(str(path), "is a checkpoint of another network", hint) from error
    for name, optimizer in optimizers.items():
        parameters = _parameters(optimizer)
        for place, value in tensors.items():
            if place.startswith(f"{name}/"):
                _, index, key = place.split("/")
                parameter = parameters[int(index)]
                optimizer.state[parameter][key] = _like(value, parameter, key)
    return dict(state)


def _parameters(optimizer: Optimizer) -> list[Tensor]:
    return [parameter for group in optimizer.param_groups for parameter in group["params"]]


def _like(value: Tensor, parameter: Tensor, key: str) -> Tensor:
    """In the parameter's memory format: fused optimizers walk parameter and state side by side in memory."""
    if value.shape != parameter.shape or key == "step":
        return value.to(parameter.device)
    return torch.empty_like(parameter).copy_(value)
