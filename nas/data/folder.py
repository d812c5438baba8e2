"""Any folder of class folders (torchvision's ImageFolder layout): DIR/class/image.png, or with DIR/train/class/... and,
where they are there, DIR/valid (or val) and DIR/test. Sets that are missing are cut out of the training images.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from nas.data.dataset import Dataset, build
from nas.errors import UserError

if TYPE_CHECKING:
    from PIL.Image import Image
    from torch import Tensor

FRACTION = 0.1  # of the training images, for a validation or test set that the folder does not bring
SUFFIXES = {".png", ".jpg", ".jpeg", ".bmp", ".gif", ".ppm", ".pgm", ".tif", ".tiff", ".webp"}
GREY = {"1", "L", "LA"}
DEEP = {"I", "F"}  # PIL's modes of 16 and 32 bits begin so


def load(folder: Path, valid_fraction: float | None = None) -> Dataset:
    """The images below `folder`, all of one size, in one channel where all are grey and else in three (RGB).

    Raises UserError for an image that cannot be read or has another size than the first (nothing is ever resized), for
    a class that is missing from the training set and for a folder without images.
    """
    import torch

    places = _places(folder)
    classes = _classes(places["train"])
    first = _files(places["train"] / classes[0])[0]
    shape = _shape(first)
    images: dict[str, Tensor] = {}
    labels: dict[str, Tensor] = {}
    for split, place in places.items():
        read, label = [], []
        for name in _classes(place):
            if name not in classes:
                raise UserError(str(place / name), "a class that the training set does not have", "remove or rename it")
            for path in _files(place / name):
                read.append(_read(path, shape, first))
                label.append(classes.index(name))
        images[split], labels[split] = torch.stack(read), torch.tensor(label)
    fraction = FRACTION if valid_fraction is None else valid_fraction
    return build(
        str(folder),
        images,
        labels,
        tuple(classes),
        valid_fraction=fraction,
        test_fraction=FRACTION,
        flip=True,
        crop=shape[1] // 8,  # 4 pixels at CIFAR's 32
    )


def describe(folder: Path) -> tuple[tuple[int, int, int], int]:
    """(channels, height, width) of the first image, and the number of classes."""
    train = _places(folder)["train"]
    classes = _classes(train)
    return _shape(_files(train / classes[0])[0]), len(classes)


def _places(folder: Path) -> dict[str, Path]:
    if not any(item.is_dir() for item in (folder / "train").glob("*")):
        return {"train": folder}
    names = {"train": ("train",), "valid": ("valid", "val"), "test": ("test",)}
    found = {split: [folder / name for name in each if (folder / name).is_dir()] for split, each in names.items()}
    return {split: places[0] for split, places in found.items() if places}


def _classes(place: Path) -> list[str]:
    names = sorted(item.name for item in place.iterdir() if item.is_dir() and not item.name.startswith("."))
    if not names:
        raise UserError(str(place), "has no class folders", "expected DIR/class/image.png")
    return names


def _files(place: Path) -> list[Path]:
    files = sorted(path for path in place.rglob("*") if path.suffix.lower() in SUFFIXES)
    if not files:
        hint = f"add some ({', '.join(sorted(SUFFIXES))}) or remove the folder"
        raise UserError(str(place), "a class folder without images", hint)
    return files


def _open(path: Path) -> Image:
    from PIL import Image

    try:
        image = Image.open(path)
        image.load()
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:  # what PIL raises for bad files
        raise UserError(str(path), f"cannot be read as an image ({error})", "replace or remove it") from error
    if image.mode[0] in DEEP:
        raise UserError(str(path), f"has pixels of mode {image.mode}", "convert it to 8 bits a channel")
    return image


def _shape(path: Path) -> tuple[int, int, int]:
    image = _open(path)
    return 1 if image.mode in GREY else 3, image.height, image.width


def _read(path: Path, shape: tuple[int, int, int], first: Path) -> Tensor:
    import torch

    image = _open(path)
    channels, height, width = shape
    if (image.height, image.width) != (height, width):
        what = f"is {image.width}x{image.height} pixels where {first} is {width}x{height}"
        raise UserError(str(path), what, "bring all images to one size first; they are never resized silently")
    if channels == 1 and image.mode not in GREY:
        raise UserError(str(path), f"is in colour where {first} is grey", "bring all images to one kind first")
    mode = "L" if channels == 1 else "RGB"
    pixels = torch.frombuffer(bytearray(image.convert(mode).tobytes()), dtype=torch.uint8)
    return pixels.view(height, width, channels).permute(2, 0, 1)
