"""The one training loop, its recipe, and what they need. Importing this imports no torch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nas.training.recipe import Recipe
from nas.training.threads import use_threads

if TYPE_CHECKING:
    from nas.training.loop import Diverged, evaluate, fit

__all__ = ["Diverged", "Recipe", "evaluate", "fit", "use_threads"]


def __getattr__(name: str) -> Any:
    if name in ("Diverged", "evaluate", "fit"):  # these import torch
        from nas.training import loop

        return getattr(loop, name)
    raise AttributeError(f"module 'nas.training' has no attribute '{name}'")
