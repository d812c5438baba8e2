"""Tables of pictures."""

from pathlib import Path

import pytest
import torch

from nas.data import describe, load
from nas.data.listing import read_list
from nas.errors import UserError
from tests.data.images import write_images


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    write_images(tmp_path / "photos", 40)
    return tmp_path


def write(folder: Path, *rows: str, head: str = "path,class", name: str = "list.csv") -> Path:
    path = folder / name
    path.write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")
    return path


def rows(count: int = 40, more: str = "") -> list[str]:
    return [f"photos/{n:03}.png,{'cat' if n < count / 2 else 'a dog'}{more}" for n in range(count)]


def test_it_is_the_folder_of_the_same_pictures(photos: Path) -> None:
    path = write(photos, *rows())
    for n in range(40):
        place = photos / "same" / ("cat" if n < 20 else "a dog")
        place.mkdir(parents=True, exist_ok=True)
        (place / f"{n:03}.png").write_bytes((photos / "photos" / f"{n:03}.png").read_bytes())
    ours, theirs = load(str(path)), load(str(photos / "same"))
    assert ours.digest == theirs.digest and ours.classes == ("a dog", "cat")
    assert describe(str(path)) == describe(str(photos / "same"))
    assert describe("list.csv", photos) == describe(str(path))


def test_sets_and_other_names_of_columns(photos: Path) -> None:
    lines = [f"{row},{'val' if n % 4 == 1 else 'testing' if n % 4 == 2 else 'TRAIN'}" for n, row in enumerate(rows())]
    lines = [line.replace(",", "\t") for line in lines]
    data = load(str(write(photos, *lines, head="Image\tLabel\tSplit", name="list.tsv")))
    assert {split: len(labels) for split, labels in data.labels.items()} == {"train": 20, "valid": 10, "test": 10}
    assert torch.equal(data.images["valid"][:, 0, 0, 0].long() % 4, torch.ones(10, dtype=torch.long))


def test_numbers_are_in_their_order(photos: Path) -> None:
    path = write(photos, *[f"photos/{n:03}.png,{n % 12}" for n in range(36)])
    assert read_list(path).classes == tuple(map(str, range(12)))


@pytest.mark.parametrize(
    ("lines", "head", "said"),
    [
        (["photos/000.png,cat"], "path,class", "one class: cat"),
        (["photos/000.png,cat", "photos/000.png,dog"], "path,class", "list.csv:2 too; leave one of them out"),
        (["photos/000.png,", "photos/001.png,dog"], "path,class", "list.csv:2: has no class"),
        (["photos/000.png,cat"], "where,class", "its head has no column path: where, class"),
        ([], "", "its head has no column path: it is empty"),
        (["a,b,cat"], "file,image,class", "file and image may both be its column of paths"),
        (["photos/000.png,cat,tomorrow"], "path,class,set", "unknown set tomorrow"),
        (["photos/000.png,cat,test"], "path,class,set", "has no training images"),
        (
            ["photos/000.png,cat,train", "photos/001.png,dog,train", "photos/002.png,dig,test"],
            "path,class,set",
            "the test set has the class dig, and the training set does not; did you mean 'dog'?",
        ),
    ],
)
def test_mistakes_name_the_line(photos: Path, lines: list[str], head: str, said: str) -> None:
    with pytest.raises(UserError) as error:
        read_list(write(photos, *lines, head=head))
    assert said in str(error.value) and "\n" not in str(error.value)


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b'path,class\n"a,b\n'])
def test_what_is_no_table_is_told(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.csv").write_bytes(content)
    with pytest.raises(UserError):
        load(str(tmp_path / "x.csv"))


def test_a_picture_that_is_missing_is_named(photos: Path) -> None:
    path = write(photos, *rows(), "elsewhere/x.png,cat")
    with pytest.raises(UserError, match=r"elsewhere/x.png: cannot be read"):
        load(str(path))
