"""Files of weights that anyone may have written: tensors by name, and nothing in them is ever executed."""

import pickle
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from nas.errors import UserError, shortened

INNER = ("state_dict", "model_state_dict", "model")  # where training scripts keep weights in their checkpoints
PREFIXES = ("module.", "_orig_mod.", "model.")  # of networks that were wrapped
COUNTER = "num_batches_tracked"


def read_weights(path: str | Path) -> dict[str, Tensor]:
    """Tensors by name, on the CPU. Raises UserError where the file has none, or more than tensors."""
    path = Path(path)
    try:
        values = load_file(path) if path.suffix == ".safetensors" else _unpickled(path)
    except (OSError, SafetensorError, EOFError, RuntimeError, ValueError, pickle.UnpicklingError) as error:
        what = f"its weights cannot be read: {shortened(str(error).splitlines()[0] if str(error) else 'it is empty')}"
        raise UserError(
            str(path), what, "give a file of tensors by name: safetensors, or torch.save(state_dict)"
        ) from None
    for key in INNER:
        if isinstance(values, Mapping) and isinstance(values.get(key), Mapping):
            values = values[key]
    if not isinstance(values, Mapping) or not values or not all(isinstance(v, Tensor) for v in values.values()):
        raise UserError(str(path), "holds no tensors by name", "save model.state_dict() in it")
    named = {str(name): tensor for name, tensor in values.items()}
    for prefix in PREFIXES:
        if all(name.startswith(prefix) for name in named):
            named = {name.removeprefix(prefix): tensor for name, tensor in named.items()}
    return named


def counted(names: Iterable[str]) -> list[str]:
    """Those that training changes: without how many batches a norm has seen, which older files lack."""
    return [name for name in names if not name.endswith(COUNTER)]


def _unpickled(path: Path) -> Any:
    """What torch.save wrote; `weights_only` lets nothing but tensors and plain containers be made of it."""
    return torch.load(path, map_location="cpu", weights_only=True)
