"""What a trained network looks at, as pictures: its first filters, feature maps of a place, saliency and occlusion.

Filters and feature maps: Krizhevsky et al. 2012; Zeiler and Fergus 2013, arXiv:1311.2901, whose section 4.2 has
occlusion. Saliency: Simonyan, Vedaldi and Zisserman 2013, arXiv:1312.6034, section 3. The last two are captum's.
"""

import math
import re
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nas.errors import UserError

if TYPE_CHECKING:
    from torch import Tensor

    from nas.network import Network

MOST = 64  # filters or maps in a picture
CELL, TITLE = 1.1, 0.5  # inches
PATCHES = 8  # a side, of what covers the image in turn


def inspect(model: "Network", picture: Path, folder: Path, places: list[str]) -> dict[str, Any]:
    """Write pictures of what a network sees in one.

    Args:
        model: a trained network, with its preprocessing and classes.
        picture: what it is shown.
        folder: for `filters.png`, `maps-PLACE.png` of each place, `saliency.png` and `occlusion.png`.
        places: where to look at feature maps, as `Network.features` takes them.

    Returns:
        `class` and `probability` of the likeliest class, and `files`, the names of the pictures.

    Raises:
        UserError: the picture cannot be read, there is no such place, or the package captum is missing.
    """
    import torch

    if find_spec("captum") is None:
        raise UserError("nas inspect", "the package captum is missing", "pip install captum")
    assert model.preprocessing is not None and model.classes is not None
    if model.task is not None and not model.task.counts_hits:
        raise UserError("nas inspect", f"it looks at a class, and the network is of {model.task.name}", "leave it out")
    model.eval()
    pixels = model.preprocessing.pixels(picture)
    image = model.preprocessing.normalise(pixels[None])
    maps = {}
    with torch.inference_mode():
        likeliest = model(image).softmax(1)[0].max(0)
        for place in places:
            maps[place] = model.features(place)(image)[0].float()
            if maps[place].ndim < 2:
                raise UserError(f"part '{place}'", "what leaves it are no maps but a vector", "name an earlier place")
    answer = int(likeliest.indices)
    said = f"{model.classes[answer]}, {100 * float(likeliest.values):.1f} %"
    folder.mkdir(parents=True, exist_ok=True)
    _grid(_filters(model), "the filters of the first convolution", folder / "filters.png")
    for place, each in maps.items():
        _grid(list(each[:MOST].numpy()), f"feature maps of {place}", folder / _file(place))
    shown = pixels.permute(1, 2, 0).squeeze(2).numpy()
    _beside(shown, _saliency(model, image, answer), f"saliency of {said}", "viridis", folder / "saliency.png")
    _beside(
        shown,
        _occlusion(model, image, answer),
        f"what hiding a patch takes from the score of {said}",
        "RdBu_r",
        folder / "occlusion.png",
    )
    files = ["filters.png", *map(_file, maps), "saliency.png", "occlusion.png"]
    return {"class": model.classes[answer], "probability": float(likeliest.values), "files": files}


def _file(place: str) -> str:
    """A document may name its places as it likes."""
    return f"maps-{re.sub(r'[^A-Za-z0-9_.-]', '_', place)}.png"


def _filters(model: "Network") -> list[Any]:
    """Of the convolution that runs first: in colour where it reads three channels, else the first it reads in grey."""
    from torch.nn.modules.conv import _ConvNd

    modules = (model.get_submodule(name) for name in model.names[1:])
    first = next((module for module in modules if isinstance(module, _ConvNd)), None)
    if first is None or first.weight.ndim != 4:
        raise UserError(model.graph.name, "it has no convolution of images", "inspect another network")
    weights = first.weight.detach().float().cpu()[:MOST]
    if weights.shape[1] != 3:
        return list(weights[:, 0].numpy())
    low, high = (weights.amin((1, 2, 3), keepdim=True), weights.amax((1, 2, 3), keepdim=True))
    return list(((weights - low) / (high - low).clamp(min=1e-12)).permute(0, 2, 3, 1).numpy())


def _saliency(model: "Network", image: "Tensor", answer: int) -> Any:
    """(H, W): the largest of the channels' absolute gradients of the class' score, equation 5 of Simonyan et al."""
    from captum.attr import Saliency

    gradients = Saliency(model).attribute(image.clone().requires_grad_(), target=answer)
    return gradients[0].amax(0).detach().numpy()


def _occlusion(model: "Network", image: "Tensor", answer: int) -> Any:
    """(H, W): by how much the class' score falls where a patch of the mean colour hides a place."""
    import torch
    from captum.attr import Occlusion

    channels, height, width = image.shape[1:]
    side = max(2, min(height, width) // (PATCHES // 2))
    step = max(1, side // 2)
    with torch.inference_mode():
        falls = Occlusion(model).attribute(
            image,
            target=answer,
            sliding_window_shapes=(channels, side, side),
            strides=(channels, step, step),
            perturbations_per_eval=16,
        )
    return falls[0].mean(0).numpy()


def _grid(images: list[Any], title: str, path: Path) -> None:
    """Small images in rows; those in grey each from its own darkest to its own brightest."""
    from matplotlib.figure import Figure

    columns = min(len(images), 8)
    rows = math.ceil(len(images) / columns)
    figure = Figure(figsize=(CELL * max(columns, 4), CELL * rows + TITLE), layout="constrained")
    figure.suptitle(title, fontsize="medium")
    for axes, image in zip(figure.subplots(rows, columns, squeeze=False).flat, images, strict=False):
        axes.imshow(image, cmap="gray", interpolation="nearest")
    for axes in figure.axes:
        axes.set_axis_off()
    figure.savefig(path, dpi=100)


def _beside(picture: Any, heat: Any, title: str, colours: str, path: Path) -> None:
    """A picture, and what was found at each of its pixels; colours that have a middle have it at 0."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 4 + TITLE), layout="constrained")
    figure.suptitle(title, fontsize="medium", parse_math=False)
    left, right = figure.subplots(1, 2)
    left.imshow(picture, cmap="gray" if picture.ndim == 2 else None)
    largest = float(abs(heat).max()) or 1.0
    drawn = right.imshow(heat, cmap=colours, vmin=-largest if colours.startswith("RdBu") else 0, vmax=largest)
    figure.colorbar(drawn, ax=right, shrink=0.8)
    for axes in (left, right):
        axes.set_axis_off()
    figure.savefig(path, dpi=100)
