"""torchvision's transforms on each image, and mixtures of a batch, against torchvision itself."""

from typing import Any

import pytest
import torch
from torchvision.transforms import v2

from nas.errors import UserError
from nas.training import Recipe, fit
from nas.training.augmentation import Augmentation
from nas.training.transforms import Mixing, after_normalising, drawing_from, each, of_pixels
from tests.training.small import FAST, small_data, small_network

IMAGES = torch.randint(256, (6, 3, 16, 12), generator=torch.Generator().manual_seed(5), dtype=torch.uint8)


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize(
    ("settings", "theirs"),
    [
        ({"random_resized_crop": 0.25}, v2.RandomResizedCrop((16, 12), scale=(0.25, 1.0))),
        ({"rotation": 20}, v2.RandomRotation(20, v2.InterpolationMode.BILINEAR)),
        ({"elastic": 30}, v2.ElasticTransform(30.0, 2.75)),
        ({"color_jitter": 0.4}, v2.ColorJitter(0.4, 0.4, 0.4, 0.1)),
        ({"auto_augment": "randaugment"}, v2.RandAugment()),
        ({"auto_augment": "trivialaugment"}, v2.TrivialAugmentWide()),
    ],
    ids=lambda one: next(iter(one)) if isinstance(one, dict) else "",
)
def test_each_is_torchvisions_pixel_by_pixel_and_an_images_own(settings: dict[str, Any], theirs: Any) -> None:
    ours = each(IMAGES, of_pixels(Recipe(**settings), IMAGES.shape[1:]), generator())
    with drawing_from(generator()):
        expected = torch.stack([theirs(image) for image in IMAGES])
    assert ours.dtype == torch.uint8 and torch.equal(ours, expected)
    same = each(IMAGES[:1].expand(6, -1, -1, -1), of_pixels(Recipe(**settings), IMAGES.shape[1:]), generator())
    assert len({image.numpy().tobytes() for image in same}) > 1


def test_erasing_leaves_the_mean_in_a_rectangle() -> None:
    images = torch.ones(200, 3, 16, 12)
    erased = each(images, after_normalising(Recipe(random_erasing=0.5)), generator())
    gone = [image for image in erased if (image == 0).any()]
    assert 70 < len(gone) < 130
    for image in gone:
        blank = (image[0] == 0).nonzero()
        height, width = (blank.amax(0) - blank.amin(0) + 1).tolist()
        assert len(blank) == height * width and torch.equal(image[0], image[1])


@pytest.mark.parametrize(("settings", "kind"), [({"mixup": 0.2}, v2.MixUp), ({"cutmix": 1.0}, v2.CutMix)])
def test_mixtures_are_torchvisions(settings: dict[str, float], kind: Any) -> None:
    images, labels = IMAGES.float(), torch.arange(6) % 4
    ours = Mixing(Recipe(**settings), 4)(images, labels, generator())
    with drawing_from(generator()):
        torch.randint(1, ())
        expected = kind(alpha=next(iter(settings.values())), num_classes=4)(images, labels)
    assert all(torch.equal(*pair) for pair in zip(ours, expected, strict=True))
    assert torch.allclose(ours[1].sum(1), torch.ones(6))


def test_both_mixtures_take_turns_by_chance_and_none_changes_nothing() -> None:
    mixing, images, labels = Mixing(Recipe(mixup=1.0, cutmix=1.0), 4), IMAGES.float(), torch.arange(6) % 4
    kinds = set()
    for seed in range(20):
        mixed, _ = mixing(images, labels, generator(seed))
        kinds.add(bool(torch.isin(mixed, images).all()))  # CutMix leaves pixels as they are
    assert kinds == {True, False}
    assert Mixing(Recipe(), 4)(images, labels, generator()) == (images, labels)


def test_the_global_generator_is_left_alone_and_the_same_seed_gives_the_same() -> None:
    recipe = Recipe(rotation=10, mixup=0.4, random_erasing=0.5, random_resized_crop=0.3, auto_augment="trivialaugment")
    data, before = small_data(), torch.get_rng_state()
    augmentation = Augmentation(data, recipe, torch.device("cpu"))
    pairs = []
    for _ in range(2):
        source = generator(3)
        images = augmentation(data.images["train"][:8], source)
        pairs.append(augmentation.mixed(images, data.labels["train"][:8], source))
        torch.rand(5)  # what others draw meanwhile changes nothing
        torch.set_rng_state(before)
    assert all(torch.equal(*pair) for pair in zip(*pairs, strict=True))
    assert torch.equal(torch.get_rng_state(), before)


def test_a_training_with_all_of_them_learns_and_resumes(tmp_path: Any) -> None:
    settings = {"rotation": 5, "random_erasing": 0.2, "mixup": 0.2, "cutmix": 0.2, "color_jitter": 0.1}
    recipe = FAST.replace(epochs=6, random_resized_crop=0.8, label_smoothing=0.1, **settings)
    whole, cut = small_network(), small_network()
    metrics = fit(whole, small_data(), recipe, 0, threads=1)
    fit(cut, small_data(), recipe, 0, threads=1, checkpoint=tmp_path / "c", report=lambda epoch, _: epoch < 2)
    again = small_network(1)
    fit(again, small_data(), recipe, 0, threads=1, checkpoint=tmp_path / "c")
    assert all(torch.equal(again.state_dict()[name], value) for name, value in whole.state_dict().items())
    assert metrics["valid_accuracy"] >= 0.8 and 0 < metrics["train_accuracy"] <= 1


@pytest.mark.parametrize("settings", [{"color_jitter": 0.2}, {"auto_augment": "randaugment"}])
def test_colours_need_colours(settings: dict[str, Any]) -> None:
    with pytest.raises(UserError, match="images of 2 channels have no colours"):
        of_pixels(Recipe(**settings), (2, 8, 8))


@pytest.mark.parametrize(
    "settings", [{"random_resized_crop": 1.5}, {"mixup": -1}, {"auto_augment": "rand"}, {"rotation": float("nan")}]
)
def test_mistakes_are_told(settings: dict[str, Any]) -> None:
    with pytest.raises(UserError, match=f"recipe.{next(iter(settings))}"):
        Recipe().replace(**settings)
