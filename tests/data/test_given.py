"""Data of a program as a data set."""

import pickle
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy
import pytest
import torch
from PIL import Image
from torch.utils.data import DataLoader, Dataset, Subset, TensorDataset

from nas.data import collect
from nas.data.given import Given
from nas.errors import UserError

IMAGES = torch.randint(256, (40, 3, 5, 4), generator=torch.Generator().manual_seed(0), dtype=torch.uint8)
LABELS = torch.arange(40) % 3
FLOATS = IMAGES.float() / 255  # as ToTensor makes them
PICTURES = [Image.fromarray(image.permute(1, 2, 0).numpy()) for image in IMAGES]


class Rows(list[Any]):
    """As Hugging Face's dataset: rows by number, and what their columns are."""

    features = {"img": None, "label": SimpleNamespace(names=["c", "a", "b"])}  # noqa: RUF012


FORMS = {
    "dataset": TensorDataset(IMAGES, LABELS),
    "floats": TensorDataset(FLOATS, LABELS),
    "doubles": TensorDataset(FLOATS.double(), LABELS.float()),
    "tensors": (IMAGES, LABELS),
    "arrays": (IMAGES.permute(0, 2, 3, 1).numpy(), LABELS.tolist()),
    "arrays of floats": (FLOATS.numpy(), LABELS.numpy()),
    "pictures": list(zip(PICTURES, LABELS.tolist(), strict=True)),
    "rows": Rows({"img": picture, "label": int(label)} for picture, label in zip(PICTURES, LABELS, strict=True)),
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_gives_the_same_data(form: str) -> None:
    names = ["c", "a", "b"]
    data = collect(FORMS[form], FORMS[form], FORMS[form], classes=None if form == "rows" else names)
    assert data.classes == tuple(names) and data.shape == (3, 5, 4) and data.flip
    for split in ("train", "valid", "test"):
        assert torch.equal(data.images[split], IMAGES) and torch.equal(data.labels[split], LABELS)
    assert data.mean == pytest.approx([float(IMAGES[:, channel].float().mean()) for channel in range(3)])
    assert not any("read again" in note for note in data.notes)


def test_missing_sets_are_cut_out_class_by_class() -> None:
    data = collect(TensorDataset(IMAGES, LABELS), valid_fraction=0.25)
    assert data.classes == ("0", "1", "2")
    assert {split: len(labels) for split, labels in data.labels.items()} == {"train": 27, "valid": 9, "test": 4}
    for split, labels in data.labels.items():
        for image, label in zip(data.images[split], labels, strict=True):
            (number,) = (n for n in range(40) if torch.equal(IMAGES[n], image))
            assert LABELS[number] == label


def test_large_ones_are_mapped_and_are_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NAS_DATA", str(tmp_path))
    expected = collect(TensorDataset(IMAGES, LABELS))
    monkeypatch.setattr("nas.data.given.LARGE", 100)
    for _ in range(2):
        data = collect(TensorDataset(IMAGES, LABELS))
        assert data.pages is not None and data.digest == expected.digest
        assert (data.mean, data.std, data.notes) == (expected.mean, expected.std, expected.notes)
    assert len(list(tmp_path.rglob("*.pixels"))) == 1 and not list(tmp_path.rglob("scratch-*"))
    sent = pickle.loads(pickle.dumps(Given(data))).data
    assert sent.digest == expected.digest and sent.pages is not None
    packed = pickle.dumps(Given(data))
    for path in tmp_path.rglob("*.pixels"):
        path.unlink()
    with pytest.raises(UserError, match="set NAS_DATA to a folder that all machines share"):
        pickle.loads(packed)


def test_they_are_sent_as_arrays_that_processes_may_share() -> None:
    data = collect(TensorDataset(IMAGES, LABELS))
    buffers: list[pickle.PickleBuffer] = []
    packed = pickle.dumps(Given(data), protocol=5, buffer_callback=buffers.append)
    assert len(packed) < 4000 and sum(len(buffer.raw()) for buffer in buffers) >= IMAGES.numel()
    assert pickle.loads(packed, buffers=[bytes(buffer.raw()) for buffer in buffers]).data.digest == data.digest


def test_grey_and_colour() -> None:
    grey = [(Image.new("L", (4, 4), 5 * n), n % 2) for n in range(40)]
    assert collect(grey).shape == (1, 4, 4)
    data = collect([*grey, (Image.new("RGB", (4, 4), (9, 0, 0)), 1)], grey, grey)
    assert data.shape == (3, 4, 4) and data.images["train"][-1, :, 0, 0].tolist() == [9, 0, 0]
    assert "120 grey images among those in colour: read in colour" in data.notes
    assert collect((torch.zeros(40, 4, 4, dtype=torch.uint8), LABELS)).shape == (1, 4, 4)


def test_sizes() -> None:
    pairs = [(Image.new("RGB", (4 + n % 2, 4)), n % 2) for n in range(40)]
    with pytest.raises(UserError, match=r"^train\[1\]: is 5x4 pixels where train\[0\] is 4x4; give --image-size"):
        collect(pairs)
    assert collect(pairs, image_size=(2, 3), resize="stretch").shape == (3, 2, 3)


def test_names_of_a_subset_are_those_of_the_whole() -> None:
    whole: Any = TensorDataset(IMAGES, LABELS)
    whole.classes = ["c", "a", "b"]
    assert collect(Subset(Subset(whole, range(39)), range(38))).classes == ("c", "a", "b")


class Noisy(Dataset[Any]):
    """Transforms at random, as torchvision's do."""

    def __init__(self) -> None:
        self.random = numpy.random.default_rng(0)

    def __len__(self) -> int:
        return 40

    def __getitem__(self, number: int) -> tuple[Any, int]:
        return self.random.integers(256, size=(4, 4, 3), dtype=numpy.uint8), number % 2


def test_random_transforms_are_noticed() -> None:
    (note,) = (note for note in collect(Noisy()).notes if "other pixels" in note)
    assert note.startswith("train[0] has other pixels each time it is read") and "augment by the recipe" in note
    clean = TensorDataset(IMAGES, LABELS)
    assert not any("other pixels" in note for note in collect(clean).notes)


@pytest.mark.parametrize(
    ("train", "settings", "said"),
    [
        ([(torch.rand(3, 4, 4), 0)], {}, r"train\[0\]: its picture is torch.float32 of \[3, 4, 4\]; give PIL's"),
        ([(IMAGES[0].long(), 0)], {}, r"its picture is torch.int64"),
        ([(IMAGES[0].float(), 0)], {}, r"its picture is torch.float32"),
        ([(FLOATS[0] - 0.5, 0)], {}, r"before normalisation"),
        ([("cat.png", 0)], {}, r"its picture is str"),
        ([(IMAGES[0, :2], 0)], {}, "has 2 channels"),
        ([IMAGES[0]], {}, "not a picture and a class"),
        ([(IMAGES[0], -1)], {}, "its class is -1"),
        ([], {}, "train: is empty"),
        ((IMAGES, LABELS[:3]), {}, r"images \[40, 3, 5, 4\] and 3 labels do not fit"),
        (TensorDataset(IMAGES, LABELS), {"classes": ["a", "b"]}, r"train\[2\]: its class is 2, and the last of the 2"),
        ((IMAGES, (LABELS - 1).roll(2)), {}, r"train\[1\]: its class is -1, and the last of the 2 is 1"),
        (TensorDataset(IMAGES, LABELS + 1), {}, r"train: no image of the class 0 \(0\); number them from 0"),
        (TensorDataset(IMAGES, LABELS * 0), {}, "train: one class: 0"),
        (DataLoader(TensorDataset(IMAGES, LABELS)), {}, "train: is a DataLoader.*; give its dataset: loader.dataset"),
        (iter(PICTURES), {}, "which has no items by number; write its items as a folder: nas.data.as_folder"),
        ({"train": 1, "test": 2}, {}, r"train: is a mapping of train, test; give the sets .*: train=data\['train'\]"),
        ([(Image.new("F", (4, 4)), 0), (Image.new("F", (4, 4)), 1)], {}, r"train\[0\]: has pixels of mode F"),
    ],
)
def test_mistakes(train: Any, settings: dict[str, Any], said: str) -> None:
    with pytest.raises(UserError, match=said) as error:
        collect(train, **settings)
    assert "\n" not in str(error.value)
