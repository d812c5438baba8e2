"""Folders as people have them: what each is read as, or the one line that says why it is not."""

import os
import re
from collections import Counter
from pathlib import Path

import numpy
import pytest
from PIL import Image

from nas.data import describe, load
from nas.errors import UserError

COUNT = 4  # pictures where a folder is named alone
CONTENT = {"text": b"hello", "zero": b"", "html": b"<!doctype html>", "apple": b"\x00\x05\x16\x07"}


def make(root: Path, layout: str) -> None:
    """Folders and files from words: `a/` has COUNT pictures, `a/x.png:RGBA` is one of that mode, `a/x:text` a text,
    `a/:3` has three pictures, `a/:empty` none, `a->b` is a link to b (as seen from where a lies)."""
    root.mkdir()
    for number, word in enumerate(layout.split()):
        if "->" in word:
            place, target = word.split("->")
            (root / place).parent.mkdir(parents=True, exist_ok=True)
            (root / place).symlink_to(target)
            continue
        name, _, kind = word.partition(":")
        place = root / name
        if name.endswith("/"):
            place.mkdir(parents=True, exist_ok=True)
            count = 0 if kind == "empty" else int(kind or COUNT)
            for each in range(count):
                picture("RGB", number * 16 + each).save(place / f"{each}.png")
        elif kind in CONTENT:
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(CONTENT[kind])
        else:
            place.parent.mkdir(parents=True, exist_ok=True)
            picture(kind or "RGB", number).save(place, "JPEG" if kind == "CMYK" else "PNG")


