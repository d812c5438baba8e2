"""Published sets, by stand-ins for torchvision's readers: nothing is downloaded."""

from pathlib import Path
from typing import Any

import numpy
import pytest
import torch

from nas.data import NAMES, describe, load
from nas.errors import UserError


class Reader:
    """Forty images a set, in the layout of one of torchvision's classes."""

    def __init__(self, root: str, download: bool, train: bool | None = None, split: str | None = None) -> None:
        assert download and (train is None) != (split is None)
        self.images = numpy.arange(40, dtype=numpy.uint8) + (100 if split == "test" or train is False else 0)


class Grey(Reader):
    def __init__(self, root: str, **settings: Any) -> None:
        super().__init__(root, **settings)
        self.data = torch.from_numpy(self.images)[:, None, None].expand(40, 28, 28)
        self.targets = torch.arange(40) % 10


class Colour(Reader):
    size = 32

    def __init__(self, root: str, **settings: Any) -> None:
        super().__init__(root, **settings)
        self.data = numpy.tile(self.images[:, None, None, None], (1, 3, self.size, self.size))
        self.labels = numpy.arange(40) % 10


class Large(Colour):
    size = 96


@pytest.mark.parametrize(
    ("name", "reader", "theirs"),
    [
        ("mnist", "MNIST", Grey),
        ("fashion_mnist", "FashionMNIST", Grey),
        ("svhn", "SVHN", Colour),
        ("stl10", "STL10", Large),
    ],
)
def test_images_labels_and_sets(
    name: str, reader: str, theirs: type, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(f"torchvision.datasets.{reader}", theirs)
    data = load(name, tmp_path, 0.25)
    assert (data.shape, len(data.classes)) == describe(name) == NAMES[name][1:]
    assert {split: len(labels) for split, labels in data.labels.items()} == {"train": 30, "valid": 10, "test": 40}
    assert torch.equal(data.images["test"][:, 0, 0, 0].long() - 100, torch.arange(40))
    assert torch.equal(data.labels["test"], torch.arange(40) % 10)
    assert data.flip == (name in ("fashion_mnist", "stl10"))


def test_the_classes_are_torchvisions() -> None:
    from torchvision import datasets

    from nas.data.published import SETS

    assert len(SETS["fashion_mnist"].classes) == len(datasets.FashionMNIST.classes)
    assert [name.lower() for name in datasets.FashionMNIST.classes[1:]] == list(SETS["fashion_mnist"].classes[1:])


def test_a_failed_download_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: object, **named: object) -> None:
        raise RuntimeError("Error downloading x")

    monkeypatch.setattr("torchvision.datasets.SVHN", fail)
    with pytest.raises(UserError, match="its download failed \\(Error downloading x\\); check the connection"):
        load("svhn", tmp_path)
