import pytest
import torch

from nas.data import describe, load


def test_the_sets_are_apart_and_stratified() -> None:
    data = load("digits")
    assert (data.shape, len(data.classes)) == describe("digits") == ((1, 8, 8), 10)
    assert {split: len(labels) for split, labels in data.labels.items()} == {"train": 1078, "valid": 360, "test": 359}
    for split in data.images:
        assert data.images[split].dtype == torch.uint8
        counts = torch.bincount(data.labels[split], minlength=10)
        assert counts.max() - counts.min() <= 0.1 * len(data.labels[split]) / 10 + 2
    assert max(int(images.max()) for images in data.images.values()) == 255
    assert not data.flip


def test_it_is_scikit_learns() -> None:
    datasets = pytest.importorskip("sklearn.datasets")
    theirs = datasets.load_digits()
    pixels = (torch.tensor(theirs.data) * 255 / 16).round().to(torch.uint8)
    expected = sorted((label, *row) for label, row in zip(theirs.target.tolist(), pixels.tolist(), strict=True))
    data = load("digits", valid_fraction=0.5)
    ours = [
        (label, *image)
        for split in data.images
        for label, image in zip(data.labels[split].tolist(), data.images[split].flatten(1).tolist(), strict=True)
    ]
    assert sorted(ours) == expected


def test_the_fraction_is_of_what_is_left_beside_the_test_set() -> None:
    assert len(load("digits", valid_fraction=0.5).labels["valid"]) == 719


def test_the_split_is_fixed() -> None:
    one, two = load("digits"), load("digits")
    assert all(torch.equal(one.images[split], two.images[split]) for split in one.images)
