"""Made-up clips of the packaged digits, each of which moves over an empty frame in one of four directions.

After Moving MNIST (Srivastava et al. 2015, arXiv:1502.04681), but the class is the direction, and what leaves the frame
on one side comes back on the other: then a single frame is as likely in all classes, and says nothing of them.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from nas.data import digits
from nas.data.dataset import Dataset, build

if TYPE_CHECKING:
    import torch
    from torch import Tensor

CLASSES = ("left", "right", "up", "down")
STEPS = ((0, -1), (0, 1), (-1, 0), (1, 0))  # of rows and columns, a frame
FRAMES, SIDE = 8, 16


def load(name: str, directory: str | Path | None = None, valid_fraction: float | None = None) -> Dataset:
    """Clips (1, 8, 16, 16), always the same ones, of the digits' sets: 1,078 to train, 360 to validate, 359 to test."""
    import torch

    generator = torch.Generator().manual_seed(0)
    clips, labels = {}, {}
    for split, images in digits.load("digits", None, valid_fraction).images.items():
        labels[split] = torch.arange(len(images)) % len(CLASSES)
        clips[split] = moving(images, labels[split], generator)
    return build(name, clips, labels, CLASSES, valid_fraction=0.25)


def moving(images: Tensor, labels: Tensor, generator: torch.Generator) -> Tensor:
    """uint8 (N, C, FRAMES, SIDE, SIDE) of digits (N, C, h, w): each begins at a random place."""
    import torch

    count, channels, height, width = images.shape
    frame = torch.zeros(count, channels, SIDE, SIDE, dtype=torch.uint8)
    frame[:, :, :height, :width] = images
    starts = torch.randint(SIDE, (count, 2), generator=generator).tolist()
    clips = torch.empty(count, channels, FRAMES, SIDE, SIDE, dtype=torch.uint8)
    for clip, still, start, label in zip(clips, frame, starts, labels.tolist(), strict=True):
        for time in range(FRAMES):
            shifts = [first + time * step for first, step in zip(start, STEPS[label], strict=True)]
            clip[:, time] = still.roll(shifts, dims=(1, 2))
    return clips
