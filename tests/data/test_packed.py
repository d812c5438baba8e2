"""Tables in Parquet: as CSV, and with the files of the pictures inside, as Hugging Face writes them."""

import json
from pathlib import Path
from typing import Any

import pyarrow
import pytest
import torch
from pyarrow import parquet

from nas.data import describe, load
from nas.errors import UserError
from tests.data.images import write_images

COUNT = 40
FEATURES = {"image": {"_type": "Image"}, "label": {"names": ["cat", "a dog"], "_type": "ClassLabel"}}


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    write_images(tmp_path / "photos", COUNT)
    return tmp_path


def write(file: Path, metadata: Any = None, **columns: list[Any]) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    table = pyarrow.table(columns)
    if metadata is not None:
        table = table.replace_schema_metadata({"huggingface": json.dumps(metadata)})
    parquet.write_table(table, file, row_group_size=7)
    return file


def packed(folder: Path, numbers: range) -> list[dict[str, Any]]:
    files = [folder / "photos" / f"{n:03}.png" for n in numbers]
    return [{"bytes": file.read_bytes(), "path": file.name} for file in files]


def as_csv(folder: Path) -> Path:
    rows = [f"photos/{n:03}.png,{'cat' if n < 20 else 'a dog'}\n" for n in range(COUNT)]
    (folder / "list.csv").write_text("path,class\n" + "".join(rows))
    return folder / "list.csv"


def test_paths_and_packed_pictures_are_the_data_of_the_csv(photos: Path) -> None:
    expected = load(str(as_csv(photos))).digest
    names = ["cat"] * 20 + ["a dog"] * 20
    listed = write(photos / "list.parquet", path=[f"photos/{n:03}.png" for n in range(COUNT)], label=names)
    inside = write(
        photos / "hf.parquet",
        {"info": {"features": FEATURES}},
        image=packed(photos, range(40)),
        label=[0] * 20 + [1] * 20,
    )
    assert load(str(listed)).digest == expected
    assert load(str(inside)).digest == expected
    assert describe("hf.parquet", photos) == ((3, 4, 6), 2)


def test_a_folder_of_shards(photos: Path) -> None:
    """Sets by the files' names; numbers are the classes where no names are there."""
    shards = {
        "train-00000-of-00002": range(14),
        "train-00001-of-00002": range(14, 28),
        "test-00000-of-00001": range(28, 40),
    }
    for name, part in shards.items():
        write(photos / "data" / f"{name}.parquet", image=packed(photos, part), label=[n % 2 for n in part])
    data = load(str(photos / "data"))
    assert data.classes == ("0", "1")
    assert {split: len(labels) for split, labels in data.labels.items()} == {"train": 25, "valid": 3, "test": 12}
    assert torch.equal(data.images["test"][:, 0, 0, 0].long() % 2, data.labels["test"])


def test_they_are_mapped_where_they_are_many(photos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(photos / "hf.parquet", image=packed(photos, range(40)), label=[n % 2 for n in range(40)])
    before = load(str(path)).digest
    monkeypatch.setenv("NAS_DATA", str(photos / "cache"))
    monkeypatch.setattr("nas.data.folder.LARGE", 100)
    assert (data := load(str(path))).pages is not None and data.digest == before


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"image": [{"bytes": None, "path": "nowhere.png"}], "label": ["a"]}, "nowhere.png: cannot be read"),
        (
            {"image": [{"bytes": b"no picture", "path": None}], "label": ["a"]},
            r"x.parquet:41: cannot be read as an image",
        ),
        ({"image": [{"bytes": None, "path": None}], "label": ["a"]}, "x.parquet:41: has no image"),
        ({"image": [{"bytes": b"", "path": None}], "label": [None]}, "x.parquet:41: has no label"),
    ],
)
def test_mistakes_name_the_row(photos: Path, columns: dict[str, list[Any]], said: str) -> None:
    path = write(
        photos / "x.parquet",
        image=packed(photos, range(40)) + columns["image"],
        label=["a"] * 20 + ["b"] * 20 + columns["label"],
    )
    with pytest.raises(UserError, match=said) as error:
        load(str(path))
    assert "\n" not in str(error.value)


def test_labels_that_are_no_classes(photos: Path) -> None:
    path = write(photos / "x.parquet", image=packed(photos, range(2)), label=[0.5, 1.0])
    with pytest.raises(UserError, match=r"x.parquet:1: its label is 0.5; give text, or a whole number"):
        load(str(path))


def test_what_is_no_parquet(tmp_path: Path) -> None:
    (tmp_path / "x.parquet").write_bytes(b"PAR1 is how it begins")
    with pytest.raises(UserError, match="cannot be read as Parquet"):
        load(str(tmp_path / "x.parquet"))


@pytest.mark.parametrize("metadata", [[], {"info": {"features": {"label": 3, "x": {"names": "ab"}}}}, {"info": 1}])
def test_names_that_anyone_may_have_written_are_left_alone(photos: Path, metadata: Any) -> None:
    path = write(photos / "x.parquet", metadata, image=packed(photos, range(40)), label=[n % 2 for n in range(40)])
    assert load(str(path)).classes == ("0", "1")
