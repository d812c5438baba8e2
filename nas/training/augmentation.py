"""Random crops, mirroring and cutout of a whole batch at once, on whatever device its images are."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from nas.data import Dataset
from nas.training.recipe import Recipe


class Augmentation:
    """Batches of uint8 images to normalised float32 ones, changed at random where they are trained on.

    Each image has its own crop, mirroring and cutout, drawn from `generator`, which is on the images' device.
    """

    def __init__(self, data: Dataset, recipe: Recipe, device: torch.device) -> None:
        # blanking after normalisation (DARTS) means the blank is the data set's mean colour
        self.flip = data.flip if recipe.flip is None else recipe.flip
        self.crop = data.crop if recipe.crop is None else recipe.crop
        self.cutout = recipe.cutout
        self.format = torch.channels_last if recipe.channels_last else torch.contiguous_format
        self.mean = torch.tensor(data.mean, device=device).view(1, -1, 1, 1)
        self.scale = 1 / torch.tensor(data.std, device=device).view(1, -1, 1, 1)

    def normalise(self, images: Tensor) -> Tensor:
        """uint8 (N, C, H, W) to float32 of mean 0 and deviation 1 a channel, over the training set."""
        return ((images.float() - self.mean) * self.scale).contiguous(memory_format=self.format)

    def __call__(self, images: Tensor, generator: torch.Generator) -> Tensor:
        """`normalise`, with each image cropped, mirrored and cut out at random."""
        if self.crop:
            images = random_crop(images, self.crop, generator)
        if self.flip:
            images = random_flip(images, generator)
        images = self.normalise(images)
        return cutout(images, self.cutout, generator) if self.cutout else images


def random_crop(images: Tensor, padding: int, generator: torch.Generator) -> Tensor:
    """A window of each image's own size out of the image with `padding` black pixels around it."""
    count, _, height, width = images.shape
    padded = functional.pad(images, (padding,) * 4)
    windows = padded.unfold(2, height, 1).unfold(3, width, 1)  # a view: (N, C, 2*padding+1, 2*padding+1, H, W)
    top, left = torch.randint(2 * padding + 1, (2, count), generator=generator, device=images.device)
    return windows[torch.arange(count, device=images.device), :, top, left]


def random_flip(images: Tensor, generator: torch.Generator) -> Tensor:
    """Each image mirrored left to right, or not, with equal chances."""
    mirrored = torch.rand(len(images), generator=generator, device=images.device) < 0.5
    return torch.where(mirrored.view(-1, 1, 1, 1), images.flip(3), images)


def cutout(images: Tensor, side: int, generator: torch.Generator) -> Tensor:
    """Zeroes a square of `side` pixels around a random pixel of each image, clipped at the border.

    Source: DeVries and Taylor 2017, arXiv:1708.04552.
    """
    count, _, height, width = images.shape
    keep = []
    for axis, size in ((2, height), (3, width)):
        centre = torch.randint(size, (count, 1), generator=generator, device=images.device)
        offset = torch.arange(size, device=images.device) - centre
        inside = (offset >= -(side // 2)) & (offset < side - side // 2)
        keep.append(inside.view(count, 1, -1, 1) if axis == 2 else inside.view(count, 1, 1, -1))
    return images.masked_fill(keep[0] & keep[1], 0.0)
