"""Small image folders and CIFAR files for the tests."""

from pathlib import Path

import numpy
import pytest
from PIL import Image

from nas.data import cifar

RECORDS = 40


def write_images(folder: Path, count: int, size: tuple[int, int] = (6, 4), mode: str = "RGB", value: int = 0) -> None:
    """`count` images of (width, height) in `folder`, all of their pixels `value` plus the image's number."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        shape = (size[1], size[0]) if mode == "L" else (size[1], size[0], len(mode))
        Image.fromarray(numpy.full(shape, value + number, numpy.uint8), mode).save(folder / f"{number:03}.png")


def write_cifar(folder: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, numpy.ndarray]:
    """The binary version with RECORDS random records a file, which the reader then expects; {file: its records}."""
    version = cifar.VERSIONS[name]
    files = {split: (names, RECORDS) for split, (names, _) in version.files.items()}
    monkeypatch.setitem(cifar.VERSIONS, name, cifar.Version(**{**vars(version), "files": files}))
    rng = numpy.random.default_rng(0)
    written = {}
    (folder / version.folder).mkdir(parents=True)
    for names, _ in files.values():
        for file in names:
            records = rng.integers(0, 256, (RECORDS, version.label_bytes + cifar.PIXELS), numpy.uint8)
            records[:, : version.label_bytes] = (numpy.arange(RECORDS) // 4 % len(version.classes))[:, None]
            (folder / version.folder / file).write_bytes(records.tobytes())
            written[file] = records
    return written
