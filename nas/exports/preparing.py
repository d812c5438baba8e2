"""The part of `model.py` that makes pictures into input: names of classes, and a function that needs PIL for pictures.

It has a copy of what `nas.data.picture` does, so that both see the same pixels.
"""

import inspect

from nas.data import picture
from nas.data.record import Record

COPIED = (picture.is_grey, picture.opaque, picture._padded, picture._method, picture.pixels)

PREPROCESS = '''
def preprocess(images: Any) -> Tensor:
    """To what `Network` takes, float32 (N, channels, height, width): a picture of PIL, whose N is 1, or pixels from 0
    to 255 in an array or tensor, (height, width, channels), (height, width) or (N, channels, height, width).

    Batches must have the right size; of single pictures RESIZE says how they are brought to it, and PIL does it.
    """
    if not hasattr(images, "convert"):
        images = images if isinstance(images, Tensor) else torch.tensor(images)
        if images.ndim == 2:
            images = images[..., None]
        if images.ndim == 3 and tuple(images.shape) == (*SIZE, CHANNELS):
            images = images.permute(2, 0, 1)[None]
        elif images.ndim == 3:
            from PIL import Image

            images = Image.fromarray((images[..., 0] if images.shape[2] == 1 else images).to(torch.uint8).numpy())
    if hasattr(images, "convert"):
        from PIL import ImageOps

        images = pixels(ImageOps.exif_transpose(images), CHANNELS, SIZE, RESIZE, INTERPOLATION)[None]
    if tuple(images.shape[1:]) != (CHANNELS, *SIZE):
        raise ValueError(f"{tuple(images.shape)} where (N, {CHANNELS}, {SIZE[0]}, {SIZE[1]}) is expected")
    mean = torch.tensor([255 * value for value in MEAN]).view(1, -1, 1, 1)
    scale = 1 / torch.tensor([255 * value for value in STD]).view(1, -1, 1, 1)
    return (images.to(torch.float32) - mean) * scale
'''


def preparing(record: Record | None) -> tuple[list[str], list[str]]:
    """(constants, functions) of the file; none of what nobody noted. Class names are escaped: they are any text."""
    constants: list[str] = []
    if record is not None and record.classes is not None:
        constants += ["\n# The classes, in the order of the logits:", f"CLASSES = {list(record.classes)!a}"]
    if record is None or (how := record.preprocessing) is None:
        return constants, []
    constants += [
        "\n# How pictures become input; mean and std are of pixels in 0..1:",
        f"SIZE, CHANNELS = {how.size!r}, {how.channels!r}  # (height, width)",
        f"MEAN, STD = {how.mean!r}, {how.std!r}",
        f"# (of pixels in 0..255: {_pixels(how.mean)} and {_pixels(how.std)})",
        f"RESIZE, INTERPOLATION = {how.resize!a}, {how.interpolation!a}",
        f"GREY = {sorted(picture.GREY)!r}",
    ]
    return constants, [
        f"\n\n{text.strip()}" for text in (PREPROCESS, *(inspect.getsource(function) for function in COPIED))
    ]


def _pixels(values: tuple[float, ...]) -> str:
    return ", ".join(f"{255 * value:.3f}" for value in values[:3])
