"""Signals are trained on, and changed at random, as images are."""

from dataclasses import replace
from typing import Any

import pytest
import torch

from nas.data import Dataset, load
from nas.errors import UserError
from nas.training import Recipe
from nas.training.augmentation import Augmentation
from nas.training.signals import masked, shifted
from nas.training.transforms import Mixing

CPU = torch.device("cpu")


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def small() -> Dataset:
    return load("cylinder_bell_funnel")


def changed(**settings: Any) -> tuple[torch.Tensor, torch.Tensor]:
    """(the signals, and what a recipe makes of them)."""
    augmentation = Augmentation(small(), Recipe(**settings), CPU)
    signals = small().images["train"]
    return augmentation.normalise(signals), augmentation(signals, generator())


def test_a_signal_is_normalised_and_left_alone() -> None:
    plain, seen = changed()
    assert torch.equal(plain, seen)
    assert plain.mean().abs() < 1e-5 and (plain.std() - 1).abs() < 1e-4


def test_jitter_has_the_deviation_that_was_asked_for() -> None:
    plain, seen = changed(jitter=0.05)
    assert (seen - plain).std().item() == pytest.approx(0.05, rel=0.02)
    assert (seen - plain).mean().abs() < 1e-3


def test_scaling_multiplies_each_channel_by_one_factor() -> None:
    plain, seen = changed(scaling=0.1)
    factors = seen / plain
    assert torch.allclose(factors, factors[:, :, :1].expand_as(factors), atol=1e-4)
    assert factors[:, 0, 0].std().item() == pytest.approx(0.1, rel=0.2)
    assert factors[:, 0, 0].mean().item() == pytest.approx(1.0, abs=0.02)


def test_a_shifted_signal_is_one_of_its_windows_and_all_shifts_come() -> None:
    signal = torch.arange(1.0, 7)[None].expand(200, 1, 6)
    rows = {tuple(row) for row in shifted(signal, 2, generator())[:, 0].tolist()}
    padded = [0.0, 0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 0.0, 0.0]
    assert rows == {tuple(padded[start : start + 6]) for start in range(5)}


def test_masks_blank_up_to_so_many_steps_anywhere() -> None:
    seen = masked(torch.ones(4000, 2, 8), 3, generator())
    assert torch.equal(seen[:, 0], seen[:, 1])
    widths = (seen[:, 0] == 0).sum(1)
    assert [int((widths == width).sum()) for width in range(5)] == pytest.approx([1000, 1000, 1000, 1000, 0], abs=120)
    ones = seen[widths == 1][:, 0]
    assert (ones == 0).sum(0).tolist() == pytest.approx([len(ones) / 8] * 8, rel=0.3)
    gaps = (seen[:, 0] == 0).int().diff(dim=1).abs().sum(1)
    assert gaps.max() <= 2  # one stretch


def test_mixtures_of_signals() -> None:
    signals, labels = torch.randn(6, 2, 9), torch.arange(6) % 3
    mixed, probabilities = Mixing(Recipe(mixup=1.0), 3)(signals, labels, generator())
    assert (mixed.shape, probabilities.shape) == (signals.shape, (6, 3))
    assert torch.allclose(probabilities.sum(1), torch.ones(6))


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (
            {"flip": True},
            r"recipe.flip: the data are signals, which it is not for; they have jitter, scaling, time_mask",
        ),
        ({"auto_augment": "randaugment"}, r"recipe.auto_augment: the data are signals"),
        ({"cutout": 4}, r"recipe.cutout: the data are signals"),
        ({"cutmix": 1.0}, r"recipe.cutmix: the data are signals"),
        ({"time_masking": 128}, r"recipe.time_masking: 128 steps leave nothing of signals of 128; .*time_masking=16"),
        ({"crop": 200}, r"recipe.crop: 200 steps leave nothing"),
    ],
)
def test_what_is_for_images_is_an_error(settings: dict[str, Any], said: str) -> None:
    with pytest.raises(UserError, match=said):
        Augmentation(small(), Recipe(**settings), CPU)


@pytest.mark.parametrize("settings", [{"jitter": 0.1}, {"scaling": 0.1}, {"time_masking": 2}])
def test_what_is_for_signals_is_an_error_for_images(settings: dict[str, Any]) -> None:
    with pytest.raises(UserError, match=f"recipe.{next(iter(settings))}: the data are images, which it is not for"):
        Augmentation(load("digits"), Recipe(**settings), CPU)


def test_no_flip_means_nothing_to_signals() -> None:
    assert not Augmentation(replace(small()), Recipe(flip=False), CPU).flip
