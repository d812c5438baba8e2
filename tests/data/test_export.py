"""Datasets of torch's as folders."""

from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image
from torch.utils.data import TensorDataset

from nas.data import as_folder, load
from nas.errors import UserError

IMAGES = torch.randint(256, (30, 3, 5, 4), generator=torch.Generator().manual_seed(0), dtype=torch.uint8)
LABELS = torch.arange(30) % 3


def test_what_is_read_is_what_was_written(tmp_path: Path) -> None:
    every = TensorDataset(IMAGES, LABELS)
    data = load(str(as_folder(tmp_path / "x", train=every, valid=every, test=every, classes=["c", "a", "b"])))
    assert data.classes == ("a", "b", "c")
    for split in ("train", "valid", "test"):
        for number, name in enumerate(data.classes):
            expected = IMAGES[["c", "a", "b"].index(name) :: 3]
            assert torch.equal(data.images[split][data.labels[split] == number], expected)


def test_pils_images_in_grey_and_numbers_for_names(tmp_path: Path) -> None:
    pairs = [(Image.new("L", (4, 4), 10 * n), n % 2) for n in range(20)]
    data = load(str(as_folder(tmp_path / "x", pairs)))
    assert data.classes == ("0", "1") and data.shape == (1, 4, 4)


def test_mappings_and_what_has_no_length(tmp_path: Path) -> None:
    """As Hugging Face's datasets, and shards, give them."""
    rows = ({"img": Image.new("RGB", (4, 4), (n, 0, 0)), "label": n % 2} for n in range(20))
    data = load(str(as_folder(tmp_path / "x", rows, classes=["a", "b"])))
    assert sum(len(labels) for labels in data.labels.values()) == 20


@pytest.mark.parametrize(
    ("pairs", "classes", "said"),
    [
        ([(torch.rand(3, 4, 4), 0)], None, r"train\[0\]: its picture is torch.float32 of \[3, 4, 4\]; give PIL's"),
        ([(torch.zeros(2, 4, 4, dtype=torch.uint8), 0)], None, "has 2 channels"),
        ([(IMAGES[0], 3)], ["a", "b"], "its class is 3; give 0 to 1"),
        ([IMAGES[0]], None, "not a picture and a class"),
        ([{"image": IMAGES[0]}], None, "not a picture and a class"),
        ([(IMAGES[0], 0)], ["../a"], "cannot name a folder"),
        ([(IMAGES[0], 0)], [".."], "cannot name a folder"),
    ],
)
def test_mistakes(pairs: Any, classes: Any, said: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=said):
        as_folder(tmp_path / "x", pairs, classes=classes)


def test_a_folder_that_is_there_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "kept").touch()
    with pytest.raises(UserError, match="is there already"):
        as_folder(tmp_path, TensorDataset(IMAGES, LABELS))
