"""Augmentation of signals, a whole batch at once: noise, factors, shifts, and stretches of time that are blanked.

Jitter and scaling: Um et al. 2017, Data augmentation of wearable sensor data for Parkinson's disease monitoring,
arXiv:1706.00527. Time masking: Park et al. 2019, SpecAugment, arXiv:1904.08779, section 2.
"""

from __future__ import annotations

import torch
from torch import Tensor

from nas.errors import UserError
from nas.training.recipe import Recipe

OF_SIGNALS = ("jitter", "scaling", "time_masking")


class Signals:
    """float32 signals (N, C, L) of mean 0 and deviation 1 a channel, each changed at random by itself.

    Raises UserError where the recipe would shift or blank all of them.
    """

    def __init__(self, recipe: Recipe, crop: int, length: int) -> None:
        self.crop, self.jitter, self.scaling = crop, recipe.jitter, recipe.scaling
        self.masking = recipe.time_masking
        for name, steps in (("crop", crop), ("time_masking", self.masking)):
            if steps >= length:
                what = f"{steps} steps leave nothing of signals of {length}"
                raise UserError(f"recipe.{name}", what, f"give less: {name}={length // 8}")

    def __call__(self, signals: Tensor, generator: torch.Generator) -> Tensor:
        if self.crop:
            signals = shifted(signals, self.crop, generator)
        if self.scaling:
            signals = signals * (1 + self.scaling * _normal(signals[:, :, :1], generator))
        if self.jitter:
            signals = signals + self.jitter * _normal(signals, generator)
        return masked(signals, self.masking, generator) if self.masking else signals


def shifted(signals: Tensor, most: int, generator: torch.Generator) -> Tensor:
    """Each earlier or later by up to `most` steps, with zeros where it ends."""
    count, _, length = signals.shape
    start = torch.randint(2 * most + 1, (count,), generator=generator, device=signals.device)
    windows = torch.nn.functional.pad(signals, (most, most)).unfold(2, length, 1)  # a view: (N, C, 2*most+1, L)
    return windows[torch.arange(count, device=signals.device), :, start]


def masked(signals: Tensor, most: int, generator: torch.Generator) -> Tensor:
    """Zeroes w steps of all channels, w drawn from 0 to `most`, and where they begin from where they fit."""
    count, _, length = signals.shape
    width = torch.randint(most + 1, (count, 1), generator=generator, device=signals.device)
    place = torch.rand((count, 1), generator=generator, device=signals.device)
    start = (place * (length - width + 1)).long()
    steps = torch.arange(length, device=signals.device)
    return signals.masked_fill(((steps >= start) & (steps < start + width))[:, None], 0.0)


def _normal(like: Tensor, generator: torch.Generator) -> Tensor:
    return torch.randn(like.shape, generator=generator, device=like.device)
