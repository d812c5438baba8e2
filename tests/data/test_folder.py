from pathlib import Path

import numpy
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
    with pytest.raises(
        UserError, match=r"b/00.\.png: is 8x9 pixels where .*a/000.png is 6x4; give --image-size .*never"
    ):
        load(str(tmp_path))


@pytest.mark.parametrize(("first", "second"), [("L", "RGB"), ("RGB", "L")])
def test_grey_and_colour_together_are_colour(tmp_path: Path, first: str, second: str) -> None:
    write_images(tmp_path / "a", 20, mode=first, value=10)
    write_images(tmp_path / "b", 20, mode=second, value=10)
    data = load(str(tmp_path))
    assert data.shape == describe(str(tmp_path))[0] == (3, 4, 6)
    assert "20 grey images among those in colour: read in colour" in data.notes
    assert torch.equal(data.images["train"][:, 0], data.images["train"][:, 2])


def test_what_is_no_image_is_named(tmp_path: Path) -> None:
    write_images(tmp_path / "a", 5)
    write_images(tmp_path / "b", 5)
    whole = (tmp_path / "a" / "003.png").read_bytes()
    for content in (b"nothing", whole[:40], b""):
        (tmp_path / "a" / "003.png").write_bytes(content)
        with pytest.raises(UserError, match=r"003.png: cannot be read as an image .*--skip-unreadable"):
            load(str(tmp_path))


def test_all_that_cannot_be_read_is_named_or_skipped(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_images(tmp_path / name, 20)
    for number in range(12):
        (tmp_path / "a" / f"{number:03}.png").write_bytes(b"")
    (tmp_path / "a" / "gone.png").symlink_to("nowhere")
    with pytest.raises(UserError, match=r"13 files cannot be read: a/.*png and 3 more; replace"):
        load(str(tmp_path))
    data = load(str(tmp_path), skip_unreadable=True)
    assert sum(len(labels) for labels in data.labels.values()) == 40 - 12
    assert all(len(data.images[split]) == len(data.labels[split]) for split in data.labels)
    assert any(note.startswith("skipped 13 that cannot be read: a/") for note in data.notes)
    for number in range(12, 20):
        (tmp_path / "a" / f"{number:03}.png").write_bytes(b"")
    with pytest.raises(UserError, match=r"no training image of the class a can be read"):
        load(str(tmp_path), skip_unreadable=True)


def test_sixteen_bits_are_scaled_and_told_where_they_are_dark(tmp_path: Path) -> None:
    for name, factor in (("a", 256), ("b", 1)):
        write_images(tmp_path / name, 12, mode="L")
        for number in range(12):
            pixels = numpy.full((4, 6), (number + 200) * factor, numpy.uint16)
            Image.fromarray(pixels).save(tmp_path / name / f"{number:03}.png")
    data = load(str(tmp_path))
    assert data.shape == (1, 4, 6)
    assert {int(image.max()) for image in torch.cat(list(data.images.values()))} == {0, *range(200, 212)}
    assert "24 images of 16 bits: read in their upper 8" in data.notes
    for number in range(12):
        (tmp_path / "b" / f"{number:03}.png").rename(tmp_path / "a" / f"{number:03}.png")
        Image.fromarray(numpy.full((4, 6), 4095, numpy.uint16)).save(tmp_path / "b" / f"{number:03}.png")
    assert any("none is brighter than 15 of 255" in note for note in load(str(tmp_path)).notes)


@pytest.mark.parametrize(("resize", "corner"), [("crop", 100), ("stretch", 100), ("pad", 0)])
def test_images_of_several_sizes_are_brought_to_one(tmp_path: Path, resize: str, corner: int) -> None:
    for name, size in (("a", (40, 20)), ("b", (20, 40))):
        write_images(tmp_path / name, 12, size=size, value=100)
    data = load(str(tmp_path), image_size="8x12", resize=resize)
    assert data.shape == describe(str(tmp_path), image_size=(8, 12))[0] == (3, 8, 12)
    tall = data.images["train"][data.labels["train"] == 1]
    assert (int(tall[:, 0, 0, 0].min()) >= corner, int(tall[:, 0, 4, 6].min())) == (True, 100)
    assert (int(tall[0, 0, 0, 0]) == 0) == (resize == "pad")
    assert data.preprocessing.resize == resize
    assert data.crop == 1
    for path in tmp_path.rglob("*.png"):
        assert any(torch.equal(data.preprocessing.pixels(path), each) for each in torch.cat(list(data.images.values())))


def test_a_way_to_resize_wants_a_size(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"resize: is 'pad', and to which size is not said"):
        load("digits", resize="pad")
    with pytest.raises(UserError, match=r"resize: is 'crip'; did you mean 'crop'"):
        load("digits", image_size=8, resize="crip")


def test_tall_images_are_shifted_by_a_part_of_their_width(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_images(tmp_path / name, 5, size=(16, 128))
    assert load(str(tmp_path)).crop == 2


def test_each_class_has_images_in_each_set_that_is_cut_out(tmp_path: Path) -> None:
    write_images(tmp_path / "few" / "common", 200)
    write_images(tmp_path / "few" / "rare", 12)
    for name in "abc":
        write_images(tmp_path / "tiny" / name, 4)
    for folder in ("few", "tiny"):
        data = load(str(tmp_path / folder))
        assert all(set(labels.tolist()) == set(range(len(data.classes))) for labels in data.labels.values())
    assert data.notes == ()


def test_a_class_that_is_too_small_for_a_validation_image_is_named(tmp_path: Path) -> None:
    for name, count in (("a", 200), ("b", 200), ("single", 1)):
        write_images(tmp_path / name, count)
    data = load(str(tmp_path))
    assert data.notes == tuple(f"no {split} images of 1 of the classes: single" for split in ("valid", "test"))
    assert 2 in data.labels["train"]


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
    with pytest.raises(UserError, match=r"data set 'nowhere': .*known: .*; or give a folder"):
        describe("nowhere")
    with pytest.raises(UserError, match=r"valid_fraction: 1.5"):
        load("digits", valid_fraction=1.5)


def test_a_folder_is_looked_for_in_the_directory_too(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_images(tmp_path / "flowers" / name, 20)
    assert load("flowers", tmp_path).classes == ("a", "b")
