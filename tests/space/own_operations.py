"""Torch modules that tests register, and that documents of tests name. Importing this file is noticed."""

import os
from pathlib import Path

import torch
from torch import Tensor, nn

if "NOTE_IMPORT" in os.environ:
    Path(os.environ["NOTE_IMPORT"]).write_text("imported", encoding="utf-8")


class ShiftConv(nn.Module):
    """A convolution of a shifted map, and a factor that it draws itself."""

    def __init__(self, in_channels: int, channels: int | None = None, kernel: int = 3, stride: int = 1) -> None:
        super().__init__()
        self.conv = nn.Conv2d(in_channels, channels or in_channels, kernel, stride, kernel // 2)
        self.factor = nn.Parameter(torch.empty(1))
        nn.init.uniform_(self.factor, 1, 2)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(x.roll(1, -1)) * self.factor


class Blur(nn.Module):
    """No weights; it reads the whole shape."""

    def __init__(self, shape: tuple[int, ...], size: int = 3) -> None:
        super().__init__()
        self.pool = nn.AvgPool2d(size, 1, size // 2)
        self.sizes = shape[1:]

    def forward(self, x: Tensor) -> Tensor:
        return self.pool(x).view(x.shape[0], -1, *self.sizes)


class Broken(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        raise ValueError("no <b>good</b>\nat all")


class Pair(nn.Module):
    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        return x, x


def function(x: Tensor) -> Tensor:
    return x
