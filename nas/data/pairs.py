"""What datasets of torch's, of Hugging Face's and the like are made of: pairs of a picture and its class' number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from nas.errors import UserError, shortened

if TYPE_CHECKING:
    from PIL.Image import Image
    from torch import Tensor

KEYS = (("image", "img"), ("label", "labels", "class"))
HINT = "give PIL's images, uint8 (1 or 3, H, W), or floats as ToTensor makes them, before normalisation"
EXACT = 0.02  # how far a float may be from a whole 255th, in 255ths


def pair(where: str, item: Any) -> tuple[Image, int]:
    """A picture, and the number of its class; mappings have them by KEYS. Raises UserError for what is no such pair."""
    if isinstance(item, Mapping):
        item = tuple(next((item[key] for key in keys if key in item), None) for keys in KEYS)
    try:
        picture, label = item
        number = int(label)
    except (TypeError, ValueError):
        what = f"is {shortened(repr(item))}, not a picture and a class"
        raise UserError(where, what, "give pairs of an image and an int") from None
    if number < 0:
        raise UserError(where, f"its class is {number}", "give 0 or more")
    return _picture(where, picture), number


def class_names(data: Any) -> Sequence[str] | None:
    """Those that a dataset tells: torchvision's `classes`, Hugging Face's features; of a subset those of the whole."""
    while data is not None:
        if (names := getattr(data, "classes", None)) is not None:
            return list(map(str, names))
        features = getattr(data, "features", None)
        for key in KEYS[1]:
            if isinstance(features, Mapping) and (names := getattr(features.get(key), "names", None)) is not None:
                return list(map(str, names))
        data = getattr(data, "dataset", None)
    return None


def _picture(where: str, picture: Any) -> Image:
    """PIL's image of it. Arrays have their channels, 1 or 3, first or last, or none."""
    import numpy
    import torch
    from PIL import Image

    if isinstance(picture, Image.Image):
        return picture
    array = (
        torch.from_numpy(numpy.require(picture, requirements="W")) if isinstance(picture, numpy.ndarray) else picture
    )
    if not isinstance(array, torch.Tensor):
        raise UserError(where, f"its picture is {type(picture).__name__}", HINT)
    whole = _whole(array.detach().cpu())
    if whole.dtype != torch.uint8 or whole.ndim not in (2, 3):
        raise UserError(where, f"its picture is {array.dtype} of {list(array.shape)}", HINT)
    if whole.ndim == 3 and whole.shape[0] in (1, 3):
        whole = whole.permute(1, 2, 0)
    if whole.ndim == 3 and whole.shape[2] not in (1, 3):
        raise UserError(where, f"its picture has {array.shape[0]} channels", "give 1 or 3")
    return Image.fromarray((whole.squeeze(2) if whole.ndim == 3 else whole).contiguous().numpy())


def _whole(array: Tensor) -> Tensor:
    """Floats that are 255ths as the pixels that they were; all else as it is."""
    if not array.is_floating_point() or not array.numel():
        return array
    pixels = (array * 255).round()
    exact = float((array * 255 - pixels).abs().max()) < EXACT
    return pixels.byte() if exact and pixels.min() >= 0 and pixels.max() <= 255 else array
