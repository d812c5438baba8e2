"""Files of weights that anyone may have written: tensors by name, and nothing in them is ever executed."""

import pickle
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from nas.errors import UserError

INNER = ("state_dict", "model_state_dict", "model")  # where training scripts keep weights in their checkpoints
HINT = "give a file of tensors by name: safetensors, or torch.save(state_dict)"
# What torch's reader raises for files of others depends on their bytes.
DAMAGE: tuple[type[Exception], ...] = (
    *(SafetensorError, pickle.UnpicklingError, EOFError, RuntimeError, ValueError, LookupError),
    *(TypeError, AttributeError, ArithmeticError, AssertionError),
)
PREFIXES = ("module.", "_orig_mod.", "model.")  # of networks that were wrapped
COUNTER = "num_batches_tracked"


def read_weights(path: str | Path) -> dict[str, Tensor]:
    """Tensors by name, on the CPU. Raises UserError where the file has none, or more than tensors."""
    path = Path(path)
    try:
        values = load_file(path) if path.suffix == ".safetensors" else _unpickled(path)
    except OSError as error:
        raise UserError(str(path), f"its weights cannot be read: {error.strerror or error}", HINT) from None
    except DAMAGE as error:
        refused = "nsupported" in str(error)  # what pickle would have had to import
        what = "more than tensors is in it" if refused else "it is no file of weights, or damaged"
        raise UserError(str(path), f"its weights cannot be read: {what}", HINT) from None
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
