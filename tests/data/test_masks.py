"""Folders of images and masks."""

from pathlib import Path

import numpy
import pytest
import torch
from PIL import Image

from nas.data import describe, load, task_of
from nas.errors import UserError
from nas.tasks.task import IGNORED


def write(
    folder: Path, count: int = 40, size: tuple[int, int] = (6, 8), classes: int = 3, palette: bool = False
) -> None:
    """Images of the colour of their masks, (height, width) = size; the first pixel of a mask is unknown."""
    rng = numpy.random.default_rng(0)
    for name in ("images", "masks"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    for number in range(count):
        mask = rng.integers(3, size=size, dtype=numpy.uint8)
        Image.fromarray(80 * mask).save(folder / "images" / f"{number:03}.png")
        mask[0, 0] = IGNORED
        image = Image.fromarray(mask)
        if palette:
            image.putpalette([n * 7 % 256 for n in range(768)])
        image.save(folder / "masks" / f"{number:03}.png")


@pytest.mark.parametrize("palette", [False, True])
def test_masks_go_with_their_images(tmp_path: Path, palette: bool) -> None:
    write(tmp_path, palette=palette)
    data = load(str(tmp_path))
    assert data.task.name == task_of(str(tmp_path)) == "segmentation" and data.classes == ("0", "1", "2")
    assert describe(str(tmp_path)) == (data.shape, 3) == ((1, 6, 8), 3)
    for split, masks in data.labels.items():
        assert masks.dtype == torch.uint8 and (masks[:, 0, 0] == IGNORED).all()
        known = masks != IGNORED
        assert torch.equal(data.images[split][:, 0][known], 80 * masks[known])


def test_sets_and_names_of_classes(tmp_path: Path) -> None:
    for name, count in (("train", 20), ("val", 10), ("test", 5)):
        write(tmp_path / name, count)
    (tmp_path / "classes.txt").write_text("sky\nroad\ntree\ncar\n", encoding="utf-8")
    (tmp_path / "train" / "masks" / "more.png").write_bytes((tmp_path / "train" / "masks" / "000.png").read_bytes())
    data = load(str(tmp_path))
    assert data.classes == ("sky", "road", "tree", "car")
    assert {split: len(masks) for split, masks in data.labels.items()} == {"train": 20, "valid": 10, "test": 5}
    assert any("left out 1 masks without an image" in note for note in data.notes)


@pytest.mark.parametrize("way", ["crop", "stretch", "pad"])
def test_masks_are_brought_to_the_size_as_images_are(tmp_path: Path, way: str) -> None:
    write(tmp_path, size=(6, 12))
    data = load(str(tmp_path), image_size=6, resize=way)
    masks, images = data.labels["train"], data.images["train"][:, 0]
    assert masks.shape == images.shape == (32, 6, 6)
    assert set(masks.unique().tolist()) <= {0, 1, 2, IGNORED}
    if way == "crop":  # cut without scaling: the same pixels
        assert torch.equal(images[masks != IGNORED], 80 * masks[masks != IGNORED])
    if way == "pad":
        assert (masks[:, 0] == IGNORED).all() and (masks[:, 5] == IGNORED).all()
        assert (masks[:, 3] != IGNORED).any()


def colour(path: Path) -> None:
    Image.open(path).convert("RGB").save(path)


def out_of_range(path: Path) -> None:
    Image.fromarray(numpy.full((6, 8), 7, numpy.uint8)).save(path)


def small(path: Path) -> None:
    Image.fromarray(numpy.zeros((3, 8), numpy.uint8)).save(path)


def deep(path: Path) -> None:
    Image.fromarray(numpy.full((6, 8), 300, numpy.uint16)).save(path)


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (colour, "003.png: is in mode RGB, which holds no numbers of classes; write grey or palette PNGs"),
        (out_of_range, "003.png: has the value 7, and the classes are 0 to 2 (255: not known); correct it, or name"),
        (small, "003.png: is 8x3 pixels, and its image 003.png is 8x6; bring the mask to the image's size"),
        (deep, "003.png: has the value 300; number classes from 0 to 254"),
        (Path.unlink, "003.png: has no mask"),
    ],
)
def test_what_is_wrong_is_said_in_a_line(tmp_path: Path, harm: object, said: str) -> None:
    write(tmp_path)
    (tmp_path / "classes.txt").write_text("a\nb\nc\n")
    harm(tmp_path / "masks" / "003.png")  # type: ignore[operator]
    with pytest.raises(UserError) as error:
        load(str(tmp_path))
    assert said in str(error.value) and "\n" not in str(error.value)


def test_black_and_white_masks_are_no_classes(tmp_path: Path) -> None:
    write(tmp_path, 10)
    for path in (tmp_path / "masks").iterdir():
        Image.fromarray(numpy.eye(6, 8, dtype=numpy.uint8) * 255).save(path)
    with pytest.raises(UserError, match=r"has 1 class \(255 in a mask is: not known\); number the classes from 0"):
        load(str(tmp_path))
