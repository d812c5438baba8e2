"""The one way a picture becomes pixels: opened, set upright, made opaque and of 8 bits, and brought to a size.

The reader of folders and whoever prepares a picture for a trained network go through here, so that both see the same.
"""

from __future__ import annotations

import functools
import struct
import zlib
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nas.data.packed import Packed
from nas.errors import UserError, did_you_mean

if TYPE_CHECKING:
    from PIL.Image import Image
    from torch import Tensor

WAYS = ("crop", "stretch", "pad")  # to bring a picture to a size
LARGEST = 65_536  # pixels of a side
# Formats that are told by their first bytes; some of PIL's others take any file for their own.
FORMATS = ("PNG", "JPEG", "GIF", "BMP", "PPM", "TIFF", "WEBP", "AVIF", "JPEG2000", "ICO", "SGI", "PCX", "PSD")
GREY = {"1", "L", "LA", "F"}
ORIENTATION, TURNED = 0x0112, (5, 6, 7, 8)  # the tag, and its values that swap width and height
# What PIL raises for damaged files depends on the format and on where the damage is.
DAMAGE: tuple[type[Exception], ...] = (
    *(OSError, ValueError, SyntaxError, EOFError, LookupError, TypeError, AttributeError, ArithmeticError),
    *(RuntimeError, struct.error, zlib.error),
)


def header(path: str | Path | Packed) -> tuple[int, int, bool]:
    """(height, width, whether it is grey) of a picture as it is shown, from the head of its file.

    Raises UserError where there is no picture in it.
    """
    from PIL import Image

    try:
        with Image.open(_file(path), formats=_formats()) as image:
            width, height = image.size
            orientation = _orientation(image)
            if orientation in TURNED and image.format != "TIFF":  # whose size PIL has turned already
                width, height = height, width
            return height, width, is_grey(image)
    except _damage() as error:
        raise _unreadable(path, error) from error


def upright(source: str | Path | Packed | Image) -> Image:
    """A picture with all its pixels read, as viewers show it (by the orientation in its EXIF data), in its own mode.

    Of several frames the first. Raises UserError where it cannot be read.
    """
    from PIL import Image, ImageOps

    if isinstance(source, Image.Image):
        return ImageOps.exif_transpose(source) if _orientation(source) != 1 else source
    try:
        with Image.open(_file(source), formats=_formats()) as image:
            image.load()
            return ImageOps.exif_transpose(image) if _orientation(image) != 1 else image
    except _damage() as error:
        raise _unreadable(source, error) from error


def _file(source: str | Path | Packed) -> str | Path | BytesIO:
    return source.open() if isinstance(source, Packed) else source


def is_grey(image: Image) -> bool:
    return image.mode in GREY or image.mode.startswith("I")


def see_through(image: Image) -> bool:
    """Whether some pixel of it is not opaque."""
    return (
        image.has_transparency_data
        and image.convert("RGBA").getchannel("A").histogram()[255] < image.width * image.height
    )


def pixels(
    image: Image,
    channels: int,
    size: tuple[int, ...],
    resize: str = "none",
    interpolation: str = "bilinear",
) -> Tensor:
    """uint8 (channels, height, width) of an `upright` picture, on white where it is transparent.

    `size` is (height, width). `resize` brings another size to it: "crop" scales the picture until
    it covers the size, and takes the middle; "stretch" gives up its proportions; "pad" puts all of
    it on black; "none" raises ValueError.
    Pixels of 16 bits keep their upper eight. Raises ValueError for what cannot be shown in 8 bits.
    """
    import numpy
    import torch
    from PIL import ImageOps

    image = opaque(image).convert("L" if channels == 1 else "RGB")
    height, width = size
    if image.size != (width, height):
        method: Any = _method(interpolation)
        if resize == "none":
            found = f"{image.width}x{image.height}"
            raise ValueError(f"is {found} pixels, where {width}x{height} are expected")
        if resize == "stretch":
            image = image.resize((width, height), method)
        elif resize == "pad":
            image = _padded(image, height, width, method)
        else:
            image = ImageOps.fit(image, (width, height), method)
    array = torch.from_numpy(numpy.array(image))
    return array.view(height, width, channels).permute(2, 0, 1)


def opaque(image: Image) -> Image:
    """The picture in 8 bits a channel, composed on white where it is transparent."""
    import numpy
    from PIL import Image

    if image.mode == "F":
        raise ValueError("has pixels of mode F (floats): convert it to 8 bits a channel")
    if image.mode.startswith("I"):
        values = numpy.asarray(image)
        if values.min() < 0 or values.max() > 0xFFFF:
            raise ValueError("has pixels of more than 16 bits: convert it to 8 bits a channel")
        return Image.fromarray((values >> 8).astype(numpy.uint8))
    if not image.has_transparency_data:
        return image
    mode = "L" if is_grey(image) else "RGB"
    white = Image.new("RGBA", image.size, "white")
    return Image.alpha_composite(white, image.convert("RGBA")).convert(mode)


def parse_size(value: Any) -> tuple[int, int]:
    """(height, width) from N, "N", "HxW" or a pair. Raises UserError for anything else."""
    sides = value.lower().split("x") if isinstance(value, str) else value
    sides = [sides] if isinstance(sides, int) else sides
    try:
        numbers = [int(side) for side in sides if not isinstance(side, bool | float)]
    except (TypeError, ValueError):
        numbers = []
    if len(numbers) not in (1, 2) or len(numbers) != len(sides) or not all(0 < side <= LARGEST for side in numbers):
        raise UserError("image_size", f"is {value!r}", "give pixels: N for a square, or HxW (height, width)")
    return numbers[0], numbers[-1]


def check_way(resize: str) -> str:
    """One of WAYS. Raises UserError for another."""
    if resize not in WAYS:
        raise UserError("resize", f"is {resize!r}", did_you_mean(resize, WAYS))
    return resize


def _padded(image: Image, height: int, width: int, method: Any) -> Image:
    from PIL import Image

    scale = min(height / image.height, width / image.width)
    sides = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    inner = image.resize(sides, method)
    whole = Image.new(image.mode, (width, height))
    whole.paste(inner, ((width - inner.width) // 2, (height - inner.height) // 2))
    return whole


def _method(interpolation: str) -> Any:
    from PIL import Image

    methods = {"nearest": Image.Resampling.NEAREST, "bilinear": Image.Resampling.BILINEAR}
    return methods[interpolation]


def _orientation(image: Image) -> int:
    try:
        orientation = image.getexif().get(ORIENTATION, 1)
    except DAMAGE:  # broken EXIF data turn nothing, as in every viewer
        return 1
    return orientation if orientation in range(1, 9) else 1


def _damage() -> tuple[type[Exception], ...]:
    from PIL import Image

    return (*DAMAGE, Image.DecompressionBombError)


@functools.cache
def _formats() -> tuple[str, ...]:
    from PIL import Image

    Image.init()
    return tuple(name for name in FORMATS if name in Image.OPEN)


def _unreadable(path: object, error: Exception) -> UserError:
    from PIL import UnidentifiedImageError

    if isinstance(error, FileNotFoundError):
        return UserError(str(path), "cannot be read as an image (no such file)", "give the path of one that exists")
    why = "no picture, or damaged" if isinstance(error, UnidentifiedImageError) else str(error)
    return UserError(str(path), f"cannot be read as an image ({why})", "replace or remove it")
