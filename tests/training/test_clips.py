"""Clips are changed at random as images are, all frames alike."""

from itertools import pairwise
from typing import Any

import pytest
import torch

from nas.data import load
from nas.data.dataset import build
from nas.training import Recipe
from nas.training.augmentation import Augmentation
from nas.training.transforms import Mixing

CPU = torch.device("cpu")


def generator() -> torch.Generator:
    return torch.Generator().manual_seed(0)


def still(**settings: Any) -> torch.Tensor:
    """What a recipe makes of clips in colour whose frames are all the same."""
    frame = torch.randint(256, (40, 3, 1, 12, 12), dtype=torch.uint8, generator=generator())
    labels = torch.arange(40) % 2
    data = build(
        "still",
        {"train": frame.expand(-1, -1, 4, -1, -1)},
        {"train": labels},
        ("a", "b"),
        valid_fraction=0.2,
        test_fraction=0.2,
    )
    augmentation = Augmentation(data, Recipe(**{"crop": 0, "flip": False, **settings}), CPU)
    images = data.images["train"]
    plain, seen = augmentation.normalise(images), augmentation(images, generator())
    assert seen.shape == images.shape
    assert plain.mean().abs() < 1e-4 and (plain.std() - 1).abs() < 1e-2
    assert bool((seen != plain).any()) == bool(settings)
    return seen


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"crop": 2},
        {"flip": True},
        {"cutout": 4},
        {"color_pca": 0.5},
        {"random_resized_crop": 0.3},
        {"rotation": 20.0},
        {"elastic": 30.0},
        {"color_jitter": 0.4},
        {"auto_augment": "randaugment"},
        {"auto_augment": "trivialaugment"},
        {"random_erasing": 1.0},
    ],
    ids=lambda settings: next(iter(settings), "nothing"),
)
def test_all_frames_are_changed_alike(settings: dict[str, Any]) -> None:
    seen = still(**settings)
    assert torch.allclose(seen, seen[:, :, :1].expand_as(seen), atol=1e-5)
    if settings:
        assert any(not torch.equal(a, b) for a, b in pairwise(seen[:8]))


def test_a_mirrored_clip_has_all_its_frames_mirrored_in_their_order() -> None:
    data = load("moving_digits")
    images = data.images["train"][:50]
    augmentation = Augmentation(data, Recipe(crop=0, flip=True), CPU)
    pairs = list(zip(augmentation.normalise(images), augmentation(images, generator()), strict=True))
    mirrored = [torch.equal(plain.flip(3), seen) for plain, seen in pairs]
    assert all(one or torch.equal(*pair) for one, pair in zip(mirrored, pairs, strict=True))
    assert 10 < sum(mirrored) < 40


@pytest.mark.parametrize("settings", [{"mixup": 1.0}, {"cutmix": 1.0}])
def test_mixtures_of_clips(settings: dict[str, Any]) -> None:
    clips = torch.arange(4.0).view(4, 1, 1, 1, 1).expand(4, 3, 5, 8, 8).contiguous()
    mixed, probabilities = Mixing(Recipe(**settings), 4)(clips, torch.arange(4), generator())
    assert mixed.shape == clips.shape and probabilities.shape == (4, 4)
    assert torch.equal(mixed, mixed[:, :1, :1].expand_as(mixed))  # the same in all frames and channels
    means = mixed.mean((1, 2, 3, 4))
    assert torch.allclose(means, probabilities @ torch.arange(4.0), atol=1e-4)
