from pathlib import Path

import numpy
import pytest
from PIL import Image

from nas.data import picture
from nas.errors import UserError


def saved(path: Path, image: Image.Image, **options: object) -> Path:
    image.save(path, **options)
    return path


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("suffix", ["jpg", "png", "tif", "webp"])
def test_pictures_stand_as_they_are_shown(tmp_path: Path, orientation: int, suffix: str) -> None:
    back = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}  # PIL's transpositions that undo each orientation
    shown = Image.new("RGB", (24, 16))
    shown.paste((250, 0, 0), (0, 0, 8, 8))  # the upper left corner
    stored = shown.transpose(Image.Transpose(back[orientation])) if orientation > 1 else shown
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = saved(tmp_path / f"x.{suffix}", stored, exif=exif)
    assert picture.header(path) == (16, 24, False)
    found = picture.pixels(picture.upright(path), 3, (16, 24))
    assert (int(found[0, 2, 2]) > 200, int(found[0, 2, 20]) < 50, int(found[0, 13, 2]) < 50) == (True, True, True)


@pytest.mark.parametrize(
    ("mode", "colour", "white"),
    [
        ("RGBA", (10, 20, 30, 0), [255] * 3),
        ("RGBA", (10, 20, 30, 255), [10, 20, 30]),
        ("LA", (9, 0), [255]),
        ("LA", (9, 255), [9]),
    ],
)
def test_what_is_transparent_is_on_white(mode: str, colour: tuple[int, ...], white: list[int]) -> None:
    image = Image.new(mode, (2, 2), colour)
    assert picture.pixels(image, len(white), (2, 2))[:, 0, 0].tolist() == white
    assert picture.see_through(image) == (white[0] == 255)


def test_a_palette_with_a_transparent_colour(tmp_path: Path) -> None:
    image = Image.new("P", (2, 1))
    image.putpalette([200, 0, 0, 0, 200, 0])
    image.putpixel((1, 0), 1)
    path = saved(tmp_path / "x.png", image, transparency=1)
    assert picture.pixels(picture.upright(path), 3, (1, 2)).flatten(1).T.tolist() == [[200, 0, 0], [255, 255, 255]]


@pytest.mark.parametrize("suffix", ["png", "tif", "pgm"])
def test_sixteen_bits_keep_their_upper_eight(tmp_path: Path, suffix: str) -> None:
    deep = numpy.array([[0, 255, 256, 0x7FFF, 0x8000, 0xFFFF]], numpy.uint16)
    path = saved(tmp_path / f"x.{suffix}", Image.fromarray(deep))
    assert picture.header(path) == (1, 6, True)
    assert picture.pixels(picture.upright(path), 1, (1, 6)).flatten().tolist() == [0, 0, 1, 127, 128, 255]


def test_kinds_that_have_no_eight_bits() -> None:
    for image in (Image.new("F", (1, 1)), Image.new("I", (1, 1), 1 << 16), Image.new("I", (1, 1), -1)):
        with pytest.raises(ValueError, match="convert it to 8 bits"):
            picture.pixels(image, 1, (1, 1))


@pytest.mark.parametrize(("mode", "grey"), [("1", True), ("L", True), ("P", False), ("CMYK", False), ("YCbCr", False)])
def test_other_kinds(tmp_path: Path, mode: str, grey: bool) -> None:
    image = Image.new("RGB", (3, 2), "white").convert(mode)
    suffix = "tif" if mode in ("CMYK", "YCbCr") else "png"
    assert picture.header(saved(tmp_path / f"x.{suffix}", image)) == (2, 3, grey)
    assert picture.pixels(image, 3, (2, 3)).min() == 255


def test_what_cannot_be_read(tmp_path: Path) -> None:
    whole = saved(tmp_path / "x.png", Image.new("L", (9, 9), 7)).read_bytes()
    for number, content in enumerate((b"", b"text", whole[:40], b"%!PS-Adobe-3.0 EPSF-3.0\n")):
        path = tmp_path / f"{number}.png"
        path.write_bytes(content)
        with pytest.raises(UserError, match=rf"{number}.png: cannot be read as an image"):
            picture.upright(path)


def test_sizes() -> None:
    for value, size in ((32, (32, 32)), ("32", (32, 32)), ("16x48", (16, 48)), ("16X48", (16, 48)), ([4, 5], (4, 5))):
        assert picture.parse_size(value) == size
    for wrong in (0, -1, "", "x", "3x", "1x2x3", 4.5, True, None, [], (1, 2, 3), "99999999", object()):
        with pytest.raises(UserError, match=r"image_size: is .* HxW"):
            picture.parse_size(wrong)


def test_a_picture_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"cat.png: cannot be read as an image \(no such file\); give the path"):
        picture.upright(tmp_path / "cat.png")
