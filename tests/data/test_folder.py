from pathlib import Path

import pytest
import torch
from PIL import Image

from nas.data import describe, load
from nas.errors import UserError
from tests.data.images import write_images


def test_class_folders_become_three_sets(tmp_path: Path) -> None:
    write_images(tmp_path / "cat", 30, value=0)
    write_images(tmp_path / "dog", 30, value=100)
    (tmp_path / ".thumbnails").mkdir()
    data = load(str(tmp_path))
    assert data.classes == ("cat", "dog")
    assert (data.shape, len(data.classes)) == describe(str(tmp_path)) == ((3, 4, 6), 2)
    assert {split: len(labels) for split, labels in data.labels.items()} == {"train": 49, "valid": 5, "test": 6}
    for split in data.images:
        assert torch.equal(data.images[split][:, 0, 0, 0] >= 100, data.labels[split] == 1)


@pytest.mark.parametrize("valid", ["valid", "val"])
def test_sets_in_folders_of_their_own(tmp_path: Path, valid: str) -> None:
    for split, count in (("train", 5), (valid, 3), ("test", 2)):
        write_images(tmp_path / split / "a", count, mode="L", value=0)
        write_images(tmp_path / split / "b", count, mode="L", value=200)
    write_images(tmp_path / "test" / "b" / "more", 1, mode="L", value=250)
    data = load(str(tmp_path), valid_fraction=0.9)
    assert data.shape == describe(str(tmp_path))[0] == (1, 4, 6)
    assert {split: len(labels) for split, labels in data.labels.items()} == {"train": 10, "valid": 6, "test": 5}


def test_pixels_keep_their_places(tmp_path: Path) -> None:
    image = Image.new("RGB", (3, 2))
    image.putpixel((2, 1), (10, 20, 30))
    for name in ("a", "b"):
        write_images(tmp_path / name, 9, size=(3, 2), value=50)
    image.save(tmp_path / "a" / "zzz.png")
    data = load(str(tmp_path), valid_fraction=0.5)
    images = torch.cat(list(data.images.values()))
    (found,) = [image for image in images if int(image[0, 0, 0]) == 0]
    assert found[:, 1, 2].tolist() == [10, 20, 30]
    assert int(found.sum()) == 60


def test_another_size_is_an_error_with_both_sizes(tmp_path: Path) -> None:
    write_images(tmp_path / "a", 5)
    write_images(tmp_path / "b", 5, size=(8, 9))
    with pytest.raises(UserError, match=r"b/000.png: is 8x9 pixels where .*a/000.png is 6x4; .*never resized"):
        load(str(tmp_path))


def test_colour_among_grey_is_an_error_and_grey_among_colour_is_not(tmp_path: Path) -> None:
    for first, second, name in (("L", "RGB", "bad"), ("RGB", "L", "good")):
        write_images(tmp_path / name / "a", 20, mode=first)
        write_images(tmp_path / name / "b", 20, mode=second)
    with pytest.raises(UserError, match=r"b/000.png: is in colour where .*a/000.png is grey"):
        load(str(tmp_path / "bad"))
    assert load(str(tmp_path / "good")).shape[0] == 3


def test_what_is_no_image_is_named(tmp_path: Path) -> None:
    write_images(tmp_path / "a", 5)
    whole = (tmp_path / "a" / "003.png").read_bytes()
    for content in (b"nothing", whole[:40], b""):
        (tmp_path / "a" / "003.png").write_bytes(content)
        with pytest.raises(UserError, match=r"003.png: cannot be read as an image"):
            load(str(tmp_path))


def test_sixteen_bits_are_refused(tmp_path: Path) -> None:
    write_images(tmp_path / "a", 5)
    Image.new("I;16", (6, 4)).save(tmp_path / "a" / "000.png")
    with pytest.raises(UserError, match=r"000.png: has pixels of mode I"):
        load(str(tmp_path))


def test_a_class_of_the_test_set_alone(tmp_path: Path) -> None:
    write_images(tmp_path / "train" / "a", 20)
    write_images(tmp_path / "test" / "b", 2)
    with pytest.raises(UserError, match=r"test/b: a class that the training set does not have"):
        load(str(tmp_path))


def test_empty_folders(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"has no class folders; expected DIR/class/image.png"):
        load(str(tmp_path))
    (tmp_path / "a").mkdir()
    for call in (load, describe):
        with pytest.raises(UserError, match=r"a: a class folder without images"):
            call(str(tmp_path))


def test_names_that_are_neither_data_set_nor_folder(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"data set 'cifar1O': no such data set or folder; did you mean 'cifar1"):
        load("cifar1O", tmp_path)
    with pytest.raises(UserError, match=r"data set 'nowhere'"):
        describe("nowhere")
    with pytest.raises(UserError, match=r"valid_fraction: 1.5"):
        load("digits", valid_fraction=1.5)


def test_a_folder_is_looked_for_in_the_directory_too(tmp_path: Path) -> None:
    write_images(tmp_path / "flowers" / "a", 20)
    assert load("flowers", tmp_path).classes == ("a",)
