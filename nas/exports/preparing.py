"""The part of `model.py` that makes pictures into input: names of classes, and a function that needs PIL for pictures.

It has a copy of what `nas.data.picture` does, so that both see the same pixels.
"""

import inspect
from collections.abc import Sequence

from nas.data import picture
from nas.data.record import Record

WIDTH, PIECE = 100, 9  # columns; characters of a long name that stay together, of ten columns at most
COPIED = (picture.is_grey, picture.opaque, picture._padded, picture._method, picture.pixels)

PREPROCESS = '''
def preprocess(images: Any) -> Tensor:
    """To what the network takes, float32 (N, channels, height, width): a picture of PIL, whose N is
    1, or pixels from 0 to 255 in an array or tensor, (height, width, channels), (height, width) or
    (N, channels, height, width).

    Batches must have the right size; of single pictures RESIZE says how PIL brings them to it.
    """
    if not hasattr(images, "convert"):
        images = images if isinstance(images, Tensor) else torch.tensor(images)
        if images.ndim == 2:
            images = images[..., None]
        if images.ndim == 3 and tuple(images.shape) == (*SIZE, CHANNELS):
            images = images.permute(2, 0, 1)[None]
        elif images.ndim == 3:
            from PIL import Image

            images = images[..., 0] if images.shape[2] == 1 else images
            images = Image.fromarray(images.to(torch.uint8).numpy())
    if hasattr(images, "convert"):
        from PIL import ImageOps

        images = ImageOps.exif_transpose(images)
        images = pixels(images, CHANNELS, SIZE, RESIZE, INTERPOLATION)[None]
    if tuple(images.shape[1:]) != (CHANNELS, *SIZE):
        expected = f"(N, {CHANNELS}, {SIZE[0]}, {SIZE[1]})"
        raise ValueError(f"{tuple(images.shape)} where {expected} is expected")
    mean = torch.tensor([255 * value for value in MEAN]).view(1, -1, 1, 1)
    scale = 1 / torch.tensor([255 * value for value in STD]).view(1, -1, 1, 1)
    return (images.to(torch.float32) - mean) * scale
'''


def preparing(record: Record | None) -> tuple[list[str], list[str]]:
    """(constants, functions) of the file; none of what nobody noted. Class names are escaped: they are any text."""
    constants: list[str] = []
    if record is not None and record.classes is not None:
        constants += ["\n# The classes, in the order of the logits:", *_listed(record.classes)]
    if record is None or (how := record.preprocessing) is None:
        return constants, []
    constants += [
        "\n# How pictures become input; mean and std are of pixels in 0..1:",
        f"SIZE, CHANNELS = {how.size!r}, {how.channels!r}  # (height, width)",
        f"MEAN = {how.mean!r}",
        f"STD = {how.std!r}",
        f"# (of pixels in 0..255: {_pixels(how.mean)} and {_pixels(how.std)})",
        f"RESIZE, INTERPOLATION = {_quoted(how.resize)}, {_quoted(how.interpolation)}",
        f"GREY = [{', '.join(map(_quoted, sorted(picture.GREY)))}]",
    ]
    return constants, [
        f"\n\n{text.strip()}" for text in (PREPROCESS, *(inspect.getsource(function) for function in COPIED))
    ]


def _listed(names: Sequence[str]) -> list[str]:
    """`CLASSES = [..]`, with names escaped, those that are too long for a line in pieces."""
    lines = ["CLASSES = [", "   "]
    for name in names:
        whole = len(ascii(name)) < WIDTH - 6
        pieces = [_quoted(name)] if whole else [_quoted(name[at : at + PIECE]) for at in range(0, len(name), PIECE)]
        pieces[-1] += ","
        for piece in pieces:
            if len(lines[-1]) + len(piece) >= WIDTH:
                lines.append("   ")
            lines[-1] += f" {piece}"
    return [*lines, "]"]


def _quoted(text: str) -> str:
    """ASCII code of a string, in double quotes where it holds none."""
    code = ascii(text)
    return code if '"' in code else f'"{code[1:-1]}"'


def _pixels(values: tuple[float, ...]) -> str:
    return ", ".join(f"{255 * value:.3f}" for value in values[:3])
