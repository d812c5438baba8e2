"""The classic made-up benchmark of signals: a plateau, a rise or a fall of random place and width, in noise.

Source: Saito, Local feature extraction and its applications using a library of bases, PhD thesis, Yale, 1994; as the
UCR archive has it (CBF: signals of 128 steps, 900 to test, but 30 to train), without its normalising each signal.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from nas.data.dataset import Dataset, build

if TYPE_CHECKING:
    import torch
    from torch import Tensor

CLASSES = ("cylinder", "bell", "funnel")
STEPS, EACH = 128, {"train": 100, "valid": 100, "test": 300}  # signals of each class


def load(name: str, directory: str | Path | None = None, valid_fraction: float | None = None) -> Dataset:
    """Signals (1, 128), always the same ones: 300 to train, 300 to validate, 900 to test, a third of each class."""
    import torch

    generator = torch.Generator().manual_seed(0)
    labels = {split: torch.arange(3).repeat_interleave(count) for split, count in EACH.items()}
    signals = {split: drawn(each, generator) for split, each in labels.items()}
    return build(name, signals, labels, CLASSES, valid_fraction=0.5)


def drawn(labels: Tensor, generator: torch.Generator) -> Tensor:
    """float32 (N, 1, 128) of classes (N,): (6 + n) s(t) + e(t), with n and each e(t) standard normal.

    s(t) is 1 from a to b, which rises linearly to it for a bell, and falls from it for a funnel; a is drawn from the
    whole numbers from 16 to 32, and b - a from those from 32 to 96.
    """
    import torch

    count = len(labels)
    start = torch.randint(16, 33, (count, 1), generator=generator)
    width = torch.randint(32, 97, (count, 1), generator=generator)
    height = 6 + torch.randn(count, 1, generator=generator)
    steps = torch.arange(1, STEPS + 1)
    rise = (steps - start) / width
    shapes = torch.stack([torch.ones(count, STEPS), rise, 1 - rise])[labels, torch.arange(count)]
    inside = (steps >= start) & (steps <= start + width)
    return (height * shapes * inside + torch.randn(count, STEPS, generator=generator))[:, None]
