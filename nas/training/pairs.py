"""Images and their masks, moved together: what is cropped, mirrored or turned in an image is so in its mask.

A mask goes with its image as one channel more, its numbers turned around, so that what is black beside an image is
unknown in its mask.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from nas.tasks.task import IGNORED
from nas.training.transforms import drawing_from

if TYPE_CHECKING:
    from torch import nn


def joined(images: Tensor, masks: Tensor) -> Tensor:
    """uint8 (N, C + 1, H, W) of images (N, C, H, W) and masks (N, H, W)."""
    return torch.cat([images, IGNORED - masks[:, None]], 1)


def parted(both: Tensor) -> tuple[Tensor, Tensor]:
    """The images and the masks again."""
    return both[:, :-1], IGNORED - both[:, -1]


def each_pair(
    images: Tensor, masks: Tensor, transforms: Sequence[nn.Module], generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """The transforms of each image with its mask, drawn from `generator`: torchvision takes the nearest pixels of
    masks, and changes no colours of theirs."""
    from torchvision import tv_tensors

    moved: list[tuple[Tensor, Tensor]] = []
    with drawing_from(generator):
        for image, mask in zip(images, masks, strict=True):
            pair = tv_tensors.Image(image), tv_tensors.Mask(IGNORED - mask[None])
            for transform in transforms:
                pair = transform(*pair)
            moved.append((pair[0].as_subclass(Tensor), IGNORED - pair[1].as_subclass(Tensor)[0]))
    return torch.stack([image for image, _ in moved]), torch.stack([mask for _, mask in moved])
