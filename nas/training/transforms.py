"""torchvision's transforms of training images, each image by itself, and its mixtures of a batch.

Random resized crops: Szegedy et al. 2014, arXiv:1409.4842, section 6. RandAugment: Cubuk et al. 2019, arXiv:1909.13719.
TrivialAugment: Müller and Hutter 2021, arXiv:2103.10158. Elastic distortions: Simard et al. 2003. Random erasing: Zhong
et al. 2017, arXiv:1708.04896. Mixup: Zhang et al. 2017, arXiv:1710.09412. CutMix: Yun et al. 2019, arXiv:1905.04899.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from nas.errors import UserError
from nas.training.recipe import Recipe

if TYPE_CHECKING:
    from torch import nn

OF_PIXELS = ("random_resized_crop", "rotation", "elastic", "color_jitter", "auto_augment")
SMOOTHNESS = 5.0  # pixels over which elastic distortions are alike, torchvision's sigma
HUE = 0.25  # of colour jitter's strength: hues differ more than brightnesses of the same number


def of_pixels(recipe: Recipe, shape: Sequence[int]) -> list[nn.Module]:
    """Transforms of a uint8 image (C, H, W), or of frames (T, C, H, W) alike, in the order in which they apply.

    Raises UserError where they are of colours, and the image has neither one channel nor three.
    """
    from torchvision.transforms import v2

    transforms: list[nn.Module] = []
    if recipe.random_resized_crop:
        transforms.append(
            v2.RandomResizedCrop(list(shape[-2:]), scale=(recipe.random_resized_crop, 1.0), antialias=True)
        )
    if recipe.rotation:
        transforms.append(v2.RandomRotation(recipe.rotation, v2.InterpolationMode.BILINEAR))
    if recipe.elastic:
        smoothness = min(SMOOTHNESS, (min(shape[-2:]) - 1) / 4)  # its filter must fit into the image
        transforms.append(v2.ElasticTransform(recipe.elastic, smoothness))
    if recipe.color_jitter:
        strength = recipe.color_jitter
        transforms.append(v2.ColorJitter(strength, strength, strength, min(0.5, HUE * strength)))
    if recipe.auto_augment != "none":
        kinds: dict[str, Any] = {"randaugment": v2.RandAugment, "trivialaugment": v2.TrivialAugmentWide}
        transforms.append(kinds[recipe.auto_augment]())
    if (recipe.color_jitter or recipe.auto_augment != "none") and shape[0] not in (1, 3):
        name = "color_jitter" if recipe.color_jitter else "auto_augment"
        raise UserError(f"recipe.{name}", f"images of {shape[0]} channels have no colours", "leave it out")
    return transforms


def after_normalising(recipe: Recipe) -> list[nn.Module]:
    """Transforms of a float32 image (C, H, W) of mean 0: what is erased becomes the mean."""
    from torchvision.transforms import v2

    return [v2.RandomErasing(recipe.random_erasing)] if recipe.random_erasing else []


def each(images: Tensor, transforms: Sequence[nn.Module], generator: torch.Generator) -> Tensor:
    """The transforms of each image (N, C, H, W), or clip (N, C, T, H, W), by itself, drawn from `generator`."""
    clips = images.ndim == 5
    with drawing_from(generator):
        changed = []
        for image in images.transpose(1, 2) if clips else images:
            for transform in transforms:
                image = transform(image)
            changed.append(image)
    whole = torch.stack(changed)
    return whole.transpose(1, 2) if clips else whole


class Mixing:
    """Mixes pairs of a batch, images and labels alike: by MixUp or CutMix, or either by chance where there are both."""

    def __init__(self, recipe: Recipe, classes: int | None) -> None:
        """classes: None: labels are float32 (N, classes) already."""
        from torchvision.transforms import v2

        kinds = ((v2.MixUp, recipe.mixup), (v2.CutMix, recipe.cutmix))
        self.ways = [kind(alpha=alpha, num_classes=classes) for kind, alpha in kinds if alpha]

    def __call__(self, images: Tensor, labels: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """labels: int64 (N,), or float32 (N, classes). Returns probabilities of the classes in their place, float32
        (N, classes); where nothing is to be mixed, what it was given."""
        if not self.ways:
            return images, labels
        with drawing_from(generator):
            way = self.ways[int(torch.randint(len(self.ways), ()))]
            flat = images[:, :, None] if images.ndim == 3 else images.flatten(1, -3)  # of axes as images have
            mixed, probabilities = way(flat, labels)
        return mixed.reshape(images.shape), probabilities


@contextmanager
def drawing_from(generator: torch.Generator) -> Iterator[None]:
    """torchvision draws from torch's own generator of the CPU: it is seeded by this one, and then as it was before."""
    seed = int(torch.randint(2**62, (), generator=generator, device=generator.device))
    before = torch.default_generator.get_state()
    torch.default_generator.manual_seed(seed)
    try:
        yield
    finally:
        torch.default_generator.set_state(before)
