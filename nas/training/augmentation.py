"""Random crops, mirroring, colours and cutout of a whole batch at once, on whatever device its images are.

What torchvision has for single images is in `nas.training.transforms`, and comes between.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor
from torch.nn import functional

from nas.data import Dataset
from nas.data.dataset import in_parts
from nas.errors import UserError
from nas.training.pairs import each_pair, joined, parted
from nas.training.recipe import Recipe
from nas.training.signals import OF_SIGNALS, Signals
from nas.training.transforms import OF_PIXELS, Mixing, after_normalising, each, of_pixels

OF_IMAGES = (*OF_PIXELS, "flip", "cutout", "color_pca", "random_erasing", "cutmix")
OFF = (None, False, 0, "none")


class Augmentation:
    """Batches of uint8 images to normalised float32 ones, changed at random where they are trained on; of signals and
    clips likewise.

    Each image has its own crop, mirroring, colour and cutout, drawn from `generator`, which is on the images' device;
    all frames of a clip have the same. Signals are changed as `nas.training.signals` has it. `mixed` then mixes images
    and labels where the recipe says so. Raises UserError for a recipe that would blank images of this size, or shift
    them away, for one of colours where there are none, and for one of images where there are signals, or the reverse.
    """

    def __init__(self, data: Dataset, recipe: Recipe, device: torch.device) -> None:
        self.rank = len(data.shape) - 1
        check_kind(recipe, self.rank)
        # blanking after normalisation (DARTS) means the blank is the data set's mean colour
        self.flip = data.flip if recipe.flip is None else recipe.flip
        self.crop = 0 if recipe.random_resized_crop else data.crop if recipe.crop is None else recipe.crop
        self.cutout, self.color = recipe.cutout, recipe.color_pca
        self.of_signals = Signals(recipe, self.crop, data.shape[1]) if self.rank == 1 else None
        if self.of_signals is None:
            _check_size(data.shape[-2:], {"cutout": self.cutout, "crop": self.crop})
        self.of_pixels, self.after = of_pixels(recipe, data.shape), after_normalising(recipe)
        self.mixed = Mixing(recipe, len(data.classes) if data.task.counts_hits else None)
        self.dense = data.task.dense
        self.pixels = data.images["train"]
        last = recipe.channels_last and self.rank == 2
        self.format = torch.channels_last if last else torch.contiguous_format
        self.axes = (1,) * self.rank
        self.mean = torch.tensor(data.mean, device=device).view(1, -1, *self.axes)
        self.scale = 1 / torch.tensor(data.std, device=device).view(1, -1, *self.axes)

    def normalise(self, images: Tensor) -> Tensor:
        """uint8 (N, C, H, W) to float32 of mean 0 and deviation 1 a channel, over the training set."""
        return ((images.float() - self.mean) * self.scale).contiguous(memory_format=self.format)

    def __call__(self, images: Tensor, generator: torch.Generator) -> Tensor:
        """`normalise`, with each image cropped, mirrored, coloured and cut out at random."""
        if self.of_signals is not None:
            return self.of_signals(self.normalise(images), generator)
        images = self._shifted(images, generator)
        if self.of_pixels:
            images = each(images, self.of_pixels, generator)
        return self._finished(images, generator)

    def batch(self, images: Tensor, labels: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """As the call, with what belongs to the images: mixed as they are, or masks that move with them."""
        if not self.dense:
            return self.mixed(self(images, generator), labels, generator)
        images, masks = parted(self._shifted(joined(images, labels), generator))
        if self.of_pixels:
            images, masks = each_pair(images, masks, self.of_pixels, generator)
        return self._finished(images, generator), masks

    def _shifted(self, images: Tensor, generator: torch.Generator) -> Tensor:
        if self.crop:
            images = of_frames(images, lambda flat: random_crop(flat, self.crop, generator))
        return of_frames(images, lambda flat: random_flip(flat, generator)) if self.flip else images

    def _finished(self, images: Tensor, generator: torch.Generator) -> Tensor:
        """From uint8 on."""
        images = self.normalise(images)
        if self.color:
            shifts = color_shifts(self._covariance, self.color, len(images), generator)
            images += shifts.view(len(images), -1, *self.axes) * self.scale
        if self.after:
            images = each(images, self.after, generator).contiguous(memory_format=self.format)
        return of_frames(images, lambda flat: cutout(flat, self.cutout, generator)) if self.cutout else images

    @functools.cached_property
    def _covariance(self) -> Tensor:
        return color_covariance(self.pixels).to(self.mean.device)


def check_kind(recipe: Recipe, rank: int) -> None:
    """Raises UserError for a setting that is for images where there are signals (rank 1), or the reverse."""
    asked = [name for name in (OF_IMAGES if rank == 1 else OF_SIGNALS) if getattr(recipe, name) not in OFF]
    if asked:
        kind, hint = ("signals", f"they have {', '.join(OF_SIGNALS)}, crop and mixup") if rank == 1 else ("images", "")
        raise UserError(f"recipe.{asked[0]}", f"the data are {kind}, which it is not for", hint or "leave it out")


def _check_size(size: Sequence[int], settings: Mapping[str, int]) -> None:
    height, width = size
    for name, pixels in settings.items():
        if pixels >= (side := min(size)):
            what = f"{pixels} pixels leave nothing of images of {height}x{width}"
            raise UserError(f"recipe.{name}", what, f"give less than {side}: {name}={side // 2}")


def of_frames(images: Tensor, change: Callable[[Tensor], Tensor]) -> Tensor:
    """A change of images (N, C, H, W), or of clips (N, C, T, H, W), whose frames are channels to it."""
    return change(images) if images.ndim == 4 else change(images.flatten(1, 2)).reshape(images.shape)


def color_covariance(images: Tensor) -> Tensor:
    """The covariance (C, C) of the channels over all pixels of uint8 images (N, C, H, W), in pixel values (0..255)."""
    channels = images.shape[1]
    total = torch.zeros(channels, dtype=torch.float64)
    products = torch.zeros(channels, channels, dtype=torch.float64)
    for part in in_parts(images):  # all at once would take eight times the data set's memory
        pixels = part.cpu().transpose(0, 1).flatten(1).double()
        total += pixels.sum(1)
        products += pixels @ pixels.T
    count = images.numel() // channels
    mean = total / count
    return (products / count - torch.outer(mean, mean)).float().to(images.device)


def color_shifts(covariance: Tensor, deviation: float, count: int, generator: torch.Generator) -> Tensor:
    """What to add to each image's pixels, (count, C) in pixel values: the sum of the channels' principal components,
    each times its variance (of pixels of 0..1) and a normal random number of that deviation.

    Source: Krizhevsky et al. 2012, section 4.1. For the covariance C = P V P' and z normal, C z = P V (P'z), and P'z is
    as normal as z: C z is distributed as the paper's sum is, without a decomposition, whose signs may vary.
    """
    normal = torch.randn(count, len(covariance), generator=generator, device=covariance.device)
    return normal @ covariance * (deviation / 255)


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
