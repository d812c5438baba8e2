import json
from pathlib import Path

import numpy
import pytest
import torch
from PIL import Image

from nas.data import load
from nas.data.preprocessing import Preprocessing
from nas.errors import UserError
from nas.training.augmentation import Augmentation
from nas.training.recipe import Recipe
from tests.data.images import write_images
from tests.data.test_dataset import small

RECORD = Preprocessing((4, 6), 3, (0.5, 0.25, 0.0), (1.0, 0.5, 0.25), resize="crop")


def test_it_gives_what_the_training_saw(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_images(tmp_path / name, 12, value=7 if name == "a" else 90)
    data = load(str(tmp_path))
    record = Preprocessing.from_json(json.loads(json.dumps(data.preprocessing.to_json())))
    assert record == data.preprocessing
    seen = Augmentation(data, Recipe(), torch.device("cpu")).normalise(torch.cat(list(data.images.values())))
    for path in tmp_path.rglob("*.png"):
        found = record(path)
        assert (found.dtype, found.shape) == (torch.float32, (3, 4, 6))
        assert (seen - found).flatten(1).abs().amax(1).min() < 1e-5


def test_values_are_of_pixels_in_0_to_1() -> None:
    picture = Image.new("RGB", (6, 4), (255, 51, 0))
    assert RECORD(picture)[:, 0, 0].tolist() == pytest.approx([0.5, -0.1, 0.0], abs=1e-6)


@pytest.mark.parametrize(
    ("resize", "middle", "corner"), [("crop", 200, 200), ("stretch", 200, 0), ("pad", 200, 0)], ids=lambda v: str(v)
)
def test_another_size_is_brought_to_the_one(resize: str, middle: int, corner: int) -> None:
    pixels = numpy.zeros((40, 20), numpy.uint8)
    pixels[8:32] = 200  # somewhat more than the middle square of a tall picture
    found = Preprocessing((8, 8), 1, (0.0,), (1.0,), resize=resize).pixels(Image.fromarray(pixels))
    assert found.shape == (1, 8, 8)
    assert (int(found[0, 4, 4]), int(found[0, 0, 0])) == (middle, corner)


def test_another_size_is_an_error_where_none_was_resized() -> None:
    record = Preprocessing((4, 6), 1, (0.0,), (1.0,))
    with pytest.raises(UserError, match=r"picture: is 5x4 pixels, where 6x4 are expected"):
        record(Image.new("L", (5, 4)))


@pytest.mark.parametrize(
    "change",
    [
        {"size": []},
        {"size": [4, 0]},
        {"size": "46"},
        {"size": [4, 6.0]},
        {"channels": True},
        {"channels": 2},
        {"mean": [0.5, float("nan"), 0]},
        {"mean": [0, 0, 10**400]},
        {"mean": 3},
        {"std": [0, 1, 1]},
        {"std": ["1", "1", "1"]},
        {"interpolation": "best"},
        {"resize": ["crop"]},
        {"more": 1},
    ],
    ids=str,
)
def test_what_is_no_record_is_refused(change: dict) -> None:
    assert Preprocessing.from_json(RECORD.to_json()) == RECORD
    with pytest.raises(UserError, match=r"^preprocessing"):
        Preprocessing.from_json({**RECORD.to_json(), **change})


def test_what_is_no_mapping_or_incomplete_is_refused() -> None:
    for values in (None, [1], "x", {"size": [1, 1]}):
        with pytest.raises(UserError, match=r"^preprocessing"):
            Preprocessing.from_json(values)


def test_a_digest_tells_data_apart_and_not_places() -> None:
    from dataclasses import replace

    data = small()
    assert data.digest["images"] == {"train": 27, "valid": 9, "test": 4}
    assert replace(data, name="elsewhere").digest == data.digest
    swapped = {**data.images, "valid": data.images["valid"].flip(0)}
    brighter = data.images["test"].clone()
    brighter[0, 0, 0, 0] += 1
    others = [
        replace(data, classes=("a", "b", "c", "e")),
        replace(data, images=swapped),
        replace(data, images={**data.images, "test": brighter}),
        replace(data, labels={**data.labels, "test": 3 - data.labels["test"]}),
        data.with_train_images(8),
    ]
    hashes = {other.digest["hash"] for other in (data, *others)}
    assert len(hashes) == 6
