"""Published sets, by torchvision's readers, which download, check and unpack them.

MNIST: LeCun et al. 1998. Fashion-MNIST: Xiao et al. 2017, arXiv:1708.07747. SVHN: Netzer et al. 2011. STL-10: Coates et
al. 2011, its labelled images alone. Flowers102: Nilsback and Zisserman 2008, photographs, with its own three sets.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from nas.data.dataset import Dataset, build
from nas.data.pages import alone, cache
from nas.errors import UserError

if TYPE_CHECKING:
    from torch import Tensor

DIGITS = tuple("0123456789")
FASHION = ("t-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot")
BIRDS = ("airplane", "bird", "car", "cat", "deer", "dog", "horse", "monkey", "ship", "truck")


class Published(NamedTuple):
    """A class of torchvision.datasets, what its sets are called there, the classes (none: as the class has them), and
    whether one may mirror."""

    reader: str
    sets: dict[str, dict[str, Any]]
    classes: tuple[str, ...]
    flip: bool


BY_TRAIN = {"train": {"train": True}, "test": {"train": False}}
BY_SPLIT = {"train": {"split": "train"}, "test": {"split": "test"}}
SETS = {
    "mnist": Published("MNIST", BY_TRAIN, DIGITS, flip=False),
    "fashion_mnist": Published("FashionMNIST", BY_TRAIN, FASHION, flip=True),
    "svhn": Published("SVHN", BY_SPLIT, DIGITS, flip=False),
    "stl10": Published("STL10", BY_SPLIT, BIRDS, flip=True),
    "flowers102": Published("Flowers102", {**BY_SPLIT, "valid": {"split": "val"}}, (), flip=True),
}


def load(name: str, directory: str | Path | None = None, valid_fraction: float | None = None) -> Dataset:
    """One of SETS, from `directory` (default: `cache()`), where it is downloaded to if it is not there.

    A tenth of the training images validates unless `valid_fraction` says otherwise. Raises UserError where the download
    fails or the files are damaged.
    """
    told, read = SETS[name], _read(name, _place(directory))
    images, labels = ({split: part(data) for split, data in read.items()} for part in (_images, _labels))
    fraction = 0.1 if valid_fraction is None else valid_fraction
    crop = min(images["train"].shape[2:]) // 8  # 4 pixels at CIFAR's 32
    return build(name, images, labels, told.classes, valid_fraction=fraction, flip=told.flip, crop=crop)


def load_files(
    name: str,
    directory: str | Path | None,
    valid_fraction: float | None,
    size: tuple[int, int],
    resize: str,
    skip_unreadable: bool,
) -> Dataset:
    """As `load`, of one of SETS that is photographs in files: read as a folder's, brought to `size` (height, width)."""
    from nas.data.folder import load_layout
    from nas.data.layout import Layout

    read = _read(name, place := _place(directory))
    classes = tuple(read["train"].classes)
    sets: dict[str, dict[str, list[Any]]] = {split: {} for split in read}
    for split, data in read.items():
        for path, label in zip(data._image_files, data._labels, strict=True):
            sets[split].setdefault(classes[label], []).append(Path(path))
    return load_layout(name, place, Layout(classes, sets, ()), valid_fraction, size, resize, skip_unreadable)


def _place(directory: str | Path | None) -> Path:
    return Path(directory).expanduser() if directory else cache()


def _read(name: str, place: Path) -> dict[str, Any]:
    """torchvision's sets. Raises UserError where they cannot be downloaded or read."""
    from torchvision import datasets

    told = SETS[name]
    reader = getattr(datasets, told.reader)
    try:
        place.mkdir(parents=True, exist_ok=True)
        with alone(place / ".download.lock"):  # workers that start together must not download into one folder at once
            return {split: reader(str(place), **which, download=True) for split, which in told.sets.items()}
    except (OSError, RuntimeError, EOFError, ValueError) as error:  # URLError is an OSError
        what = f"not in {place}, and its download failed ({error})"
        raise UserError(f"data set '{name}'", what, f"check the connection, or put it into {place}") from error


def _images(data: Any) -> Tensor:
    """uint8 (N, C, H, W): torchvision has MNIST's without an axis of channels."""
    import torch

    images = torch.as_tensor(data.data)
    return images[:, None] if images.ndim == 3 else images


def _labels(data: Any) -> Tensor:
    import torch

    return torch.as_tensor(data.targets if hasattr(data, "targets") else data.labels).long()
