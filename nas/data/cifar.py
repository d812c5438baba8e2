"""CIFAR-10 and CIFAR-100: 60,000 colour images of 32x32 pixels, of which 10,000 are the test set.

Source: Krizhevsky, Learning Multiple Layers of Features from Tiny Images, 2009, https://www.cs.toronto.edu/~kriz/cifar.html
Read from the official binary version where its folder is there; else from the Python version, by torchvision, which
checks and unpickles it, and downloads it where it is missing.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from nas.data.dataset import Dataset, build
from nas.data.pages import alone, cache
from nas.errors import UserError

if TYPE_CHECKING:
    from torch import Tensor

PIXELS = 3 * 32 * 32  # red, green and blue planes of a record, after its label bytes
HOME = "https://www.cs.toronto.edu/~kriz/cifar.html"

CIFAR100 = """
apple aquarium_fish baby bear beaver bed bee beetle bicycle bottle bowl boy bridge bus butterfly camel can
castle caterpillar cattle chair chimpanzee clock cloud cockroach couch crab crocodile cup dinosaur dolphin
elephant flatfish forest fox girl hamster house kangaroo keyboard lamp lawn_mower leopard lion lizard
lobster man maple_tree motorcycle mountain mouse mushroom oak_tree orange orchid otter palm_tree pear
pickup_truck pine_tree plain plate poppy porcupine possum rabbit raccoon ray road rocket rose sea seal
shark shrew skunk skyscraper snail snake spider squirrel streetcar sunflower sweet_pepper table tank
telephone television tiger tractor train trout tulip turtle wardrobe whale willow_tree wolf woman worm
"""


@dataclass(frozen=True)
class Version:
    """The official binary version: `files` maps a set to its files and the records in each of them."""

    folder: str
    archive: str
    files: dict[str, tuple[tuple[str, ...], int]]
    label_bytes: int  # the last one is the label; CIFAR-100's first is the coarse one
    python_folder: str
    classes: tuple[str, ...]


VERSIONS = {
    "cifar10": Version(
        "cifar-10-batches-bin",
        "cifar-10-binary.tar.gz",
        {"train": (tuple(f"data_batch_{i}.bin" for i in range(1, 6)), 10_000), "test": (("test_batch.bin",), 10_000)},
        1,
        "cifar-10-batches-py",
        ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"),
    ),
    "cifar100": Version(
        "cifar-100-binary",
        "cifar-100-binary.tar.gz",
        {"train": (("train.bin",), 50_000), "test": (("test.bin",), 10_000)},
        2,
        "cifar-100-python",
        tuple(CIFAR100.split()),
    ),
}


def load(name: str, directory: str | Path | None = None, valid_fraction: float | None = None) -> Dataset:
    """CIFAR ("cifar10" or "cifar100") from `directory`: the folder around the data's own folder, or that folder.

    45,000 images to train and 5,000 to validate (Real et al. 2019) unless `valid_fraction` says otherwise; the 10,000
    of the test set to test. Raises UserError for missing or damaged files.
    """
    version = VERSIONS[name]
    place = Path(directory).expanduser() if directory else cache()
    binary = place if place.name == version.folder else place / version.folder
    if binary.is_dir():
        images, labels = _read_binary(binary, version)
    else:
        images, labels = _read_python(place.parent if place.name == version.python_folder else place, name, version)
    fraction = 0.1 if valid_fraction is None else valid_fraction
    return build(name, images, labels, version.classes, valid_fraction=fraction, flip=True, crop=4)


def _read_binary(folder: Path, version: Version) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    import torch

    images, labels = {}, {}
    for split, (names, records) in version.files.items():
        parts = []
        for name in names:
            path, size = folder / name, records * (version.label_bytes + PIXELS)
            hint = f"unpack {version.archive} from {HOME} again"
            try:
                data = path.read_bytes()
            except OSError as error:
                raise UserError(str(path), f"cannot be read ({error.strerror})", hint) from error
            if len(data) != size:
                raise UserError(str(path), f"damaged: {len(data):,} bytes where {size:,} are expected", hint)
            part = torch.frombuffer(bytearray(data), dtype=torch.uint8).view(records, -1)
            worst = int(part[:, version.label_bytes - 1].max())
            if worst >= len(version.classes):
                what = f"damaged: a label is {worst}, and the largest is {len(version.classes) - 1}"
                raise UserError(str(path), what, hint)
            parts.append(part)
        whole = torch.cat(parts)
        images[split] = whole[:, version.label_bytes :].reshape(-1, 3, 32, 32)
        labels[split] = whole[:, version.label_bytes - 1].long()
    return images, labels


def _read_python(place: Path, name: str, version: Version) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    import torch
    from torchvision import datasets

    reader = {"cifar10": datasets.CIFAR10, "cifar100": datasets.CIFAR100}[name]
    hint = (
        f"check the connection, or unpack {version.archive} from {HOME} by hand as "
        f"{place / version.folder}, or name the folder that holds it"
    )
    try:
        place.mkdir(parents=True, exist_ok=True)
        with alone(place / ".download.lock"):  # workers that start together must not download into one folder at once
            # torchvision downloads nothing where the files are there and their checksums are right
            sets = {split: reader(str(place), train=split == "train", download=True) for split in ("train", "test")}
    except (OSError, RuntimeError, EOFError) as error:  # URLError is an OSError; RuntimeError: not found or corrupted
        raise UserError(f"data set '{name}'", f"not in {place}, and its download failed ({error})", hint) from error
    images = {split: torch.from_numpy(data.data).permute(0, 3, 1, 2).contiguous() for split, data in sets.items()}
    return images, {split: torch.tensor(data.targets) for split, data in sets.items()}