def picture(mode: str, value: int) -> Image.Image:
    if mode == "I;16":
        return Image.fromarray(numpy.full((4, 4), value * 256, numpy.uint16))
    return Image.new("RGB", (4, 4), (value % 256, value // 256, 7)).convert(mode)


def sets(text: str) -> dict[str, dict[str, int]]:
    """`train a 4 b 4; test a 4` as numbers by set and class."""
    found = {}
    for part in text.split(";"):
        split, *words = part.split()
        found[split] = {name: int(count) for name, count in zip(words[::2], words[1::2], strict=True)}
    return found


READ = {  # what is brought, by set; what is cut out of the training set counts as of it
    "plain": ("a/ b/", "train a 4 b 4"),
    "ImageNet": (
        "train/n01440764/ train/n01443537/ val/n01440764/ILSVRC2012_val_00000293.JPEG val/n01443537/b.JPEG",
        "train n01440764 4 n01443537 4; valid n01440764 1 n01443537 1",
    ),
    "many": (" ".join(f"c{i:02}/" for i in range(30)), "train " + " ".join(f"c{i:02} 4" for i in range(30))),
    "three sets": ("train/a/ train/b/ valid/a/ valid/b/ test/a/ test/b/", "train a 4 b 4; valid a 4 b 4; test a 4 b 4"),
    "Training, Testing": ("Training/a/ Training/b/ Testing/a/ Testing/b/", "train a 4 b 4; test a 4 b 4"),
    "TRAIN, VAL": ("TRAIN/a/ TRAIN/b/ VAL/a/ VAL/b/", "train a 4 b 4; valid a 4 b 4"),
    "train, validation": ("train/a/ train/b/ validation/a/ validation/b/", "train a 4 b 4; valid a 4 b 4"),
    "train, dev, Test": ("train/a/ train/b/ dev/a/ dev/b/ Test/a/", "train a 4 b 4; valid a 4 b 4; test a 4"),
    "train_set, test-set": ("train_set/a/ train_set/b/ test-set/a/ test-set/b/", "train a 4 b 4; test a 4 b 4"),
    "train alone": ("train/a/ train/b/", "train a 4 b 4"),
    "a test set without a class": ("train/a/ train/b/ test/a/", "train a 4 b 4; test a 4"),
    "an empty class in the test set": ("train/a/ train/b/ test/a/ test/b/:empty", "train a 4 b 4; test a 4"),
    "a class train": ("train/ car/ plane/", "train car 4 plane 4 train 4"),
    "a class Test": ("Test/ car/", "train Test 4 car 4"),
    "a class dev with more within": ("dev/ dev/old/ ops/", "train dev 8 ops 4"),
    "classes within sets": ("train/train/ train/test/ test/test/", "train train 4 test 4; test test 4"),
    "names of two words": ("train_station/ test_tube/", "train train_station 4 test_tube 4"),
    "names that differ by case": ("cat/ Cat/ CAT/", "train CAT 4 Cat 4 cat 4"),
    "unicode": ("Äpfel/ 犬/ naïve/", "train naïve 4 Äpfel 4 犬 4"),
    "deep": ("a/x/y/z/ a/x/ b/1/ b/2/", "train a 8 b 8"),
    "same names within": ("cat/indoor/ cat/outdoor/ dog/indoor/ dog/outdoor/", "train cat 8 dog 8"),
    "hidden classes": ("a/ b/ .thumbnails/ .git/x/ __MACOSX/a/ @eaDir/", "train a 4 b 4"),
    "hidden within": ("a/ b/ a/.ipynb_checkpoints/ b/.Trash/x/ a/@eaDir/ b/__MACOSX/", "train a 4 b 4"),
    "hidden within sets": ("train/a/ train/b/ train/.ipynb_checkpoints/ .test/a/", "train a 4 b 4"),
    "files of systems": ("a/ b/ a/._0.png:apple b/Thumbs.db:text a/.DS_Store:text .DS_Store:text", "train a 4 b 4"),
    "texts": ("a/ b/ a/labels.csv:text README:text b/x.txt:text", "train a 4 b 4"),
    "a picture without a suffix": ("a/ b/ a/picture b/photo.dat:RGB", "train a 5 b 5"),
    "a picture of another suffix": ("a/ b/ a/x.png:CMYK b/x.JPG:RGB", "train a 5 b 5"),
    "an empty file without a suffix": ("a/ b/ a/x:zero", "train a 4 b 4"),
    "a folder named as a picture": ("a/ b/ a/x.png/", "train a 8 b 4"),
    "stray pictures": ("a/ b/ x.png y.png", "train a 4 b 4"),
    "stray pictures in sets": ("train/a/ train/b/ train/x.png y.png", "train a 4 b 4"),
    "a flat test set": ("train/a/ train/b/ test/", "train a 4 b 4"),
    "an unknown folder beside sets": ("train/a/ train/b/ test/a/ test/b/ pred/", "train a 4 b 4; test a 4 b 4"),
    "texts beside sets": ("train/a/ train/b/ docs/x.txt:text", "train a 4 b 4"),
    "linked files": ("a/ b/ a/more.png->../b/0.png", "train a 5 b 4"),
    "a linked class": (".store/x/ a/ b->.store/x", "train a 4 b 4"),
    "a linked set": (".s/a/ .s/b/ train->.s test->.s", "train a 4 b 4; test a 4 b 4"),
    "a link to itself": ("a/ b/ a/loop->loop", "train a 4 b 4"),
    "a link to above": ("a/ b/ a/up->.. b/here->.", "train a 4 b 4"),
    "links to each other": ("a/x/ a/y/ b/ a/x/y->../y a/y/x->../x", "train a 8 b 4"),
    "a link to the whole": ("a/ b/ c->.", "train a 4 b 4"),
    "grey": ("a/x.png:L a/y.png:1 a/z.png:LA b/x.png:L b/y.png:L b/z.png:L", "train a 3 b 3"),
    "of all kinds": ("a/ b/ a/g.png:L a/t.png:RGBA a/p.png:P b/d.png:I;16 b/c.png:CMYK b/o.png:1", "train a 7 b 7"),
    "few": ("a/:3 b/:3", "train a 3 b 3"),
    "two of each": ("a/:2 b/:2 c/:8", "train a 2 b 2 c 8"),
}  # fmt: skip
REFUSED = {
    "nothing": ("", r"has no class folders; expected DIR/class/image.png"),
    "pictures alone": ("x.png y.png", r"has 2 images and no class folders"),
    "one class": ("a/", r"one class: a \(4 images, folders: none\); add a folder"),
    "one level too high": ("PetImages/cat/ PetImages/dog/", r"one class: PetImages .* did you mean .*/PetImages\?"),
    "two levels too high": ("x/y/cat/ x/y/dog/", r"one class: x .* did you mean .*/x/y\?"),
    "above the sets": ("data/train/a/ data/train/b/ data/test/a/", r"one class: data .*did you mean .*/data\?"),
    "one class in train": ("train/a/ test/a/", r"train/ has one class: a"),
    "a level more in train": ("train/x/a/ train/x/b/", r"train/ has one class: x .* did you mean .*/train/x\?"),
    "both names": ("train/a/ train/b/ val/a/ valid/a/", r"val/ and valid/ both name the valid set"),
    "both trains": ("train/a/ train/b/ Training/a/ Training/b/", r"Training/ and train/ both name the train set"),
    "valid without train": ("valid/a/ valid/b/ test/a/ test/b/", r"has test, valid and no training set"),
    "test beside classes": ("cat/ dog/ test/cat/ test/dog/", r"has test and no training set \(cat, dog beside it\)"),
    "flat sets": ("train/ test/", r"test, train hold images and no class folders"),
    "flat sets and one more": ("train/ test/ sample/", r"test, train hold images and no class folders"),
    "a flat validation set": ("train/a/ train/b/ valid/", r"valid/ holds 4 images and no class folders"),
    "an empty validation set": ("train/a/ train/b/ valid/:empty", r"valid/ holds 0 images and no class folders"),
    "train among classes": ("train/x/ train/y/ car/ plane/", r"train/ has class folders \(x, y\), and beside .* car"),
    "sets of longer names": ("seg_train/a/ seg_train/b/ seg_test/a/ seg_test/b/", r"look like sets, and hold folders"),
    "sets of a year": ("train2017/a/ train2017/b/ val2017/a/ val2017/b/", r"train2017, val2017 look like sets"),
    "numbered sets": ("train1/a/ train1/b/ test1/a/ test1/b/", r"test1, train1 look like sets"),
    "sets of another language": ("Trainingsdaten/a/ Trainingsdaten/b/ Testdaten/a/", r"Testdaten, .* look like sets"),
    "a set of a year": ("train/a/ train/b/ test/a/ val2017/a/", r"val2017/ may be a set like test, train"),
    "one set within each": ("images/train/ labels/train/", r"the folder images has the sets train within it"),
    "a set that says more": ("train/a/ train/b/ test/a/ val_2017/a/", r"val_2017/ may be a set like test, train"),
    "sets within classes": ("cat/train/ cat/test/ dog/train/ dog/test/", r"the folder cat has the sets test, train"),
    "an empty class": ("a/ b/ c/:empty", r"c: a class folder without images"),
    "a class of texts": ("a/ b/ labels/x.txt:text", r"labels: a class folder without images"),
    "another class in test": ("train/a/ train/b/ test/a/ test/c/", r"test/c: a class that the training set does not"),
    "an empty picture": ("a/ b/ a/x.png:zero", r"a/x.png: cannot be read as an image"),
    "pages for pictures": ("a/ b/ a/x.png:html b/y.jpg:html", r"2 files cannot be read: a/x.png, b/y.jpg"),
    "a link to nowhere": ("a/ b/ a/x.png->gone", r"a/x.png: cannot be read as an image"),
    "raw photographs": ("a/ b/ a/x.heic:text", r"a/x.heic: cannot be read as an image"),
    "floats": ("a/ b/ a/x.png:zero b/y.tiff:text", r"2 files cannot be read"),
}  # fmt: skip


@pytest.mark.parametrize("name", READ)
def test_what_is_read(tmp_path: Path, name: str) -> None:
    layout, expected = READ[name]
    make(tmp_path / "d", layout)
    data = load(str(tmp_path / "d"))
    assert (data.shape, len(data.classes)) == describe(str(tmp_path / "d"))
    wanted = sets(expected)
    assert list(data.classes) == sorted(wanted["train"])
    found = {s: Counter(data.classes[label] for label in labels.tolist()) for s, labels in data.labels.items()}
    for split in ("valid", "test"):
        if split not in wanted:
            found["train"] += found.pop(split)
    assert found == wanted


def test_all_that_was_left_out_or_changed_is_said(tmp_path: Path) -> None:
    words = "a/:40 b/:40 a/.cache/ a/notes.txt:text b/list:text x.png b/loop->. a/t.png:LA b/g.png:L b/d.png:I;16"
    make(tmp_path / "d", words)
    Image.new("RGBA", (4, 4), (1, 2, 3, 0)).save(tmp_path / "d" / "a" / "clear.png")
    data = load(str(tmp_path / "d"), valid_fraction=0.5)
    assert data.notes == (
        "left out 1 image in no class folder (x.png)",
        "left out 2 files that hold no image (a/notes.txt, b/list)",
        "left out 1 hidden file or folder (a/.cache)",
        "left out 1 link to a folder that is read already (b/loop)",
        "1 image is transparent in places: composed on white",
        "3 grey images among those in colour: read in colour",
        "1 image of 16 bits: read in its upper 8; none is brighter than 9 of 255: scale them up first",
    )


@pytest.mark.parametrize(("layout", "said"), [("fold1/a/ fold1/b/ fold2/a/ fold2/b/", True), ("a/x/ a/y/ b/x/", False)])
def test_classes_with_the_same_folders_may_be_none(tmp_path: Path, layout: str, said: bool) -> None:
    make(tmp_path / "d", layout)
    expected = "the classes are fold1, fold2, and each has the same folders (a, b)"
    assert any(note.startswith(expected) for note in load(str(tmp_path / "d")).notes) is said


def test_many_links_to_each_other_take_no_time(tmp_path: Path) -> None:
    names = [f"f{number}" for number in range(9)]
    make(tmp_path / "d", " ".join(f"{name}/:1" for name in names))
    for name in names:
        for other in names:
            (tmp_path / "d" / name / f"to_{other}").symlink_to(f"../{other}")
    assert len(load(str(tmp_path / "d"), valid_fraction=0.3).classes) == 9


def test_folders_deeper_than_anyone_has(tmp_path: Path) -> None:
    place = tmp_path / "d"
    for _ in range(60):
        place = place / "x"
    place.mkdir(parents=True)
    with pytest.raises(UserError, match=r"folders nested deeper than 40"):
        load(str(tmp_path / "d"))


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    make(tmp_path / "d", "a/ b/")
    os.mkfifo(tmp_path / "d" / "a" / "x.png")
    assert "left out 1 file that holds no image (a/x.png)" in load(str(tmp_path / "d")).notes


def test_a_name_that_is_no_text(tmp_path: Path) -> None:
    make(tmp_path / "d", "a/ b/")
    (tmp_path / "d" / "a").rename(os.fsdecode(os.fsencode(tmp_path / "d") + b"/caf\xe9"))
    with pytest.raises(UserError, match=r"its name is no text in UTF-8; rename it"):
        load(str(tmp_path / "d"))


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused(tmp_path: Path, name: str) -> None:
    layout, expected = REFUSED[name]
    make(tmp_path / "d", layout)
    with pytest.raises(UserError) as caught:
        load(str(tmp_path / "d"))
    line = str(caught.value)
    assert "\n" not in line
    assert re.search(expected, line), line
