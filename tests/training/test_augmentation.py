from dataclasses import replace

import pytest
import torch
from torch.nn import functional

from nas.data import Dataset
from nas.errors import UserError
from nas.training import Recipe
from nas.training.augmentation import Augmentation, color_covariance, color_shifts, cutout, random_crop, random_flip
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


def coloured(count: int = 1100) -> torch.Tensor:
    """Images (N, 3, 4, 5) whose channels vary together, each by another amount."""
    noise = torch.randn(count, 3, 4, 5, generator=generator())
    mixed = torch.einsum("ij,njhw->nihw", torch.tensor([[40.0, 5.0, 0.0], [30.0, 15.0, 0.0], [5.0, 20.0, 10.0]]), noise)
    return (mixed + 120).clamp(0, 255).to(torch.uint8)


def in_colour() -> Dataset:
    images = coloured()
    return replace(small_data(), images={"train": images}, mean=(120.0, 100.0, 90.0), std=(60.0, 50.0, 40.0))


def test_the_covariance_of_the_channels_is_that_of_all_pixels() -> None:
    images = coloured()
    pixels = images.double().transpose(0, 1).flatten(1)
    torch.testing.assert_close(color_covariance(images).double(), torch.cov(pixels, correction=0), rtol=1e-6, atol=1e-3)


def test_colours_shift_as_the_papers_sum_over_principal_components_does() -> None:
    covariance = color_covariance(coloured())
    shifts = color_shifts(covariance, 0.1, 200_000, generator()).double() / 255
    values, vectors = torch.linalg.eigh(covariance.double() / 255**2)  # of pixels of 0..1, as the paper's 0.1 means
    along = shifts @ vectors  # each component's own multiple
    torch.testing.assert_close(along.std(0), 0.1 * values, rtol=1e-2, atol=0)
    correlation = torch.corrcoef(along.T)
    torch.testing.assert_close(correlation, torch.eye(3, dtype=torch.float64), rtol=0, atol=0.01)
    expected = vectors @ torch.diag((0.1 * values) ** 2) @ vectors.T
    torch.testing.assert_close(torch.cov(shifts.T), expected, rtol=0, atol=float(expected.max()) / 50)


def test_a_colour_is_an_images_own_and_the_same_at_all_its_pixels() -> None:
    data = in_colour()
    augmentation = Augmentation(data, Recipe(crop=0, flip=False, color_pca=0.1), torch.device("cpu"))
    images = data.images["train"]
    found = augmentation(images, generator(1)) - augmentation.normalise(images)
    assert float((found - found.mean((2, 3), keepdim=True)).abs().max()) < 1e-5
    shifts = found.mean((2, 3)) * torch.tensor(data.std)
    expected = color_shifts(color_covariance(images), 0.1, len(images), generator(1))
    torch.testing.assert_close(shifts, expected, rtol=1e-3, atol=1e-3)
    assert len(torch.unique(shifts[:, 0])) > 1000
    assert augmentation(images, generator(1)).is_contiguous(memory_format=torch.channels_last)
    assert torch.equal(augmentation(images, generator(1)), augmentation(images, generator(1)))


def test_what_is_cut_out_has_no_colour() -> None:
    recipe = Recipe(crop=0, flip=False, color_pca=0.1, cutout=2)
    images = Augmentation(in_colour(), recipe, torch.device("cpu"))(coloured(), generator())
    assert ((images == 0).all(1).sum((1, 2)) >= 1).all()


@pytest.mark.parametrize("name", ["crop", "cutout"])
def test_a_recipe_that_leaves_nothing_of_an_image_says_so(name: str) -> None:
    message = rf"recipe.{name}: 6 pixels leave nothing of images of 6x6; give less than 6: {name}=3"
    with pytest.raises(UserError, match=message):
        Augmentation(small_data(), Recipe(**{name: 6}), torch.device("cpu"))
    Augmentation(small_data(), Recipe(**{name: 5}), torch.device("cpu"))
