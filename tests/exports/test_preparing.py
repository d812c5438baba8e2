"""`preprocess` of model.py gives the pixels that the training saw, whatever the picture."""

from typing import Any

import numpy
import pytest
import torch
from PIL import Image

from nas.data import Preprocessing
from nas.data.record import Record
from nas.exports.preparing import preparing

RNG = numpy.random.default_rng(0)


def functions(how: Preprocessing, classes: tuple[str, ...] = ("a", "b")) -> dict[str, Any]:
    constants, code = preparing(Record((how.channels, *how.size), how, classes))
    names: dict[str, Any] = {"torch": torch, "Any": Any, "Tensor": torch.Tensor}
    text = "\n".join([*constants, *code])
    assert max(map(len, text.splitlines())) <= 100
    exec(text, names)
    return names


def pictures(size: tuple[int, int]) -> dict[str, Image.Image]:
    """One of each mode, of (width, height)."""
    shape = size[::-1]
    deep = RNG.integers(0, 65536, shape)
    made = {
        mode: Image.fromarray(RNG.integers(0, 256, (*shape, bands) if bands > 1 else shape, numpy.uint8), mode)
        for mode, bands in (("L", 1), ("LA", 2), ("RGB", 3), ("RGBA", 4), ("CMYK", 4))
    }
    made["1"] = made["L"].convert("1")
    made["P"] = made["RGB"].convert("P")
    made["I;16"], made["I"] = Image.fromarray(deep.astype(numpy.uint16)), Image.fromarray(deep.astype(numpy.int32))
    made["turned"] = made["RGB"].copy()
    made["turned"].getexif()[0x0112] = 6
    return made


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("interpolation", ["bilinear", "nearest"])
@pytest.mark.parametrize(
    ("resize", "size"), [("none", (9, 9)), ("crop", (13, 7)), ("stretch", (5, 11)), ("pad", (4, 15))]
)
def test_of_each_mode_and_way(resize: str, size: tuple[int, int], interpolation: str, channels: int) -> None:
    how = Preprocessing(
        (9, 9), channels, (0.4, 0.5, 0.6)[:channels], (0.2, 0.3, 0.25)[:channels], interpolation, resize
    )
    preprocess = functions(how)["preprocess"]
    for name, picture in pictures(size).items():
        assert torch.equal(preprocess(picture), how(picture)[None]), name


def test_pixels_in_arrays_and_batches() -> None:
    how = Preprocessing((6, 8), 3, (0.4, 0.5, 0.6), (0.2, 0.3, 0.25), resize="crop")
    preprocess = functions(how)["preprocess"]
    batch = RNG.integers(0, 256, (4, 3, 6, 8), numpy.uint8)
    expected = how.normalise(torch.from_numpy(batch))
    assert torch.equal(preprocess(batch), expected)
    assert torch.equal(preprocess(torch.from_numpy(batch)), expected)
    one = batch[0].transpose(1, 2, 0)
    assert torch.equal(preprocess(one), expected[:1])
    assert torch.equal(preprocess(torch.from_numpy(one.copy())), expected[:1])
    assert preprocess(RNG.integers(0, 256, (20, 30), numpy.uint8)).shape == (1, 3, 6, 8)
    with pytest.raises(ValueError, match=r"\(4, 3, 8, 6\) where \(N, 3, 6, 8\) is expected"):
        preprocess(batch.transpose(0, 1, 3, 2))


@pytest.mark.parametrize("picture", [Image.new("F", (6, 6)), Image.new("I", (6, 6), 70000), Image.new("L", (5, 6))])
def test_what_has_no_pixels_of_the_training_is_an_error(picture: Image.Image) -> None:
    with pytest.raises(ValueError):
        functions(Preprocessing((6, 6), 1, (0.4,), (0.2,)))["preprocess"](picture)


def test_names_of_classes_stand_in_one_line_where_they_fit() -> None:
    how = Preprocessing((6, 6), 1, (0.4,), (0.2,))
    assert functions(how, ("cat", 'a "dog"'))["CLASSES"] == ["cat", 'a "dog"']
    many = tuple(f"class {n}" for n in range(60))
    assert functions(how, many)["CLASSES"] == list(many)
