import torch
from torch.nn import functional

from nas.training import Recipe
from nas.training.augmentation import Augmentation, cutout, random_crop, random_flip
from tests.training.small import small_data


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def numbered(count: int = 200) -> torch.Tensor:
    """Images of 5x7 whose pixels are all different and none of which is 0."""
    return torch.arange(1, 36, dtype=torch.uint8).view(1, 1, 5, 7).repeat(count, 3, 1, 1)


def test_every_crop_is_a_window_of_the_padded_image_and_all_occur() -> None:
    images = numbered()
    padded = functional.pad(images[0], (2, 2, 2, 2))
    windows = {
        padded[:, top : top + 5, left : left + 7].numpy().tobytes(): (top, left)
        for top in range(5)
        for left in range(5)
    }
    cropped = random_crop(images, 2, generator())
    assert cropped.shape == images.shape
    found = [windows[image.numpy().tobytes()] for image in cropped]
    assert len(set(found)) == 25


def test_each_image_is_mirrored_or_not_on_its_own() -> None:
    images = numbered()
    flipped = random_flip(images, generator())
    mirrored = [torch.equal(image, images[0].flip(2)) for image in flipped]
    same = [torch.equal(image, images[0]) for image in flipped]
    assert all(a != b for a, b in zip(mirrored, same, strict=True))
    assert 70 < sum(mirrored) < 130


def test_cutout_blanks_a_square_around_a_pixel_clipped_at_the_border() -> None:
    images = torch.ones(500, 2, 8, 8)
    expected = set()
    for row in range(8):
        for column in range(8):
            rows, columns = range(max(0, row - 2), min(8, row + 2)), range(max(0, column - 2), min(8, column + 2))
            expected.add((rows[0], rows[-1], columns[0], columns[-1]))
    found = set()
    for image in cutout(images, 4, generator()):
        blank = (image == 0).nonzero()
        (_, top, left), (_, bottom, right) = blank.amin(0).tolist(), blank.amax(0).tolist()
        assert len(blank) == 2 * (bottom - top + 1) * (right - left + 1)  # a full rectangle, the same in both channels
        found.add((top, bottom, left, right))
    assert found <= expected
    assert len(found) > 40


def test_an_odd_cutout_has_its_side() -> None:
    blank = (cutout(torch.ones(300, 1, 9, 9), 3, generator()) == 0).sum((1, 2, 3))
    assert blank.max() == 9


def test_normalised_images_have_mean_zero_and_deviation_one() -> None:
    data = small_data()
    from dataclasses import replace

    from nas.data.dataset import statistics

    mean, std = statistics(data.images["train"])
    augmentation = Augmentation(replace(data, mean=mean, std=std), Recipe(), torch.device("cpu"))
    images = augmentation.normalise(data.images["train"])
    assert images.dtype == torch.float32
    assert images.is_contiguous(memory_format=torch.channels_last)
    assert abs(float(images.mean())) < 1e-5
    assert abs(float(images.std(correction=0)) - 1) < 1e-5


def test_the_generator_decides_everything() -> None:
    data = small_data()
    recipe = Recipe(cutout=2, flip=True, crop=2)
    augmentation = Augmentation(data, recipe, torch.device("cpu"))
    one, two, other = (augmentation(data.images["train"], generator(seed)) for seed in (3, 3, 4))
    assert torch.equal(one, two)
    assert not torch.equal(one, other)


def test_the_recipe_decides_over_the_data() -> None:
    data = small_data()
    assert Augmentation(data, Recipe(), torch.device("cpu")).crop == 1
    still = Augmentation(data, Recipe(crop=0, flip=False), torch.device("cpu"))
    assert torch.equal(still(data.images["train"], generator()), still.normalise(data.images["train"]))
