"""Published sets, by stand-ins for torchvision's readers: nothing is downloaded."""

from pathlib import Path
from typing import Any

import numpy
import pytest
import torch

from nas.data import NAMES, describe, load
from nas.errors import UserError
from tests.data.images import write_images


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


class Flowers:
    """Photographs of several sizes in files, two of each of two classes a set."""

    classes = ("rose", "daisy")

    def __init__(self, root: str, download: bool, split: str) -> None:
        folder = Path(root) / "flowers-102" / split
        for label in range(2):
            write_images(folder / str(label), 30, size=(6 + label, 5), value=100 * label)
        self._image_files = sorted(folder.rglob("*.png"))
        self._labels = [int(path.parent.name) for path in self._image_files]


def test_photographs_are_read_as_a_folder_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torchvision.datasets.Flowers102", Flowers)
    data = load("flowers102", tmp_path, image_size=4)
    assert data.name == "flowers102" and data.shape == (3, 4, 4) and data.classes == ("rose", "daisy")
    assert {split: len(labels) for split, labels in data.labels.items()} == {"train": 60, "valid": 60, "test": 60}
    assert torch.equal(data.images["valid"][:, 0, 0, 0] >= 100, data.labels["valid"] == 1)
    assert describe("flowers102", image_size="4x6") == ((3, 4, 6), 102)
    for ask in (load, describe):
        with pytest.raises(UserError, match=r"several sizes; give --image-size N \(image_size=...\)"):
            ask("flowers102", tmp_path)


def test_the_classes_are_torchvisions() -> None:
    from torchvision import datasets

    from nas.data.published import SETS

    assert len(datasets.Flowers102.classes) == NAMES["flowers102"][2]
    assert len(SETS["fashion_mnist"].classes) == len(datasets.FashionMNIST.classes)
    assert [name.lower() for name in datasets.FashionMNIST.classes[1:]] == list(SETS["fashion_mnist"].classes[1:])


def test_a_failed_download_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: object, **named: object) -> None:
        raise RuntimeError("Error downloading x")

    monkeypatch.setattr("torchvision.datasets.SVHN", fail)
    with pytest.raises(UserError, match="its download failed \\(Error downloading x\\); check the connection"):
        load("svhn", tmp_path)
