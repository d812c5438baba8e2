"""How long an untrained network takes, before it is trained: no longer than what is asked for."""

from __future__ import annotations

import torch

from nas.network import Network
from nas.training.latency import latency_ms
from nas.training.precision import default_device
from nas.training.recipe import Recipe
from nas.types import Metrics


class TooSlow(RuntimeError):
    """A network whose latency is over the limit; it is not trained."""


def measured(
    model: Network, recipe: Recipe, device: str | None, batch: int | None, limit: float | None = None
) -> Metrics:
    """`latency_ms` of a batch (None: of one image), at most `limit`. Raises TooSlow over that."""
    milliseconds = latency_ms(model, [model.graph.input], recipe, torch.device(device or default_device()), batch or 1)
    if limit is not None and milliseconds > limit:
        raise TooSlow(f"latency_ms is {milliseconds:.4g}, over the limit of {limit:g}")
    return {"latency_ms": milliseconds}
