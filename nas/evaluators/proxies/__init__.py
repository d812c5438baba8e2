"""Zero-cost proxies: what an untrained network and one batch of images tell about it. One paper a file.

Each is `proxy(model, images, labels, generator) -> float`, larger where the network promises more; see `score`. What is
summed over a network is summed over the weights of its convolutions and linear layers, as in Abdelfattah et al. 2021,
Zero-Cost Proxies for Lightweight NAS, arXiv:2101.08134. Where a paper leaves a convention open, it is that of the
published values of Krishnakumar et al. 2022, NAS-Bench-Suite-Zero, arXiv:2210.03230. Importing this imports no torch.
"""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

from nas.errors import UserError, did_you_mean

if TYPE_CHECKING:
    import torch
    from torch import Tensor

    from nas.network import Network

PROXIES = (
    "synflow",
    "snip",
    "grasp",
    "fisher",
    "jacov",
    "naswot",
    "grad_norm",
    "zen",
    "parameters",
    "mult_adds",
)
BY_LABELS = ("snip", "grasp", "fisher", "grad_norm")  # of a loss of classes


def check_task(names: Sequence[str], task: str) -> None:
    """Raises UserError for a proxy whose loss is of classes, where the task is another."""
    for name in names:
        if task != "classification" and name in BY_LABELS:
            hint = f"take another: {', '.join(each for each in PROXIES if each not in BY_LABELS)}"
            raise UserError(f"proxy {name}", f"it goes by the loss of classes, and the data are of {task}", hint)


def check_proxy(name: str) -> str:
    """The name of a proxy. Raises UserError for another."""
    if name not in PROXIES:
        raise UserError("proxy", f"unknown proxy '{name}'", did_you_mean(name, PROXIES))
    return name


def score(name: str, model: Network, images: Tensor, labels: Tensor, generator: torch.Generator) -> float:
    """The value of the proxy `name`.

    Args:
        model: a compiled network, untrained; it is left as it is.
        images: normalised float32 (N, C, H, W), two or more, on the model's device.
        labels: int64 (N,), its classes.
        generator: on the CPU; zen alone draws from it.

    Raises ValueError where the network has nothing that the proxy measures. The value may be infinite or NaN, as that
    of a network whose activations overflow.
    """
    module = importlib.import_module(f"nas.evaluators.proxies.{check_proxy(name)}")
    return float(getattr(module, name)(model, images, labels, generator))
